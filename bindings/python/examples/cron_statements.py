"""A cron job: fetches every new account statement into a folder, and prints nothing unless there is an error.

    ISECURE_EMAIL=… ISECURE_PASSWORD=… ISECURE_MODE=data ISECURE_API_KEY=… ISECURE_BANK=… \\
        python cron_statements.py FOLDER [FILE_TYPE]

A data session needs no code. A second run continues where the first one ended; nothing is fetched twice. Exit codes: 0
success, 1 permanent failure, 75 try again later (sysexits' EX_TEMPFAIL).
"""

from __future__ import annotations

import sys

from bankchannel import BankchannelError, WsChannel


def main(folder: str, file_type: str = "camt.053.001.02") -> int:
    with WsChannel.from_env() as client:
        client.log_in()
        done = client.download_new_files(directory=folder, file_type=file_type, timeout=300)
    for file in done.files:
        if file.error is not None:
            print(f"{file.file_type} {file.file_reference}: {file.error_message} [{file.error}]", file=sys.stderr)
    return 1 if done.failed or done.not_tried else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except BankchannelError as error:
        print(error, file=sys.stderr)
        sys.exit(75 if error.retryable else 1)
