"""The events of an event loop's calls: one hub for each loop."""

from __future__ import annotations

import asyncio
from threading import Thread
from typing import Any
from weakref import WeakKeyDictionary, finalize, ref

from . import _native

Arrived = tuple[bool, Any, list[tuple[int, str, dict[str, Any]]]]
"""Whether it failed, the event or error, and the log records."""


class Awaited:
    """The event that follows a reply. It outlives its future, which is lost when its task is cancelled: an event that
    arrives between the cancellation and the task's next step is kept."""

    __slots__ = ("_arrived", "_future")

    def __init__(self, future: asyncio.Future[Arrived]) -> None:
        self._future = future
        self._arrived: Arrived | None = None

    def arrive(self, arrived: Arrived) -> None:
        """Settles the future with the event."""
        self._arrived = arrived
        if not self._future.done():
            self._future.set_result(arrived)

    def again(self, future: asyncio.Future[Arrived]) -> asyncio.Future[Arrived]:
        """Settles another future if the first was cancelled; immediately if the event is already there."""
        self._future = future
        if self._arrived is not None:
            future.set_result(self._arrived)
        return future


class Hub:
    """Watches one socket, and settles the futures of all calls whose events have arrived."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._native = _native.EventHub()
        self._waiting: dict[int, Awaited] = {}
        self._tickets = 0
        try:
            loop.add_reader(self._native.fileno(), self._wake)
        except NotImplementedError:
            # The default loop of Windows watches no sockets: a thread does. A timer holds the hub, as the watching would; the loop
            # lets go of it when it is closed.
            loop.call_later(NEVER, self._wake)
            finalize(self, self._native.stop)
            Thread(target=_watch, args=(self._native, ref(self), ref(loop)), name="bankchannel-events", daemon=True).start()

    def resume(self, call: _native.Call, future: asyncio.Future[Arrived], reply: str, data: object) -> Awaited:
        """Gives a reply; the future is settled with the next event."""
        self._tickets = ticket = self._tickets + 1
        self._waiting[ticket] = awaited = Awaited(future)
        try:
            call.resume_in(self._native, ticket, reply, data)
        except BaseException:
            del self._waiting[ticket]
            raise
        return awaited

    def _wake(self) -> None:
        waiting = self._waiting
        for ticket, failed, what, log in self._native.take():
            waiting.pop(ticket).arrive((failed, what, log))


NEVER = 1e9
"""Seconds: thirty years."""


def _watch(native: _native.EventHub, hub_of_loop: ref[Hub], of: ref[asyncio.AbstractEventLoop]) -> None:
    """Calls `_wake` in the loop whenever events have arrived, until the hub is gone. It holds neither of them while it waits."""
    while native.wait():
        hub, loop = hub_of_loop(), of()
        if hub is None or loop is None:
            return
        try:
            loop.call_soon_threadsafe(hub._wake)
        except RuntimeError:
            # The loop is closed.
            return
        del hub, loop


# A hub lives as long as its loop watches its socket. Its waiting calls hold the loop, so it must not be held here.
_HUBS: WeakKeyDictionary[asyncio.AbstractEventLoop, ref[Hub]] = WeakKeyDictionary()


def hub_of(loop: asyncio.AbstractEventLoop) -> Hub:
    """The loop's hub."""
    known = _HUBS.get(loop)
    hub = known() if known else None
    if hub is None:
        hub = Hub(loop)
        _HUBS[loop] = ref(hub)
    return hub
