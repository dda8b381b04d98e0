"""A connector to Salt Edge in a web server: applications for WSGI and ASGI, and the worker that runs with them.

    connector = SaltEdgeConnector(..., store="store", bank=Bank())
    worker = Worker(connector)
    application = wsgi(connector, worker)          # mount it at the root, or below path_prefix
"""

from __future__ import annotations

import os
import threading
import weakref
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol

from ._local import running_loop
from .errors import BankchannelError
from .salt_edge_connector import HeaderField

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping

    from .salt_edge_connector import AsyncSaltEdgeConnector, HttpAnswer, SaltEdgeConnector

    _Environ = dict[str, Any]
    _StartResponse = Callable[..., Any]
    _Scope = MutableMapping[str, Any]
    _Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    _Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

__all__ = ["LONGEST", "MAX_BODY", "PAUSE", "Wakes", "Worker", "asgi", "wsgi", "wsgi_bank"]

LONGEST = 10.0
"""The longest polling interval without scheduled work, in seconds: another process may have left some."""
PAUSE = 2.0
"""The pause after a failure, in seconds."""
_HOOKS = 0.5
"""The pause after a fork in seconds, unless a request comes: the hooks of other packages run."""
MAX_BODY = 1024 * 1024
"""The longest body of a question that is read, in bytes; `answer_bank` refuses a longer one."""


class Wakes(Protocol):
    """Notified of new work."""

    def wake(self) -> None: ...


class Worker:
    """A thread that calls `work` when it is woken, and at the time of the next work. Any number of processes may each have
    one on the same store.

    It begins in the process that serves: with the first request of `wsgi`, with `start()` or `with`, and in each process
    that is forked after it was made. So a master that imports the application and then forks its workers (gunicorn with
    --preload, uWSGI) neither works nor opens the store."""

    def __init__(self, connector: SaltEdgeConnector) -> None:
        self._connector = connector
        self._begin_anew()
        _workers.add(self)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._closed = False
        self._pause = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins now, in this process; a second call does nothing."""
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="bankchannel-worker", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Notifies it of new work."""
        self.start()
        self._woken.set()

    def close(self) -> None:
        """Ends it after the work in progress."""
        with self._lock:
            self._closed = True
            thread = self._thread
        self._woken.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        if self._pause:
            self._woken.wait(self._pause)
        while not self._closed:
            self._woken.clear()
            try:
                due = self._connector.work().next_due_at
                wait = LONGEST if due is None else (due - datetime.now(timezone.utc)).total_seconds()
            except BankchannelError as error:
                if error.category == "configuration":
                    raise
                wait = PAUSE
            self._woken.wait(min(max(wait, 0.01), LONGEST))

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_workers: weakref.WeakSet[Worker] = weakref.WeakSet()
"""All workers: a forked child begins its own."""


def _after_fork() -> None:
    for worker in list(_workers):
        # The parent's thread and locks do not exist here. Other packages' hooks have still to run, and until then their
        # locks, such as that of logging, are held by threads that are gone: so the thread waits at first.
        if not worker._closed:
            worker._begin_anew()
            worker._pause = _HOOKS
            worker.start()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def wsgi(connector: SaltEdgeConnector, worker: Wakes | None = None) -> Callable[[_Environ, _StartResponse], Iterable[bytes]]:
    """A WSGI application that answers Salt Edge. `worker` begins with the first request in its process, and is woken after
    each answer that leaves work."""

    def application(environ: _Environ, start_response: _StartResponse) -> Iterable[bytes]:
        if isinstance(worker, Worker):
            worker.start()
        handled = connector.handle_request(method=environ["REQUEST_METHOD"], target=_target(environ), headers=_headers(environ))
        start_response(*_begun(handled.answer))
        return _Body(handled.answer.body.encode(), worker if handled.has_work else None)

    return application


def wsgi_bank(connector: SaltEdgeConnector) -> Callable[[_Environ, _StartResponse], Iterable[bytes]]:
    """A WSGI application that answers a connector that runs elsewhere: its questions to the bank."""

    def application(environ: _Environ, start_response: _StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        body = environ["wsgi.input"].read(min(int(length), MAX_BODY + 1) if length.isdigit() else 0)
        text = body.decode("utf-8", "replace")
        answer = connector.answer_bank(target=_target(environ), headers=_headers(environ), body=text).answer
        start_response(*_begun(answer))
        return [answer.body.encode()]

    return application


class _Body:
    """An answer's body. Servers close it after sending."""

    def __init__(self, body: bytes, worker: Wakes | None) -> None:
        self._body = body
        self._worker = worker

    def __iter__(self) -> Iterator[bytes]:
        yield self._body

    def close(self) -> None:
        if self._worker is not None:
            self._worker.wake()


def _target(environ: _Environ) -> str:
    """Path and query as on the request line, if the server provides them."""
    raw = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if isinstance(raw, str):
        return _visible(raw)
    from urllib.parse import quote

    path = quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1"), safe="/%:@!$&'()*+,;=~")
    query = environ.get("QUERY_STRING", "")
    return _visible(f"{path}?{query}" if query else path)


def _headers(environ: _Environ) -> list[HeaderField]:
    """The header fields. WSGI joins repeated fields with a comma: Salt Edge never sends such a value, so it is
    refused."""
    fields = []
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            fields.append(HeaderField(name=name[5:].replace("_", "-").title(), value=_visible(str(value))))
    if environ.get("CONTENT_TYPE"):
        fields.append(HeaderField(name="Content-Type", value=_visible(str(environ["CONTENT_TYPE"]))))
    return fields


def _visible(text: str) -> str:
    """Text that is valid UTF-8, for any input."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _begun(answer: HttpAnswer) -> tuple[str, list[tuple[str, str]]]:
    from http import HTTPStatus

    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Answer"
    headers = [(header.name, header.value) for header in answer.headers]
    headers.append(("Content-Length", str(len(answer.body.encode()))))
    return f"{answer.status} {phrase}", headers


def asgi(connector: AsyncSaltEdgeConnector) -> Callable[[_Scope, _Receive, _Send], Awaitable[None]]:
    """An ASGI application that answers Salt Edge, and works after each answer and at the time of the next work."""
    import asyncio

    state: dict[str, Any] = {}

    async def work() -> None:
        woken: asyncio.Event = state["woken"]
        while not state["closing"]:
            woken.clear()
            try:
                due = (await connector.work()).next_due_at
                wait = LONGEST if due is None else (due - datetime.now(timezone.utc)).total_seconds()
            except BankchannelError as error:
                if error.category == "configuration":
                    raise
                wait = PAUSE
            if not state["closing"]:
                try:
                    await asyncio.wait_for(woken.wait(), min(max(wait, 0.01), LONGEST))
                except asyncio.TimeoutError:
                    pass

    def begin() -> None:
        if "task" not in state:
            running_loop()
            state["closing"] = False
            state["woken"] = asyncio.Event()
            state["task"] = asyncio.ensure_future(work())

    async def lifespan(receive: _Receive, send: _Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    begin()
                except BankchannelError as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                task = state.pop("task", None)
                if task is not None:
                    # Work in progress is completed: an interrupted question fails its session.
                    state["closing"] = True
                    state["woken"].set()
                    await task
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def application(scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        begin()
        path = scope.get("raw_path") or scope["path"].encode()
        query = scope.get("query_string") or b""
        target = (path + b"?" + query if query else path).decode("latin-1")
        headers = [
            HeaderField(name=name.decode("latin-1"), value=_visible(value.decode("latin-1"))) for name, value in scope["headers"]
        ]
        handled = await connector.handle_request(method=scope["method"], target=_visible(target), headers=headers)
        answer = handled.answer
        body = answer.body.encode()
        fields = [(header.name.lower().encode("latin-1"), header.value.encode("latin-1")) for header in answer.headers]
        fields.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
        if handled.has_work:
            state["woken"].set()

    return application
