"""A service in a process of its own, so that its work is not counted as the client's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ACCOUNT: dict[str, Any] = {
    "email": "user@example.test",
    "password": "Toddler_..123456789012345",
    "phone": "+358401234567",
    "company": "Example Company Oy",
    "name": "Example User",
    "bank": "simulator",
}
PAYMENT_TYPE = "pain.001.001.09"


@contextmanager
def settings(given: str | None) -> Iterator[dict[str, Any]]:
    """What a client of the service needs, with a session: as it was given, as JSON; else of a service of our own."""
    if given:
        yield json.loads(given)
        return
    child = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin and child.stdout
    try:
        yield json.loads(child.stdout.readline())
    finally:
        child.stdin.close()
        child.wait(30)


def main() -> None:
    from bankchannel import Service, WsChannel

    with Service(verification_code="123456", no_limits=True) as service:
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
            known = {
                **service.client_settings,
                "api_key": api_key,
                "id_token": session.id_token,
                "mode": "data",
                "bank": "simulator",
                "private_key": signer.private_key,
            }
            print(json.dumps(known), flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main()
