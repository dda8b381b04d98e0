"""Local operations: shared code of the generated functions and the clients."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import _native
from ._call import binary
from ._content import source
from ._errors import BankchannelError, invalid_field, own

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncIterator, Callable, Iterator

    from ._content import Readable


def in_place(operation: str, content: object, field: str = "content", most: int | None = None) -> dict[str, Any]:
    """The native call's argument for content, which is that of a field. A local operation needs it at once, so a file
    object is read to its end, or until it has more than `most` bytes, which are refused."""
    try:
        given, reader = source(field, content)
        if reader is not None:
            given = {"content": binary(reader.read(-1), field) if most is None else _begin_of(reader, field, most + 1)}
    except BankchannelError as error:
        raise error._in(operation) from None
    return given


def _begin_of(reader: Readable, field: str, size: int) -> bytes:
    """At most so many bytes. One call may give less although there are more."""
    found = bytearray()
    while len(found) < size:
        piece = binary(reader.read(size - len(found)), field)
        if not piece:
            break
        found += piece
    return bytes(found)


def local(operation: str, request: dict[str, Any], content: object = None) -> Any:
    """Carries out an operation without a client."""
    return _native.local(operation, request, **in_place(operation, content))


def rows(operation: str, request: dict[str, Any], content: object, field: str, form: tuple[str, str]) -> Any:
    """The same with a field that is a list or an iterator of its items. The items are written to a file one by one, so
    memory stays small."""
    given = request[field]
    if given is None or isinstance(given, (list, tuple)):
        return local(operation, request, content)
    if content is not None:
        raise invalid_field(field, "is given beside content: give one")._in(operation)
    if isinstance(given, (str, bytes, bytearray, Mapping)) or not isinstance(given, Iterable):
        raise invalid_field(field, f"must be a list, or give its items one by one, not {type(given).__name__}")._in(operation)
    from pathlib import Path
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(prefix="bankchannel-rows-") as file:
        for number, item in enumerate(given):
            file.write(_native.line(operation, f"{field}[{number}]", item))
        file.flush()
        return local(operation, {**request, field: None, form[0]: form[1]}, Path(file.name))


def pages(operation: str, request: dict[str, Any], content: object, cursor: str, following: str) -> Iterator[Any]:
    """All pages of an operation, one after the other."""
    given = in_place(operation, content)
    while True:
        page = _native.local(operation, request, **given)
        yield page
        where = getattr(page, following)
        if where is None:
            return
        request[cursor] = where


def running_loop() -> AbstractEventLoop:
    """The event loop of asyncio that runs here.

    Raises:
        ConfigurationError: trio runs here, or anyio over trio.
        RuntimeError: None runs here, as Python itself says it.
    """
    from asyncio import get_running_loop

    try:
        return get_running_loop()
    except RuntimeError:
        if not _is_trio():
            raise
    raise own(
        "configuration.invalid",
        "configuration",
        "trio runs here, and the classes and functions for asyncio need an event loop of asyncio: with trio give calls of "
        "the blocking ones to a thread, `await trio.to_thread.run_sync(lambda: client.list_files())` (`anyio.to_thread` with "
        "anyio), or run anyio with its backend asyncio",
        "not_sent",
    )


def of_this_process(what: object) -> TypeError:
    """The error when something that belongs to this process is pickled or copied."""
    name = type(what).__name__
    return TypeError(f"cannot pickle or copy {name}: it belongs to its process; make one in each process")


def _is_trio() -> bool:
    """Whether this code runs in a task of trio; it is not imported: where the program has not, none runs."""
    trio: Any = sys.modules.get("trio")
    try:
        return trio is not None and trio.lowlevel.current_task() is not None
    except (AttributeError, RuntimeError):
        return False


async def elsewhere(work: Callable[..., Any], *given: Any) -> Any:
    """Works on a thread of the event loop's executor. Cancelling the task ends its waiting, not the work."""
    from asyncio import to_thread

    running_loop()
    return await to_thread(work, *given)


async def pages_async(
    operation: str, request: dict[str, Any], content: object, cursor: str, following: str
) -> AsyncIterator[Any]:
    """The same, each read on a thread of the event loop's executor."""
    given = await elsewhere(in_place, operation, content)
    while True:
        page = await elsewhere(lambda: _native.local(operation, request, **given))
        yield page
        where = getattr(page, following)
        if where is None:
            return
        request[cursor] = where
