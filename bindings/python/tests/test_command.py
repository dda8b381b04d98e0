"""The command `bankchannel` runs in the native library as it does as a program of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release/bankchannel")
MODULE = [sys.executable, "-m", "bankchannel"]


class Command(unittest.TestCase):
    def both(self, *arguments: str | bytes, **variables: str) -> subprocess.CompletedProcess[bytes]:
        """Runs both, compares them, and returns what they did."""
        done = [
            subprocess.run(
                [*before, *arguments], env=os.environ | variables, stdin=subprocess.DEVNULL, capture_output=True, timeout=120
            )
            for before in ([PROGRAM], MODULE)
        ]
        program, module = ((one.returncode, one.stdout, one.stderr) for one in done)
        self.assertEqual(module, program, arguments)
        return done[1]

    def test_output_and_exit_codes_are_the_program_s(self) -> None:
        self.assertEqual(self.both("--version").returncode, 0)
        self.assertIn(b"Exit codes:", self.both("--help").stdout)
        self.assertIn(b"--profile", self.both("iso20022", "check", "--help").stdout)
        self.assertEqual(self.both("iso20022", "chekc").returncode, 1)
        self.assertEqual(self.both("files", "list-files", "--jsn").returncode, 1)
        self.assertEqual(self.both("iso20022", "list-banks", "--json").returncode, 0)
        with tempfile.TemporaryDirectory() as folder:
            # A session is missing: a code of its own.
            self.assertEqual(self.both("files", "list-files", "-b", "nordea", "--json", HOME=folder, XDG_CONFIG_HOME=folder).returncode, 2)

    def test_an_argument_that_is_not_utf_8_arrives_as_it_is(self) -> None:
        self.assertIn(b"argument 3 is not UTF-8", self.both("iso20022", "check", b"\xff.xml").stderr)

    def test_the_shell_gets_candidates(self) -> None:
        done = self.both("--", "bankchannel", "iso20022", "che", BANKCHANNEL_COMPLETE="bash", _CLAP_COMPLETE_INDEX="2", _CLAP_IFS="\n")
        self.assertEqual((done.returncode, done.stdout.split()), (0, [b"check-statements", b"check"]))

    def test_a_reader_that_has_closed_the_pipe_is_no_error(self) -> None:
        for before in ([str(PROGRAM)], MODULE):
            read, write = os.pipe()
            os.close(read)
            with os.fdopen(write, "wb") as closed:
                done = subprocess.run([*before, "catalogue", "--json"], stdout=closed, stderr=subprocess.PIPE, timeout=120)
            self.assertEqual((done.returncode, done.stderr), (0, b""), before)

    def test_closed_streams_are_the_null_device(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for number, closed in enumerate(("<&-", ">&-", "2>&-", "<&- >&- 2>&-")):
                ended = []
                for name, before in (("program", f"'{PROGRAM}'"), ("module", f"'{sys.executable}' -m bankchannel")):
                    made = Path(folder, f"{name}-{number}")
                    command = f"{before} iso20022 list-banks {closed}; echo $? >'{made}'"
                    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=120)
                    ended.append((made.read_text(), done.stdout, done.stderr))
                self.assertEqual(ended[1], ended[0], closed)

    def test_signals_end_a_service_as_they_end_the_program_s(self) -> None:
        ended = {sent: [self.served(before, sent) for before in ([str(PROGRAM)], MODULE)] for sent in (signal.SIGINT, signal.SIGTERM)}
        for sent, (program, module) in ended.items():
            self.assertEqual(module, program, sent)
            self.assertNotIn(b"Traceback", module[1])

    def served(self, before: list[str], sent: signal.Signals) -> tuple[int, bytes]:
        """The end of a service that gets this signal when it is ready."""
        with tempfile.TemporaryDirectory() as folder:
            command = [*before, "serve", "ws-channel", "--data", f"{folder}/data", "--listen", "127.0.0.1:0"]
            # A shell that starts these tests in the background lets them ignore Ctrl-C.
            default = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=default) as service:
                assert service.stdout and service.stderr
                self.assertTrue(service.stdout.readline(), "it is ready")
                service.send_signal(sent)
                said = service.stderr.read()
                return service.wait(120), said


if __name__ == "__main__":
    unittest.main()
