"""Talk to banks from code.

`WsChannel` and `AsyncWsChannel` are the clients, `Service` is the embedded other side, `errors` has the exceptions.
Modules are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _native

if TYPE_CHECKING:
    from ._call import Cancel as Cancel
    from ._call import OnCode as OnCode
    from ._call import Question as Question
    from ._content import Replace as Replace
    from ._errors import BankchannelError as BankchannelError
    from .errors import AuthenticationError as AuthenticationError
    from .errors import CancelledError as CancelledError
    from .errors import ConfigurationError as ConfigurationError
    from .errors import ConflictError as ConflictError
    from .errors import InternalError as InternalError
    from .errors import InvalidInputError as InvalidInputError
    from .errors import NotSupportedError as NotSupportedError
    from .errors import Peer as Peer
    from .errors import PeerProtocolError as PeerProtocolError
    from .errors import PeerRefusedError as PeerRefusedError
    from .errors import PermissionDeniedError as PermissionDeniedError
    from .errors import RateLimitedError as RateLimitedError
    from .errors import ResourceExhaustedError as ResourceExhaustedError
    from .errors import SignatureError as SignatureError
    from .errors import TimedOutError as TimedOutError
    from .errors import TransportError as TransportError
    from .service import Service as Service
    from .ws_channel import AsyncWsChannel as AsyncWsChannel
    from .ws_channel import WsChannel as WsChannel

__version__: str = _native.VERSION

_PLACES = {
    "AsyncWsChannel": "ws_channel",
    "BankchannelError": "_errors",
    "Cancel": "_call",
    "OnCode": "_call",
    "Question": "_call",
    "Replace": "_content",
    "Service": "service",
    "WsChannel": "ws_channel",
}


def catalogue() -> list[dict[str, object]]:
    """Every operation there is: name, protocol, kind, summary, schemas and errors."""
    import json

    found: list[dict[str, object]] = json.loads(_native.catalogue())
    return found


def __getattr__(name: str) -> object:
    from importlib import import_module

    place = _PLACES.get(name)
    if place is None and name.startswith("_"):
        raise AttributeError(f"module 'bankchannel' has no attribute {name!r}")
    module = import_module(f".{place or 'errors'}", __name__)
    if name in ("codes", "errors", "service", "ws_channel"):
        return import_module(f".{name}", __name__)
    try:
        found: object = getattr(module, name)
    except AttributeError:
        raise AttributeError(f"module 'bankchannel' has no attribute {name!r}") from None
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    from . import errors

    return sorted({*globals(), *_PLACES, *errors.__all__})
