"""Fixtures for pytest: the embedded servers, each fresh for a test, and their clock. pytest finds them by itself where the
wheel is installed; elsewhere `pytest_plugins = ["bankchannel.pytest_plugin"]` in `conftest.py` loads them."""

from __future__ import annotations

from pathlib import Path

from ._pytest_clock import ServersClock

__all__ = ["ServersClock"]

pytest_plugins = sorted(f"{__package__}.{file.stem}" for file in Path(__file__).parent.glob("_pytest_*.py"))
