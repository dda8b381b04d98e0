"""The base classes of the generated servers."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from . import _native
from ._errors import invalid_field, own
from ._local import elsewhere, in_place, of_this_process
from ._twin import awaited, documented_as

if TYPE_CHECKING:
    from typing_extensions import Self


class Served:
    """The common part of both kinds."""

    _server: _native.Server | None = None

    def __init__(self, kind: str, options: dict[str, Any]) -> None:
        self._kind = kind
        self._options = options

    def __repr__(self) -> str:
        address = vars(self).get("base_url") or vars(self).get("url")
        state = "not running" if self._server is None else f"base_url={address!r}"
        return f"<{type(self).__name__} {state}>"

    def __reduce__(self) -> NoReturn:
        raise of_this_process(self)

    def _begin(self) -> None:
        self._server = _native.Server(self._kind, self._options)
        for name, value in self._server.info().items():
            if name != "kind":
                setattr(self, name, value)

    def _running(self, order: str | None = None) -> _native.Server:
        if self._server is None:
            error = own("configuration.closed", "configuration", "this server is not running")
            raise error if order is None else error._in(order)
        return self._server

    def _order(self, order: str, request: Mapping[str, Any] | None) -> Any:
        return self._running().control(order, dict(request or {}))

    def _declared(
        self, order: str, request: dict[str, Any], content: object = None, field: str = "content", most: int | None = None
    ) -> Any:
        """An order by its declared name, with the types of its declaration. Its content is that of a field, and has at most
        so many bytes."""
        return self._running(order).order(order, request, **in_place(order, content, field, most))

    def _seeded(self, order: str, data: Mapping[str, Any] | None, request: dict[str, Any]) -> Any:
        """The order that loads data, given as a whole or by its fields."""
        given = [name for name, value in request.items() if value is not None]
        if data is None:
            return self._declared(order, request)
        if given:
            raise invalid_field(given[0], "is given beside data: give one")._in(order)
        return self._order("seed", data)

    @staticmethod
    def _client_of(clients: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The settings of a client of one of the peers that it plays."""
        if name not in clients:
            raise own("input.invalid_field", "invalid_input", f"name must be one of {', '.join(clients)}", field="name")
        return dict(clients[name])

    def _end(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()


class EmbeddedService(Served):
    """A running server."""

    def __init__(self, kind: str, options: dict[str, Any]) -> None:
        super().__init__(kind, options)
        self._begin()

    def seed(self, data: Mapping[str, Any]) -> Any:
        """Adds data, for tests and demonstrations; also on a server that was started without `control`.

        Args:
            data: The data to add, such as `{"accounts": [...]}`. `docs/reference/server-orders.md` describes it.

        Returns:
            The added data, such as the accounts with their API keys.

        Raises:
            InvalidInputError: The data cannot be used.
        """
        return self.control("seed", data)

    def _carry_out(
        self, order: str, request: dict[str, Any], content: object = None, field: str = "content", most: int | None = None
    ) -> Any:
        return self._declared(order, request, content, field, most)

    def _seed(self, order: str, data: Mapping[str, Any] | None, request: dict[str, Any]) -> Any:
        return self._seeded(order, data, request)

    def control(self, order: str, request: Mapping[str, Any] | None = None) -> Any:
        """Carries out an order of the control interface, given by its path. Each also has its own typed method.

        Args:
            order: `seed`, `reset`, `clock`, `fail_next`, `limits`, `outbox`, `transcript`, or a specific one of this server.
                All but `seed` need a server that was started with `control=True`.
            request: The order's parameters. `docs/reference/server-orders.md` describes them.

        Returns:
            The order's answer.

        Raises:
            InvalidInputError: The order or its request cannot be used.
            ConfigurationError: The server was started without `control`, or was closed.
        """
        return self._order(order, request)

    def close(self) -> None:
        """Stops the server; running answers get some time to finish. A second call does nothing."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class AsyncEmbeddedService(Served):
    """A server for asyncio: it starts, works and stops without holding up the event loop."""

    async def start(self) -> Self:
        """Starts the server. `async with` does so by itself.

        Raises:
            ConfigurationError: An option cannot be used.
        """
        if self._server is None:
            await elsewhere(self._begin)
        return self

    seed = awaited(EmbeddedService.seed)

    async def _carry_out(
        self, order: str, request: dict[str, Any], content: object = None, field: str = "content", most: int | None = None
    ) -> Any:
        return await elsewhere(self._declared, order, request, content, field, most)

    async def _seed(self, order: str, data: Mapping[str, Any] | None, request: dict[str, Any]) -> Any:
        return await elsewhere(self._seeded, order, data, request)

    @documented_as(EmbeddedService.control)
    async def control(self, order: str, request: Mapping[str, Any] | None = None) -> Any:
        return await elsewhere(self._order, order, request)

    async def close(self) -> None:
        """Stops the server; running answers get some time to finish. A second call does nothing."""
        await elsewhere(self._end)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
