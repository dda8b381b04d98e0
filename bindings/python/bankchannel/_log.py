"""Logging, silent by default: whoever never loaded `logging` has nobody who listens, and does not pay for it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger

_logger: Logger | None = None


def listener() -> Logger | None:
    """The logger `bankchannel`, where somebody listens to it."""
    global _logger
    if _logger is None:
        logging = sys.modules.get("logging")
        if logging is None or not hasattr(logging, "NullHandler"):
            return None
        _logger = logging.getLogger("bankchannel")
        # Without a handler of its own, warnings would go to stderr.
        _logger.addHandler(logging.NullHandler())
    return _logger if _logger.isEnabledFor(20) else None
