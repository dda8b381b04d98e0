"""Parameters that had other names in earlier versions."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from typing_extensions import ParamSpec

    P = ParamSpec("P")
R = TypeVar("R")


def formerly(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Accepts former names (`former="name"`), with a warning. Type checkers know the names of today only."""

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(method)
        def accepting(*args: Any, **given: Any) -> R:
            _rename(method.__qualname__, names, given)
            return method(*args, **given)

        return accepting

    return decorate


def formerly_awaited(
    **names: str,
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """The same for a method that is awaited."""

    def decorate(method: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        @functools.wraps(method)
        async def accepting(*args: Any, **given: Any) -> R:
            _rename(method.__qualname__, names, given)
            return await method(*args, **given)

        return accepting

    return decorate


def _rename(method: str, names: dict[str, str], given: dict[str, Any]) -> None:
    for former, name in names.items():
        if former in given:
            if name in given:
                raise TypeError(f"{method}() got {name!r} and its former name {former!r}: give one")
            warnings.warn(f"{former} is deprecated: use {name}", DeprecationWarning, stacklevel=3)
            given[name] = given.pop(former)
