"""The cost of importing, compared with `httpx`: one JSON line.

    python load.py [ROUNDS]

Fresh processes alternate; the clock runs inside each, around the import alone. Needs httpx.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

IMPORTS = {
    "ours": "import bankchannel",
    "client": "from bankchannel import WsChannel",
    "against": "import httpx",
}


def once(statement: str) -> float:
    program = f"from time import perf_counter\nbegun = perf_counter()\n{statement}\nprint(perf_counter() - begun)"
    # As for a user: the bytecode is cached.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for statement in IMPORTS.values():
        once(statement)  # writes the bytecode, fills the disk's cache
    for _ in range(rounds):
        for name, statement in IMPORTS.items():
            times[name].append(once(statement))
    found = {f"{name}_ms": round(statistics.median(taken) * 1000, 3) for name, taken in times.items()}
    print(json.dumps({**found, "against": "httpx"}))


if __name__ == "__main__":
    main()
