"""Parameters that had other names in earlier versions."""

from __future__ import annotations

import functools
import warnings
from inspect import iscoroutinefunction
from typing import Any


def accept_former(client: type, method: str, **names: str) -> None:
    """Makes a method accept former names (`former="name"`), with a warning. Type checkers know the current names
    only."""
    called = getattr(client, method)
    if iscoroutinefunction(called):

        @functools.wraps(called)
        async def accepting(*args: Any, **given: Any) -> Any:
            _rename(called.__qualname__, names, given)
            return await called(*args, **given)

    else:

        @functools.wraps(called)
        def accepting(*args: Any, **given: Any) -> Any:
            _rename(called.__qualname__, names, given)
            return called(*args, **given)

    setattr(client, method, accepting)


def _rename(method: str, names: dict[str, str], given: dict[str, Any]) -> None:
    for former, name in names.items():
        if former in given:
            if name in given:
                raise TypeError(f"{method}() got {name!r} and its former name {former!r}: give one")
            warnings.warn(f"{former} is deprecated: use {name}", DeprecationWarning, stacklevel=3)
            given[name] = given.pop(former)
