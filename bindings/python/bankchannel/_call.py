"""Questions of a call, and their answers."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Optional, TypedDict, Union

from . import _native
from ._content import PIECE, Readable, Writable
from ._errors import BankchannelError, invalid_field, own
from ._native import Cancel, Record, answer_text
from ._native import question as typed_question

if TYPE_CHECKING:
    from ._log import CallLog
    from ._tracing import Span, Tracing


class SignatureRequest(Record):
    """A request for a signature by an external key: in a security module, a smart card or an agent."""

    __slots__ = ()
    __match_args__ = ("algorithm", "digest", "key_fingerprint")

    algorithm: str
    """`rsa_pkcs1_sha256`, `rsa_pkcs1_sha384`, `rsa_pkcs1_sha512`: PKCS#1 v1.5 over the digest; `ed25519`: the digest is the
    message."""
    digest: bytes
    """The digest to sign."""
    key_fingerprint: str
    """The key that must sign, in upper-case hex. WS Channel: the fingerprint of the OpenPGP key or subkey, 40 digits.
    NextGenPSD2: SHA-256 of the QSEAL certificate (DER), 64 digits."""


class Question(Record):
    """A question of a call while it runs."""

    __slots__ = ()
    __match_args__ = ("kind", "text", "choices", "secret", "request")
    _secret = frozenset(("secret", "request"))

    kind: str
    """`sms_code`, `email_code`, `phone_code`, `totp_code`, `mfa_method`; `bank.list_accounts` and similar; or
    another."""
    text: str
    """The text for a person."""
    choices: tuple[str, ...] = ()
    """The answers to choose from; empty if any answer is possible."""
    secret: str | None = None
    """A secret that the person needs for the answer and no one else may see: the key of a new authenticator."""
    request: Any = None
    """The request of a question to the program itself, such as `bank.list_accounts`: a dict. The answer is JSON
    text."""


class Progress(Record):
    """The progress of a call."""

    __slots__ = ()
    __match_args__ = ("text", "bytes", "total", "direction", "step", "steps", "file", "files", "fraction")

    text: str
    """The current step, for a person; empty in a call of one exchange."""
    bytes: int
    """Bytes of the present message's body that were sent or received."""
    total: int | None = None
    """The total number of these bytes, if it is known."""
    direction: Literal["send", "receive"] | None = None
    """Whether the bytes are sent or received; `None` when a step begins."""
    step: int = 0
    """The number of the current step, from 1; 0 if the call has no steps."""
    steps: int | None = None
    """The number of steps, if it is known."""
    file: int | None = None
    """The number of the current file, from 1, in a call for several files."""
    files: int | None = None
    """The number of files."""
    fraction: float | None = None
    """The share of the whole call that is done, from 0 to 1, if it is known: for a bar. It never falls."""


class HttpExchange(Record):
    """The answer to an exchange of a call, without its body."""

    __slots__ = ()
    __match_args__ = ("method", "status", "headers", "duration_s", "request_id")
    _secret = frozenset(("headers",))

    method: str
    """The method of the request."""
    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """The headers, with names in lower case; several of one name are joined by a comma. They may hold cookies and tokens."""
    duration_s: float
    """The seconds until the head of the answer."""
    request_id: str | None = None
    """The peer's id of the request, from its header `X-Request-ID`."""


class HttpRequest(Record):
    """A request of a call that begins: one attempt at an exchange."""

    __slots__ = ()
    __match_args__ = ("operation", "method", "target", "attempt")

    operation: str
    """The operation that was called, such as `ws_channel.list_files`."""
    method: str
    """The method of the request."""
    target: str
    """Path and query as in logs: addresses, numbers and names in them are redacted."""
    attempt: int
    """The number of the attempt, from 1."""


class CallOptions(TypedDict, total=False):
    """What every call takes besides its own arguments.

    Args:
        timeout: Seconds that the call may take; 0 is expired at once. Left out, the client's or the operation's own.
        cancel: Stops the call, from any thread.
        request_id: Sent as `X-Request-ID`: 1 to 100 ASCII letters, digits or `-._~:`; for NextGenPSD2 a UUID in lower
            case, sent with the first attempt only.
        retries: How often each exchange may be repeated, 0 to 10. Left out, the client's setting.
        with_response: A list to which the answers of the call's exchanges are added, each a `HttpExchange` with
            status, headers, request id and time.
    """

    timeout: float | None
    """Seconds that the call may take; 0 is expired at once."""
    cancel: Cancel | None
    """Stops the call, from any thread."""
    request_id: str | None
    """Sent as `X-Request-ID`."""
    retries: int | None
    """How often each exchange may be repeated, 0 to 10."""
    with_response: list[HttpExchange] | None
    """A list to which the answers of the call's exchanges are added."""


def check_options(operation: str, options: CallOptions) -> None:
    """Checks the names of a call's options.

    Raises:
        TypeError: No call takes one of this name, as Python itself says it of a method's arguments.
    """
    for name in options:
        if name not in CallOptions.__optional_keys__:
            raise TypeError(f"{operation.rpartition('.')[2]}() got an unexpected keyword argument {name!r}")


OnRequest = Callable[[HttpRequest], None]
"""Called when a request begins; it cannot change it."""

OnResponse = Callable[[HttpRequest, HttpExchange], None]
"""Called when the head of an answer is there. A request that fails without an answer has none."""

OnProgress = Callable[[Progress], None]
"""Called with the progress of a call."""

OnCode = Callable[[Question], str]
"""Answers a question."""

AsyncOnCode = Callable[[Question], Union[str, Awaitable[str]]]
"""The same for an asynchronous client, which awaits an awaitable answer."""

Signer = Callable[[SignatureRequest], bytes]
"""Signs, and returns the raw signature: RSA as long as the modulus, Ed25519 64 bytes."""

AsyncSigner = Callable[[SignatureRequest], Union[bytes, Awaitable[bytes]]]
"""The same for an asynchronous client, which awaits an awaitable signature."""

Reply = tuple[str, Any]


def milliseconds(timeout: float | None) -> int:
    """A time limit in seconds in its boundary form: −1 is the default."""
    if timeout is None:
        return -1
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or math.isnan(timeout) or timeout < 0:
        raise invalid_field("timeout", "must be a number of seconds, 0 or more")
    # A fraction of a millisecond is not "expired at once".
    return min(math.ceil(timeout * 1000), 2**53) if timeout != math.inf else 2**53


class ObjectAsked(NamedTuple):
    """The name and request of a question to the program's object."""

    kind: str
    question: object


Asked = Union[Question, SignatureRequest, ObjectAsked]


def asked(
    event: tuple[Any, ...], on_code: AsyncOnCode | None, signer: AsyncSigner | None, whom: object = None
) -> tuple[Asked, Callable[[Any], Any]]:
    """The question of an event, and its callback; `whom` is the program's object that answers typed questions."""
    _, kind, text, choices, secret, signature, request = event
    if signature is not None:
        if signer is None:
            raise missing("signature", "is needed: give the client the private key, or a signer= that has it")
        algorithm, digest, key_fingerprint = signature
        return SignatureRequest(algorithm=algorithm, digest=digest, key_fingerprint=key_fingerprint), signer
    if request is not None and whom is not None:
        method = getattr(whom, kind.partition(".")[2])
        return ObjectAsked(kind, typed_question(kind, request)), lambda asked: method(asked.question)
    if on_code is None:
        raise missing(kind, "is needed; give on_code=")
    about = None if request is None else json.loads(request)
    return Question(kind=kind, text=text, choices=tuple(choices), secret=secret, request=about), on_code


def answer(question: Asked, given: object) -> Reply:
    """The reply to a question."""
    if isinstance(question, SignatureRequest):
        if not isinstance(given, (bytes, bytearray, memoryview)):
            raise invalid_field("signer", f"must return bytes, not {type(given).__name__}")
        from binascii import b2a_base64

        return "answer", b2a_base64(given, newline=False).decode()
    if isinstance(question, ObjectAsked):
        # A notice needs no answer.
        return "answer", answer_text(question.kind, {} if given is None else given)
    if not isinstance(given, str):
        raise invalid_field(question.kind, f"on_code must return a str, not {type(given).__name__}")
    if not is_text(given):
        raise invalid_field(question.kind, "on_code returned an unpaired surrogate: it cannot be encoded as UTF-8")
    return "answer", given


def is_text(given: str) -> bool:
    """Whether it can be UTF-8. Python's own error would contain the text, which may be a one-time code."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def read(reader: Readable) -> Reply:
    """The next piece of a file object."""
    piece = binary(reader.read(PIECE))
    return ("piece", piece) if piece else ("end", None)


def binary(piece: object, field: str = "content") -> bytes:
    """The result of a file object, which must be bytes."""
    if isinstance(piece, (bytearray, memoryview)):
        piece = bytes(piece)
    if not isinstance(piece, bytes):
        raise invalid_field(field, f"must be opened in binary mode: read() gave {type(piece).__name__}")
    return piece


def write(writer: Writable, piece: bytes) -> Reply:
    """Writes a piece to a file object."""
    view = memoryview(piece)
    while view:
        taken = writer.write(view)  # type: ignore[arg-type]
        # A raw file may write only a part, and returns None if it would block; other files write everything, and some
        # return nothing.
        if taken == 0 or (taken is None and isinstance(writer, io.RawIOBase)):
            raise BlockingIOError("destination: the file object took nothing; open it so that write() waits")
        view = view[taken:] if isinstance(taken, int) and 0 < taken < len(view) else view[:0]
    return "go", None


def asks_program(event: tuple[Any, ...]) -> bool:
    """Whether an event asks the program's own code; the call handles its failure itself."""
    return event[0] == "ask" and event[6] is not None


def program_failed(event: tuple[Any, ...], why: Exception, log: CallLog | None) -> Reply:
    """The reply if the program's own code failed; only the program's log, or its stderr, gets the reason."""
    report(event[1], why, log)
    return "fail", None


def report(what: str, why: Exception, log: CallLog | None) -> None:
    """Reports to the program alone why its own code failed."""
    if log is not None:
        log.program_failed(what, why)
    else:
        from traceback import print_exception

        print_exception(type(why), why, why.__traceback__)


class Watch:
    """Reports the call's progress to the program. A callback that fails is not called again: it must not change the result
    of a payment."""

    def __init__(
        self,
        on_progress: OnProgress | None,
        log: CallLog | None,
        operation: str,
        hooks: Hooks,
        tracing: Tracing | None,
    ) -> None:
        self._on_progress = callback("on_progress", on_progress)
        self._log = log
        self._operation = operation
        self._on_request, self._on_response = hooks
        self._tracing = tracing
        self._span: Span | None = None

    @property
    def watches(self) -> bool:
        """Whether there is a callback for progress."""
        return self._on_progress is not None

    @property
    def hooks(self) -> bool:
        """Whether requests and answers are told to anyone."""
        return (
            self._on_request is not None
            or self._on_response is not None
            or (self._tracing is not None and self._tracing.has_spans)
        )

    def begin(self, described: list[tuple[str, str]] | None) -> str | None:
        """Begins the call's span; returns the `traceparent` of the call."""
        if self._tracing is None:
            return None
        self._span = self._tracing.begin(self._operation, described)
        given = self._tracing.header(self._span)
        return None if given is None else identifier(given, "traceparent")

    def end(self, why: BaseException | None) -> None:
        """Ends the call's span."""
        if self._span is not None:
            span, self._span = self._span, None
            # A tracer that fails must not change the result of a payment.
            with suppress(Exception):
                span.end(why)

    def tell(self, event: tuple[Any, ...]) -> Reply:
        """Reports the event's progress, request or answer; returns the reply to it."""
        if event[0] == "exchange":
            self._exchanged(event[1])
        elif self._on_progress is not None:
            _, text, (direction, done, total), (step, steps, file, files), fraction = event
            try:
                values = (text, done, total, direction, step, steps, file, files, fraction)
                self._on_progress(Progress(**dict(zip(Progress.__match_args__, values))))
            except Exception as why:
                self._on_progress = None
                report("on_progress", why, self._log)
        return "go", None

    def _exchanged(self, stage: dict[str, Any]) -> None:
        request = HttpRequest(operation=self._operation, **stage["request"])
        given = stage.get("answer")
        answer = None if given is None else HttpExchange(**given)
        if self._span is not None:
            with suppress(Exception):
                self._span.exchanged(request, answer)
        try:
            if answer is None:
                if self._on_request is not None:
                    self._on_request(request)
            elif self._on_response is not None:
                self._on_response(request, answer)
        except Exception as why:
            if answer is None:
                self._on_request = None
            else:
                self._on_response = None
            report("on_request" if answer is None else "on_response", why, self._log)


Hooks = tuple[Optional[OnRequest], Optional[OnResponse]]
"""The callbacks for requests and answers of a client."""


def callback(name: str, given: Any) -> Any:
    """A callback of the program, if it can be called."""
    if given is not None and not callable(given):
        raise invalid_field(name, f"must be a function, not {type(given).__name__}")
    return given


def repetitions(given: object) -> int:
    """The most repetitions of an exchange; the native half knows the limit."""
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < 2**31:
        raise invalid_field("retries", "must be a whole number from 0 to 10")
    return given


def is_further(begin: str | int | None, following: str | int | None) -> bool:
    """Whether a page follows: a peer's list may go in circles."""
    if following is None or following == begin:
        return False
    return not (isinstance(following, int) and isinstance(begin, int) and following < begin)


def takes_exchanges(with_response: object) -> bool:
    """Whether the answers to the exchanges are wanted. A list is taken alone: filling it never fails, so it hides no result
    of a payment."""
    if with_response is None:
        return False
    if type(with_response) is not list:
        raise invalid_field("with_response", f"must be a list, which the answers are added to, not {type(with_response).__name__}")
    return True


def add_exchanges(call: _native.Call, with_response: list[HttpExchange] | None) -> None:
    """Adds the answers to the call's exchanges to the caller's list."""
    if with_response is not None:
        with_response.extend(HttpExchange(**exchange) for exchange in call.exchanges())


def identifier(given: object, field: str = "request_id") -> str:
    """A request id, or another option, as text; the native half checks its format."""
    if not isinstance(given, str):
        raise invalid_field(field, f"must be a str, not {type(given).__name__}")
    if not is_text(given):
        raise invalid_field(field, "must be text")
    return given


def give_up(event: tuple[Any, ...]) -> str:
    """The reply of a caller whose own code failed."""
    return "fail" if event[0] in ("ask", "want_piece") else "go"


def missing(field: str, why: str) -> BankchannelError:
    """The error when no callback can answer."""
    return own("input.missing_field", "invalid_input", f"{field} {why}", field=field)


def add_outcome(why: BaseException, ended: BankchannelError) -> None:
    """Adds the outcome to the failure of the caller's own code: the call's error becomes its cause; an error that this
    package itself found in an answer gets the outcome too."""
    if why.__cause__ is None:
        why.__cause__ = ended
    if isinstance(why, BankchannelError) and why.operation is None and why.outcome is None:
        why.outcome = why._details["outcome"] = ended.outcome


def too_late(response: object) -> BankchannelError:
    """The error of a call that was cancelled after it had succeeded, with this response."""
    message = "the call was cancelled after it had succeeded: do not repeat it"
    error = own("cancelled", "cancelled", message, "accepted")
    error.partial_response = response
    return error
