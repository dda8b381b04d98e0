"""Fixtures for pytest: the embedded servers, each fresh for a test, and their clock. pytest finds them by itself where the
wheel is installed; elsewhere `pytest_plugins = ["bankchannel.pytest_plugin"]` in `conftest.py` loads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from . import NextGenPsd2Bank, SaltEdgeConnectorServer, SaltEdgeHubServer, Service, WsChannel
    from ._service import EmbeddedService

__all__ = [
    "ServersClock",
    "nextgen_psd2_bank",
    "salt_edge_connector_server",
    "salt_edge_hub_server",
    "servers_clock",
    "ws_channel_client",
    "ws_channel_service",
]


class ServersClock:
    """The clock of the servers of a test. Servers that start later begin with the real time."""

    def __init__(self) -> None:
        self._servers: list[EmbeddedService] = []

    def advance(self, seconds: float) -> None:
        """Moves the clock of every running server forward."""
        for server in self._servers:
            server.control("clock", {"advance_s": seconds})

    def set(self, now: datetime) -> None:
        """Sets the clock of every running server.

        Args:
            now: The instant, with a time zone.
        """
        if now.tzinfo is None:
            raise ValueError("now must have a time zone, such as datetime.now(timezone.utc)")
        for server in self._servers:
            server.control("clock", {"now": now.isoformat()})


@pytest.fixture
def servers_clock() -> ServersClock:
    """The clock of the servers of this test."""
    return ServersClock()


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


@pytest.fixture
def nextgen_psd2_bank(servers_clock: ServersClock) -> Iterator[NextGenPsd2Bank]:
    """A NextGenPSD2 sandbox bank, with control."""
    from . import NextGenPsd2Bank

    with NextGenPsd2Bank(control=True) as bank:
        servers_clock._servers.append(bank)
        yield bank


@pytest.fixture
def salt_edge_hub_server(servers_clock: ServersClock) -> Iterator[SaltEdgeHubServer]:
    """A Salt Edge hub, with control."""
    from . import SaltEdgeHubServer

    with SaltEdgeHubServer(control=True) as hub:
        servers_clock._servers.append(hub)
        yield hub


@pytest.fixture
def salt_edge_connector_server(
    servers_clock: ServersClock, salt_edge_hub_server: SaltEdgeHubServer
) -> Iterator[SaltEdgeConnectorServer]:
    """A bank's connector with the example bank, with control; `salt_edge_hub_server` is its hub, and asks it."""
    from . import SaltEdgeConnectorServer

    hub = salt_edge_hub_server
    with SaltEdgeConnectorServer(
        hub_url=hub.base_url,
        hub_public_key=[hub.hub_public_key_file],
        app_id=hub.app_id,
        app_secret_file=hub.app_secret_file,
        provider_code=hub.provider_code,
        private_key=hub.private_key_file,
        control=True,
    ) as connector:
        hub.control("connector", {"url": connector.base_url})
        servers_clock._servers.append(connector)
        yield connector
