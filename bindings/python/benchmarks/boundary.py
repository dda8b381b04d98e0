"""What the boundary costs: an operation that does nothing, 200 bytes of JSON each way, against `json` alone; one JSON line.

    python boundary.py [CALLS]

Needs the testing build (`tests/testing-build`), whose package it puts together itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
ROUNDS = 9


def microseconds(calls: int, *works: Callable[[], object]) -> list[float]:
    """The quickest round of each; they take turns."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            begun = perf_counter()
            for _ in range(calls):
                work()
            best[place] = min(best[place], (perf_counter() - begun) / calls * 1e6)
    return best


def main() -> None:
    from bankchannel import WsChannel

    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    client: Any = WsChannel(base_url="http://127.0.0.1:9/v2")
    request = {"text": "x" * 189}
    text = json.dumps(request)
    assert len(text) == 201 and client.testing_echo(**request).to_dict() == request

    def natively() -> None:
        json.dumps(request)
        json.loads(text)

    native, generic, typed = microseconds(
        calls,
        natively,
        lambda: client.call("ws_channel.testing_echo", request),
        lambda: client.testing_echo(text=request["text"]),
    )
    found = {"json_us": native, "generic_us": generic, "typed_us": typed}
    ratios = {"generic_ratio": generic / native, "typed_ratio": typed / generic}
    rounded = {name: round(value, 3) for name, value in {**found, **ratios}.items()}
    print(json.dumps({"name": "boundary", "bytes": len(text), **rounded, "generic_limit": 3, "typed_limit": 2}))


if __name__ == "__main__":
    if os.environ.get("BANKCHANNEL_TESTING_PACKAGE"):
        main()
    else:
        import testing_build

        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "PYTHONPATH": testing_build.package(folder), "BANKCHANNEL_TESTING_PACKAGE": "1"}
            sys.exit(subprocess.run([sys.executable, *sys.argv], env=environment).returncode)
