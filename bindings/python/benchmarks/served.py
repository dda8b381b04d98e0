"""A service in a separate process, so that its work is not counted as the client's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

@contextmanager
def settings() -> Iterator[dict[str, Any]]:
    """A client's settings, with a session: of the environment's service, or of our own in another process."""
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

    with tempfile.TemporaryDirectory() as folder, Service(no_limits=True, control=True) as service:
        key = WsChannel().generate_key(name="Benchmark", email="benchmark@example.test")
        key_file = Path(folder, "key.asc")
        key.private_key.save_to(key_file)
        account = {
            "email": "benchmark@example.test",
            "password": "Benchmark_1234567890",
            "company": "Benchmark",
            "name": "Benchmark",
            "sessions": True,
            "certificates": ["simulator"],
            "pgp_keys": [{"key": key.public_key, "purpose": "authorize"}],
            "files": [
                {"file_type": "camt.053.001.02", "content": "aGVsbG8=", "reference": f"ref{number}"} for number in range(10)
            ],
        }
        seeded = post(f"{service.control_url}/seed", {"accounts": [account]})["accounts"][0]
        known: dict[str, Any] = {
            **service.client_settings,
            "api_key": seeded["api_key"],
            "id_token": seeded["id_tokens"]["data"],
            "mode": "data",
            "bank": "simulator",
            "key_file": str(key_file),
        }
        print(json.dumps(known), flush=True)
        sys.stdin.read()


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


if __name__ == "__main__":
    main()
