"""Logging, silent by default: a program that never loaded `logging` has no handlers, and pays nothing for it."""

from __future__ import annotations

import sys
from itertools import count

TYPE_CHECKING = bool()
if TYPE_CHECKING:
    from collections.abc import Iterable
    from logging import Handler, Logger
    from typing import Any

_logger: Logger | None = None
_silent: Handler | None = None
_numbers = count(1)


class CallLog:
    """Passes the records of one call to `logging`, with fields: attributes of the record, for JSON formatters."""

    __slots__ = ("_fields", "_logger")

    def __init__(self, logger: Logger, protocol: str, operation: str) -> None:
        self._logger = logger
        self._fields: dict[str, Any] = {
            "bankchannel_call": next(_numbers),
            "bankchannel_operation": operation,
            "bankchannel_protocol": protocol,
        }

    def emit(self, records: Iterable[tuple[int, str, dict[str, Any]]]) -> None:
        """Levels as numbers of `logging`, texts, and the facts in them."""
        for level, text, facts in records:
            try:
                named = {f"bankchannel_{name}": value for name, value in facts.items()}
                self._logger.log(level, text, extra={**self._fields, **named})
            except Exception:
                # A failing handler or filter of the program must not hide the result of a payment.
                pass

    def program_failed(self, kind: str, why: Exception) -> None:
        """Reports that the program's own code failed at a question of this kind."""
        fields = {**self._fields, "bankchannel_question": kind}
        self._logger.error("%s: the program's own code failed", kind, exc_info=why, extra=fields)


def listener(protocol: str, operation: str) -> CallLog | None:
    """The log of a new call, if the logger `bankchannel` has handlers."""
    global _logger, _silent
    if _logger is None:
        logging = sys.modules.get("logging")
        if logging is None or not hasattr(logging, "NullHandler"):
            return None
        # Without its own handler, warnings would go to stderr.
        _silent = logging.NullHandler()
        _logger = logging.getLogger("bankchannel")
        _logger.addHandler(_silent)
    # 30 is `WARNING`: `logging` itself drops lower levels.
    if not (_logger.isEnabledFor(30) and _is_heard(_logger)):
        return None
    return CallLog(_logger, protocol, operation)


def _is_heard(logger: Logger | None) -> bool:
    """Whether a handler other than the silent one is reached: `asyncio` loads `logging` even if the program did not
    configure it."""
    while logger is not None:
        if any(handler is not _silent for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False
