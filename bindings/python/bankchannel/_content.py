"""Content to send, and destinations of received content."""

from __future__ import annotations

import io
import os
from typing import Any, Protocol, Union

from ._errors import invalid_field


class Readable(Protocol):
    """A binary file object that can be read."""

    def read(self, size: int, /) -> bytes: ...


class Writable(Protocol):
    """A binary file object that can be written."""

    def write(self, data: bytes, /) -> object: ...


class Replace:
    """A destination that may already exist: it is replaced when the content is complete."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)


Content = Union[bytes, bytearray, memoryview, "os.PathLike[str]", Readable]
"""Bytes, a path object, or a binary file object. A plain `str` is refused: it could be a path or the content."""

Destination = Union["os.PathLike[str]", Replace, Writable]

PIECE = 256 * 1024
"""Bytes read from a file object at a time."""


def source(field: str, content: object) -> tuple[dict[str, Any], Readable | None]:
    """The native call's argument for a request's content, and the object from which its pieces are read."""
    if content is None:
        return {}, None
    if isinstance(content, bytes):
        return {"content": content}, None
    if isinstance(content, (bytearray, memoryview)):
        return {"content": bytes(content)}, None
    if is_open(content, "read"):
        return {"content_pieces": True}, content  # type: ignore[return-value]
    if isinstance(content, os.PathLike):
        return {"content_path": os.fspath(content)}, None
    raise invalid_field(field, f"must be bytes, a path object or a binary file object, not {type(content).__name__}")


def sink(destination: object) -> tuple[dict[str, Any], Writable | None]:
    """The native call's argument for a response's content, and the object to which its pieces are written."""
    if destination is None:
        return {}, None
    if isinstance(destination, Replace):
        return {"destination_path": destination.path, "replace": True}, None
    if is_open(destination, "write"):
        check_writable(destination)
        return {"destination_pieces": True}, destination  # type: ignore[return-value]
    if isinstance(destination, os.PathLike):
        return {"destination_path": os.fspath(destination)}, None
    raise invalid_field(
        "destination", f"must be a path object, Replace or a binary file object, not {type(destination).__name__}"
    )


def check_writable(destination: object) -> None:
    """Refuses a file object that takes no bytes, before anything is sent: a bank marks a file as downloaded when it has
    sent it. Nothing is written: for some objects an empty piece is the end."""
    if getattr(destination, "closed", False) is True:
        raise invalid_field("destination", "is closed")
    if isinstance(destination, io.TextIOBase) or isinstance(getattr(destination, "encoding", None), str):
        raise invalid_field("destination", "must be opened in binary mode, such as open(path, 'wb'): it takes text")
    writable = getattr(destination, "writable", None)
    kind = type(destination)
    # A class of the program's own that only has a `write` says what its base says by default, which is no.
    says = getattr(kind, "writable", None) is not io.IOBase.writable
    if callable(writable) and (says or kind.write is io.BufferedIOBase.write) and writable() is False:  # type: ignore[attr-defined]
        raise invalid_field("destination", "must be opened for writing, such as open(path, 'wb')")


def is_open(given: object, method: str) -> bool:
    """Whether it is an open file. Some open files have a path too, but give only the content from their current position;
    and some path objects have a `read` method (`pathlib`'s have none), but not `seek`, `close` and the like."""
    if not callable(getattr(given, method, None)):
        return False
    return not isinstance(given, os.PathLike) or callable(getattr(given, "seek", None))
