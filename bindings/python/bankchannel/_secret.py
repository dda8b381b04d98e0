"""Secrets in results."""

from __future__ import annotations


class SecretText(str):
    """A secret in a result: a `str` whose `repr` hides it, so that a log of the result or of a dict with it, and a traceback
    with local variables, do not show it. `print(secret)` and `f"{secret}"` do show it: they use the text itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "SecretText(...)"

    def reveal(self) -> str:
        """The secret as a plain `str`."""
        return str(self)
