"""Payment files and numbers compared with third-party programs: `python-stdnum` judges the same IBANs and references, and
files made by `sepaxml` are read and checked. Random values come from a seed that is shown when a test fails."""

from __future__ import annotations

import importlib.util
import os
import random
import re
import string
import unittest
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from bankchannel import BankchannelError, iso20022
from bankchannel.iso20022 import CreditTransfer, PaymentParty
from settlement import soon

DEBTOR = PaymentParty(name="Example Oy", iban="FI2112345600000785")
LETTERS = {"n": string.digits, "a": string.ascii_uppercase, "c": string.digits + string.ascii_uppercase}
SEED = int(os.environ.get("BANKCHANNEL_TESTS_SEED", random.randrange(1 << 32)))


def installed(name: str) -> Callable[[Any], Any]:
    there = importlib.util.find_spec(name) or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS")
    return unittest.skipUnless(there, f"{name} is not installed")


def is_paid(iban: str = "EE382200221020145685", reference: str | None = None) -> bool:
    creditor = PaymentParty(name="Creditor", iban=iban)
    one = CreditTransfer(amount=Decimal(1), creditor=creditor, reference=reference, reference_kind="rf" if reference else None)
    try:
        iso20022.make_payment(transactions=[one], debtor=DEBTOR, execution_date=soon())
    except BankchannelError as error:
        assert error.code == "iso20022.payment_refused", error
        return False
    return True


def spoiled(good: str, by: random.Random) -> Iterator[str]:
    """A text with a typing error."""
    at = by.randrange(2, len(good) - 1)
    yield good[:at] + by.choice(LETTERS["c"]) + good[at + 1 :]
    yield good[:at] + good[at + 1] + good[at] + good[at + 2 :]
    yield good[:2] + f"{by.randrange(100):02}" + good[4:]
    yield good[:-1]
    yield good + "0"
    yield good[:at] + by.choice("./_+%") + good[at + 1 :]


def is_written_right(text: str) -> bool:
    """Checks that `stdnum` lacks: it drops dots and slashes, and accepts letters and 99 as check digits."""
    return re.fullmatch("[A-Z]{2}[0-9]{2}[A-Z0-9]+", text) is not None and 2 <= int(text[2:4]) <= 98


def check_digits(country: str, rest: str) -> str:
    digits = "".join(str(int(character, 36)) for character in f"{rest}{country}00")
    return f"{98 - int(digits) % 97:02}"


@installed("stdnum")
class Numbers(unittest.TestCase):
    def test_ibans(self) -> None:
        from stdnum import iban, numdb

        by, countries = random.Random(SEED), 0
        for country in (a + b for a in string.ascii_uppercase for b in string.ascii_uppercase):
            structure = numdb.get("iban").info(country)[0][1].get("bban")
            if structure is None:
                continue
            countries += 1
            for _ in range(20):
                kinds = re.findall(r"(\d+)!([nac])", structure)
                rest = "".join(by.choice(LETTERS[kind]) for count, kind in kinds for _ in range(int(count)))
                # Also with right check digits after letters in places of digits.
                mixed = "".join(by.choice([c, by.choice(LETTERS["c"])]) for c in rest)
                good, strange = (country + check_digits(country, text) + text for text in (rest, mixed))
                for text in (good, strange, *spoiled(good, by)):
                    with self.subTest(text, seed=SEED):
                        self.assertEqual(is_paid(iban=text), is_written_right(text) and iban.is_valid(text, check_country=False))
        self.assertGreater(countries, 80)

    def test_creditor_references(self) -> None:
        from stdnum import iso11649

        by = random.Random(SEED)
        for _ in range(500):
            rest = "".join(by.choice(LETTERS["c"]) for _ in range(by.randrange(1, 22)))
            good = f"RF{check_digits('RF', rest)}{rest}"
            for text in (good, *spoiled(good, by)):
                with self.subTest(text, seed=SEED):
                    self.assertEqual(is_paid(reference=text), is_written_right(text) and iso11649.is_valid(text))


@installed("sepaxml")
class Files(unittest.TestCase):
    def test_files_of_sepaxml_are_read_and_checked(self) -> None:
        from sepaxml import SepaTransfer  # type: ignore[import-untyped]

        day = soon()
        for schema in ("pain.001.001.03", "pain.001.001.09"):
            for batch in (True, False):
                config = {"name": "Example Oy", "IBAN": DEBTOR.iban, "BIC": "NDEAFIHH", "batch": batch, "currency": "EUR"}
                made = SepaTransfer(config, schema=schema, clean=True)
                for number in range(3):
                    payment = {"name": "Müller GmbH", "IBAN": "DE89370400440532013000", "BIC": "COBADEFFXXX", "amount": 1012 + number}
                    made.add_payment(
                        {**payment, "execution_date": day, "description": f"Invoice {number}", "endtoend_id": f"E{number}"}
                    )
                content = made.export(validate=True)
                with self.subTest(schema=schema, batch=batch):
                    file = iso20022.read_payment(content=content)
                    self.assertEqual((file.count, file.sum), (3, Decimal("30.39")))
                    sent = [one for batch in file.batches for one in batch.transactions]
                    found = [(one.end_to_end_id, one.money and one.money.amount, one.remittance.lines) for one in sent]
                    wanted = [(f"E{number}", Decimal(1012 + number) / 100, (f"Invoice {number}",)) for number in range(3)]
                    self.assertEqual(found, wanted)
                    self.assertEqual({one.creditor and one.creditor.iban for one in sent}, {"DE89370400440532013000"})
                    checked = iso20022.check_payment(content=content)
                    self.assertEqual((checked.ok, checked.findings), (True, ()))
                    # And errors that the bank would refuse are found in them.
                    broken = content.replace(b"DE89370400440532013000", b"DE88370400440532013000", 1)
                    self.assertEqual(iso20022.check_payment(content=broken).errors, 1)


if __name__ == "__main__":
    unittest.main()
