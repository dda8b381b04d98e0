"""mypy accepts the package in its strictest mode, and refuses wrong programs. Skipped if mypy is not installed."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent


TARGET = Path(os.environ.get("CARGO_TARGET_DIR", PACKAGE.parent.parent / "target"))
PYRIGHT = TARGET / "npm" / "node_modules" / "pyright" / "index.js"

#: Parts that the pages take from their reader: a device, and the bank's own class.
BANK = "from bankchannel.salt_edge_connector import SaltEdgeBank\n\ndef Bank() -> SaltEdgeBank: ...\n"
DEVICE = "def sign(text: bytes) -> bytes: ...\n\n\ndef sign_pkcs1(digest: bytes) -> bytes: ...\n"


def programs_of_the_pages(folder: Path) -> list[Path]:
    """Writes each program of our pages into a file. A block without `from bankchannel import` continues the one before."""
    root = PACKAGE.parent.parent
    paths: list[Path] = []
    for page in [root / "README.md", PACKAGE / "README.md", *sorted((root / "docs").glob("*.md"))]:
        programs: list[str] = []
        for block in re.findall(r"(?ms)^```python\n(.*?)^```$", page.read_text()):
            if "from bankchannel import" in block or not programs:
                programs.append(block)
            else:
                programs[-1] += block
        name = re.sub(r"\W", "_", str(page.relative_to(root).with_suffix("")))
        for number, program in enumerate(programs):
            paths.append(folder / f"{name}_{number}.py")
            paths[-1].write_text(program)
    (folder / "my_hsm.pyi").write_text(DEVICE)
    (folder / "my_bank.pyi").write_text(BANK)
    return paths


@unittest.skipUnless(
    importlib.util.find_spec("mypy") or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), "mypy is not installed"
)
class Types(unittest.TestCase):
    def mypy(self, *arguments: str) -> list[str]:
        cache = PACKAGE.parent.parent / "target" / "mypy-cache"
        config = ["--config-file", str(PACKAGE / "pyproject.toml"), "--cache-dir", str(cache)]
        command = [sys.executable, "-m", "mypy", "--strict", *config, *arguments]
        environment = {**os.environ, "MYPYPATH": f"{PACKAGE}:{HERE}:{PACKAGE / 'benchmarks'}"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=HERE)
        return [line for line in done.stdout.splitlines() if ": error:" in line] + done.stderr.splitlines()

    def test_the_package_and_its_tests_are_typed(self) -> None:
        folders = (HERE, PACKAGE / "benchmarks", PACKAGE / "examples")
        programs = [str(path) for folder in folders for path in sorted(folder.glob("*.py")) if path.name != "typed_wrong.py"]
        self.assertEqual(self.mypy(str(PACKAGE / "bankchannel"), str(PACKAGE / "check_wheel.py"), *programs), [])

    def test_the_programs_of_the_pages_are_typed_as_their_readers_write_them(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            paths = programs_of_the_pages(Path(folder))
            self.assertGreater(len(paths), 20)
            # Without the package's own configuration, which a user's program does not have.
            cache = PACKAGE.parent.parent / "target" / "mypy-cache-readers"
            command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(cache)]
            environment = {**os.environ, "MYPYPATH": str(PACKAGE)}
            done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, env=environment, cwd=folder)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)

    @unittest.skipUnless(PYRIGHT.exists() or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), "pyright is not installed")
    def test_pyright_accepts_them_too(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            programs_of_the_pages(Path(folder))
            venv = Path(sys.prefix)
            settings = {
                "typeCheckingMode": "strict",
                "extraPaths": [str(PACKAGE)],
                "venvPath": str(venv.parent),
                "venv": venv.name,
                # Of pandas, whose stubs leave types open.
                "reportUnknownMemberType": False,
            }
            Path(folder, "pyrightconfig.json").write_text(json.dumps(settings))
            command = ["node", str(PYRIGHT), "--project", folder]
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_stubs_are_what_the_native_module_has(self) -> None:
        self.assertEqual(self.stubtest("bankchannel._native"), [])

    def test_what_is_declared_is_there(self) -> None:
        known = (
            # The type checker itself generates it for `dataclass_transform`; `__new__` takes the keywords
            # (test_records).
            ".__init__ is inconsistent",
            # It is put together while the module is loaded; test_exports compares it with the imports that checkers see.
            "bankchannel.__all__ is not present in stub",
            # The message for every alias of a `Literal` in a module that contains its types.
            " is not a Union",
            " is not a recognised type alias",
            # Of a method of the classes for asyncio that has a decorator: the stub is what that gives (test_async).
            'is an "async def" function at runtime, but not in the stub',
        )
        found = self.stubtest("bankchannel")
        self.assertEqual([line for line in found if not any(part in line for part in known)], [])
        self.assertTrue(found)

    def stubtest(self, module: str) -> list[str]:
        command = [sys.executable, "-m", "mypy.stubtest", "--mypy-config-file", str(PACKAGE / "pyproject.toml"), module]
        environment = {**os.environ, "MYPYPATH": str(PACKAGE), "PYTHONPATH": str(PACKAGE)}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=PACKAGE.parent.parent / "target")
        found = [line for line in done.stdout.splitlines() if line.startswith("error:")]
        self.assertEqual(bool(found), done.returncode != 0, done.stdout + done.stderr)
        return found

    def test_wrong_programs_are_refused(self) -> None:
        wanted = {}
        for number, line in enumerate((HERE / "typed_wrong.py").read_text().splitlines(), 1):
            if marked := re.search(r"# error: (.+)$", line):
                wanted[number] = set(marked[1].split())
        found: dict[int, set[str]] = {}
        for line in self.mypy("typed_wrong.py"):
            matched = re.match(r"typed_wrong\.py:(\d+): error: .*\[([\w-]+)\]$", line)
            assert matched, line
            found.setdefault(int(matched[1]), set()).add(matched[2])
        self.assertEqual(found, wanted)


if __name__ == "__main__":
    unittest.main()
