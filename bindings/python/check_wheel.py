"""Checks a wheel: record, licences, the glibc that it needs (auditwheel) and the use of the stable ABI (abi3audit).

    python check_wheel.py WHEEL

A missing checker is reported, and is a fault with BANKCHANNEL_TESTS_REQUIRE_TOOLS.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path


def main(wheel: str) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        (record,) = [name for name in names if name.endswith(".dist-info/RECORD")]
        listed = {row[0]: row[1] for row in csv.reader(io.StringIO(opened.read(record).decode()))}
        assert sorted(listed) == sorted(names), "RECORD does not list what is there"
        for name, said in listed.items():
            if name != record:
                found = base64.urlsafe_b64encode(hashlib.sha256(opened.read(name)).digest()).rstrip(b"=").decode()
                assert said == f"sha256={found}", name
        tag = Path(wheel).stem.split("-")[-1]
        native = "bankchannel/_native.pyd" if tag.startswith("win") else "bankchannel/_native.abi3.so"
        licences = ("licenses/LICENSE", "licenses/NOTICE", "licenses/licenses/LGPL-2.0.txt", "licenses/licenses/THIRD-PARTY.txt")
        for needed in (*licences, "py.typed", native, "bankchannel/CHANGELOG.md", "entry_points.txt", "docs/ws-channel.md"):
            assert any(name.endswith(needed) for name in names), f"{needed} is missing"
        (points,) = [name for name in names if name.endswith(".dist-info/entry_points.txt")]
        assert "[console_scripts]\nbankchannel = bankchannel.__main__:main\n" in opened.read(points).decode(), "the command is missing"
        # One copy of the native code: the command runs in the library.
        heads = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe")
        assert [name for name in names if opened.read(name).startswith(heads)] == [native]
    # The policies are of Linux.
    shown = checked("auditwheel", "show", wheel) if "linux" in tag else None
    if shown is not None:
        assert f'"{tag}"' in shown.replace("\n", " "), f"the tag is {tag}, but auditwheel says:\n{shown}"
    if checked("abi3audit", "--strict", wheel) is not None:
        print("abi3audit: the stable ABI of 3.10 only")
    print(f"{Path(wheel).name}: {len(names)} files, {Path(wheel).stat().st_size / 1e6:.1f} MB, tag {tag}")


def checked(tool: str, *arguments: str) -> str | None:
    if importlib.util.find_spec(tool) is None:
        assert not os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), f"{tool} is not installed"
        print(f"{tool} is not installed: not checked")
        return None
    done = subprocess.run([sys.executable, "-m", tool, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"{tool}: {done.stdout}{done.stderr}"
    return done.stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
