"""Assembles the wheel from the built native half, and prints where it is: no compiler runs here.

    python package.py SHARED_LIBRARY OUTPUT_FOLDER

The command `bankchannel`, which pip puts beside itself, runs in the library.

It writes the parts that the wheel specification requires: the package, its metadata, and a record of every file with its
digest. `package.sh` calls it, and `build_backend.py`, with which pip builds from source.
"""

from __future__ import annotations

import base64
import hashlib
import platform
import re
import runpy
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Not imported: the package asks for its native half.
made_for = runpy.run_path(str(HERE / "bankchannel/_loading.py"))["made_for"]
LICENSES = ["LICENSE", "NOTICE", *sorted(f"licenses/{file.name}" for file in (ROOT / "licenses").iterdir())]


def main(library: str, output: str) -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = re.search(r'VERSION = "(.+)"', (HERE / "bankchannel/_version.py").read_text(encoding="utf-8"))
    assert found, "the version is missing: run bankchannel-codegen"
    version, native = found[1], stripped(Path(library))
    tag = f"cp310-abi3-{platform_tag(Path(library))}"
    info = f"bankchannel-{version}.dist-info"
    files: dict[str, bytes] = {}
    for file in sorted((HERE / "bankchannel").iterdir()):
        if file.suffix in (".py", ".pyi", ".typed"):
            files[f"bankchannel/{file.name}"] = file.read_bytes()
    # Python for Windows has no name for the stable ABI.
    files[f"bankchannel/{'_native.pyd' if tag.endswith('win_amd64') else '_native.abi3.so'}"] = native
    # Where pip puts them: share/doc/bankchannel below the environment.
    for name, file in documents():
        files[f"bankchannel-{version}.data/data/share/doc/bankchannel/{name}"] = file.read_bytes()
    for name in LICENSES:
        files[f"{info}/licenses/{name}"] = (ROOT / name).read_bytes()
    files[f"{info}/METADATA"] = metadata(project, version).encode()
    files[f"{info}/entry_points.txt"] = entry_points(project).encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: bankchannel\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    place = Path(output, f"bankchannel-{version}-{tag}.whl")
    place.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for name, data in files.items():
            # The same bytes make the same wheel, at any time.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100755 if name.endswith((".so", ".pyd")) else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
    print(place)


def documents() -> Iterator[tuple[str, Path]]:
    """The guides, the reference, the examples and the changes; without the pages for contributors."""
    docs = ROOT / "docs"
    folders = ("reference", "protocols", "monitoring")
    guides = [*docs.glob("*.md"), *docs.glob("*.toml"), *(file for name in folders for file in docs.glob(f"{name}/*"))]
    for file in sorted(guides):
        if file.name not in ("architecture.md", "publishing.md", "alerts.test.yml"):
            yield f"docs/{file.relative_to(docs).as_posix()}", file
    for file in sorted((HERE / "examples").rglob("*.py")):
        yield f"examples/{file.relative_to(HERE / 'examples').as_posix()}", file
    yield "CHANGELOG.md", ROOT / "CHANGELOG.md"


def stripped(library: Path) -> bytes:
    """The library without its symbol table, which is not needed at run time."""
    # This machine's `strip` knows its own libraries; cargo has taken the symbols from those of other platforms.
    if not shutil.which("strip") or made_for(library.read_bytes()) != (platform.system(), platform.machine()):
        return library.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "native")
        shutil.copy(library, copy)
        subprocess.run(["strip", "--strip-unneeded", str(copy)], check=True)
        return copy.read_bytes()


def entry_points(project: dict[str, object]) -> str:
    """The command, and what pytest finds: fixtures with the embedded servers."""
    groups = {"console_scripts": project["scripts"], **as_dict(project["entry-points"])}
    rows = [f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in as_dict(names).items()) for group, names in groups.items()]
    return "\n".join(rows)


def as_dict(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def platform_tag(library: Path) -> str:
    """The platform tag: the newest version of its system that the library needs is the oldest that it runs with."""
    content = library.read_bytes()
    system, machine = made_for(content)
    if system is None:
        raise SystemExit(f"{library} is no library")
    # One that this machine has built for itself.
    machine = machine or platform.machine()
    if system == "Windows":
        return f"win_{machine}"
    if system == "macOS":
        # There is none for arm64 below 11, and from 11 on only the major version counts.
        major, minor = max(oldest_macos(content), (11, 0) if machine == "arm64" else (10, 12))
        return f"macosx_{major}_{minor if major == 10 else 0}_{machine}"
    command = ["readelf", "--wide", "--version-info", str(library)]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    asked = [(int(major), int(minor)) for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", said.stdout)]
    if not asked:
        return f"musllinux_1_2_{machine}"
    # The policies below 2.17 have other names, and are no longer needed.
    major, minor = max(max(asked), (2, 17))
    return f"manylinux_{major}_{minor}_{machine}"


def oldest_macos(library: bytes) -> tuple[int, int]:
    """The version in the load command LC_BUILD_VERSION or LC_VERSION_MIN_MACOSX of a Mach-O file."""
    commands, at = int.from_bytes(library[16:20], "little"), 32
    for _ in range(commands):
        command, size = struct.unpack_from("<II", library, at)
        if command in (0x32, 0x24):
            (version,) = struct.unpack_from("<I", library, at + (12 if command == 0x32 else 8))
            return version >> 16, version >> 8 & 0xFF
        at += size
    raise SystemExit("the library names no version of macOS")


def metadata(project: dict[str, object], version: str) -> str:
    classifiers = project["classifiers"]
    urls = project["urls"]
    assert isinstance(classifiers, list) and isinstance(urls, dict)
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {version}",
        f"Summary: {project['description']}",
        f"Requires-Python: {project['requires-python']}",
        f"License-Expression: {project['license']}",
        *(f"License-File: {name}" for name in LICENSES),
        *(f"Classifier: {classifier}" for classifier in classifiers),
        *(f"Project-URL: {name}, {url}" for name, url in urls.items()),
        "Description-Content-Type: text/markdown",
    ]
    return "\n".join(lines) + "\n\n" + (HERE / "README.md").read_text(encoding="utf-8")


def digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    main(*sys.argv[1:])
