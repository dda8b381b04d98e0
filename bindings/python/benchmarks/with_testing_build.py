"""Runs a program with the package of the testing build, which it assembles in a separate folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

INSIDE = "BANKCHANNEL_TESTING_PACKAGE"


def run(main: Callable[[], None]) -> None:
    """Runs `main` in a process that finds that package, and exits with its status."""
    if INSIDE in os.environ:
        main()
        return
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    import testing_build

    if not testing_build.is_there():
        sys.exit("there is no testing build: run tests/testing-build")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": testing_build.package(folder), INSIDE: "1"}
        code = subprocess.run([sys.executable, *sys.argv], env=environment).returncode
    sys.exit(code)
