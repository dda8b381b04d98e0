"""Logging, silent by default: whoever never loaded `logging` has nobody who listens, and does not pay for it."""

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
    """Hands the records of one call to `logging`, with fields: attributes of the record, for JSON formatters."""

    __slots__ = ("_fields", "_logger")

    def __init__(self, logger: Logger, protocol: str, operation: str) -> None:
        self._logger = logger
        self._fields: dict[str, Any] = {
            "bankchannel_call": next(_numbers),
            "bankchannel_operation": operation,
            "bankchannel_protocol": protocol,
        }

    def emit(self, records: Iterable[tuple[int, str]]) -> None:
        """Levels as `logging` numbers them, and texts."""
        for level, text in records:
            try:
                self._logger.log(level, text, extra={**self._fields, **fields_of(text)})
            except Exception:
                # A handler or filter of the program's own: its failure must not hide what became of a payment.
                pass

    def program_failed(self, kind: str, why: Exception) -> None:
        """The program's own code failed at a question of this kind."""
        fields = {**self._fields, "bankchannel_question": kind}
        self._logger.error("%s: the program's own code failed", kind, exc_info=why, extra=fields)


def listener(protocol: str, operation: str) -> CallLog | None:
    """The log of a call that begins, where somebody listens to the logger `bankchannel`."""
    global _logger, _silent
    if _logger is None:
        logging = sys.modules.get("logging")
        if logging is None or not hasattr(logging, "NullHandler"):
            return None
        # Without a handler of its own, warnings would go to stderr.
        _silent = logging.NullHandler()
        _logger = logging.getLogger("bankchannel")
        _logger.addHandler(_silent)
    # 30 is `WARNING`: what is below it is left out by `logging` itself.
    if not (_logger.isEnabledFor(30) and _is_heard(_logger)):
        return None
    return CallLog(_logger, protocol, operation)


def _is_heard(logger: Logger | None) -> bool:
    """Whether any handler but the silent one is reached: `asyncio` loads `logging`, and nobody has configured it then."""
    while logger is not None:
        if any(handler is not _silent for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


# The lines that the native half writes about an exchange and about the end of a call. They are redacted, so the fields
# taken from them are. `test_logging.py` compares the patterns with the lines of running calls.
_LINES = (
    r"request (?P<http_method>[A-Z]+) .*",
    r"response (?P<http_status>\d+) (?P<http_method>[A-Z]+) .* in (?P<duration_ms>\d+) ms",
    r"error (?P<code>[a-z0-9_.]+) (?P<http_method>[A-Z]+) .* after (?P<duration_ms>\d+) ms, outcome (?P<outcome>[a-z_]+)",
    r"[a-z0-9_.]+: HTTP (?P<http_status>\d+) ResponseCode (?P<peer_code>.*?) ResponseText .*",
    r"[a-z0-9_.]+: X-Request-ID (?P<x_request_id>.*), signed in \d+ µs",
    r"[a-z0-9_.]+: failed with (?P<code>[a-z0-9_.]+), outcome (?P<outcome>[a-z_]+)(?:, RequestId (?P<request_id>.*))?",
)
_NUMBERS = ("http_status", "duration_ms")
_NOTHING = (None, "-", "none")

_patterns: list[Pattern[str]] = []


def fields_of(text: str) -> dict[str, Any]:
    """The fields that a line has, by the names of the record's attributes."""
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
