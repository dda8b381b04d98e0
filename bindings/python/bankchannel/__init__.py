"""Talk to banks from code.

`WsChannel` and `AsyncWsChannel` are clients of the ISECure WS Channel, `Service` is its embedded other side; `NextGenPsd2` and
`AsyncNextGenPsd2` ask NextGenPSD2 banks, and sign, verify and explain requests, `NextGenPsd2Bank` is a sandbox bank; `errors` has
the exceptions.
Modules are loaded when they are first used.
"""

from . import _native
from ._version import VERSION

# Type checkers take it for true. `typing` itself would cost more than all the rest of this module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._call import AsyncOnCode as AsyncOnCode
    from ._call import AsyncSigner as AsyncSigner
    from ._call import OnCode as OnCode
    from ._call import Question as Question
    from ._call import SignatureRequest as SignatureRequest
    from ._call import Signer as Signer
    from ._content import Replace as Replace
    from ._errors import BankchannelError as BankchannelError
    from ._native import Cancel as Cancel
    from ._native import Received as Received
    from ._native import Record as Record
    from ._secret import SecretText as SecretText
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
    from .nextgen_psd2 import AsyncNextGenPsd2 as AsyncNextGenPsd2
    from .nextgen_psd2 import NextGenPsd2 as NextGenPsd2
    from .service import NextGenPsd2Bank as NextGenPsd2Bank
    from .service import Service as Service
    from .ws_channel import AsyncWsChannel as AsyncWsChannel
    from .ws_channel import WsChannel as WsChannel

if _native.VERSION != VERSION:
    raise ImportError(
        f"bankchannel: the package is version {VERSION}, its native library {_native.VERSION}: "
        "remove the package's folder and install it again"
    )

__version__ = VERSION

_PLACES = {
    "AsyncNextGenPsd2": "nextgen_psd2",
    "AsyncOnCode": "_call",
    "AsyncSigner": "_call",
    "AsyncWsChannel": "ws_channel",
    "BankchannelError": "_errors",
    "Cancel": "_native",
    "NextGenPsd2": "nextgen_psd2",
    "NextGenPsd2Bank": "service",
    "OnCode": "_call",
    "Question": "_call",
    "Received": "_native",
    "Record": "_native",
    "Replace": "_content",
    "SecretText": "_secret",
    "Service": "service",
    "SignatureRequest": "_call",
    "Signer": "_call",
    "WsChannel": "ws_channel",
}
_MODULES = ("codes", "errors", "nextgen_psd2", "service", "ws_channel")


def catalogue() -> "list[dict[str, Any]]":
    """Every operation there is: name, protocol, kind, summary, schemas and errors."""
    return _native.catalogue()


def __getattr__(name: str) -> object:
    place = _PLACES.get(name)
    if place is None and name.startswith("_"):
        raise AttributeError(f"module 'bankchannel' has no attribute {name!r}")
    from importlib import import_module

    if name in _MODULES:
        return import_module(f".{name}", __name__)
    module = import_module(f".{place or 'errors'}", __name__)
    try:
        found: object = getattr(module, name)
    except AttributeError:
        raise AttributeError(f"module 'bankchannel' has no attribute {name!r}") from None
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    from . import errors

    return sorted({*globals(), *_PLACES, *_MODULES, *errors.__all__})
