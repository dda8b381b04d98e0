"""Logging, silent by default: a program that never loaded `logging` has no handlers, and pays nothing for it."""

from __future__ import annotations

import sys
from itertools import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from logging import Handler, Logger
    from re import Pattern
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

    def emit(self, records: Iterable[tuple[int, str]]) -> None:
        """Levels as numbers of `logging`, and texts."""
        for level, text in records:
            try:
                self._logger.log(level, text, extra={**self._fields, **fields_of(text)})
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


# The native half's lines about an exchange and about the end of a call. They are redacted, and so are the fields taken
# from them. `test_logging.py` compares the patterns with the lines of running calls.
_LINES = (
    r"request (?P<http_method>[A-Z]+) .*",
    r"response (?P<http_status>\d+) (?P<http_method>[A-Z]+) .* in (?P<duration_ms>\d+) ms",
    r"error (?P<code>[a-z0-9_.]+) (?P<http_method>[A-Z]+) .* after (?P<duration_ms>\d+) ms, outcome (?P<outcome>[a-z_]+)",
    r"[a-z0-9_.]+: HTTP (?P<http_status>\d+) ResponseCode (?P<peer_code>.*?) ResponseText .*",
    r"[a-z0-9_.]+: X-Request-ID (?P<x_request_id>.*?)(?:, signed in \d+ µs)?",
    r"[a-z0-9_.]+: failed with (?P<code>[a-z0-9_.]+), outcome (?P<outcome>[a-z_]+)(?:, RequestId (?P<request_id>.*?))?"
    r"(?:, X-Request-ID (?P<x_request_id>.*))?",
)
_NUMBERS = ("http_status", "duration_ms")
_NOTHING = (None, "-", "none")

_patterns: list[Pattern[str]] = []


def fields_of(text: str) -> dict[str, Any]:
    """The fields of a line, by the names of the record's attributes."""
    if not _patterns:
        import re

        _patterns.extend(re.compile(line) for line in _LINES)
    for pattern in _patterns:
        if found := pattern.fullmatch(text):
            return {
                f"bankchannel_{name}": int(value) if name in _NUMBERS else value
                for name, value in found.groupdict().items()
                if value not in _NOTHING
            }
    return {}
