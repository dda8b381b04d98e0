"""The base class of the generated servers."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _native

if TYPE_CHECKING:
    from typing_extensions import Self


class EmbeddedService:
    """A running server."""

    def __init__(self, kind: str, options: dict[str, Any]) -> None:
        self._server = _native.Server(kind, options)
        self._is_open = True
        for name, value in self._server.info().items():
            if name != "kind":
                setattr(self, name, value)

    def seed(self, data: Mapping[str, Any]) -> Any:
        """Adds data, for tests and demonstrations; also on a server that was started without `control`.

        Args:
            data: The data to add, such as `{"accounts": [...]}`. The server's page in `docs/` describes it under `POST seed`.

        Returns:
            The added data, such as the accounts with their API keys.

        Raises:
            InvalidInputError: The data cannot be used.
        """
        return self.control("seed", data)

    def control(self, order: str, request: Mapping[str, Any] | None = None) -> Any:
        """Carries out an order of the control interface.

        Args:
            order: `seed`, `reset`, `clock`, `fail_next`, `limits`, `outbox`, `transcript`, or a specific one of this server.
                All but `seed` need a server that was started with `control=True`.
            request: The order's parameters. The server's page in `docs/` describes them.

        Returns:
            The order's answer.

        Raises:
            InvalidInputError: The order or its request cannot be used.
            ConfigurationError: The server was started without `control`, or was closed.
        """
        return self._server.control(order, dict(request or {}))

    def close(self) -> None:
        """Stops the server; running answers get some time to finish. A second call does nothing."""
        if self._is_open:
            self._is_open = False
            self._server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
