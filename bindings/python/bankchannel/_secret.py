"""Secrets in results."""

from __future__ import annotations

import os
from hmac import compare_digest
from typing import Any

HIDDEN = "[secret]"
"""The text that is shown in place of a secret."""


class SecretText:
    """A secret in a result. `print`, templates, logs and JSON show `[secret]`; `reveal()` returns the text, and `save_to(path)`
    keeps it in a file. It is accepted wherever a secret is given, and equals its text."""

    __slots__ = ("_text",)
    _text: str

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError("SecretText takes a str")
        object.__setattr__(self, "_text", str(text))

    def reveal(self) -> str:
        """The secret itself."""
        return self._text

    def save_to(self, path: str | os.PathLike[str]) -> None:
        """Writes the secret into a new file that only its owner can read (mode 0600; on Windows an access list with the user
        alone). It appears whole or not at all. A client reads it there: `WsChannel(api_key={"file": path}, ...)`.

        Raises:
            FileExistsError: There is such a file: it may hold the only copy of another secret.
        """
        from . import _native

        _native.save_secret(path, self._text)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a SecretText is immutable")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SecretText):
            other = other._text
        if not isinstance(other, str):
            return NotImplemented
        # The time does not tell how much of a guess is right.
        return compare_digest(self._text.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return self._text != ""

    def __str__(self) -> str:
        return HIDDEN

    def __repr__(self) -> str:
        return f"SecretText({HIDDEN})"

    def __reduce__(self) -> tuple[Any, ...]:
        return SecretText, (self._text,)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from ._pydantic import secret_schema

        return secret_schema(cls)
