"""What the generated servers stand on."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _native

if TYPE_CHECKING:
    from typing_extensions import Self


class EmbeddedService:
    """A running server."""

    def __init__(self, kind: str, options: dict[str, Any]) -> None:
        self._server: _native.Server | None = _native.Server(kind, options)
        for name, value in self._server.info().items():
            if name != "kind":
                setattr(self, name, value)

    def close(self) -> None:
        """Stops it; running answers get some time to finish. A second time does nothing."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
