"""Signing and uploading a file of 7 MiB, round by round: one JSON line.

    python upload.py

The environment names a service and a session (`served.py`), BENCH_FILE the file, BENCH_KEY_FILE the private key and
BENCH_ROUNDS the number of rounds; otherwise our own service and file are used.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from time import perf_counter

import served

SIZE = 7 * 1024 * 1024


def main() -> None:
    from bankchannel import WsChannel

    rounds = int(os.environ.get("BENCH_ROUNDS", "9"))
    taken = []
    with served.settings() as settings, tempfile.TemporaryDirectory() as folder, WsChannel(**settings) as client:
        file = Path(os.environ.get("BENCH_FILE") or Path(folder, "file.bin"))
        if not file.exists():
            file.write_bytes(os.urandom(SIZE))
        key = Path(os.environ["BENCH_KEY_FILE"]).read_text()
        for number in range(rounds):
            begun = perf_counter()
            client.sign_and_upload(
                content=file,
                file_name=f"payment-{number}.xml",
                file_type="pain.001.001.09",
                private_key=key,
                check=False,
            )
            taken.append(round(perf_counter() - begun, 4))
    print(json.dumps({"seconds": taken}))


if __name__ == "__main__":
    main()
