"""One call from begin to end: the loop that answers what it asks."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Union

from . import _native
from ._content import PIECE, Readable, Writable
from ._errors import BankchannelError, invalid_field
from ._native import Cancel as Cancel


class Question(NamedTuple):
    """What a call asks in its middle."""

    kind: str
    """`sms_code`, `email_code`, `phone_code`, `totp_code`, `mfa_method`, or another."""
    text: str
    """For a person."""
    choices: tuple[str, ...]
    """The answers to choose from; empty where any is possible."""
    secret: str | None = None
    """What the person needs for the answer and nobody else may see: the key of a new authenticator."""

    def __repr__(self) -> str:
        return f"Question(kind={self.kind!r}, text={self.text!r}, choices={self.choices!r})"


OnCode = Callable[[Question], Union[str, Awaitable[str]]]
"""Answers a question. Only an asynchronous client awaits the answer."""


def encode(request: Mapping[str, Any]) -> str:
    """The request's JSON, without what was left out."""
    given = {name: value for name, value in request.items() if value is not None}
    try:
        text = json.dumps(given, default=_plain, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError) as why:
        raise invalid_field(_culprit(given), str(why)) from None
    return text


def _plain(value: object) -> object:
    from datetime import date, datetime
    from decimal import Decimal

    from ._record import Record

    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("must have a time zone, such as datetime.now(timezone.utc)")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Record):
        return {name: field for name, field in value._values() if field is not None}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"cannot be a {type(value).__name__}")


def _culprit(given: Mapping[str, Any]) -> str:
    for name, value in given.items():
        try:
            json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError):
            return name
    return "request"


def milliseconds(timeout: float | None) -> int:
    """A time limit in seconds as the boundary has it: −1 is the default."""
    if timeout is None:
        return -1
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or math.isnan(timeout) or timeout < 0:
        raise invalid_field("timeout", "must be a number of seconds, 0 or more")
    # A part of a millisecond is not "expired at once".
    return min(math.ceil(timeout * 1000), 2**53) if timeout != math.inf else 2**53


def run(
    call: _native.Call, reader: Readable | None, writer: Writable | None, answer: Callable[[Question], str] | None
) -> tuple[dict[str, Any], bytes | None, int]:
    """Carries a call through: the response, its content where it is in memory, and how many bytes were written."""
    written = 0
    event = call.resume("go")
    while True:
        kind = event[0]
        if kind == "response":
            content: Any = event[2]
            return json.loads(str(event[1])), content, written
        try:
            if kind == "piece" and writer is not None:
                piece: Any = event[1]
                _write(writer, piece)
                written += len(piece)
                reply: tuple[Any, ...] = ("go",)
            elif kind == "want_piece" and reader is not None:
                reply = _read(reader)
            else:
                choices: Any = event[3]
                secret: Any = event[4]
                question = Question(str(event[1]), str(event[2]), tuple(choices), secret)
                reply = ("answer", _answer(answer, question))
        except BaseException:
            _give_up(call, str(kind))
            raise
        event = call.resume(*reply)


def _write(writer: Writable, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        taken = writer.write(view)  # type: ignore[arg-type]
        # A raw file may take less than it was given; others take all, and some say nothing.
        view = view[taken:] if isinstance(taken, int) and 0 < taken < len(view) else view[:0]


def _read(reader: Readable) -> tuple[Any, ...]:
    piece = reader.read(PIECE)
    if isinstance(piece, (bytearray, memoryview)):
        piece = bytes(piece)
    if not isinstance(piece, bytes):
        raise invalid_field("content", f"must be opened in binary mode: read() gave {type(piece).__name__}")
    return ("piece", piece) if piece else ("end",)


def _answer(answer: Callable[[Question], str] | None, question: Question) -> str:
    if answer is None:
        raise invalid_field(question.kind, "is needed; give on_code=")
    given = answer(question)
    if not isinstance(given, str):
        raise invalid_field(question.kind, f"on_code must return a str, not {type(given).__name__}")
    return given


def _give_up(call: _native.Call, kind: str) -> None:
    """Ends a call whose caller's own code failed; that failure is what is raised."""
    call.cancel()
    try:
        call.resume("go" if kind == "piece" else "fail")
    except BankchannelError:
        pass
