"""The methods of the clients for asyncio, which are those of the blocking clients: text and parameters stand once.

A blocking method ends with `return self._call(...)`. On a client for asyncio that gives an awaitable."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial, update_wrapper
from types import FunctionType
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from ._errors import BankchannelError
from ._local import elsewhere

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

VARIADIC = 8
"""`inspect.CO_VARKEYWORDS`."""

IN_THREAD = "As `{}`, on a thread of the event loop's executor: the loop goes on meanwhile.\n\n"


def awaited(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """A method that awaits what this one gives."""

    async def twin(self: Any, /, *nothing: P.args, **given: P.kwargs) -> T:
        found: Any = method(self, *nothing, **given)
        answer: T = await found
        return answer

    return _as(method, twin)


def awaited_in_thread(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """A method that carries this local one out on a thread of the loop's executor."""

    async def twin(self: Any, /, *nothing: P.args, **given: P.kwargs) -> T:
        try:
            answer: T = await elsewhere(partial(method, self, *nothing, **given))
        except BankchannelError as error:
            raise error._in(f"{self._protocol.replace('-', '_')}.{method.__name__}") from error.__cause__
        return answer

    return _as(method, twin)


def unchanged(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """The same method: it computes, and that is short."""
    return method


def awaits(method: Callable[..., object]) -> Callable[[F], F]:
    """A method with these parameters that awaits what `method` gives: callbacks may be asynchronous there."""

    def of(declared: F) -> F:
        async def twin(self: Any, **given: Any) -> Any:
            return await method(self, **given)  # type: ignore[misc]

        update_wrapper(twin, declared)
        twin.__doc__ = method.__doc__
        twin.__dict__["__signature__"] = WholeSignature(declared)
        return cast(F, twin)

    return of


def in_thread(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The same function on a thread of the event loop's executor."""

    async def twin(*nothing: P.args, **given: P.kwargs) -> T:
        answer: T = await elsewhere(partial(function, *nothing, **given))
        return answer

    update_wrapper(twin, function)
    twin.__name__ = twin.__qualname__ = f"{function.__name__}_async"
    return documented_as(function, IN_THREAD)(twin)


def documented_as(original: Callable[..., object], before: str = "") -> Callable[[F], F]:
    """Gives a function the text of another one; `{}` in the words before it is that one's name."""

    def of(function: F) -> F:
        if original.__doc__ is not None:
            function.__doc__ = before.format(original.__name__) + original.__doc__
        return function

    return of


def with_arguments(text: str | None, original: type) -> str | None:
    """A class's text with the arguments of another one, which takes the same."""
    whole = original.__doc__
    if text is None or whole is None:
        return text
    _, title, arguments = whole.partition("\n    Args:")
    return f"{text.rstrip()}\n{title}{arguments}"


def _as(method: Callable[..., Any], twin: F) -> F:
    """Names and text of a method of the class for asyncio."""
    update_wrapper(twin, method)
    twin.__qualname__ = f"Async{method.__qualname__}"
    return twin


class WholeSignature:
    """The `inspect.Signature` of a method, with the options of every call by name in place of `**options`: for `help`, and for
    mocks, which refuse what it has not. It is made when something asks for it: `inspect` takes long to load."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self._made: Any = None

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._whole())

    def __getattr__(self, name: str) -> Any:
        if name in ("_made", "_function"):
            # Of a copy that is being made.
            raise AttributeError(name)
        return getattr(self._whole(), name)

    def __copy__(self) -> Any:
        return self._whole()

    def __deepcopy__(self, _: object) -> Any:
        return self._whole()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._whole().__reduce_ex__(protocol)

    def __str__(self) -> str:
        return str(self._whole())

    def __repr__(self) -> str:
        return repr(self._whole())

    def __eq__(self, other: object) -> bool:
        same: bool = self._whole() == other
        return same

    def __hash__(self) -> int:
        return hash(self._whole())

    def _whole(self) -> Any:
        if self._made is None:
            from inspect import Parameter, signature

            from ._call import CallOptions

            function = self._function
            # Without the attribute that this is.
            plain = FunctionType(function.__code__, function.__globals__, function.__name__, None, function.__closure__)
            plain.__defaults__, plain.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
            plain.__annotations__ = function.__annotations__
            found = signature(plain)
            own = [one for one in found.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
            options = [
                Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind.__forward_arg__)
                for name, kind in CallOptions.__annotations__.items()
            ]
            self._made = found.replace(parameters=[*own, *options])
        return self._made


def whole_signatures(cls: type) -> None:
    """Gives whole signatures to the methods of a class of this package that take the options of every call; a program's own
    class keeps its own."""
    if not cls.__module__.startswith("bankchannel."):
        return
    for function in vars(cls).values():
        if isinstance(function, FunctionType) and not function.__dict__ and function.__code__.co_flags & VARIADIC:
            function.__dict__["__signature__"] = WholeSignature(function)
