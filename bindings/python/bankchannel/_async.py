"""The base class of the generated asyncio clients. `asyncio` is loaded when the first of them is created."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakSet

from . import _log, _native
from ._call import (
    AsyncOnCode,
    AsyncSigner,
    CallOptions,
    OnProgress,
    Reply,
    answer,
    asked,
    asks_program,
    add_outcome,
    check_options,
    give_up,
    add_exchanges,
    program_failed,
    read,
    too_late,
    write,
)
from ._client import Base
from ._content import Readable, Writable
from ._errors import BankchannelError
from ._local import elsewhere, running_loop

if TYPE_CHECKING:
    import asyncio
    from typing_extensions import Self, Unpack

    from ._hub import Awaited
    from ._log import CallLog

SLICE = 0.05
"""The polling interval of a token while the caller's own code runs, and the extra time for an expired call to report its
own error; in seconds."""


class AsyncClient(Base):
    """The clients for asyncio: a call blocks no thread, and cancelling a task cancels its call."""

    _stacklevel: ClassVar = 3
    """How far a program's own code is from a method's warning: between them is the method that awaits."""

    @staticmethod
    def _calls() -> Any:
        # A loop may end with calls in it: they belong to the loop, not to the client.
        return WeakSet()

    async def _call(
        self,
        operation: str,
        request: dict[str, Any],
        options: CallOptions,
        *,
        content: object = None,
        destination: object = None,
        on_progress: OnProgress | None = None,
        on_code: AsyncOnCode | None = None,
        signer: AsyncSigner | None = None,
        typed: bool = True,
    ) -> Any:
        check_options(operation, options)
        log = _log.listener(self._protocol, operation)
        watch = self._watch(operation, on_progress, log)
        # A loop that cannot run the call is detected before anything is sent.
        running = _Running(operation, log)
        asks_nobody = (on_code or self._on_code) is None and self._whom is None
        call, reader, writer = self._begin(
            operation, request, options, content, destination, log, typed, asks_nobody, watch
        )
        timeout = options.get("timeout")
        running.begun(call, self._native.limit(operation) if timeout is None else timeout, options.get("cancel"))
        self._running.add(running)
        try:
            if self._closed:
                # Another thread closed the client while this call began: it did not see the call.
                running.close()
            event = await running.resume("go", None)
            while type(event) is tuple:
                try:
                    if event[0] == "want_piece" and reader is not None:
                        reply = await running.aside(read, reader)
                    elif event[0] == "piece" and writer is not None:
                        reply = await running.aside(write, writer, event[1])
                    elif event[0] in ("progress", "exchange"):
                        reply = watch.tell(event)
                    else:
                        question, whom = asked(event, on_code or self._on_code, signer or self._signer, self._whom)
                        reply = answer(question, await running.answered(whom(question)))
                except GeneratorExit:
                    raise
                except Exception as why:
                    if running._over or not asks_program(event):
                        await running.give_up(event, why)
                        raise
                    reply = program_failed(event, why, log)
                except BaseException as why:
                    await running.give_up(event, why)
                    raise
                event = await running.resume(*reply)
            watch.end(None)
            return event
        except BankchannelError as error:
            watch.end(error)
            raise error._in(operation)
        except BaseException as why:
            watch.end(why)
            raise
        finally:
            self._running.discard(running)
            call.cancel()
            add_exchanges(call, options.get("with_response"))

    async def call(
        self,
        operation: str,
        request: Mapping[str, Any] | None = None,
        *,
        content: object = None,
        destination: object = None,
        on_progress: OnProgress | None = None,
        on_code: AsyncOnCode | None = None,
        signer: AsyncSigner | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]:
        """Runs any operation by its name, such as `ws_channel.list_files`, with a dict for a request and a dict for an
        answer. A local operation runs on a thread of the loop's executor, so the loop is not blocked.

        `bankchannel.catalogue()` lists them. Every operation also has its own typed method.
        """
        fields = dict(request or {})
        found: dict[str, Any]
        check_options(operation, options)
        if self._is_local(operation):
            try:
                found = await elsewhere(self._local, operation, fields, content, False, options.get("request_id"))
            except BankchannelError as error:
                raise error._in(operation) from error.__cause__
        else:
            found = await self._call(
                operation,
                fields,
                options,
                content=content,
                destination=destination,
                on_progress=on_progress,
                on_code=on_code,
                signer=signer,
                typed=False,
            )
        return found

    async def close(self) -> None:
        """Closes the client: running calls are cancelled, also those that wait for `on_code` or `signer`."""
        self._closed = True
        self._native.close()
        for running in list(self._running):
            running.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Running:
    """A running call."""

    _call: _native.Call

    def __init__(self, operation: str, log: CallLog | None) -> None:
        from ._hub import hub_of

        self._operation = operation
        self._log = log
        try:
            self._loop = running_loop()
        except BankchannelError as error:
            raise error._in(operation) from None
        self._hub = hub_of(self._loop)
        self._answering: asyncio.Future[Any] | None = None
        self._over = False
        self._end = math.inf
        self._cancel: _native.Cancel | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begun(self, call: _native.Call, timeout: float | None, cancel: _native.Cancel | None) -> None:
        """The call, and the token that may cancel it."""
        self._call = call
        self._cancel = cancel
        if timeout is not None:
            self._end = self._loop.time() + timeout + SLICE

    async def resume(self, reply: str, data: object) -> Any:
        """Gives a reply and waits for the next event."""
        future = self._loop.create_future()
        awaited = self._hub.resume(self._call, future, reply, data)
        try:
            failed, what, log = await future
        except GeneratorExit:
            raise
        except BaseException as cancelled:
            # The call ends at once and completely, and its end has the outcome.
            self._call.cancel()
            raise cancelled from await self._ended(awaited)
        self._emit(log)
        if failed:
            raise what
        return what

    async def _ended(self, awaited: Awaited) -> BankchannelError:
        """The error of a cancelled call."""
        from asyncio import CancelledError

        while True:
            try:
                failed, what, log = await awaited.again(self._loop.create_future())
            except CancelledError:
                # anyio cancels again and again until a task has ended; the call ends by itself, and at once.
                continue
            self._emit(log)
            if failed:
                ended: BankchannelError = what._in(self._operation)
                return ended
            if type(what) is not tuple:
                return too_late(what)._in(self._operation)
            awaited = self._hub.resume(self._call, self._loop.create_future(), give_up(what), None)

    async def aside(self, work: Any, *arguments: Any) -> Reply:
        """Reads or writes a file object, which may block, on a thread of the loop's executor."""
        found: Reply = await self.answered(self._loop.run_in_executor(None, work, *arguments))
        return found

    async def answered(self, given: Any) -> Any:
        """The answer of `on_code`, `signer` or a file object; cancelled if the call ends before the answer."""
        if not hasattr(given, "__await__"):
            return given
        from asyncio import ensure_future

        self._answering = ensure_future(given)
        self._watch()
        try:
            return await self._answering
        finally:
            self._answering = None
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _watch(self) -> None:
        now = self._loop.time()
        if self._over or now >= self._end or (self._cancel is not None and self._cancel.cancelled):
            self._stop()
        elif self._cancel is not None:
            # A token sends no notification, so it is polled.
            self._timer = self._loop.call_later(min(SLICE, self._end - now), self._watch)
        elif self._end < math.inf:
            self._timer = self._loop.call_later(self._end - now, self._watch)

    async def give_up(self, event: tuple[Any, ...], why: BaseException) -> None:
        """Ends a call whose caller's own code failed. That failure is raised, with the call's outcome as its cause; unless
        the call had already ended, and its end made that code fail."""
        self._call.cancel()
        ended = await self._ended(self._hub.resume(self._call, self._loop.create_future(), give_up(event), None))
        if self._over:
            raise ended from why
        add_outcome(why, ended)

    def close(self) -> None:
        self._call.cancel()
        self._stop()

    def _stop(self) -> None:
        self._over = True
        if self._answering is not None:
            self._answering.cancel()

    def _emit(self, records: list[tuple[int, str, dict[str, Any]]]) -> None:
        if self._log is not None:
            self._log.emit(records)
