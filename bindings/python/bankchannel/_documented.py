"""Documentation of results at run time: a field's type and text for `help`, a class's signature for `inspect`. Both are
read from the text of the module when they are asked for, so that importing it costs nothing."""

from __future__ import annotations

import ast
import inspect
import sys
from inspect import Parameter
from typing import Any, NamedTuple

from ._native import Record


class Documented(NamedTuple):
    """A field as its class writes it."""

    type: str
    default: Any
    """`Parameter.empty` for a field that is required."""
    text: str


def field(module: str, cls: str, name: str) -> str | None:
    """The type and the text of a field."""
    found = fields(module, cls).get(name)
    if found is None:
        return None
    need = "required" if found.default is Parameter.empty else "may be left out"
    return f"{found.type}, {need}. {found.text}".rstrip()


def signature(cls: type[Record]) -> inspect.Signature:
    """The signature of the constructor: every field by keyword."""
    if cls is Record:
        values = Parameter("values", Parameter.POSITIONAL_ONLY, default=None)
        return inspect.Signature([values, Parameter("fields", Parameter.VAR_KEYWORD)])
    found: dict[str, Documented] = {}
    for base in reversed(cls.__mro__):
        found.update(fields(base.__module__, base.__qualname__))
    parameters = []
    for name in cls.__match_args__:
        one = found.get(name, Documented("Any", None, ""))
        parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, default=one.default, annotation=one.type))
    return inspect.Signature(parameters)


def fields(module: str, cls: str) -> dict[str, Documented]:
    """The fields that a class itself declares."""
    return _classes(module).get(cls, {})


_read: dict[str, dict[str, dict[str, Documented]]] = {}


def _classes(module: str) -> dict[str, dict[str, Documented]]:
    """The fields of all classes of a module; none if its text is not there."""
    if module not in _read:
        try:
            body = ast.parse(inspect.getsource(sys.modules[module])).body
        except (KeyError, OSError, TypeError):
            body = []
        _read[module] = {part.name: _fields(part.body) for part in body if isinstance(part, ast.ClassDef)}
    return _read[module]


def _fields(body: list[ast.stmt]) -> dict[str, Documented]:
    found = {}
    for part, following in zip(body, [*body[1:], None]):
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name) or part.target.id.startswith("_"):
            continue
        text = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            text = " ".join(str(following.value.value).split())
        default = Parameter.empty if part.value is None else ast.literal_eval(part.value)
        found[part.target.id] = Documented(ast.unparse(part.annotation), default, text)
    return found
