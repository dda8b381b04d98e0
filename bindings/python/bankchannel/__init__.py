"""Talk to banks from code.

A client for each protocol, also for asyncio with the prefix `Async`; payment files in `iso20022`; embedded servers to try
everything with in `service`; the exceptions in `errors`, their codes in `codes`. Modules are loaded when they are first
used.
"""

try:
    from . import _native
except ImportError as _fault:
    from ._loading import explained

    raise explained(_fault) from _fault
from ._public import MODULE_OF, MODULES, TYPE_CHECKING
from ._version import VERSION

if TYPE_CHECKING:
    from typing import Any

    from ._call import AsyncOnCode as AsyncOnCode
    from ._call import AsyncSigner as AsyncSigner
    from ._call import CallOptions as CallOptions
    from ._call import HttpExchange as HttpExchange
    from ._call import HttpRequest as HttpRequest
    from ._call import OnCode as OnCode
    from ._call import OnProgress as OnProgress
    from ._call import OnRequest as OnRequest
    from ._call import OnResponse as OnResponse
    from ._call import Progress as Progress
    from ._call import Question as Question
    from ._call import SignatureRequest as SignatureRequest
    from ._call import Signer as Signer
    from ._content import Replace as Replace
    from ._errors import BankchannelError as BankchannelError
    from ._json import json_default as json_default
    from ._native import Cancel as Cancel
    from ._native import Received as Received
    from ._native import Record as Record
    from ._public import *
    from ._secret import SecretText as SecretText
    from ._tracing import TraceParent as TraceParent

if _native.VERSION != VERSION:
    raise ImportError(
        f"bankchannel: the package is version {VERSION}, its native library {_native.VERSION}: "
        "remove the package's folder and install it again"
    )

__version__ = VERSION

# The module of each public name. One from a module of this package is here and imported above; names that come from the
# catalogue are in `_public`, which is generated.
_MODULE_OF = {
    "AsyncOnCode": "_call",
    "AsyncSigner": "_call",
    "BankchannelError": "_errors",
    "CallOptions": "_call",
    "Cancel": "_native",
    "HttpExchange": "_call",
    "HttpRequest": "_call",
    "OnCode": "_call",
    "OnProgress": "_call",
    "OnRequest": "_call",
    "OnResponse": "_call",
    "Progress": "_call",
    "Question": "_call",
    "Received": "_native",
    "Record": "_native",
    "Replace": "_content",
    "SecretText": "_secret",
    "SignatureRequest": "_call",
    "Signer": "_call",
    "TraceParent": "_tracing",
    "json_default": "_json",
    **MODULE_OF,
}

# Not assigned by name: type checkers, which understand no list that is put together, go by the imports above.
globals()["__all__"] = sorted({*_MODULE_OF, *MODULES, "catalogue"})


def catalogue() -> "list[dict[str, Any]]":
    """Every operation: name, protocol, kind, summary, schemas and errors."""
    return _native.catalogue()


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in MODULES:
        return import_module(f".{name}", __name__)
    place = _MODULE_OF.get(name)
    if place is None:
        raise AttributeError(f"module 'bankchannel' has no attribute {name!r}")
    # Not kept here: a reloaded module has new classes.
    found: object = getattr(import_module(f".{place}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF, *MODULES})
