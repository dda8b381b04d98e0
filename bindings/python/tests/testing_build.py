"""The package of a testing build: this package with the native half and the generated files of
`tests/testing-build`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "bankchannel"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or PACKAGE.parents[2] / "target")
BUILT = TARGET / "testing" / "_native.abi3.so"
FACES = TARGET / "testing" / "faces" / "bindings" / "python" / "bankchannel"


def is_there() -> bool:
    """Whether `tests/testing-build` has run."""
    return BUILT.is_file() and FACES.is_dir()


def package(folder: str) -> str:
    """Assembles the package in this folder, and returns the folder for `PYTHONPATH`."""
    place = Path(folder, "bankchannel")
    shutil.copytree(PACKAGE, place, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    for file in FACES.iterdir():
        shutil.copy(file, place)
    shutil.copy(BUILT, place)
    return folder
