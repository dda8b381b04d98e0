"""Types in addition to the results: references to secrets, and the outcome of an exchange."""

from __future__ import annotations

import os
from typing import Literal, TypedDict, Union

from ._native import Received as Received
from ._native import Record as Record
from ._secret import SecretText


class FromFile(TypedDict):
    """A secret that is read from a file when the call begins."""

    file: str | os.PathLike[str]


class FromEnv(TypedDict):
    """A secret that is read from an environment variable when the call begins."""

    env: str


Secret = Union[str, SecretText, FromFile, FromEnv, "os.PathLike[str]"]
"""A secret: the text itself, a secret of a result, or the place that holds it. A path object names the file that holds
it."""

Outcome = Literal["not_sent", "unknown", "refused", "accepted"]
"""The outcome of an exchange: nothing was sent; it may have reached the peer; the peer refused it; the peer accepted it, but
the rest of its answer could not be read."""
