"""Reading an MT940 of 20,000 entries into typed results, compared with the package mt-940: one JSON line.

    pip install mt-940
    python swift_statement.py FILE        made with: cargo run --release -p bankchannel-iso20022 --example swift_speed 20000 FILE

Each reads the same fields of each entry, amounts as `Decimal` and dates as `date`: `bankchannel` by its iterator,
`mt-940` by its `parse`. Processor time, each in separate processes, alternating; the minimum counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from bankchannel import iso20022

Row = tuple[Any, ...]


def ours(path: Path) -> Iterator[Row]:
    for _, entry in iso20022.statement_entries(content=path):
        money = entry.money
        assert money
        names = entry.servicer_reference, entry.end_to_end_id, entry.information
        yield (money.amount, money.currency, entry.value_date, *names)


def mt_940(path: Path) -> Iterator[Row]:
    mt940: Any = import_module("mt940")

    for entry in mt940.parse(str(path)):
        data = entry.data
        amount, day = data["amount"], data["date"]
        names = data["bank_reference"], data["end_to_end_reference"], data["posting_text"]
        yield (amount.amount, amount.currency, date(day.year, day.month, day.day), *names)


WAYS: dict[str, Callable[[Path], Iterator[Row]]] = {"bankchannel": ours, "mt-940": mt_940}


def measure(name: str, path: Path) -> dict[str, Any]:
    begun, count, found = time.process_time(), 0, None
    for found in WAYS[name](path):
        count += 1
    took = time.process_time() - begun
    return {"seconds": took, "entries": count, "last": [str(value) for value in found or ()]}


def main() -> None:
    path = Path(sys.argv[1])
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[2], path)))
        return
    least: dict[str, dict[str, Any]] = {}
    for name in list(WAYS) * 3:
        # A process for each: memory left by one does not slow down another.
        told = subprocess.run([sys.executable, __file__, str(path), name], check=True, stdout=subprocess.PIPE)
        found = json.loads(told.stdout)
        least[name] = min(found, least.get(name, found), key=lambda one: float(one["seconds"]))
    if len({(one["entries"], *one["last"]) for one in least.values()}) != 1:
        raise SystemExit(f"they read different things: {least}")
    own = least["bankchannel"]
    times = {name: round(one["seconds"] / own["seconds"], 2) for name, one in least.items()}
    print(json.dumps({"entries": own["entries"], "seconds": own["seconds"], "times": times}))


if __name__ == "__main__":
    main()
