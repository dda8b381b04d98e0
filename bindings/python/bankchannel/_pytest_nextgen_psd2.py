"""Fixtures for pytest: the NextGenPSD2 sandbox bank."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ._pytest_clock import ServersClock

if TYPE_CHECKING:
    from . import NextGenPsd2Bank


@pytest.fixture
def nextgen_psd2_bank(servers_clock: ServersClock) -> Iterator[NextGenPsd2Bank]:
    """A NextGenPSD2 sandbox bank, with control."""
    from . import NextGenPsd2Bank

    with NextGenPsd2Bank(control=True) as bank:
        servers_clock._servers.append(bank)
        yield bank
