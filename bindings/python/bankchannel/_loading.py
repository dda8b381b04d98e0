"""Why the native half cannot be loaded, and which wheel is the right one for this system."""

from __future__ import annotations

import platform
import re
import sysconfig
from pathlib import Path

# The machines of ELF headers that there are wheels for.
_MACHINES = {62: "x86_64", 183: "aarch64"}


def explained(fault: ImportError) -> ImportError:
    """The error in place of the loader's own, which names neither what is wrong nor what to do."""
    why, remedy = _reason(str(fault))
    text = f"bankchannel: its native half cannot be loaded: {why}. What to do: {remedy}."
    return ImportError(text, name="bankchannel._native", path=fault.path)


def _reason(said: str) -> tuple[str, str]:
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this Python is free-threaded, and there is no wheel for such", "use a Python with its global lock, such as python3.14"
    machine = platform.machine()
    is_musl = "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE"))
    right = f"install the wheel of {'musllinux_1_2' if is_musl else 'manylinux_2_28'}_{machine} with this system’s own pip"
    found = sorted(Path(__file__).parent.glob("_native*.so"))
    if not found:
        return "it is not there", f"{right}; in a clone of the repository run bindings/python/build.sh"
    content = found[0].read_bytes()
    if content[:4] != b"\x7fELF":
        return f"{found[0]} is no library of Linux", right
    made_for = _MACHINES.get(int.from_bytes(content[18:20], "little"), "another machine")
    if made_for != machine:
        return f"{found[0]} is for {made_for}, and this Python is for {machine}", right
    if (b"\0libc.so.6\0" not in content) != is_musl:
        libcs = ("the GNU C library", "musl")
        return f"{found[0]} is for {libcs[not is_musl]}, and this Python is for {libcs[is_musl]}", right
    if wanted := re.search(r"GLIBC_([\d.]+)", said):
        has = " ".join(platform.libc_ver()) or "an older one"
        return f"it needs glibc {wanted[1]} or later, and this system has {has}", f"{right}, on a later system, or build the library on this one"
    return said, "see what `ldd` says of it, and whether its file system is mounted with noexec"
