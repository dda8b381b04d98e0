"""The base of all errors, and their construction by the native half."""

from __future__ import annotations

from ._native import Record, in_room

TYPE_CHECKING = bool()
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar, TypeVar

    from ._record import Outcome

    _E = TypeVar("_E", bound=type["BankchannelError"])


class Peer(Record):
    """The peer's own error."""

    __slots__ = ()
    __match_args__ = ("code", "text", "request_id")

    code: str | None = None
    """The peer's own code."""
    text: str | None = None
    """The peer's own text."""
    request_id: str | None = None
    """The peer's id of this request."""


class BankchannelError(Exception):
    """The base of every error of this library."""

    code: str
    """The stable code, such as `transport.connect_failed`; `bankchannel.codes` has them all."""
    category: str
    """The party at fault; the class has the same meaning."""
    message: str
    """A description for a person."""
    remedy: str
    """What to do about it."""
    retryable: bool
    """Whether the same call, later and unchanged, may succeed."""
    operation: str | None
    """The operation that failed, by its name in the catalogue."""
    http_status: int | None
    """The HTTP status of the answer."""
    outcome: Outcome | None
    """The outcome of the exchange: read it before a payment is sent again. `None` if there was none."""
    peer: Peer | None
    """The peer's own error."""
    context: Mapping[str, str]
    """The details of this case, such as `field`."""
    retry_after_s: int | None
    """The wait in seconds that the peer asked for."""
    partial_response: Any
    """The finished part of the failed call, in the form of its response: files that have arrived, answers that have come.
    `None` if there is nothing. It is not in `to_json`."""

    __match_args__: ClassVar[tuple[str, ...]] = ("code", "outcome")
    _category: ClassVar[str] = "internal"

    def __init__(
        self,
        details: Mapping[str, Any] | None = None,
        /,
        *,
        code: str = "internal",
        message: str | None = None,
        remedy: str = "",
        retryable: bool = False,
        operation: str | None = None,
        http_status: int | None = None,
        outcome: Outcome | None = None,
        peer: Peer | None = None,
        context: Mapping[str, str] | None = None,
        retry_after_s: int | None = None,
        partial_response: Any = None,
    ) -> None:
        """An error like those of the library, for the tests of programs that catch it:
        `PeerRefusedError(code=codes.WS_CHANNEL_UPLOAD_REJECTED, outcome="refused")`. By default `message` is the code. The
        library itself passes `details`."""
        if details is None:
            details = {
                "code": code,
                "category": self._category,
                "message": code if message is None else message,
                "remedy": remedy,
                "retryable": retryable,
                "operation": operation,
                "http_status": http_status,
                "outcome": outcome,
                "peer": peer.to_dict() if peer else None,
                "context": dict(context or {}),
                "retry_after_s": retry_after_s,
            }
        super().__init__(details["message"])
        peer = details.get("peer")
        self.code = details["code"]
        self.category = details["category"]
        self.message = details["message"]
        self.remedy = details.get("remedy") or ""
        self.retryable = bool(details.get("retryable"))
        self.operation = details.get("operation")
        self.http_status = details.get("http_status")
        self.outcome = details.get("outcome")
        self.peer = Peer(**{name: peer.get(name) for name in Peer.__match_args__}) if peer else None
        self.context = details.get("context") or {}
        self.retry_after_s = details.get("retry_after_s")
        self.partial_response = partial_response
        self._details = dict(details)

    def __str__(self) -> str:
        before = f"{self.operation}: " if self.operation else ""
        after = f"; outcome {self.outcome}" if self.outcome else ""
        return f"{before}{self.message} [{self.code}{after}]"

    def __reduce__(self) -> tuple[Callable[[Mapping[str, Any]], BankchannelError], tuple[Mapping[str, Any]], Any]:
        return from_details, (self._details,), {"partial_response": self.partial_response}

    def _in(self, operation: str) -> BankchannelError:
        """Adds the operation's name, if the package itself found the error."""
        if self.operation is None:
            self.operation = self._details["operation"] = operation
        return self

    def to_json(self) -> dict[str, Any]:
        """The complete error in the form common to all languages."""
        return dict(self._details)


_CLASSES: dict[str, type[BankchannelError]] = {}


def register(category: str) -> Callable[[_E], _E]:
    """Registers the class of a category."""

    def keep(error_class: _E) -> _E:
        _CLASSES[category] = error_class
        error_class._category = category
        return error_class

    return keep


def from_details(details: Mapping[str, Any]) -> BankchannelError:
    """The exception of an error's details."""
    from importlib import import_module, reload

    # It registers the classes when the first error is made, not at import.
    errors = import_module(".errors", __package__)
    if errors.BankchannelError is not BankchannelError:  # this module was loaded anew
        reload(errors)
    error_class = _CLASSES.get(details["category"], BankchannelError)
    return error_class(details)


def own(code: str, category: str, message: str, outcome: Outcome | None = None, **context: str) -> BankchannelError:
    """An error found by the package itself, before the native half is called."""
    nothing = ("operation", "http_status", "retry_after_s", "peer")
    details = {"code": code, "category": category, "message": message, "remedy": "", "retryable": False, "outcome": outcome}
    error: BankchannelError = in_room(from_details, {**details, **dict.fromkeys(nothing), "context": context})
    return error


def invalid_field(field: str, why: str) -> BankchannelError:
    """An invalid argument."""
    return own("input.invalid_field", "invalid_input", f"{field}: {why}", field=field)
