"""What the generated clients stand on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from . import _native
from ._call import Cancel, OnCode, Question, encode, milliseconds, run
from ._content import sink, source
from ._errors import BankchannelError, own
from ._record import Received, Record

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future, ThreadPoolExecutor

    from typing_extensions import Self

R = TypeVar("R", bound=Record)

THREADS = 64
"""How many calls of one asynchronous client run at a time; each waits on a thread of its own, and costs nothing else."""


class _Base:
    _protocol: ClassVar[str]

    def __init__(self, settings: Mapping[str, Any], on_code: OnCode | None) -> None:
        self._native: _native.Client | None = _native.Client(self._protocol, encode(settings))
        self._on_code = on_code

    def _open(self) -> _native.Client:
        if self._native is None:
            raise own("configuration.closed", "configuration", "this client was closed")
        return self._native

    def _local(
        self,
        operation: str,
        convert: Callable[[Mapping[str, Any]], R],
        request: Mapping[str, Any],
        *,
        content: object = None,
    ) -> R:
        try:
            given, reader = source("content", content)
            client, text = self._open(), encode(request)
        except BankchannelError as error:
            raise error._in(operation) from None
        if reader is not None:
            # What only computes is there at once: its content cannot arrive bit by bit.
            given = {"content": reader.read(-1)}
        call = _native.Call(client, operation, text, **given)
        return convert(run(call, None, None, None)[0])

    def _begin(
        self,
        operation: str,
        convert: Callable[[Mapping[str, Any]], R],
        request: Mapping[str, Any],
        content: object,
        received: str,
        destination: object,
        timeout: float | None,
        cancel: Cancel,
    ) -> Callable[[Callable[[Question], str] | None], R]:
        """Checks what was given and begins the call; the function that is returned carries it through."""
        try:
            into, writer = sink(destination)
            given, reader = source("content", content)
            client, limit, text = self._open(), milliseconds(timeout), encode(request)
        except BankchannelError as error:
            raise error._in(operation) from None

        # Begun here and now: its time limit counts from here, however long it waits for a thread.
        call = _native.Call(client, operation, text, timeout_ms=limit, cancel=cancel, **given, **into)

        def carry_through(answer: Callable[[Question], str] | None) -> R:
            response, data, written = run(call, reader, writer, answer)
            if received in response:
                response[received] = _received(response[received], data, written, into)
            return convert(response)

        return carry_through


def _received(found: Mapping[str, Any], data: bytes | None, written: int, into: Mapping[str, Any]) -> Received:
    from pathlib import Path

    place = into.get("destination_path")
    size = len(data) if data is not None else found.get("size", written)
    return Received._of(size, data, Path(place) if place else None)


class Client(_Base):
    """The blocking clients."""

    def __init__(self, settings: Mapping[str, Any], on_code: OnCode | None) -> None:
        super().__init__(settings, on_code)
        self._running: set[Cancel] = set()
        self._lock = threading.Lock()

    def _call(
        self,
        operation: str,
        convert: Callable[[Mapping[str, Any]], R],
        request: Mapping[str, Any],
        *,
        content: object = None,
        received: str = "",
        destination: object = None,
        timeout: float | None = None,
        cancel: Cancel | None = None,
        on_code: OnCode | None = None,
    ) -> R:
        token = cancel or _native.Cancel()
        carry_through = self._begin(operation, convert, request, content, received, destination, timeout, token)
        if cancel is None:
            with self._lock:
                self._running.add(token)
        try:
            return carry_through(on_code or self._on_code)  # type: ignore[arg-type]
        finally:
            with self._lock:
                self._running.discard(token)

    def close(self) -> None:
        """Ends the client: running calls of other threads are cancelled, unless they have a token of their own."""
        self._native = None
        with self._lock:
            for token in self._running:
                token.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class AsyncClient(_Base):
    """The clients for asyncio: a call waits on a thread of its own, and a task that is cancelled cancels it."""

    def __init__(self, settings: Mapping[str, Any], on_code: OnCode | None) -> None:
        super().__init__(settings, on_code)
        self._threads: ThreadPoolExecutor | None = None
        self._running: set[Cancel] = set()

    def _executor(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="bankchannel")
        return self._threads

    async def _call(
        self,
        operation: str,
        convert: Callable[[Mapping[str, Any]], R],
        request: Mapping[str, Any],
        *,
        content: object = None,
        received: str = "",
        destination: object = None,
        timeout: float | None = None,
        cancel: Cancel | None = None,
        on_code: OnCode | None = None,
    ) -> R:
        import asyncio

        token = cancel or _native.Cancel()
        carry_through = self._begin(operation, convert, request, content, received, destination, timeout, token)
        loop = asyncio.get_running_loop()
        asked = _Asked(loop, on_code or self._on_code)
        job = self._executor().submit(carry_through, asked.answer)
        running = asyncio.wrap_future(job, loop=loop)
        if cancel is None:
            self._running.add(token)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError as cancelled:
            token.cancel()
            asked.stop()
            if job.cancel():
                # It was still waiting for a thread: there is nobody to wait for.
                raise
            # The call ends at once; when it has, nothing of it is left, and its error tells how far it came.
            (ended,) = await asyncio.shield(asyncio.gather(running, return_exceptions=True))
            if isinstance(ended, BaseException):
                raise cancelled from ended
            raise
        finally:
            self._running.discard(token)

    async def close(self) -> None:
        """Ends the client: running calls are cancelled."""
        self._native = None
        for token in self._running:
            token.cancel()
        if self._threads is not None:
            self._threads.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Asked:
    """Puts the questions of a call to the event loop, where `on_code` belongs."""

    def __init__(self, loop: asyncio.AbstractEventLoop, on_code: OnCode | None) -> None:
        self._loop = loop
        self._on_code = on_code
        self._pending: Future[str] | None = None
        self._stopped = False
        self._lock = threading.Lock()
        self.answer: Callable[[Question], str] | None = self._ask if on_code else None

    def _ask(self, question: Question) -> str:
        import asyncio

        with self._lock:
            if self._stopped:
                # The task was cancelled before it could be asked.
                raise own("cancelled", "cancelled", "the call was cancelled")
            pending = asyncio.run_coroutine_threadsafe(self._answered(question), self._loop)
            self._pending = pending
        return pending.result()

    async def _answered(self, question: Question) -> str:
        import inspect

        assert self._on_code is not None
        given = self._on_code(question)
        return await given if inspect.isawaitable(given) else given

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._pending is not None:
                self._pending.cancel()
