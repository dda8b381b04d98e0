'use strict';

// The span of a call, for OpenTelemetry. It is given the tracer: the package itself needs none.

const { BankchannelError, invalidField } = require('./error');

/** `SpanKind.CLIENT` and `SpanStatusCode.ERROR` of @opentelemetry/api. */
const CLIENT = 2;
const ERROR = 2;

/** The `traceparent` that the program gave, or its function for one. */
function given(traceparent) {
  const found = typeof traceparent === 'function' ? traceparent() : traceparent;
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'string') throw invalidField('traceparent', 'must be a string, or a function that returns one');
  return found;
}

/** Begins the span of a call; `undefined` without a tracer. */
function begin(tracer, operation, baseUrl) {
  if (tracer === undefined) return undefined;
  if (typeof tracer.startSpan !== 'function') throw invalidField('tracer', 'must be a tracer of OpenTelemetry, as trace.getTracer() gives it');
  const attributes = { 'bankchannel.operation': operation };
  if (baseUrl !== undefined && URL.canParse(baseUrl)) {
    const { hostname, port, protocol } = new URL(baseUrl);
    attributes['server.address'] = hostname;
    attributes['server.port'] = Number(port) || (protocol === 'https:' ? 443 : 80);
  }
  return new Span(tracer.startSpan(operation, { kind: CLIENT, attributes }));
}

/** The span of a running call. What fails in it once the call has begun changes no result. */
class Span {
  #span;

  constructor(span) {
    this.#span = span;
  }

  /** Its `traceparent`; `undefined` for a tracer that makes no spans. */
  header() {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined;
    return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
  }

  /** A request of the call begins, or its answer is there. */
  exchanged(request, answer) {
    attempted(() => this.#exchanged(request, answer));
  }

  #exchanged({ method, target, attempt }, answer) {
    const attributes = { 'http.request.method': method, 'url.path': target, 'http.request.resend_count': attempt - 1 };
    if (answer === undefined) {
      this.#span.addEvent('http.request', attributes);
      return;
    }
    attributes['http.response.status_code'] = answer.status;
    if (answer.requestId !== undefined) attributes['bankchannel.request_id'] = answer.requestId;
    this.#span.addEvent('http.response', attributes);
    this.#span.setAttribute('http.response.status_code', answer.status);
  }

  /** The call has ended. */
  end(error) {
    attempted(() => this.#end(error));
  }

  #end(error) {
    if (error !== undefined) {
      const ours = [error, error?.cause].find((fault) => fault instanceof BankchannelError);
      this.#span.setAttribute('error.type', ours?.code ?? error?.name ?? 'unknown');
      if (ours?.outcome) this.#span.setAttribute('bankchannel.outcome', ours.outcome);
      // The text of an error that is not ours may have what must not be written.
      this.#span.setStatus({ code: ERROR, ...(ours && { message: ours.message }) });
    }
    this.#span.end();
  }
}

/** Runs what belongs to the program's tracer. */
function attempted(work) {
  try {
    work();
  } catch {
    // A tracer that fails must not change the result of a payment.
  }
}

module.exports = { begin, given };
