"""The example of a connector in Flask, tested by the checker as users would do it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import prepared

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release/bankchannel")

#: The customer's browser at the bank's page: called with its URL and `approve` or `deny`.
CUSTOMER = """
import sys, urllib.error, urllib.parse, urllib.request

class Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

url, answer = sys.argv[1:]
browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stays)
assert b"asks for" in browser.open(url).read()
form = {"login": "anna", "password": "anna-password", "answer": answer}
try:
    browser.open(url, urllib.parse.urlencode(form).encode())
except urllib.error.HTTPError as error:
    assert error.code == 303, error
"""


def wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until it answers: the requested path does not exist."""
    deadline = time.monotonic() + 30
    while True:
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            urlopen(url).close()
        except HTTPError as answered:
            answered.close()
            return
        except URLError:
            time.sleep(0.1)


@unittest.skipUnless(importlib.util.find_spec("flask") or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), "Flask is not installed")
class Example(unittest.TestCase):
    def test_the_checker_finds_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            port, hub = prepared.free_port(), f"127.0.0.1:{prepared.free_port()}"
            check = [str(PROGRAM), "check", "salt-edge-connector"]
            made = subprocess.run([*check, "--init", "check.json", "--listen", hub], cwd=folder, capture_output=True, check=True)
            Path(folder, "settings.json").write_bytes(made.stdout)
            Path(folder, "customer.py").write_text(CUSTOMER)
            url = f"http://127.0.0.1:{port}"
            environment = {
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE.parent / "examples")]),
                "SETTINGS": "settings.json",
                "STORE": "store",
                "CODE_KEY": os.urandom(32).hex(),
                "CODES": "connector/outbox.jsonl",
                "PUBLIC_URL": url,
            }
            log = Path(folder, "server.log")
            command = [sys.executable, "-m", "flask", "--app", "salt_edge_flask", "run", "--port", str(port)]
            with log.open("wb") as output, subprocess.Popen(command, env=environment, cwd=folder, stdout=output, stderr=output) as server:
                try:
                    wait(f"{url}/approve/none", server, log)
                    psu = f"'{sys.executable}' customer.py"
                    judged = subprocess.run(
                        [*check, url, "--settings", "check.json", "--listen", hub, "--psu", psu, "--json"],
                        cwd=folder,
                        capture_output=True,
                        timeout=300,
                    )
                finally:
                    server.terminate()
            report = json.loads(judged.stdout)
            findings = [one for one in report["checks"] if one["result"] in ("failed", "warning")]
            self.assertEqual((judged.returncode, findings), (0, []), log.read_text()[-4000:])
            passed = {one["id"] for one in report["checks"] if one["result"] == "passed"}
            self.assertGreaterEqual(passed, {"SE-F01", "SE-F02", "SE-F05", "SE-F07", "SE-F10", "SE-F11", "SE-F12", "SE-D06", "SE-E16"})
            # The log of a route contains neither credentials nor sessions' JWTs.
            self.assertNotRegex(log.read_text(), "anna-password|ben-password|eyJ")

class Page(unittest.TestCase):
    def test_the_route_answers_and_the_checker_says_what_is_missing(self) -> None:
        (program,) = prepared.blocks(ROOT / "docs/salt-edge-engine.md", "## Begin")
        self.assertLessEqual(len(program.splitlines()), 10)
        with tempfile.TemporaryDirectory() as folder:
            port, hub = prepared.free_port(), f"127.0.0.1:{prepared.free_port()}"
            check = [str(PROGRAM), "check", "salt-edge-connector"]
            made = subprocess.run([*check, "--init", "check.json", "--listen", hub], cwd=folder, capture_output=True, check=True)
            Path(folder, "settings.json").write_bytes(made.stdout)
            self.assertIn("8080", program)
            Path(folder, "route.py").write_text(program.replace("8080", str(port)))
            environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
            log, url = Path(folder, "server.log"), f"http://127.0.0.1:{port}"
            with log.open("wb") as output:
                command = [sys.executable, "route.py"]
                with subprocess.Popen(command, env=environment, cwd=folder, stdout=output, stderr=output) as server:
                    try:
                        wait(f"{url}/", server, log)
                        judge = [*check, url, "--settings", "check.json", "--listen", hub, "--only", "SE-C", "--json"]
                        judged = subprocess.run(judge, cwd=folder, capture_output=True, timeout=120)
                    finally:
                        server.terminate()
            report = json.loads(judged.stdout)
            self.assertEqual([one["id"] for one in report["checks"] if one["result"] == "failed"], ["SE-C17"], log.read_text())
            self.assertEqual(report["counts"]["passed"], 17)


if __name__ == "__main__":
    unittest.main()
