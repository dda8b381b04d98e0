"""What importing costs, each in fresh processes that take turns, against `httpx`: one JSON line.

    python import_cost.py [ROUNDS]

The clock runs inside the process, around the import alone. Needs httpx.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

IMPORTS = {
    "bankchannel": "import bankchannel",
    "bankchannel_client": "from bankchannel import WsChannel",
    "httpx": "import httpx",
    "requests": "import requests",
}


def once(statement: str) -> float:
    program = f"from time import perf_counter\nbegun = perf_counter()\n{statement}\nprint(perf_counter() - begun)"
    return float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for statement in IMPORTS.values():
        once(statement)  # writes the bytecode, fills the disk's cache
    for _ in range(rounds):
        for name, statement in IMPORTS.items():
            times[name].append(once(statement))
    found = {f"{name}_ms": round(statistics.median(taken) * 1000, 2) for name, taken in times.items()}
    ratios = [ours / theirs for ours, theirs in zip(times["bankchannel"], times["httpx"])]
    print(json.dumps({"name": "import", **found, "ratio": round(statistics.median(ratios), 3), "limit": 0.25}))


if __name__ == "__main__":
    main()
