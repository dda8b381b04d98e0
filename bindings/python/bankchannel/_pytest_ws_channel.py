"""Fixtures for pytest: the WS Channel service, and a client that is ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ._pytest_clock import ServersClock

if TYPE_CHECKING:
    from . import Service, WsChannel


@pytest.fixture
def ws_channel_service(servers_clock: ServersClock) -> Iterator[Service]:
    """A WS Channel service with its simulated banks: no limits, every one-time code is `123456`, with control."""
    from . import Service

    with Service(verification_code="123456", no_limits=True, control=True) as service:
        servers_clock._servers.append(service)
        yield service


@pytest.fixture
def ws_channel_client(ws_channel_service: Service) -> Iterator[WsChannel]:
    """A client of an account at `ws_channel_service` that is ready: it has a certificate of the bank `simulator`, and is logged
    in."""
    from . import WsChannel

    you = {"email": "you@example.test", "password": "Example-Password-2026"}
    added = ws_channel_service.seed({"accounts": [{**you, "certificates": ["simulator"]}]})
    with WsChannel(
        **ws_channel_service.client_settings,
        email=you["email"],
        password=you["password"],
        api_key=added["accounts"][0]["api_key"],
        bank="simulator",
        mode="data",
    ) as client:
        client.log_in()
        yield client
