"""Making a payment file (pain.001) of many transfers, compared with sepaxml, also without its validation: one JSON line.

    pip install sepaxml
    python make_payment.py [TRANSFERS]       default 50,000: the most that sepaxml's validation takes (a million elements)

`bankchannel` checks the file that it makes and takes the transfers from a generator; `sepaxml` validates the file by its
schema, or does not.
Each in a separate process, alternating; processor time, the minimum counts; the peak of the added memory.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from bankchannel import iso20022
from bankchannel.iso20022 import CreditTransfer, PaymentParty

IBAN = "DE89370400440532013000"
DAY = date.today() + timedelta(days=5)


def transfers(count: int) -> Iterator[CreditTransfer]:
    for number in range(count):
        creditor = PaymentParty(name=f"Creditor {number}", iban=IBAN)
        yield CreditTransfer(amount=Decimal(number + 1) / 100, creditor=creditor, text=f"Invoice {number}", end_to_end_id=f"E{number}")


def ours(count: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "payment.xml")
        debtor = PaymentParty(name="Example Oy", iban="FI2112345600000785")
        iso20022.make_payment(transactions=transfers(count), debtor=debtor, execution_date=DAY, path=str(path))
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
            return len(re.findall(b"<CdtTrfTxInf>", mapped))


def sepaxml(count: int, validate: bool) -> int:
    from sepaxml import SepaTransfer  # type: ignore[import-untyped]

    config = {"name": "Example Oy", "IBAN": "FI2112345600000785", "BIC": "NDEAFIHH", "batch": True, "currency": "EUR"}
    made = SepaTransfer(config, schema="pain.001.001.09", clean=True)
    for number in range(count):
        one = {"name": f"Creditor {number}", "IBAN": IBAN, "BIC": "COBADEFFXXX", "amount": number + 1, "execution_date": DAY}
        made.add_payment({**one, "description": f"Invoice {number}", "endtoend_id": f"E{number}"})
    return int(made.export(validate=validate).count(b"<CdtTrfTxInf>"))


WAYS: dict[str, Callable[[int], int]] = {
    "bankchannel": ours,
    "sepaxml": lambda count: sepaxml(count, False),
    "sepaxml, validated": lambda count: sepaxml(count, True),
}


def measure(name: str, count: int) -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    made = WAYS[name](count)
    took = time.process_time() - begun
    return {"seconds": took, "kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, "made": made}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[2], count)))
        return
    least: dict[str, dict[str, Any]] = {}
    for name in list(WAYS) * 2:
        told = subprocess.run([sys.executable, __file__, str(count), name], check=True, stdout=subprocess.PIPE)
        found = json.loads(told.stdout)
        least[name] = min(found, least.get(name, found), key=lambda one: float(one["seconds"]))
    if {one["made"] for one in least.values()} != {count}:
        raise SystemExit(f"they made different files: {least}")
    own = least["bankchannel"]
    times = {name: round(one["seconds"] / own["seconds"], 2) for name, one in least.items()}
    added = {name: one["kib"] for name, one in least.items()}
    print(json.dumps({"transfers": count, "seconds": own["seconds"], "times": times, "kib_added": added}))


if __name__ == "__main__":
    main()
