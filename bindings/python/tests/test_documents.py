"""Runs the README's section, the package's page and the examples literally."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest import mock

import prepared
from bankchannel import NextGenPsd2Bank

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
ROOT = HERE.parents[2]


class Documents(unittest.TestCase):
    def test_the_readme_section_ends_at_a_statement_in_ten_lines(self) -> None:
        (program,) = prepared.blocks(ROOT / "README.md", "## Python")
        self.assertLessEqual(len([line for line in program.splitlines() if line.strip()]), 10)
        with contextlib.redirect_stdout(io.StringIO()):
            prepared.main(str(ROOT / "README.md"), "## Python")

    def test_the_packages_page(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            prepared.main(str(HERE.parent / "README.md"), "# bankchannel for Python")

    @unittest.skipUnless(
        importlib.util.find_spec("opentelemetry.sdk") or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"),
        "opentelemetry-sdk is not installed",
    )
    def test_the_traced_calls(self) -> None:
        (program,) = prepared.blocks(HERE.parent / "README.md", "## Traces")
        printed = prepared.run(program, {**os.environ}, ".")
        self.assertEqual(printed.count('"name": "ws_channel.list_files"'), 1, printed)
        self.assertIn("1 statements", printed)

    def test_tests_of_your_own_program(self) -> None:
        page = ROOT / "docs/embedded-servers.md"
        (tested,) = prepared.blocks(page, "### Python")
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "test_payments.py").write_text(tested)
            ended = subprocess.run([sys.executable, "test_payments.py"], cwd=folder, capture_output=True, text=True, timeout=120)
            self.assertEqual(ended.returncode, 0, ended.stderr)
            self.assertIn("Ran 1 test", ended.stderr)
            (recorded,) = prepared.blocks(page, "## Recordings")
            self.assertEqual(prepared.run(recorded, {**os.environ}, folder), "1 recorded\n1 replayed\n")


class ThirdParty(unittest.TestCase):
    """NextGenPSD2: each page's programs, at a sandbox bank."""

    def test_where_the_page_begins(self) -> None:
        (program,) = prepared.blocks(ROOT / "docs/nextgen-psd2.md", "## Begin")
        self.assertRegex(
            prepared.run(program, {**os.environ}, "."),
            r"^True\nsend the customer to https://127\.0\.0\.1:\d+/tap\?\S+ and see every request at https://\S+/requests\n$",
        )

    def test_the_whole_flow(self) -> None:
        (program,) = prepared.blocks(ROOT / "docs/nextgen-psd2.md", "### Python")
        told = prepared.run(program, {**os.environ}, ".").splitlines()
        accounts = ["NO8299990100000 Brukskonto 48215.50", "NO5499990100019 Sparekonto 215000.00"]
        self.assertEqual(told, ["True", *accounts, "valid", "2"])

    @unittest.skipUnless(
        importlib.util.find_spec("requests") or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), "requests is not installed"
    )
    def test_signing_by_itself(self) -> None:
        page = ROOT / "docs/nextgen-psd2-signing.md"
        (sending,) = prepared.blocks(page, "### Python")
        (elsewhere,) = prepared.blocks(page, "## Keys elsewhere")
        (verifying,) = [block for block in prepared.blocks(page, "## Verifying") if "verify_request" in block]
        (explaining,) = prepared.blocks(page, "### An example")
        (otherwise,) = [block for block in prepared.blocks(page, "## Dialects, and banks that differ") if "pct20" in block]
        with NextGenPsd2Bank() as bank, tempfile.TemporaryDirectory() as folder:
            assert bank.ca_file is not None
            made = Path(bank.certificates_dir)
            for name in ("qseal.pem", "qseal.key", "qwac.pem", "qwac.key"):
                Path(folder, name).write_bytes((made / f"tpp1-{name}").read_bytes())
            Path(folder, "my_hsm.py").write_text(DEVICE)
            Path(folder, "authorities.pem").write_bytes(Path(bank.ca_file).read_bytes())
            steps = [
                sending.replace("https://bank.example", bank.base_url.removesuffix("/api")),
                "assert (answer.status_code, answer.json()) == (200, {'exists': True}), answer.text",
                elsewhere,
                "headers = {header.name: header.value for header in attached.headers} | {'Content-Type': 'application/json'}",
                verifying,
                "assert checked.valid and checked.organization_identifier == 'PSDNO-FSA-987654321', checked",
                "from datetime import datetime, timezone; from pathlib import Path",
                "lines = ''.join(f'{name}: {value}\\r\\n' for name, value in headers.items()).replace('SHA-256', 'sha-256')",
                "Path('request.http').write_text(f'POST /api/v1/user/verification HTTP/1.1\\r\\n{lines}\\r\\n{body.decode()}', newline='')",
                explaining,
                "assert 'digest' in explained.text and explained.hypotheses[0].matched, explained.text",
                otherwise,
            ]
            environment = {**os.environ, "NATIONAL_ID": "00000000000", "REQUESTS_CA_BUNDLE": bank.ca_file}
            told = prepared.run("\n".join(steps), environment, folder)
            self.assertIn("What happened:", told)


class Connector(unittest.TestCase):
    """Salt Edge: the page's route, called as Salt Edge would."""

    def test_the_route(self) -> None:
        (program,) = prepared.blocks(ROOT / "docs/salt-edge.md", "### Python")
        told = prepared.run(program, {**os.environ}, ".").splitlines()
        self.assertEqual(len(told), 2, told)
        (account,) = json.loads(told[0])["data"]
        self.assertEqual((account["id"], account["balance"], account["status"]), ("1", "12.50", "active"))
        self.assertLess(abs(datetime.now(timezone.utc) - datetime.fromisoformat(told[1])), timedelta(minutes=5))

    def test_the_engine(self) -> None:
        (program,) = prepared.blocks(ROOT / "docs/salt-edge-engine.md", "### Python")
        told = prepared.run(program, {**os.environ}, ".").splitlines()
        self.assertEqual(told[:2], ["200 {} True", "1 asked, 1 delivered"])
        (account,) = json.loads(told[2])["data"]
        self.assertEqual((account["id"], account["balance"]), ("1", "12.50"))


#: Acts as the device with the key: the module `my_hsm`.
DEVICE = """
import subprocess

def sign(text):
    return subprocess.run(["openssl", "dgst", "-sha256", "-sign", "qseal.key"], input=text, capture_output=True, check=True).stdout
"""


class Examples(unittest.TestCase):
    def test_the_cron_job_fetches_once_and_tells_faults_by_its_exit_code(self) -> None:
        with tempfile.TemporaryDirectory() as folder, prepared.account(folder, prepared.PAYMENT.read_bytes()) as environment:
            command = [sys.executable, str(EXAMPLES / "cron_statements.py"), str(Path(folder, "statements"))]
            seen = []
            for _ in range(2):
                done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
                files = sorted(file for file in Path(folder, "statements").iterdir() if not file.name.startswith("."))
                self.assertTrue(all(b"BkToCstmrStmt" in file.read_bytes() for file in files))
                seen.append([(file.name, file.stat().st_mtime_ns) for file in files])
            self.assertTrue(seen[0])
            self.assertEqual(seen[0], seen[1])
            wrong = {**environment, "ISECURE_PASSWORD": "Toddler_..000000000000000"}
            done = subprocess.run(command, env=wrong, capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("login_refused", done.stderr)
            gone = {**environment, "ISECURE_BASE_URL": "http://127.0.0.1:9/v2"}
            done = subprocess.run(command, env=gone, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 75, done.stderr)

    @unittest.skipUnless(
        importlib.util.find_spec("flask") or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), "Flask is not installed"
    )
    def test_the_flask_handler_uploads_a_payment_and_shows_its_status(self) -> None:
        payment = prepared.PAYMENT.read_bytes()
        with tempfile.TemporaryDirectory() as folder, prepared.account(folder, payment) as environment:
            with mock.patch.dict(os.environ, {**environment, "PAYMENTS": str(Path(folder, "payments"))}):
                spec = importlib.util.spec_from_file_location("flask_payments", EXAMPLES / "flask_payments.py")
                assert spec and spec.loader
                example = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(example)
                browser = example.app.test_client()
                wrong = browser.post("/payments", data={"payment": (io.BytesIO(b"<Document/>"), "a.xml")})
                self.assertEqual(wrong.status_code, 422)
                self.assertTrue(wrong.get_json()["findings"][0]["message"])
                # The bank accepts a message once: this one is another.
                other = payment.replace(b"BANKCHANNEL-EXAMPLE-0001", b"FLASK-EXAMPLE-0001")
                sent = browser.post("/payments", data={"payment": (io.BytesIO(other), "payment.xml")})
                self.assertEqual(sent.status_code, 202, sent.get_json())
                self.assertEqual(sent.get_json()["message_id"], "FLASK-EXAMPLE-0001")
                # Posted again, it is not sent again; another file of this id is refused.
                with mock.patch.object(example.client, "sign_and_upload", side_effect=AssertionError):
                    again = browser.post("/payments", data={"payment": (io.BytesIO(other), "payment.xml")})
                    self.assertEqual((again.status_code, again.get_json()), (202, sent.get_json()))
                    changed = io.BytesIO(other.replace(b"Alpha Supplies", b"Omega Supplies"))
                    self.assertEqual(browser.post("/payments", data={"payment": (changed, "payment.xml")}).status_code, 409)
                end = time.monotonic() + 30
                while not example.client.list_files(file_type="pain.002.001.10", status="NEW").file_descriptors:
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.1)
                # The status page fetches nothing from the bank.
                self.assertIsNone(browser.get(sent.get_json()["status"]).get_json()["group_status"])
                self.assertTrue(example.client.list_files(file_type="pain.002.001.10", status="NEW").file_descriptors)
                while (status := browser.get(sent.get_json()["status"]).get_json())["group_status"] is None:
                    self.assertLess(time.monotonic(), end)
                    fetched = example.app.test_cli_runner().invoke(args=["fetch"])
                    self.assertEqual(fetched.exit_code, 0, fetched.output)
                self.assertEqual(browser.get("/payments/NONE").status_code, 404)
                self.assertIn(status["group_status"], ("ACCP", "ACSC", "ACTC", "ACSP"))
                # A failure shows whether the payment may have reached the bank.
                example.client.close()
                third = other.replace(b"FLASK-EXAMPLE-0001", b"FLASK-EXAMPLE-0002")
                failed = browser.post("/payments", data={"payment": (io.BytesIO(third), "payment.xml")})
                self.assertEqual((failed.status_code, failed.get_json()["error"]), (502, "configuration.closed"))


if __name__ == "__main__":
    unittest.main()
