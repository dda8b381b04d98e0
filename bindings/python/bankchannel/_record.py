"""Immutable results, and secrets that stay where they are."""

from __future__ import annotations

from typing import TypedDict, Union

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
