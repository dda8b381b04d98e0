//! Series and log lines of requests.

use std::time::Duration;

use bankchannel_foundation::Result;
use http::StatusCode;
use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

use super::{DURATIONS, registered};
use crate::http::observed::{ConnectionRefusal, EndedRequest, RequestEnd};

/// The operation of a request that is for none.
const NO_OPERATION: &str = "none";
/// The status of a request whose client hung up before there was one.
const NO_STATUS: &str = "none";

/// The series of requests.
pub(super) struct RequestMetrics {
    requests: IntCounterVec,
    durations: HistogramVec,
    received: IntCounter,
    sent: IntCounter,
    refused: IntCounterVec,
}

impl RequestMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self> {
        let counter = |name, help, labels| registered(registry, IntCounterVec::new(Opts::new(name, help), labels));
        let bytes = counter(
            "bankchannel_request_body_bytes_total",
            "Bytes of bodies that were received, and of answers that were sent",
            &["direction"],
        )?;
        Ok(Self {
            received: bytes.with_label_values(&["received"]),
            sent: bytes.with_label_values(&["sent"]),
            requests: counter(
                "bankchannel_requests_total",
                "Requests that have ended, by operation, status of the answer and reason of a refusal",
                &["operation", "status", "reason"],
            )?,
            durations: registered(
                registry,
                HistogramVec::new(
                    HistogramOpts::new(
                        "bankchannel_request_duration_seconds",
                        "Time from the head of a request to the head of its answer",
                    )
                    .buckets(DURATIONS.to_vec()),
                    &["operation"],
                ),
            )?,
            refused: counter(
                "bankchannel_connections_refused_total",
                "Connections that were closed before a request: too many of an address, or no TLS",
                &["why"],
            )?,
        })
    }

    pub(super) fn count(&self, request: &EndedRequest<'_>) {
        let operation = operation(request);
        let status = StatusCode::from_u16(request.status).ok();
        let status = status.as_ref().map_or(NO_STATUS, StatusCode::as_str);
        self.requests.with_label_values(&[operation, status, reason(request)]).inc();
        self.durations.with_label_values(&[operation]).observe(request.to_head.as_secs_f64());
        self.received.inc_by(request.received_bytes);
        self.sent.inc_by(request.sent_bytes);
    }

    pub(super) fn refused_connection(&self, why: ConnectionRefusal) {
        self.refused.with_label_values(&[why.as_str()]).inc();
    }
}

fn operation(request: &EndedRequest<'_>) -> &'static str {
    match request.facts.operation {
        "" => NO_OPERATION,
        operation => operation,
    }
}

/// Why a request was refused; empty if it was not.
fn reason(request: &EndedRequest<'_>) -> &'static str {
    match (request.facts.reason, request.status) {
        (Some(reason), _) => reason,
        (None, 0) => "hung_up",
        (None, ..400) => "",
        (None, 404) => "no_such_path",
        (None, 405) => "other_method",
        (None, _) => "unspecified",
    }
}

/// The method, if it is one of the standard's: any other is a text of the client's.
fn method(request: &EndedRequest<'_>) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|known| request.method == known).unwrap_or("other")
}

/// Logs a request, at the level `debug` if a supervisor sent it.
pub(super) fn log(request: &EndedRequest<'_>) {
    macro_rules! line {
        ($level:ident) => {{
            let facts = request.facts;
            let given = |text: &'static str| (!text.is_empty()).then_some(text);
            tracing::$level!(
                target: "bankchannel::request",
                operation = operation(request),
                method = method(request),
                status = request.status,
                reason = given(reason(request)),
                hung_up = (request.end == RequestEnd::HungUp).then_some(true),
                duration_ms = milliseconds(request.to_head),
                total_ms = milliseconds(request.to_end),
                received_bytes = request.received_bytes,
                sent_bytes = request.sent_bytes,
                client = %facts.client.unwrap_or_else(|| request.peer.to_canonical()),
                account = facts.account.as_deref(),
                request_id = given_id(&facts.request_id),
                caller_request_id = facts.caller_request_id,
                trace_id = facts.trace_id,
                "request"
            );
        }};
    }
    if request.facts.is_probe {
        line!(debug);
    } else {
        line!(info);
    }
}

fn given_id(id: &str) -> Option<&str> {
    (!id.is_empty()).then_some(id)
}

/// With two decimals.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}
