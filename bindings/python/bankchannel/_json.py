"""Results as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from os import PathLike, fspath
from typing import Any

from ._native import Received, Record
from ._secret import SecretText


def json_default(value: object) -> Any:
    """For `json.dumps(..., default=json_default)`: results become objects, amounts and dates text, bytes base64 text,
    received content its size and place, and secrets `[secret]`.

    Raises:
        TypeError: The value is none of these, as without it.
    """
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, SecretText):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    if isinstance(value, Received):
        placed = {} if value.path is None else {"path": str(value.path)}
        return {"size": value.size, **placed}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, PathLike):
        return fspath(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def text(record: Record, indent: int | None) -> str:
    """The JSON text of a result."""
    return json.dumps(record, default=json_default, ensure_ascii=False, indent=indent)


def revealed(value: Any) -> Any:
    """A value of `to_dict` with its secrets as plain texts."""
    if isinstance(value, SecretText):
        return value.reveal()
    if isinstance(value, dict):
        return {name: revealed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [revealed(member) for member in value]
    return value
