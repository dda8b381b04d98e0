"""Secrets in results."""

from __future__ import annotations


class SecretText(str):
    """A secret in a result: a `str` whose `repr` does not show it, so that neither a log of the result, of a dict that it is in,
    nor a traceback with local variables does. `print(secret)` and `f"{secret}"` do show it: they are given the text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "SecretText(...)"

    def reveal(self) -> str:
        """The secret as a plain `str`."""
        return str(self)
