"""Uploads a file while the system refuses threads, and prints the errors; see `tests/threads_refused.rs`.

python uploads.py JOB.json
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from bankchannel import BankchannelError, WsChannel

job = json.loads(Path(sys.argv[1]).read_text())
refused = Path(os.environ["THREADS_REFUSED"])


def upload(client: WsChannel) -> None:
    try:
        client.upload_file(content=Path(job["path"]), file_name="a.xml", file_type="pain.001.001.09", signature="c2lnbmF0dXJl")
    except BankchannelError as error:
        print(type(error).__name__, error.code, error.outcome, error.retryable, flush=True)


refused.touch()
client = WsChannel(**job["settings"])
upload(client)
refused.unlink()
try:
    client.list_files()
except BankchannelError:
    pass
refused.touch()
upload(client)
refused.unlink()
upload(client)
