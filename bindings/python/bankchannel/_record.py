"""Types beside the results: secrets that stay where they are, and how far an exchange came."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from ._native import Received as Received
from ._native import Record as Record


class FromFile(TypedDict):
    """A secret that is read from a file when the call begins."""

    file: str


class FromEnv(TypedDict):
    """A secret that is read from an environment variable when the call begins."""

    env: str


Secret = Union[str, FromFile, FromEnv]
"""A secret: the text itself, or where it stands."""

Outcome = Literal["not_sent", "unknown", "refused", "accepted"]
"""How far an exchange came: nothing was sent; it may have reached the peer; the peer said no; the peer said yes, and the rest of
its answer could not be read."""
