"""Fixtures for pytest: the Salt Edge hub, and a connector for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ._pytest_clock import ServersClock

if TYPE_CHECKING:
    from . import SaltEdgeConnectorServer, SaltEdgeHubServer


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
        hub.connector(url=connector.base_url)
        servers_clock._servers.append(connector)
        yield connector
