"""A service in a process of its own, so that its work is not counted as the client's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ACCOUNT: dict[str, Any] = {
    "email": "user@example.test",
    "password": "Toddler_..123456789012345",
    "phone": "+358401234567",
    "company": "Example Company Oy",
    "name": "Example User",
    "bank": "simulator",
}


@contextmanager
def settings() -> Iterator[dict[str, Any]]:
    """A client's settings, with a session: of the environment's service, else of one of our own in another process."""
    if "BENCH_ID_TOKEN" in os.environ:
        yield {
            "base_url": os.environ["ISECURE_BASE_URL"],
            "public_key_file": os.environ["ISECURE_PUBLIC_KEY_PEM_FILE"],
            "api_key": os.environ["ISECURE_API_KEY"],
            "id_token": os.environ["BENCH_ID_TOKEN"],
            "mode": "data",
            "bank": "simulator",
        }
        return
    child = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin and child.stdout
    try:
        known = json.loads(child.stdout.readline())
        os.environ["BENCH_KEY_FILE"] = known.pop("key_file")
        yield known
    finally:
        child.stdin.close()
        child.wait(30)


def main() -> None:
    from bankchannel import Service, WsChannel

    with tempfile.TemporaryDirectory() as folder, Service(verification_code="123456", no_limits=True) as service:
        base = {**service.client_settings, **ACCOUNT, "on_code": lambda question: "123456"}
        with WsChannel(**base, mode="admin", api_key="0") as admin:
            api_key = admin.register_account().api_key
            admin.log_in()
            admin.enroll_cert(code="SIM-0123456789abcdef01234567", ws_user_id="SIM-0123456789ab")
            signer = admin.generate_key()
            admin.upload_key(pgp_key=signer.public_key, pgp_key_purpose="authorize")
        with WsChannel(**base, mode="data", api_key=api_key) as data:
            data.register_account()
            session = data.log_in()
            known: dict[str, Any] = {
                **service.client_settings,
                "api_key": api_key,
                "id_token": session.id_token,
                "mode": "data",
                "bank": "simulator",
            }
            key_file = Path(folder, "key.asc")
            key_file.write_text(signer.private_key)
            known["key_file"] = str(key_file)
            print(json.dumps(known), flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main()
