"""Immutable results, and how JSON becomes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, TypeVar, Union

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal
    from pathlib import Path

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_options: object) -> Callable[[type], type]:
        return lambda transformed: transformed


class FromFile(TypedDict):
    """A secret that is read from a file when the call begins."""

    file: str


class FromEnv(TypedDict):
    """A secret that is read from an environment variable when the call begins."""

    env: str


Secret = Union[str, FromFile, FromEnv]

T = TypeVar("T")
Convert = Callable[[Any], Any]


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record:
    """A result. Its fields cannot be changed; two are equal when all fields are. Secrets do not show in its `repr`."""

    _convert: ClassVar[Mapping[str, Convert]] = {}
    _secret: ClassVar[frozenset[str]] = frozenset()
    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        # Annotations are read as text: nothing is evaluated at import.
        cls._names = tuple(name for name in cls.__dict__.get("__annotations__", ()) if not name.startswith("_"))

    def __init__(self, **fields: object) -> None:
        unknown = fields.keys() - set(self._names)
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        missing = [name for name in self._names if name not in fields and not hasattr(type(self), name)]
        if missing:
            raise TypeError(f"{type(self).__name__} needs {', '.join(missing)}")
        self.__dict__.update(fields)

    @classmethod
    def _from_json(cls, found: Mapping[str, Any]) -> Self:
        made = cls.__new__(cls)
        fields = made.__dict__
        convert = cls._convert
        # What this version does not know is ignored; what was left out is the class's own `None`.
        for name in cls._names:
            value = found.get(name)
            if value is not None:
                fields[name] = convert[name](value) if name in convert else value
        return made

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def _values(self) -> Iterator[tuple[str, object]]:
        return ((name, getattr(self, name, None)) for name in self._names)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return list(self._values()) == list(other._values())

    def __hash__(self) -> int:
        return hash((type(self), tuple(str(value) for _, value in self._values())))

    def __repr__(self) -> str:
        shown = (
            f"{name}={'...' if name in self._secret else repr(value)}" for name, value in self._values() if value is not None
        )
        return f"{type(self).__name__}({', '.join(shown)})"


class Received(Record):
    """Received content."""

    size: int
    """How many bytes."""

    path: Path | None = None
    """The file that it went to, when that was the destination."""

    _data: bytes | None

    @property
    def data(self) -> bytes:
        """The bytes, when they were taken into memory."""
        found: bytes | None = self.__dict__.get("_data")
        if found is None:
            raise ValueError("the content went to its destination, not into memory")
        return found

    def __bytes__(self) -> bytes:
        return self.data

    def __len__(self) -> int:
        return self.size

    @classmethod
    def _of(cls, size: int, data: bytes | None, path: Path | None) -> Received:
        made = cls.__new__(cls)
        made.__dict__.update(size=size, path=path, _data=data)
        return made


def many(convert: Convert) -> Convert:
    """Converts the elements of a list."""
    return lambda values: tuple([convert(value) for value in values])


def mapping(convert: Convert | None = None) -> Convert:
    """Converts the values of a map, which cannot be changed then."""
    from types import MappingProxyType

    def converted(values: Mapping[str, Any]) -> Mapping[str, Any]:
        return MappingProxyType({key: convert(value) if convert else value for key, value in values.items()})

    return converted


def one_of(tag: str, alternatives: Mapping[str, type[Record]]) -> Convert:
    """Converts a union's alternative, told by its tag."""

    def converted(found: Mapping[str, Any]) -> Record:
        return alternatives[found[tag]]._from_json(found)

    return converted


def to_decimal(text: str) -> Decimal:
    """An exact number."""
    from decimal import Decimal

    return Decimal(text)


def to_date(text: str) -> date:
    """A calendar date."""
    from datetime import date

    return date.fromisoformat(text)


def to_datetime(text: str) -> datetime:
    """An RFC 3339 instant with the offset it came with. Python before 3.11 reads neither `Z` nor every fraction."""
    from datetime import datetime

    body, offset = (text[:-1], "+00:00") if text[-1] in "Zz" else (text[:-6], text[-6:])
    if "." in body:
        whole, fraction = body.split(".")
        body = f"{whole}.{fraction[:6].ljust(6, '0')}"
    return datetime.fromisoformat(body + offset)
