"""`__all__` of every public module: its names exist, and public names are in it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
import unittest
from pathlib import Path
from types import ModuleType

import bankchannel

MODULES = [
    name
    for _, name, _ in pkgutil.iter_modules(bankchannel.__path__)
    # It needs pytest, which loads it by its own name.
    if not name.startswith("_") and name != "pytest_plugin"
]


def defined(module: ModuleType) -> set[str]:
    """The public names that a module's text defines, including types for type checkers only."""
    assert module.__file__ is not None
    names: list[str] = []
    for part in ast.parse(Path(module.__file__).read_text()).body:
        if isinstance(part, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            names.append(part.name)
        elif isinstance(part, ast.Assign):
            names += [target.id for target in part.targets if isinstance(target, ast.Name)]
        elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            names.append(part.target.id)
    return {name for name in names if not name.startswith("_")}


def reexported(module: ModuleType) -> set[str]:
    """The names that a module re-exports: `from ... import name as name`."""
    assert module.__file__ is not None
    found = ast.walk(ast.parse(Path(module.__file__).read_text()))
    imports = [alias for part in found if isinstance(part, ast.ImportFrom) for alias in part.names]
    return {alias.name for alias in imports if alias.asname == alias.name}


class Exports(unittest.TestCase):
    def test_there_are_modules(self) -> None:
        self.assertLessEqual({"codes", "errors", "iso20022", "service", "web", "ws_channel"}, set(MODULES))

    def test_every_name_is_there_once(self) -> None:
        for module in [bankchannel, *(importlib.import_module(f"bankchannel.{name}") for name in MODULES)]:
            names = module.__all__
            self.assertEqual(names, sorted(set(names)), module.__name__)
            for name in names:
                self.assertTrue(hasattr(module, name), f"{module.__name__}.{name}")
                self.assertIn(name, dir(module))

    def test_every_public_name_of_a_module_is_in_it(self) -> None:
        for name in MODULES:
            module = importlib.import_module(f"bankchannel.{name}")
            also = {"BankchannelError", "Peer"} if name == "errors" else set()
            self.assertEqual(defined(module) | also, set(module.__all__), name)

    def test_the_package_has_clients_servers_errors_and_modules(self) -> None:
        self.assertEqual(defined(bankchannel), {"catalogue"})
        names = {"catalogue"} | reexported(bankchannel) | reexported(importlib.import_module("bankchannel._public"))
        self.assertEqual(names, set(vars(bankchannel)["__all__"]))
        self.assertLessEqual(set(MODULES), names)
        self.assertLessEqual(set(bankchannel.errors.__all__), names)

    def test_a_star_takes_these_and_nothing_else(self) -> None:
        for name in ("bankchannel", *(f"bankchannel.{name}" for name in MODULES)):
            program = (
                f"before = {{*globals(), 'before'}}\nfrom {name} import *\nimport {name} as module\n"
                "taken = {*globals()} - before - {'module'}\n"
                "assert taken == set(module.__all__), taken ^ set(module.__all__)"
            )
            done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
