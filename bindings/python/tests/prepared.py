"""An embedded service with an account whose statement is ready at the bank, for running the README and the examples.

    python prepared.py README HEADING        runs the Python blocks below a heading, each in a separate process
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bankchannel import Service, WsChannel

PAYMENT = Path(__file__).resolve().parents[3] / "core/iso20022/examples/pain.001.001.09.xml"
STATEMENT = Path(__file__).resolve().parents[3] / "core/iso20022/tests/data/camt.053.001.08.xml"
ACCOUNT: dict[str, Any] = {
    "email": "you@example.test",
    "password": "Toddler_..123456789012345",
    "phone": "+358401234567",
    "company": "Example Company Oy",
    "name": "Example User",
    "bank": "simulator",
}


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def account(folder: str, payment: bytes) -> Iterator[dict[str, str]]:
    """The environment of a program that uses the account. The folder gets its private key and a payment."""
    with Service(verification_code="123456", no_limits=True) as service:
        settings: dict[str, Any] = {**service.client_settings, **ACCOUNT, "on_code": lambda question: "123456"}
        with WsChannel(**settings, mode="admin", api_key="0") as admin:
            api_key = admin.register_account().api_key
            admin.log_in()
            admin.enroll_cert(code="SIM-0123456789abcdef01234567", ws_user_id="SIM-0123456789ab")
            key = admin.generate_key()
            admin.upload_key(pgp_key=key.public_key, pgp_key_purpose="authorize")
        key.private_key.save_to(Path(folder, "key.asc"))
        Path(folder, "payment.xml").write_bytes(payment)
        with WsChannel(**settings, mode="data", api_key=api_key) as data:
            data.register_account()
            data.log_in()
            data.sign_and_upload(
                content=payment, file_name="payment.xml", file_type="pain.001.001.09", private_key=key.private_key
            )
            end = time.monotonic() + 30
            while not data.list_files(file_type="camt.053.001.02").file_descriptors:
                assert time.monotonic() < end, "no statement came"
                time.sleep(0.1)
        yield {
            **os.environ,
            "ISECURE_BASE_URL": service.base_url,
            "ISECURE_PUBLIC_KEY_PEM_FILE": service.public_key_file,
            "ISECURE_EMAIL": ACCOUNT["email"],
            "ISECURE_PASSWORD": ACCOUNT["password"],
            "ISECURE_PHONE": ACCOUNT["phone"],
            "ISECURE_BANK": ACCOUNT["bank"],
            "ISECURE_MODE": "data",
            "ISECURE_API_KEY": api_key.reveal(),
            "PAYMENT_KEY_FILE": str(Path(folder, "key.asc")),
        }


def blocks(readme: Path, heading: str) -> list[str]:
    """The Python programs below a heading, up to the next one of its level or above."""
    level = len(heading.split()[0])
    part = re.split(rf"(?m)^{re.escape(heading)}$", readme.read_text())[1]
    part = re.split(rf"(?m)^#{{1,{level}}} ", part)[0]
    return re.findall(r"(?ms)^```python\n(.*?)^```$", part)


def run(program: str, environment: dict[str, str], folder: str) -> str:
    """Runs a program in a folder; returns its output."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        cwd=folder,
        input="123456\n" * 10,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{program}\n{done.stdout}{done.stderr}"
    return done.stdout


def main(readme: str, heading: str) -> None:
    """Runs them, and checks that a statement was downloaded."""
    found = blocks(Path(readme), heading)
    assert found, f"{readme} has no Python block below {heading}"
    with tempfile.TemporaryDirectory() as folder, account(folder, PAYMENT.read_bytes()) as environment:
        given = Path(folder, "statement.xml")
        if STATEMENT.exists():
            given.write_bytes(STATEMENT.read_bytes())
        # Fetching must be repeatable.
        for program in [*found, found[0]]:
            run(program, environment, folder)
        files = [file for file in Path(folder).rglob("*") if file.is_file() and file != given]
        statements = [file for file in files if b"BkToCstmrStmt" in file.read_bytes()]
        assert statements, "no statement was downloaded"
    print(f"{readme}: {len(found)} programs run, {len(statements)} statements downloaded")


if __name__ == "__main__":
    main(*sys.argv[1:])
