"""The span of a call, for OpenTelemetry."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional, Union

from ._errors import BankchannelError, invalid_field

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from ._call import HttpExchange, HttpRequest

TraceParent = Union[str, Callable[[], Optional[str]]]
"""A W3C `traceparent` (`00-` trace id `-` span id `-` flags), or a function that is asked for one at each call; `None` from
the function is none."""


class Tracing:
    """A client's means for traces."""

    def __init__(self, tracer: Tracer | None, traceparent: TraceParent | None) -> None:
        if tracer is not None and not callable(getattr(tracer, "start_span", None)):
            raise invalid_field("tracer", "must be a tracer of OpenTelemetry, as trace.get_tracer() gives it")
        if traceparent is not None and not isinstance(traceparent, str) and not callable(traceparent):
            raise invalid_field("traceparent", f"must be a str or a function, not {type(traceparent).__name__}")
        self._tracer = tracer
        self._traceparent = traceparent

    @property
    def has_spans(self) -> bool:
        """Whether there is a tracer."""
        return self._tracer is not None

    def begin(self, operation: str, described: list[tuple[str, str]] | None) -> Span | None:
        """Begins the span of a call; `None` without a tracer."""
        if self._tracer is None:
            return None
        return Span(self._tracer, operation, next((text for name, text in described or () if name.endswith("_url")), None))

    def header(self, span: Span | None) -> str | None:
        """The `traceparent` of a call: of its span, or else the program's own."""
        found = None if span is None else span.header()
        given = self._traceparent
        if found is None and given is not None:
            found = given if isinstance(given, str) else given()
        return found


class Span:
    """The span of a running call."""

    def __init__(self, tracer: Tracer, operation: str, base_url: str | None) -> None:
        from urllib.parse import urlsplit

        from opentelemetry.trace import SpanKind

        attributes: dict[str, Any] = {"bankchannel.operation": operation}
        if base_url is not None:
            peer = urlsplit(base_url)
            attributes["server.address"] = peer.hostname or ""
            attributes["server.port"] = peer.port or (443 if peer.scheme == "https" else 80)
        self._span = tracer.start_span(operation, kind=SpanKind.CLIENT, attributes=attributes)

    def header(self) -> str | None:
        """Its `traceparent`; `None` for a tracer that makes no spans."""
        context = self._span.get_span_context()
        if not context.is_valid:
            return None
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags) & 0xff:02x}"

    def exchanged(self, request: HttpRequest, answer: HttpExchange | None) -> None:
        """A request of the call begins, or its answer is there."""
        attributes: dict[str, Any] = {
            "http.request.method": request.method,
            "url.path": request.target,
            "http.request.resend_count": request.attempt - 1,
        }
        if answer is None:
            self._span.add_event("http.request", attributes)
            return
        attributes["http.response.status_code"] = answer.status
        if answer.request_id is not None:
            attributes["bankchannel.request_id"] = answer.request_id
        self._span.add_event("http.response", attributes)
        self._span.set_attribute("http.response.status_code", answer.status)

    def end(self, why: BaseException | None) -> None:
        """The call has ended."""
        if why is not None and self._span.is_recording():
            from opentelemetry.trace import Status, StatusCode

            ended = why if isinstance(why, BankchannelError) else why.__cause__
            error = ended if isinstance(ended, BankchannelError) else None
            self._span.set_attribute("error.type", type(why).__qualname__ if error is None else error.code)
            if error is not None and error.outcome is not None:
                self._span.set_attribute("bankchannel.outcome", error.outcome)
            # The text of an error that is not ours may have what must not be written.
            self._span.set_status(Status(StatusCode.ERROR, None if error is None else str(error)))
        self._span.end()
