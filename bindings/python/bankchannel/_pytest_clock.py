"""Fixtures for pytest: the clock of the servers of a test."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .service import ControlledServer


class ServersClock:
    """The clock of the servers of a test. Servers that start later begin with the real time."""

    def __init__(self) -> None:
        self._servers: list[ControlledServer] = []

    def advance(self, seconds: float) -> None:
        """Moves the clock of every running server forward."""
        for server in self._servers:
            server.clock(advance_s=seconds)

    def set(self, now: datetime) -> None:
        """Sets the clock of every running server.

        Args:
            now: The instant, with a time zone.
        """
        if now.tzinfo is None:
            raise ValueError("now must have a time zone, such as datetime.now(timezone.utc)")
        for server in self._servers:
            server.clock(now=now)


@pytest.fixture
def servers_clock() -> ServersClock:
    """The clock of the servers of this test."""
    return ServersClock()
