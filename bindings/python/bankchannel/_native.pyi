from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, NoReturn, final

from typing_extensions import Self, dataclass_transform, disjoint_base

__all__ = [
    "ABI_VERSION",
    "Call",
    "Cancel",
    "Client",
    "EventHub",
    "Received",
    "Record",
    "Server",
    "VERSION",
    "answer_text",
    "catalogue",
    "in_room",
    "is_local",
    "line",
    "local",
    "question",
    "run_command",
    "save_secret",
]

VERSION: str
ABI_VERSION: int

def catalogue() -> list[dict[str, Any]]: ...
def in_room(function: Any, *arguments: Any) -> Any: ...
def is_local(name: str) -> bool: ...
def run_command(arguments: list[str]) -> int: ...
def save_secret(path: str | PathLike[str], text: str) -> None: ...
def question(kind: str, request: str) -> object: ...
def answer_text(kind: str, answer: object) -> str: ...
def line(name: str, field: str, row: object) -> bytes: ...
def local(
    name: str,
    request: dict[str, Any],
    typed: bool = True,
    content: bytes | bytearray | None = None,
    content_path: str | PathLike[str] | None = None,
) -> Any: ...
@disjoint_base
@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record:
    """The base of every result. Fields are read by name and are immutable; two results are equal if they have the same
    class and all fields are equal. Secrets are hidden in its `repr`."""

    __match_args__: ClassVar[tuple[str, ...]]
    _secret: ClassVar[frozenset[str]]
    __signature__: ClassVar[Any]
    def __new__(cls, values: tuple[Any, ...] | None = None, /, **fields: Any) -> Self: ...
    def __init_subclass__(cls, **_options: Any) -> None: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def to_dict(self, *, reveal: bool = False) -> dict[str, Any]:
        """The present fields, as a dict; results inside become dicts too. With `reveal`, secrets are plain texts."""

    def to_json(self, *, indent: int | None = None) -> str:
        """The present fields as JSON text: amounts and dates as text, bytes as base64 text, secrets as `[secret]`."""

    def replace(self, **changes: Any) -> Self:
        """The same result with other values for some fields."""

    def __replace__(self, **changes: Any) -> Self: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...

@final
class Received:
    """Content that was received: in memory, in a file, or written to the caller's file object."""

    __match_args__: ClassVar[tuple[str, str]]
    def __new__(cls, size: int, path: str | PathLike[str] | None = None, data: bytes | None = None) -> Self: ...
    @property
    def size(self) -> int:
        """The number of bytes."""

    @property
    def path(self) -> Path | None:
        """The file, if that was the destination."""

    @property
    def data(self) -> bytes:
        """The bytes, if they were received into memory."""

    def __bytes__(self) -> bytes: ...
    def __len__(self, /) -> int: ...
    def __bool__(self, /) -> bool: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Client:
    def __new__(cls, protocol: str, settings: dict[str, Any], env: bool = False) -> Self: ...
    def local(
        self,
        name: str,
        request: dict[str, Any],
        typed: bool = True,
        content: bytes | bytearray | None = None,
        content_path: str | PathLike[str] | None = None,
        request_id: str | None = None,
    ) -> Any: ...
    def limit(self, name: str) -> int | None: ...
    def described(self) -> list[tuple[str, str]] | None: ...
    def close(self) -> None: ...

@final
class Cancel:
    """Cancels calls, from any thread: pass it to a call as `cancel=`."""

    def __new__(cls) -> Self: ...
    def cancel(self) -> None:
        """Cancels every call that was given this token, now and later."""

    def __reduce__(self) -> NoReturn: ...

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""

@final
class Call:
    def __new__(
        cls,
        client: Client,
        name: str,
        request: dict[str, Any],
        *,
        typed: bool = True,
        timeout_ms: int | None = None,
        cancel: Cancel | None = None,
        log: bool = False,
        content: bytes | bytearray | None = None,
        content_path: str | PathLike[str] | None = None,
        content_pieces: bool = False,
        destination_path: str | PathLike[str] | None = None,
        replace: bool = False,
        destination_pieces: bool = False,
        progress: bool = False,
        request_id: str | None = None,
        asks_nobody: bool = False,
        retries: int | None = None,
        with_response: bool = False,
        traceparent: str | None = None,
        hooks: bool = False,
    ) -> Self: ...
    def resume(self, reply: str, data: object = None, watch: bool = True) -> Any: ...
    def resume_in(self, hub: EventHub, ticket: int, reply: str, data: object = None) -> None: ...
    def cancel(self) -> None: ...
    def ending(self) -> Any: ...
    def log(self) -> list[tuple[int, str, dict[str, Any]]]: ...
    def exchanges(self) -> list[dict[str, Any]]: ...

@final
class EventHub:
    def __new__(cls) -> Self: ...
    def fileno(self) -> int: ...
    def wait(self) -> bool: ...
    def stop(self) -> None: ...
    def take(self) -> list[tuple[int, bool, Any, list[tuple[int, str, dict[str, Any]]]]]: ...

@final
class Server:
    def __new__(cls, kind: str, options: dict[str, Any]) -> Self: ...
    def info(self) -> Mapping[str, Any]: ...
    def control(self, order: str, request: dict[str, Any]) -> Any: ...
    def order(
        self, name: str, request: dict[str, Any], content: bytes | None = None, content_path: str | None = None
    ) -> Any: ...
    def stop(self) -> None: ...
