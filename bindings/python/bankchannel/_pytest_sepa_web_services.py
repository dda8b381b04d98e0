"""Fixtures for pytest: the sandbox bank of SEPA Web Services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ._pytest_clock import ServersClock

if TYPE_CHECKING:
    from . import SepaBank


@pytest.fixture
def sepa_bank(servers_clock: ServersClock) -> Iterator[SepaBank]:
    """A sandbox bank of SEPA Web Services, without TLS, with control."""
    from . import SepaBank

    with SepaBank(plain=True, control=True) as bank:
        servers_clock._servers.append(bank)
        yield bank
