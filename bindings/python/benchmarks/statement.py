"""Reading a statement (camt.053) of 100,000 entries into typed results, compared with lxml: one JSON line.

    pip install lxml
    python statement.py FILE        made with: cargo run --release -p bankchannel-iso20022 --example read_speed 100000 FILE

Each reads the same eleven fields of each entry, amounts as `Decimal` and dates as `date`: `bankchannel` by its iterator,
`iterparse` in typical hand-written code, which frees each entry, `xpath` on the complete tree. Processor time, each in
separate processes, alternating; the minimum counts.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from bankchannel import iso20022

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
NS = {"c": NAMESPACE}
Row = tuple[Any, ...]
PATHS = {
    "number": "c:NtryRef",
    "amount": "c:Amt",
    "direction": "c:CdtDbtInd",
    "status": "c:Sts/c:Cd",
    "booked": "c:BookgDt/c:Dt",
    "servicer": "c:AcctSvcrRef",
    "end_to_end": "c:NtryDtls/c:TxDtls/c:Refs/c:EndToEndId",
    "name": "c:NtryDtls/c:TxDtls/c:RltdPties/c:Dbtr/c:Pty/c:Nm",
    "iban": "c:NtryDtls/c:TxDtls/c:RltdPties/c:DbtrAcct/c:Id/c:IBAN",
    "text": "c:NtryDtls/c:TxDtls/c:RmtInf/c:Ustrd",
}


def ours(path: Path) -> Iterator[Row]:
    for _, entry in iso20022.statement_entries(content=path):
        money, party, status = entry.money, entry.counterparty, entry.status
        assert money and party and status
        yield (
            entry.reference,
            money.amount,
            money.currency,
            entry.direction,
            status.code,
            entry.booking_date,
            entry.servicer_reference,
            entry.end_to_end_id,
            party.name,
            party.iban,
            entry.text,
        )


def row(values: list[str | None], currency: str | None) -> Row:
    reference, amount, direction, status, booked, *rest = values
    return (reference, Decimal(amount or ""), currency, {"CRDT": "credit", "DBIT": "debit"}[direction or ""], status, date.fromisoformat(booked or ""), *rest)


def iterparse(path: Path) -> Iterator[Row]:
    paths = ["/".join(f"{{{NAMESPACE}}}{step[2:]}" for step in path.split("/")) for path in PATHS.values()]
    for _, entry in etree.iterparse(str(path), tag=f"{{{NAMESPACE}}}Ntry"):
        yield row([entry.findtext(path) for path in paths], entry.find(paths[1]).get("Ccy"))
        entry.clear()
        while entry.getprevious() is not None:
            del entry.getparent()[0]


def xpath(path: Path) -> Iterator[Row]:
    tree = etree.parse(str(path))
    for entry in tree.xpath("//c:Ntry", namespaces=NS):
        texts = [entry.xpath(f"string({path})", namespaces=NS) for path in PATHS.values()]
        yield row(texts, entry.xpath("string(c:Amt/@Ccy)", namespaces=NS))


WAYS: dict[str, Callable[[Path], Iterator[Row]]] = {"bankchannel": ours, "iterparse": iterparse, "xpath": xpath}


def measure(name: str, path: Path) -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun, count, found = time.process_time(), 0, None
    for found in WAYS[name](path):
        count += 1
    took = time.process_time() - begun
    added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": took, "kib": added, "entries": count, "last": [str(value) for value in found or ()]}


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
    print(json.dumps({"entries": own["entries"], "seconds": own["seconds"], "times": times, "kib_added": own["kib"]}))


if __name__ == "__main__":
    main()
