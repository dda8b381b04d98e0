"""What the generated service stands on."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, TypedDict

from . import _native

if TYPE_CHECKING:
    from typing_extensions import Self


class ClientSettings(TypedDict):
    """What a client needs to reach a service: spread it into the client's settings."""

    base_url: str
    public_key_file: str


class EmbeddedService:
    """A running service."""

    base_url: str
    """What clients take as `base_url`."""
    public_key_file: str
    """What clients take as `public_key_file`: an absolute path."""
    control_url: str | None
    """The control interface, where it was asked for."""

    def __init__(self, kind: str, options: dict[str, Any]) -> None:
        self._server: _native.Server | None = _native.Server(kind, options)
        info = self._server.info()
        self.base_url = info["base_url"]
        self.public_key_file = info["public_key_file"]
        self.control_url = info["control_url"]

    @property
    def client_settings(self) -> ClientSettings:
        """What a client needs to reach this service: `WsChannel(**service.client_settings, ...)`."""
        return {"base_url": self.base_url, "public_key_file": self.public_key_file}

    def close(self) -> None:
        """Stops it; running answers get some time to finish. A second time does nothing."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
