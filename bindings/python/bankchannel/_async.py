"""What the generated clients for asyncio stand on. `asyncio` is loaded when the first of them is made."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from . import _log, _native
from ._call import OnCode, Reply, Signer, answer, asked, give_up, read, write
from ._client import Base
from ._content import Readable, Writable
from ._errors import BankchannelError, own

if TYPE_CHECKING:
    import asyncio
    from logging import Logger

    from typing_extensions import Self


class AsyncClient(Base):
    """The clients for asyncio: a call waits on no thread, and a task that is cancelled cancels it."""

    @staticmethod
    def _calls() -> Any:
        # A loop may be left with calls in it: they are its own, not the client's.
        return WeakSet()

    async def _call(
        self,
        operation: str,
        request: dict[str, Any],
        *,
        content: object = None,
        destination: object = None,
        timeout: float | None = None,
        cancel: _native.Cancel | None = None,
        on_code: OnCode | None = None,
        signer: Signer | None = None,
        typed: bool = True,
    ) -> Any:
        logger = _log.listener()
        call, reader, writer = self._begin(operation, request, content, destination, timeout, cancel, logger, typed)
        running = _Running(operation, call, logger)
        self._running.add(running)
        try:
            event = await running.resume("go", None)
            while type(event) is tuple:
                try:
                    if event[0] == "want_piece" and reader is not None:
                        reply = await running.aside(read, reader)
                    elif event[0] == "piece" and writer is not None:
                        reply = await running.aside(write, writer, event[1])
                    else:
                        question, whom = asked(event, on_code or self._on_code, signer or self._signer)
                        reply = answer(question, await running.answered(whom(question)))
                except GeneratorExit:
                    raise
                except BaseException as why:
                    await running.give_up(event, why)
                    raise
                event = await running.resume(*reply)
            return event
        except BankchannelError as error:
            raise error._in(operation)
        finally:
            self._running.discard(running)
            call.cancel()

    async def call(
        self,
        operation: str,
        request: Mapping[str, Any] | None = None,
        *,
        content: object = None,
        destination: object = None,
        timeout: float | None = None,
        cancel: _native.Cancel | None = None,
        on_code: OnCode | None = None,
        signer: Signer | None = None,
    ) -> dict[str, Any]:
        """Any operation by its name, such as `ws_channel.list_files`, with a dict for a request and a dict for an answer.

        `bankchannel.catalogue()` lists them. Every operation also has a typed method of its own.
        """
        fields = dict(request or {})
        found: dict[str, Any]
        if _native.is_local(operation):
            found = self._local(operation, fields, content, typed=False)
        else:
            found = await self._call(
                operation,
                fields,
                content=content,
                destination=destination,
                timeout=timeout,
                cancel=cancel,
                on_code=on_code,
                signer=signer,
                typed=False,
            )
        return found

    async def close(self) -> None:
        """Ends the client: running calls are cancelled, also those that wait for an answer of `on_code` or `signer`."""
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
    """A call on its way."""

    def __init__(self, operation: str, call: _native.Call, logger: Logger | None) -> None:
        from asyncio import get_running_loop

        from ._hub import hub_of

        self._operation = operation
        self._call = call
        self._logger = logger
        self._loop = get_running_loop()
        self._hub = hub_of(self._loop)
        self._answering: asyncio.Future[Any] | None = None
        self._closed = False

    async def resume(self, reply: str, data: object) -> Any:
        """Gives a reply and waits for what comes next."""
        future = self._loop.create_future()
        ticket = self._hub.resume(self._call, future, reply, data)
        try:
            failed, what, log = await future
        except GeneratorExit:
            raise
        except BaseException as cancelled:
            self._call.cancel()
            if future.cancelled():
                # The call ends at once; when it has, nothing of it is left, and its end tells how far it came.
                future = self._loop.create_future()
                self._hub.instead(ticket, future)
            raise cancelled from await self._ended(future)
        self._emit(log)
        if failed:
            raise what
        return what

    async def _ended(self, future: asyncio.Future[Any]) -> BankchannelError:
        """The error that a cancelled call ends with."""
        while True:
            failed, what, log = await future
            self._emit(log)
            if failed:
                ended: BankchannelError = what._in(self._operation)
                return ended
            if type(what) is not tuple:
                message = "the call was cancelled when it had succeeded already: do not repeat it"
                return own("cancelled", "cancelled", message, "accepted")._in(self._operation)
            future = self._loop.create_future()
            self._hub.resume(self._call, future, give_up(what), None)

    async def aside(self, work: Any, *arguments: Any) -> Reply:
        """Reads or writes a file object, which may block, on a thread of the loop's own."""
        found: Reply = await self._loop.run_in_executor(None, work, *arguments)
        return found

    async def answered(self, given: Any) -> Any:
        """What `on_code` or `signer` answers."""
        if not hasattr(given, "__await__"):
            return given
        from asyncio import ensure_future

        self._answering = ensure_future(given)
        try:
            return await self._answering
        finally:
            self._answering = None

    async def give_up(self, event: tuple[Any, ...], why: BaseException) -> None:
        """Ends a call whose caller's own code failed; that failure is what is raised, unless it came from `close`."""
        self._call.cancel()
        future = self._loop.create_future()
        self._hub.resume(self._call, future, give_up(event), None)
        ended = await self._ended(future)
        if self._closed:
            raise ended from why
        if isinstance(why, _cancelled()):
            raise why from ended

    def close(self) -> None:
        self._closed = True
        self._call.cancel()
        if self._answering is not None:
            self._answering.cancel()

    def _emit(self, log: list[tuple[int, str]]) -> None:
        if self._logger is not None:
            for level, text in log:
                self._logger.log(level, text)


def _cancelled() -> type[BaseException]:
    from asyncio import CancelledError

    return CancelledError
