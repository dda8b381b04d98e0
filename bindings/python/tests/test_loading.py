"""A package for another system says which one is right. Its files are copies of the built library, changed in a few bytes."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import bankchannel
from bankchannel._loading import made_for

PACKAGE = Path(bankchannel.__file__).parent
(LIBRARY,) = PACKAGE.glob("_native*.so")


class Loading(unittest.TestCase):
    def said(self, library: bytes | None, name: str = LIBRARY.name) -> str:
        """What an import says with this library in the package."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "bankchannel")
            shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
            if library is not None:
                Path(copy, name).write_bytes(library)
            done = subprocess.run(
                [sys.executable, "-c", "import bankchannel"],
                capture_output=True,
                text=True,
                env={**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        self.assertEqual(done.returncode, 1)
        last = done.stderr.splitlines()[-1]
        self.assertIn("ImportError: bankchannel: its native half cannot be loaded: ", last)
        return last

    def test_a_library_that_is_not_there(self) -> None:
        self.assertIn("it is not there", self.said(None))

    def test_a_library_for_another_machine_or_system(self) -> None:
        content = LIBRARY.read_bytes()
        other, name = (183, "aarch64") if platform.machine() == "x86_64" else (62, "x86_64")
        said = self.said(content[:18] + other.to_bytes(2, "little") + content[20:])
        self.assertIn(f"is for {name}, and this Python is for {platform.machine()}", said)
        self.assertIn(f"manylinux_2_28_{platform.machine()}", said)
        self.assertIn("is no library of Linux", self.said(b"MZ" + content[2:100]))

    def test_a_library_for_windows_or_macos(self) -> None:
        here = platform.machine()
        for system, name, library in (
            ("Windows", "_native.pyd", pe(0x8664)),
            ("Windows", LIBRARY.name, pe(0x8664)),
            ("macOS", LIBRARY.name, mach_o(0x01000007)),
            ("macOS", LIBRARY.name, mach_o(0x0100000C)),
        ):
            said = self.said(library, name)
            self.assertIn(f"{name} is no library of Linux, but of {system}", said)
            self.assertIn(f"install the wheel of manylinux_2_28_{here}", said)
        # Heads of files that end within them.
        for library in (pe(0x8664)[:130], pe(0x8664)[:40], b"MZ", b""):
            self.assertIn("is no library of Linux.", self.said(library))

    def test_a_head_tells_system_and_machine(self) -> None:
        elf = LIBRARY.read_bytes()[:100]
        for library, wanted in (
            (elf[:18] + bytes([62, 0]), ("Linux", "x86_64")),
            (elf[:18] + bytes([183, 0]), ("Linux", "aarch64")),
            (elf[:18] + bytes([243, 0]), ("Linux", None)),
            (pe(0x8664), ("Windows", "amd64")),
            (pe(0x014C), ("Windows", None)),
            (mach_o(0x01000007), ("macOS", "x86_64")),
            (mach_o(0x0100000C), ("macOS", "arm64")),
            (b"PK\3\4", (None, None)),
        ):
            self.assertEqual(made_for(library), wanted)

    def test_a_library_for_another_libc_or_a_newer_one(self) -> None:
        content = LIBRARY.read_bytes()
        said = self.said(content.replace(b"\0libc.so.6\0", b"\0libc.so\0\0\0"))
        self.assertIn("is for musl, and this Python is for the GNU C library", said)
        # The version that is asked for is known by its name and by the name's hash.
        newest = max({int(part[:2]) for part in content.split(b"\0GLIBC_2.")[1:] if part[:2].isdigit() and part[2:3] == b"\0"})
        old, new = f"GLIBC_2.{newest}", f"GLIBC_9.{newest}"
        changed = content.replace(f"\0{old}\0".encode(), f"\0{new}\0".encode())
        changed = changed.replace(elf_hash(old), elf_hash(new))
        said = self.said(changed)
        self.assertIn(f"it needs glibc 9.{newest} or later, and this system has glibc 2.", said)


def pe(machine: int) -> bytes:
    """The head of a library for Windows."""
    return b"MZ".ljust(60, b"\0") + (128).to_bytes(4, "little") + bytes(64) + b"PE\0\0" + machine.to_bytes(2, "little") + bytes(60)


def mach_o(machine: int) -> bytes:
    """The head of a library for macOS."""
    return b"\xcf\xfa\xed\xfe" + machine.to_bytes(4, "little") + bytes(60)


def elf_hash(name: str) -> bytes:
    """The hash of a version's name (System V ABI, "Hash Table")."""
    value = 0
    for letter in name.encode():
        value = (value << 4) + letter
        high = value & 0xF0000000
        value = (value ^ (high >> 24)) & ~high & 0xFFFFFFFF
    return value.to_bytes(4, "little")


if __name__ == "__main__":
    unittest.main()
