"""Logging, silent by default: whoever never loaded `logging` has nobody who listens, and does not pay for it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Handler, Logger

_logger: Logger | None = None
_silent: Handler | None = None


def listener() -> Logger | None:
    """The logger `bankchannel`, where somebody listens to it."""
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
    return _logger if _logger.isEnabledFor(30) and _is_heard(_logger) else None


def _is_heard(logger: Logger | None) -> bool:
    """Whether any handler but the silent one is reached: `asyncio` loads `logging`, and nobody has configured it then."""
    while logger is not None:
        if any(handler is not _silent for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False
