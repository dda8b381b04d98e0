"""The base classes of the generated clients."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Mapping
from threading import main_thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from . import _green, _log, _native
from ._call import (
    AsyncOnCode,
    AsyncSigner,
    CallOptions,
    Hooks,
    OnCode,
    OnProgress,
    Signer,
    Watch,
    answer,
    asked,
    asks_program,
    add_outcome,
    callback,
    check_options,
    give_up,
    identifier,
    is_text,
    add_exchanges,
    milliseconds,
    program_failed,
    read,
    repetitions,
    too_late,
    takes_exchanges,
    write,
)
from ._content import Readable, Writable, sink, source
from ._errors import BankchannelError, own
from ._local import in_place, of_this_process
from ._tracing import TraceParent, Tracing
from ._twin import whole_signatures

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer
    from typing_extensions import Self, Unpack

    from ._log import CallLog


class Base:
    """The common part of both kinds of clients."""

    _protocol: ClassVar[str]
    _running: Any

    def __init__(
        self,
        settings: dict[str, Any],
        on_code: AsyncOnCode | None,
        signer: AsyncSigner | None,
        from_env: bool = False,
        whom: object = None,
        hooks: Hooks = (None, None),
        traces: tuple[Tracer | None, TraceParent | None] = (None, None),
    ) -> None:
        self._hooks = (callback("on_request", hooks[0]), callback("on_response", hooks[1]))
        self._tracing = None if traces == (None, None) else Tracing(*traces)
        self._native = _native.Client(self._protocol, settings, from_env)
        self._on_code = on_code
        self._signer = signer
        self._whom = whom
        self._closed = False
        self._running = self._calls()

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        whole_signatures(cls)

    @staticmethod
    def _calls() -> Any:
        """The container that keeps the running calls."""
        return set()

    def __reduce__(self) -> NoReturn:
        raise of_this_process(self)

    def __repr__(self) -> str:
        shown = self._native.described()
        if shown is None:
            return f"<{type(self).__name__}, closed>"
        return f"<{type(self).__name__} {' '.join(f'{name}={text!r}' for name, text in shown)}>"

    @classmethod
    def _from_env(cls, settings: Mapping[str, Any]) -> Self:
        made = cls.__new__(cls)
        given = dict(settings)
        hooks = (given.pop("on_request", None), given.pop("on_response", None))
        traces = (given.pop("tracer", None), given.pop("traceparent", None))
        on_code, signer = given.pop("on_code", None), given.pop("signer", None)
        Base.__init__(made, given, on_code, signer, from_env=True, hooks=hooks, traces=traces)
        return made

    def _local(
        self,
        operation: str,
        request: dict[str, Any],
        content: object,
        typed: bool = True,
        request_id: str | None = None,
    ) -> Any:
        """A local operation with content."""
        given = in_place(operation, content)
        if request_id is not None:
            try:
                given["request_id"] = identifier(request_id)
            except BankchannelError as error:
                raise error._in(operation) from None
        return self._native.local(operation, request, typed, **given)

    @staticmethod
    def _is_local(operation: str) -> bool:
        """Whether an operation is local."""
        if isinstance(operation, str) and not is_text(operation):
            raise own("input.unknown_operation", "invalid_input", f"no operation has the given name ({len(operation)} letters)")
        return _native.is_local(operation)

    def _watch(self, operation: str, on_progress: OnProgress | None, log: CallLog | None) -> Watch:
        """The callbacks for the call's progress, requests and answers."""
        try:
            return Watch(on_progress, log, operation, self._hooks, self._tracing)
        except BankchannelError as error:
            raise error._in(operation) from None

    def _begin(
        self,
        operation: str,
        request: dict[str, Any],
        options: CallOptions,
        content: object,
        destination: object,
        log: CallLog | None,
        typed: bool,
        asks_nobody: bool,
        watch: Watch,
    ) -> tuple[_native.Call, Readable | None, Writable | None]:
        """Checks the arguments and begins the call."""
        given: dict[str, Any] = {}
        reader = writer = None
        limit = -1
        timeout, cancel = options.get("timeout"), options.get("cancel")
        request_id, retries = options.get("request_id"), options.get("retries")
        try:
            if content is not None:
                given, reader = source("content", content)
            if destination is not None:
                into, writer = sink(destination)
                given.update(into)
            if timeout is not None:
                limit = milliseconds(timeout)
            if request_id is not None:
                given["request_id"] = identifier(request_id)
            if retries is not None:
                given["retries"] = repetitions(retries)
            if takes_exchanges(options.get("with_response")):
                given["with_response"] = True
        except BankchannelError as error:
            raise error._in(operation) from None
        if log is not None:
            given["log"] = True
        if asks_nobody:
            given["asks_nobody"] = True
        if watch.watches:
            given["progress"] = True
        if watch.hooks:
            given["hooks"] = True
        if self._tracing is None:
            call = _native.Call(
                self._native, operation, request, typed=typed, timeout_ms=limit, cancel=cancel, **given
            )
            return call, reader, writer
        try:
            traceparent = watch.begin(self._native.described())
            call = _native.Call(
                self._native, operation, request, typed=typed, timeout_ms=limit, cancel=cancel, traceparent=traceparent,
                **given,
            )
        except BankchannelError as error:
            watch.end(error)
            raise error._in(operation) from None
        except BaseException as why:
            watch.end(why)
            raise
        return call, reader, writer


class Client(Base):
    """The blocking clients."""

    _stacklevel: ClassVar = 2
    """How far a program's own code is from a method's warning."""

    def _call(
        self,
        operation: str,
        request: dict[str, Any],
        options: CallOptions,
        *,
        content: object = None,
        destination: object = None,
        on_progress: OnProgress | None = None,
        on_code: OnCode | None = None,
        signer: Signer | None = None,
        typed: bool = True,
    ) -> Any:
        check_options(operation, options)
        log = _log.listener(self._protocol, operation)
        watch = self._watch(operation, on_progress, log)
        asks_nobody = (on_code or self._on_code) is None and self._whom is None
        call, reader, writer = self._begin(
            operation, request, options, content, destination, log, typed, asks_nobody, watch
        )
        # Signals arrive only on the main thread, and checking for them costs time.
        hears = get_ident() == main_thread().ident
        hub = _green.hub()

        def resume(reply: str, data: Any = None) -> Any:
            if hub is None:
                return call.resume(reply, data, hears)
            return hub.resume(call, reply, data, lambda event: self._give_up(call, event)._in(operation))

        self._running.add(call)
        event: Any = None
        try:
            try:
                if self._closed:
                    # Another thread closed the client while this call began: it did not see the call.
                    call.cancel()
                event = resume("go")
                while type(event) is tuple:
                    try:
                        if event[0] == "want_piece" and reader is not None:
                            reply = read(reader)
                        elif event[0] == "piece" and writer is not None:
                            reply = write(writer, event[1])
                        elif event[0] in ("progress", "exchange"):
                            reply = watch.tell(event)
                        else:
                            question, whom = asked(event, on_code or self._on_code, signer or self._signer, self._whom)
                            reply = answer(question, whom(question))
                    except Exception as why:
                        if not asks_program(event):
                            add_outcome(why, self._give_up(call, event)._in(operation))
                            raise
                        reply = program_failed(event, why, log)
                    except BaseException as why:
                        add_outcome(why, self._give_up(call, event)._in(operation))
                        raise
                    if log is not None:
                        log.emit(call.log())
                    event = resume(*reply)
                watch.end(None)
                return event
            except BankchannelError as error:
                raise error._in(operation)
            finally:
                self._running.discard(call)
                call.cancel()
                add_exchanges(call, options.get("with_response"))
                if log is not None:
                    log.emit(call.log())
        except BankchannelError as error:
            watch.end(error)
            raise
        except BaseException as why:
            self._interrupted(call, event, why)
            watch.end(why)
            raise

    @classmethod
    def _interrupted(cls, call: _native.Call, event: Any, why: BaseException) -> None:
        """Adds the outcome of a call to an exception that has hidden it, such as that of a signal handler."""
        if why.__cause__ is not None:
            return
        ended = call.ending()
        if ended is None and type(event) is tuple:
            ended = cls._give_up(call, event)
        if isinstance(ended, BankchannelError):
            add_outcome(why, ended)

    @staticmethod
    def _give_up(call: _native.Call, event: Any) -> BankchannelError:
        """Ends a call whose caller's own code failed; the outcome of the call is the cause of that failure."""
        call.cancel()
        try:
            while type(event) is tuple:
                event = call.resume(give_up(event), None, False)
        except BankchannelError as ended:
            return ended
        return too_late(event)

    def call(
        self,
        operation: str,
        request: Mapping[str, Any] | None = None,
        *,
        content: object = None,
        destination: object = None,
        on_progress: OnProgress | None = None,
        on_code: OnCode | None = None,
        signer: Signer | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]:
        """Runs any operation by its name, such as `ws_channel.list_files`, with a dict for a request and a dict for an
        answer.

        `bankchannel.catalogue()` lists them. Every operation also has its own typed method.
        """
        fields = dict(request or {})
        found: dict[str, Any]
        check_options(operation, options)
        if self._is_local(operation):
            found = self._local(operation, fields, content, typed=False, request_id=options.get("request_id"))
        else:
            found = self._call(
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

    def close(self) -> None:
        """Closes the client: running calls of other threads are cancelled. A call that waits for its `on_code`, `signer` or
        file object ends when that has returned."""
        self._closed = True
        self._native.close()
        for call in list(self._running):
            call.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
