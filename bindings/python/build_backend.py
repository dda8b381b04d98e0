"""Builds the wheel where there is none for a system: what pip calls (PEP 517), with cargo and `package.py`.

`pip install --config-settings profile=release …` compiles in a third of the time and makes a larger library; by default it is
optimised as a whole, as in the wheels that are given out.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def build_wheel(folder: str, settings: dict[str, str] | None = None, metadata: str | None = None) -> str:
    ask_for_python()
    ask_for_rust()
    library = compiled((settings or {}).get("profile", "distribution"))
    said = subprocess.run([sys.executable, str(HERE / "package.py"), library, folder], check=True, stdout=subprocess.PIPE, text=True)
    return Path(said.stdout.strip()).name


def build_sdist(folder: str, settings: dict[str, str] | None = None) -> str:
    script = ROOT / "packaging/sources"
    if not script.exists():
        raise SystemExit("bankchannel: a source package is made in a clone of the repository")
    said = subprocess.run([sys.executable, str(script), "python", folder], check=True, stdout=subprocess.PIPE, text=True)
    return Path(said.stdout.strip()).name


def ask_for_python() -> None:
    """What is built serves the stable interface of CPython alone: pip would refuse it after minutes of compiling."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        why, remedy = "free-threaded, and takes no wheel of the stable ABI", "Use a Python with its global lock, such as python3.14."
    elif sys.implementation.name != "cpython":
        why, remedy = f"{sys.implementation.name}, and the library is for CPython 3.10 or later", "Use that, or the command line."
    else:
        return
    raise SystemExit(f"bankchannel: this Python is {why}. {remedy}")


def ask_for_rust() -> None:
    """Ends with what is missing and what to do, before a compiler says it in its own words."""
    found = re.search(r'^rust-version = "(\d+)\.(\d+)', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "Cargo.toml names no version of Rust"
    oldest = (int(found[1]), int(found[2]))
    wanted = f"Rust {oldest[0]}.{oldest[1]} or later and a C compiler"
    for tool in ("cargo", os.environ.get("RUSTC") or "rustc"):
        try:
            said = subprocess.run([tool, "--version"], check=True, capture_output=True, text=True, cwd=ROOT).stdout
        except (OSError, subprocess.CalledProcessError) as fault:
            raise SystemExit(f"{needs(wanted)} {tool} cannot be run ({fault}). {remedy(wanted)}") from None
        version = re.search(r" (\d+)\.(\d+)\.", said)
        if not version or (int(version[1]), int(version[2])) < oldest:
            raise SystemExit(f"{needs(wanted)} Here is {said.strip()}. {remedy(wanted)}")


def needs(wanted: str) -> str:
    return f"bankchannel: this is the source package, and building it needs {wanted}."


def remedy(wanted: str) -> str:
    return (
        f"Either install {wanted}, or take a wheel, which needs neither: `pip install --only-binary bankchannel bankchannel` "
        "says whether there is one for this Python (CPython 3.10 or later, on Linux, macOS and Windows); if not, a newer pip may find one."
    )


def compiled(profile: str) -> str:
    """The file of the library that cargo makes."""
    command = ["cargo", "build", "--profile", profile, "--locked", "-p", "bankchannel-python", "--message-format=json-render-diagnostics"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit("bankchannel: cargo could not build the library; above is why")
    for line in done.stdout.splitlines():
        told = json.loads(line)
        if told.get("reason") == "compiler-artifact" and told["target"]["name"] == "bankchannel_python":
            return next(str(file) for file in told["filenames"] if file.endswith((".so", ".dylib", ".dll")))
    raise SystemExit("bankchannel: cargo built no library")
