"""Results as fields and answers of pydantic models, such as the responses of FastAPI. Loaded by pydantic only."""

from __future__ import annotations

import builtins
import datetime as dt
import inspect
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from os import PathLike
from typing import Any, Literal, Union

from pydantic_core import core_schema

from . import _call, _content, _errors, _record, iso20022
from ._documented import fields
from ._json import json_default
from ._native import Received, Record
from ._secret import SecretText

_NAMES: dict[str, Any] = {
    **{name: getattr(iso20022, name) for name in iso20022.__all__},
    **{name: getattr(module, name) for module in (_call, _content, _errors, _record) for name in vars(module)},
    # Given by the program, not by a model: a text is enough there.
    "Secret": Union[str, SecretText],
    "Content": Any,
    "Any": Any,
    "Decimal": Decimal,
    "Literal": Literal,
    "Mapping": Mapping,
    "PathLike": PathLike,
    "Received": Received,
    "SecretText": SecretText,
    "Sequence": Sequence,
    "Union": Union,
    "builtins": builtins,
    "dt": dt,
    "date": date,
    "datetime": datetime,
}
"""The names in types of fields, besides the classes of their own module."""


def schema(cls: type[Record], handler: Any) -> core_schema.CoreSchema:
    """The schema of a class of results: an instance, or an object with its fields; written as an object without the
    fields that are absent."""
    members = {}
    types = _types(cls)
    for name in cls.__match_args__:
        type_, default = types[name]
        members[name] = core_schema.typed_dict_field(
            handler.generate_schema(type_), required=default is inspect.Parameter.empty
        )
    object_schema = core_schema.typed_dict_schema(members, extra_behavior="forbid", cls_name=cls.__name__)
    made = core_schema.no_info_after_validator_function(lambda given: cls(**given), object_schema)
    serialization = core_schema.plain_serializer_function_ser_schema(
        _written, return_schema=object_schema, info_arg=True
    )
    return core_schema.json_or_python_schema(
        json_schema=made,
        python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), made]),
        serialization=serialization,
        ref=f"{cls.__module__}.{cls.__qualname__}",
    )


def _written(record: Any, info: core_schema.SerializationInfo) -> Any:
    values = {name: getattr(record, name) for name in record.__match_args__}
    return {name: value for name, value in values.items() if value is not None}


def secret_schema(cls: type[SecretText]) -> core_schema.CoreSchema:
    """The schema of a secret: read from text, written as `[secret]`."""
    made = core_schema.no_info_after_validator_function(cls, core_schema.str_schema())
    return core_schema.json_or_python_schema(
        json_schema=made,
        python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), made]),
        serialization=core_schema.to_string_ser_schema(),
    )


def received_schema(cls: type[Received]) -> core_schema.CoreSchema:
    """The schema of received content: written as its size and place."""
    return core_schema.is_instance_schema(
        cls,
        serialization=core_schema.plain_serializer_function_ser_schema(
            json_default,
            return_schema=core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema()),
        ),
    )


def _types(cls: type[Record]) -> dict[str, tuple[Any, Any]]:
    """The type and the default of each field."""
    found: dict[str, tuple[Any, Any]] = {}
    for base in reversed(cls.__mro__):
        module = import_module(base.__module__)
        for name, field in fields(base.__module__, base.__qualname__).items():
            found[name] = (eval(field.type, {**_NAMES, **vars(module)}), field.default)
    return found
