"""Why the native half cannot be loaded, and which wheel is the right one for this system."""

from __future__ import annotations

import platform
import re
import sys
import sysconfig
from pathlib import Path

_MACHINES = {
    ("Linux", 62): "x86_64",
    ("Linux", 183): "aarch64",
    ("Windows", 0x8664): "amd64",
    ("macOS", 0x01000007): "x86_64",
    ("macOS", 0x0100000C): "arm64",
}
"""The machines that there are wheels for, by the system and the machine's number in the head of a library."""


def made_for(library: bytes) -> tuple[str | None, str | None]:
    """The system and the machine that a library is for; None for one that is not in the table."""
    system, number = None, b""
    pe = int.from_bytes(library[60:64], "little")
    if library[:4] == b"\x7fELF":
        system, number = "Linux", library[18:20]
    elif library[:4] == b"\xcf\xfa\xed\xfe":
        system, number = "macOS", library[4:8]
    elif library[:2] == b"MZ" and library[pe : pe + 4] == b"PE\0\0":
        system, number = "Windows", library[pe + 4 : pe + 6]
    return system, _MACHINES.get((system or "", int.from_bytes(number, "little")))


def explained(fault: ImportError) -> ImportError:
    """The error in place of the loader's own, which names neither what is wrong nor what to do."""
    why, remedy = _reason(str(fault))
    text = f"bankchannel: its native half cannot be loaded: {why}. What to do: {remedy}."
    return ImportError(text, name="bankchannel._native", path=fault.path)


def _here() -> tuple[str, str, str]:
    """This Python's system and machine, and the beginning of the tag of its wheel."""
    if sys.platform == "win32":
        # An interpreter for x86-64 may run on another machine.
        return "Windows", sysconfig.get_platform().removeprefix("win-"), "win"
    machine = platform.machine()
    if sys.platform == "darwin":
        return "macOS", machine, "macosx_11_0"
    return "Linux", machine, "musllinux_1_2" if _is_musl() else "manylinux_2_28"


def _is_musl() -> bool:
    return "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE"))


def _reason(said: str) -> tuple[str, str]:
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this Python is free-threaded, and there is no wheel for such", "use a Python with its global lock, such as python3.14"
    system, machine, tag = _here()
    right = f"install the wheel of {tag}_{machine} with this system’s own pip"
    found = sorted(file for file in Path(__file__).parent.glob("_native*") if file.suffix in (".so", ".pyd"))
    if not found:
        return "it is not there", f"{right}; in a clone of the repository run bindings/python/build.sh"
    content = found[0].read_bytes()
    its_system, its_machine = made_for(content)
    if its_system is None:
        return f"{found[0]} is no library of {system}", right
    if its_system != system:
        return f"{found[0]} is no library of {system}, but of {its_system}", right
    if its_machine != machine:
        return f"{found[0]} is for {its_machine or 'another machine'}, and this Python is for {machine}", right
    if system == "Windows":
        return said, "see whether the system is Windows 10 or later, and whether its virus scanner has blocked the file"
    if system == "macOS":
        return said, "see what `otool -L` says of it, and whether `xattr` names it as quarantined"
    if (b"\0libc.so.6\0" not in content) != _is_musl():
        libcs = ("the GNU C library", "musl")
        return f"{found[0]} is for {libcs[not _is_musl()]}, and this Python is for {libcs[_is_musl()]}", right
    if wanted := re.search(r"GLIBC_([\d.]+)", said):
        has = " ".join(platform.libc_ver()) or "an older one"
        return f"it needs glibc {wanted[1]} or later, and this system has {has}", f"{right}, on a later system, or build the library on this one"
    return said, "see what `ldd` says of it, and whether its file system is mounted with noexec"
