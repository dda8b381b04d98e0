"""The source package refuses at once where it cannot be built, and says what to do. tests/long/sources builds it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
CARGO = "#!/bin/sh\necho 'cargo 1.70.0 (2023-06-01)'\n"


class Refusals(unittest.TestCase):
    def said(self, before: str = "", cargo: str | None = None) -> str:
        """What it says in an environment with this cargo alone, or without any."""
        with tempfile.TemporaryDirectory() as folder:
            if cargo:
                Path(folder, "cargo").write_text(cargo)
                Path(folder, "cargo").chmod(0o755)
            program = f"import sys, sysconfig, build_backend; {before}; build_backend.build_wheel({folder!r})"
            environment = {**os.environ, "PATH": f"{folder}:/nothing", "PYTHONPATH": str(HERE)}
            done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done.stderr

    def test_without_rust(self) -> None:
        said = self.said("pass")
        self.assertIn("needs Rust 1.", said)
        self.assertIn("cargo cannot be run", said)
        self.assertIn("pip install --only-binary bankchannel bankchannel", said)

    @unittest.skipIf(os.name == "nt", "a script in the place of cargo")
    def test_with_an_old_rust(self) -> None:
        said = self.said("pass", CARGO)
        self.assertIn("Here is cargo 1.70.0", said)
        self.assertIn("pip install --only-binary bankchannel bankchannel", said)

    def test_pythons_that_could_not_take_the_wheel(self) -> None:
        free_threaded = self.said("sysconfig.get_config_vars()['Py_GIL_DISABLED'] = 1")
        self.assertIn("free-threaded", free_threaded)
        self.assertIn("python3.14", free_threaded)
        self.assertIn("is pypy", self.said("sys.implementation.name = 'pypy'"))


if __name__ == "__main__":
    unittest.main()
