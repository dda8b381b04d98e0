"""Payment files and statements: the programs of the pages, typed results, iterators, and error reports."""

from __future__ import annotations

import copy
import json
import os
import pickle
import re
import socket
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from unittest import mock

import prepared
from bankchannel import InvalidInputError, codes, iso20022
from bankchannel.iso20022 import CreditTransfer, PaymentParty
from settlement import soon

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PAGE = ROOT / "docs/iso20022.md"
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release/bankchannel")

#: A made-up statement, status report and payment file.
VALUES: dict[str, str] = json.loads((ROOT / "tests/scenarios/api/iso20022.json").read_text())["values"]
STATEMENT, REPORT, PAYMENT = (VALUES[name].encode() for name in ("statement", "report", "payment"))

DEBTOR = PaymentParty(name="Example Oy", iban="FI2112345600000785")
MANY = 5000


def transfer(number: int = 1, iban: str = "EE382200221020145685") -> CreditTransfer:
    creditor = PaymentParty(name=f"Creditor {number}", iban=iban)
    return CreditTransfer(amount=Decimal(number) / 100, creditor=creditor, text=f"Invoice {number}")


def write_statement(path: Path, count: int) -> None:
    """A statement of this many entries: copies of the example's first entry, each with its own amount and id."""
    text = STATEMENT.decode()
    begin, end = text.index("<Ntry>"), text.index("</Ntry>") + len("</Ntry>")
    entry = text[begin:end]
    with path.open("w") as file:
        file.write(text[:begin])
        for number in range(1, count + 1):
            file.write(entry.replace(">50.00<", f">{number}.00<").replace(">E-1<", f">E-{number}<"))
        file.write(text[text.rindex("</Ntry>") + len("</Ntry>") :])


def block(heading: str, language: str, page: Path = PAGE) -> str:
    """The only program of a language below a heading, up to the next heading of its level or above. A line in a program
    that looks like a heading is a comment."""
    found, below = [], False
    for part in re.finditer(r"(?ms)^```([^\n]*)\n(.*?)^```$|^(#+) [^\n]*$", page.read_text()):
        if part[3]:
            below = part[0] == heading or (below and len(part[3]) > len(heading.split()[0]))
        elif below and part[1] == language:
            found.append(part[2])
    (program,) = found
    return program


class Pages(unittest.TestCase):
    def told(self, printed: str) -> None:
        """The output of the page's program in each language, without findings about the execution day."""
        lines = [line for line in printed.splitlines() if not line.startswith("warning: ")]
        self.assertEqual(len(lines), 11, printed)
        self.assertEqual(lines[0], "3 salaries, 6550.95 EUR")
        self.assertRegex(lines.pop(1), r"^The bank has accepted the file: ACCP")
        for line in lines[1:4]:
            self.assertRegex(line, r"^E[0-9A-Z]{20} ACSC settled: the debtor's account was debited$")
        entries = ["-2450.00 Maija Meikalainen", "-2210.55 Matti Virtanen", "-1890.40 Kaja Tamm"]
        for line, entry in zip(lines[4:7], entries, strict=True):
            self.assertRegex(line, rf"^FI2112345600000785 \d{{4}}-\d\d-\d\d {re.escape(entry)} Salary, November$")
        outcomes = ["Maija Meikalainen 2450.00", "Matti Virtanen 2210.55", "Kaja Tamm 1890.40"]
        advice = "paid no nothing is to be sent: the account was debited"
        self.assertEqual(lines[7:], [f"{outcome} {advice}" for outcome in outcomes])

    def test_a_payroll_and_its_reconciliation(self) -> None:
        program = block("### Python", "python")
        with tempfile.TemporaryDirectory() as folder:
            self.told(prepared.run(program, {**os.environ}, folder))

    @unittest.skipUnless(
        PROGRAM.exists() or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), "the command line is not built"
    )
    def test_the_same_in_the_shell(self) -> None:
        script = block("### Shell", "sh")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.assertIn("127.0.0.1:8080", script)
        with tempfile.TemporaryDirectory() as folder:
            shown = self.shell(script.replace("127.0.0.1:8080", f"127.0.0.1:{port}"), folder)
            entries = Path(folder, "entries.csv").read_text().splitlines()
        self.assertIn("3 transactions, control sum 6550.95", shown)
        self.assertIn("pain.001.001.09: 0 errors", shown)
        # A status for each transaction, and in the last table its result.
        self.assertGreaterEqual(shown.count("settled: the debtor's account was debited"), 3)
        self.assertEqual(shown.count("nothing is to be sent: the account was debited"), 3)
        self.assertEqual(len(entries), 1 + 3)
        self.assertIn("-2450.00", entries[1])

    def shell(self, script: str, folder: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ISECURE_")}
        environment["PATH"] = f"{PROGRAM.parent}:{environment['PATH']}"
        command = ["bash", "-e", "-c", script]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_the_iterator_of_the_page(self) -> None:
        program = block("## Large files", "python")
        with tempfile.TemporaryDirectory() as folder:
            write_statement(Path(folder, "statement.xml"), 3)
            printed = prepared.run(program, {**os.environ}, folder)
        self.assertEqual(printed.splitlines(), [f"FI2112345600000785 2026-11-20 {n}.00" for n in (1, 2, 3)])

    def test_where_the_page_begins(self) -> None:
        program = block("## Begin", "python")
        printed = prepared.run(program, {**os.environ}, ".")
        self.assertRegex(printed, r"^True 249\.55\nBeta Services unknown look at the account first; .*\n$")

    @unittest.skipUnless(
        PROGRAM.exists() or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), "the command line is not built"
    )
    def test_where_the_page_begins_in_the_shell(self) -> None:
        script = block("## Begin", "sh")
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "inbox").mkdir()
            Path(folder, "inbox/statement.xml").write_bytes(STATEMENT)
            shown = self.shell(script, folder)
        self.assertIn("Pekka Payer", shown)
        self.assertEqual(shown.count("look at the account first"), 2)


class Tables(unittest.TestCase):
    """The page's tables match the library."""

    def table(self, heading: str) -> dict[str, list[str]]:
        """The rows of the first table below a heading, by their first cell."""
        part = re.split(rf"(?m)^{re.escape(heading)}$", PAGE.read_text())[1]
        (table,) = re.findall(r"(?s)\A.*?^\| --- [^\n]*\n((?:\|[^\n]*\n)+)", part, re.MULTILINE)
        rows = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table.splitlines()]
        self.assertGreater(len(rows), 3)
        return {row[0]: row[1:] for row in rows}

    def test_statuses_and_reasons(self) -> None:
        statuses, reasons = self.table("### Statuses"), self.table("### Reasons")
        for code, (words, final, _, again, _) in statuses.items():
            report = REPORT.replace(b"<TxSts>ACSC<", f"<TxSts>{code}<".encode())
            reports = iso20022.read_status_report(content=report).reports
            status = reports[0].batches[0].transactions[0].status
            assert status
            self.assertEqual((status.code, status.meaning), (code, words))
            self.assertIn(final, ("yes", "no"))
            if final == "no" and again not in ("per_transaction",):
                matched = iso20022.match_status(content=PAYMENT, reports=reports)
                self.assertEqual(matched.transactions[0].again, again, code)
        for code, (words, again, _) in reasons.items():
            reports = iso20022.read_status_report(content=REPORT.replace(b"AC04", code.encode())).reports
            second = iso20022.match_status(content=PAYMENT, reports=reports).transactions[1]
            assert second.reason
            self.assertEqual((second.reason.code, second.reason.meaning), (code, words))
            if again != "no":
                self.assertEqual(second.again, again, code)

    def test_columns(self) -> None:
        columns = self.table("### Columns of a table")
        row = {"creditor_name": "A", "creditor_iban": "EE382200221020145685", "amount": "1.00"}
        table = ",".join(columns) + "\n" + ",".join(row.get(column, "") for column in columns) + "\n"
        made = iso20022.make_payment(content=table.encode(), format="csv", debtor=DEBTOR, execution_date=soon())
        self.assertEqual(made.transactions, 1)

    def test_options_of_a_profile(self) -> None:
        named = {name.strip("` ") for first in self.table("### Profiles") for name in first.split(",")}
        self.assertEqual(named, set(iso20022.ProfileOptions.__annotations__))
        for base in ("aos2", "nordea", "danske", "danske_se"):
            self.assertIn(f"`{base}`", PAGE.read_text())
        profile = iso20022.ProfileOptions(base="danske_se", hybrid_address="needs_line", characters="german")
        self.assertFalse(iso20022.check_payment(content=b"<Document/>", profile=profile).ok)

    def test_characters(self) -> None:
        party = PaymentParty(name="Jäger", iban="EE382200221020145685")
        given = CreditTransfer(amount=Decimal("1.00"), creditor=party)

        def name(characters: iso20022.Characters) -> str | None:
            made = iso20022.make_payment(
                transactions=[given], debtor=DEBTOR, execution_date=soon(), characters=characters
            )
            assert made.xml
            creditor = iso20022.read_payment(content=made.xml.encode()).batches[0].transactions[0].creditor
            return creditor.name if creditor else None

        self.assertEqual([name("epc"), name("german"), name("latin1")], ["Jager", "Jaeger", "Jäger"])
        with self.assertRaises(InvalidInputError) as raised:
            name("strict")
        self.assertIn("Jager", str(raised.exception))


class Results(unittest.TestCase):
    def test_amounts_dates_and_instants_are_pythons_own(self) -> None:
        (statement,) = iso20022.read_statement(content=STATEMENT).statements
        assert statement.opening and statement.opening.money and statement.created and statement.end
        self.assertEqual((statement.kind, statement.account.iban), ("statement", "FI2112345600000785"))
        self.assertEqual(statement.opening.money.amount, Decimal("100.00"))
        self.assertIsInstance(statement.opening.money.amount, Decimal)
        self.assertEqual(statement.created.instant, datetime.fromisoformat("2026-11-20T18:00:00+02:00"))
        self.assertEqual((statement.end.balance_check, statement.end.booked_sum), ("consistent", Decimal("35.45")))
        received, charge = statement.entries
        assert received.money and received.counterparty and charge.money and received.bank_code
        self.assertEqual(received.booking_date, date(2026, 11, 20))
        self.assertEqual((received.counterparty.name, received.end_to_end_id), ("Pekka Payer", "E-1"))
        self.assertEqual(received.creditor_reference, "RF18539007547034")
        self.assertTrue(received.bank_code.meaning)
        self.assertEqual((charge.money.amount, charge.text), (Decimal("-14.55"), "Service charge"))

    def test_what_the_readers_gave_goes_back_in(self) -> None:
        reports = iso20022.read_status_report(content=REPORT).reports
        pages = [statement for statement, _ in iso20022.statement_entries(content=STATEMENT)]
        for statements in (iso20022.read_statement(content=STATEMENT).statements, pages[:1]):
            matched = iso20022.match_status(content=PAYMENT, reports=reports, statements=statements)
            self.assertEqual([one.outcome for one in matched.transactions], ["executed_reported", "rejected"])
            self.assertEqual(len(matched.leftover_entries), 2)


class Iterators(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        # The folder of temporary files: empty again after each call.
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir()
        patched = mock.patch.object(tempfile, "tempdir", str(self.temporary))
        patched.start()
        self.addCleanup(patched.stop)

    def nothing_is_left(self) -> None:
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_every_entry_of_a_large_statement_comes_once(self) -> None:
        path = self.folder / "statement.xml"
        write_statement(path, MANY)
        for size in (None, 7):
            seen = []
            for statement, entry in iso20022.statement_entries(content=path, entries=size):
                assert entry.money
                self.assertEqual(statement.account.iban, "FI2112345600000785")
                seen.append((entry.number, entry.money.amount, entry.end_to_end_id))
            self.assertEqual(seen, [(n, Decimal(n), f"E-{n}") for n in range(1, MANY + 1)])
        with self.assertRaises(InvalidInputError):
            next(iso20022.statement_entries(content=VALUES["broken"].encode()))

    def test_a_file_that_changes_between_pages_is_refused(self) -> None:
        path = self.folder / "statement.xml"
        write_statement(path, 10)
        entries = iso20022.statement_entries(content=path, entries=5)
        self.assertEqual(next(entries)[1].number, 1)
        write_statement(path, 11)
        with self.assertRaises(InvalidInputError) as raised:
            list(entries)
        self.assertEqual((raised.exception.code, raised.exception.context["field"]), ("input.invalid_field", "content"))

    def test_what_is_in_lists_is_made_when_it_is_read(self) -> None:
        """Results in lists make their fields late; they are equal, hashed, shown, copied and pickled like any other."""
        one, other = (iso20022.read_statement(content=STATEMENT).statements[0].entries[0] for _ in range(2))
        self.assertIs(one.money, one.money)
        self.assertEqual((one, hash(one), repr(one)), (other, hash(other), repr(other)))
        self.assertEqual(pickle.loads(pickle.dumps(one)), one)
        self.assertEqual(copy.deepcopy(one).to_dict(), other.to_dict())
        with self.assertRaises(AttributeError):
            one.money = None  # type: ignore[misc]
        match one:
            case iso20022.Entry(number=number):
                self.assertEqual(number, 1)
        # From many threads at once too.
        fresh = [iso20022.read_statement(content=STATEMENT).statements[0].entries[0] for _ in range(200)]
        with ThreadPoolExecutor(8) as pool:
            told = set(pool.map(repr, [entry for entry in fresh for _ in range(8)]))
        self.assertEqual(told, {repr(one)})

    def test_memory_stays_small(self) -> None:
        path, small = self.folder / "statement.xml", self.folder / "small.xml"
        write_statement(path, 4 * MANY)
        write_statement(small, 1)
        self.assertGreater(path.stat().st_size, 8 * 1024 * 1024)
        program = (
            "import resource, sys\n"
            "from pathlib import Path\n"
            "from bankchannel import iso20022\n"
            "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "def count(path): return sum(1 for _ in iso20022.statement_entries(content=Path(path)))\n"
            "assert count(sys.argv[1]) == 1\n"
            "before = peak()\n"
            f"assert count(sys.argv[2]) == {4 * MANY}\n"
            "print(peak() - before)\n"
        )
        command = [sys.executable, "-c", program, str(small), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.stderr, "")
        self.assertLess(int(done.stdout), 32 * 1024, "KiB added")

    def test_a_generator_of_many_transactions_is_made_into_a_good_file(self) -> None:
        path = self.folder / "payment.xml"
        made = iso20022.make_payment(
            transactions=(transfer(number) for number in range(1, MANY + 1)),
            debtor=DEBTOR,
            execution_date=soon(),
            path=str(path),
        )
        self.nothing_is_left()
        total = Decimal(MANY * (MANY + 1) // 2) / 100
        self.assertEqual((made.transactions, made.control_sum, made.path, made.xml), (MANY, total, str(path), None))
        checked = iso20022.check_payment(content=path)
        self.assertTrue(checked.ok, checked.findings)
        assert checked.payment
        # A list gives the same file, except for the second of its creation.
        listed = iso20022.make_payment(
            transactions=[transfer(number) for number in range(1, MANY + 1)], debtor=DEBTOR, execution_date=soon()
        )
        assert listed.xml
        self.assertEqual(listed.message_id, made.message_id)
        written = re.compile("<CreDtTm>[^<]*<")
        self.assertEqual(written.sub("", listed.xml), written.sub("", path.read_text()))

    def test_the_error_of_a_generator_comes_out_and_nothing_is_left(self) -> None:
        class Own(Exception):
            pass

        own = Own("the database is gone")

        def transfers() -> Iterator[CreditTransfer]:
            yield from (transfer(number) for number in range(1, 100))
            raise own

        path = self.folder / "payment.xml"
        with self.assertRaises(Own) as raised:
            iso20022.make_payment(transactions=transfers(), debtor=DEBTOR, execution_date=soon(), path=str(path))
        self.assertIs(raised.exception, own)
        self.nothing_is_left()
        self.assertFalse(path.exists())

    def test_a_faulty_transaction_of_a_generator_is_named(self) -> None:
        faulty = iter([transfer(1), transfer(2, iban="EE382200221020145686")])
        with self.assertRaises(InvalidInputError) as raised:
            iso20022.make_payment(transactions=faulty, debtor=DEBTOR, execution_date=soon())
        self.assertEqual(raised.exception.code, codes.ISO20022_PAYMENT_REFUSED)
        self.assertIn("transaction 2", str(raised.exception))
        self.assertIn("creditor.iban", str(raised.exception))
        self.nothing_is_left()


class Faults(unittest.TestCase):
    def test_content_beside_a_generator_is_refused(self) -> None:
        with self.assertRaises(InvalidInputError) as raised:
            iso20022.make_payment(content=b"{}", transactions=iter([transfer()]), debtor=DEBTOR, execution_date=soon())
        self.assertEqual(raised.exception.code, codes.INPUT_INVALID_FIELD)
        self.assertEqual(raised.exception.context["field"], "transactions")

    def test_values_of_other_types_get_the_message_that_helps(self) -> None:
        nan = float("nan")
        cases: list[tuple[dict[str, object], str]] = [
            ({"amount": 10}, 'transactions[0].amount: must be a string, not a number: write it as text, such as "10.50"'),
            ({"amount": nan}, "transactions[0].amount: must be a finite number; where there is no value, give None"),
            ({"text": nan}, "transactions[0].text: must be a finite number; where there is no value, give None"),
            ({"execution_date": datetime(2026, 12, 1, 10)}, "must be a date, not a datetime: give its day, as its method date() does"),
        ]
        creditor: dict[str, object] = {"name": "A", "iban": "EE382200221020145685"}
        for fields, words in cases:
            row = {"amount": "10.00", "creditor": creditor, "text": "x"} | fields
            with self.assertRaises(InvalidInputError) as raised:
                iso20022.make_payment(debtor=DEBTOR, execution_date=soon(), transactions=[row])  # type: ignore[list-item]
            self.assertIn(words, str(raised.exception))

    def test_errors_name_the_field_as_python_spells_it(self) -> None:
        with self.assertRaises(InvalidInputError) as raised:
            iso20022.make_payment(transactions=[transfer()], debtor=DEBTOR)
        self.assertEqual(raised.exception.context["field"], "transactions[0].execution_date")
        with self.assertRaises(InvalidInputError) as raised:
            iso20022.make_payment(
                transactions=[transfer(1), transfer(2, iban="EE38")], debtor=DEBTOR, execution_date=soon()
            )
        self.assertEqual(raised.exception.context["field"], "transactions[1].creditor.iban")
        self.assertEqual(raised.exception.context["count"], "1")


if __name__ == "__main__":
    unittest.main()
