"""Faults that only a testing build has: errors, panics and questions on demand. A new operation needs no code in this
package."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import testing_build

HERE = Path(__file__).resolve().parent


@unittest.skipUnless(
    testing_build.is_there() or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), "tests/testing-build has not run"
)
class TestingBuild(unittest.TestCase):
    def test_in_a_process_of_its_own(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "PYTHONPATH": f"{testing_build.package(folder)}:{HERE}"}
            done = subprocess.run(
                [sys.executable, "-W", "error", str(HERE / "planted.py"), "-v"],
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
            )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"Ran \d\d tests")

    def test_what_is_shipped_has_no_such_operation(self) -> None:
        import bankchannel

        names = [entry["name"] for entry in bankchannel.catalogue()]
        self.assertEqual([name for name in names if name.startswith("toy.")], [])
        self.assertFalse(hasattr(bankchannel, "Toy"))


if __name__ == "__main__":
    unittest.main()
