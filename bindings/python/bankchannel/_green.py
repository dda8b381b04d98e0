"""Cooperative threads: where a hub of gevent or eventlet runs, a blocking call waits in the hub's own thread pool, so that
other greenlets go on, and a time-out of the hub or Ctrl-C interrupts it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ._call import add_outcome
from ._errors import BankchannelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._native import Call

PAUSE = 0.005
"""The interval in seconds at which an interrupted call is looked at: it was cancelled, and ends within milliseconds."""


class Hub:
    """The hub of this thread."""

    def __init__(self, wait: Callable[[Callable[[], None]], object], sleep: Callable[[float], object]) -> None:
        self._wait = wait
        self._sleep = sleep

    def resume(self, call: Call, reply: str, data: object, give_up: Callable[[Any], BankchannelError]) -> Any:
        """The next event of a call. If the wait is interrupted, the call is cancelled, and its outcome is the cause of the
        interruption; `give_up` ends a call that still asks something."""
        ended: list[tuple[Any, BaseException | None]] = []

        def work() -> None:
            try:
                ended.append((call.resume(reply, data, False), None))
            except BaseException as why:  # It is raised again on the caller's greenlet.
                ended.append((None, why))

        try:
            self._wait(work)
        except BaseException as why:
            call.cancel()
            while not ended:
                self._sleep(PAUSE)
            event, error = ended[0]
            add_outcome(why, error if isinstance(error, BankchannelError) else give_up(event))
            raise
        event, error = ended[0]
        if error is not None:
            raise error
        return event


def hub() -> Hub | None:
    """The hub that runs on this thread. The frameworks are not imported: where the program has not, none runs."""
    if "gevent" in sys.modules:
        from gevent import sleep  # type: ignore[import-not-found, import-untyped, unused-ignore]
        from gevent._hub_local import get_hub_if_exists  # type: ignore[import-not-found, import-untyped, unused-ignore]

        found = get_hub_if_exists()
        if found is not None:
            return Hub(lambda work: found.threadpool.spawn(work).get(), sleep)
    if "eventlet" in sys.modules:
        from eventlet import hubs, tpool  # type: ignore[import-not-found, import-untyped, unused-ignore]
        from eventlet import sleep as pause

        if getattr(hubs._threadlocal, "hub", None) is not None:
            return Hub(tpool.execute, pause)
    return None
