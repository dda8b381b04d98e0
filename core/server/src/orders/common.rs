//! The orders that every server has.

use std::sync::Arc;

use bankchannel_foundation::{
    Error, Result,
    clock::Clock as _,
    message::Method,
    model::{Boundary, JsonObject, PlainNumber, Timestamp, Value},
    operation::HostedForm,
};

use super::{OrderDone, PlainOrder};
use crate::{
    http::control::{ControlTarget, OrderedFault, TranscriptRecord, operation_named},
    server_orders,
};

server_orders! {
    /// The orders that every server has.
    pub static COMMON_ORDERS: dyn ControlTarget, "server";

    /// List the latest requests to the server.
    ///
    /// The last thousand, oldest first. Mail addresses, numbers and names in paths are redacted.
    ListRequests("server.transcript", HostedForm {
        method: Method::Get,
        whole_answer: Some("requests"),
        ..HostedForm::at_top("transcript")
    }): PlainOrder => Transcript, async transcript;

    /// List the messages that would go to people by SMS or mail.
    ///
    /// Those since the start, oldest first.
    ListMessages("server.outbox", HostedForm {
        method: Method::Get,
        whole_answer: Some("messages"),
        ..HostedForm::at_top("outbox")
    }): PlainOrder => Outbox, async outbox;

    /// Restore the state of the server's first start.
    ///
    /// Data, outbox, transcript, clock, limits and ordered failures.
    ResetServer("server.reset", HostedForm::at_top("reset")): PlainOrder => OrderDone, async reset;

    /// Set the server's clock, or move it.
    ///
    /// Give one of both. Certificates of a sandbox and their validity go by the same clock.
    SetServerClock("server.clock", HostedForm::at_top("clock")): ClockOrder => ClockTime, async set_clock;

    /// Let the next requests of an operation fail.
    ///
    /// They get this status and are not carried out; with `done` they are carried out, and only their answer is lost.
    FailNextRequests("server.fail_next", HostedForm::at_top("fail_next")): OrderedFault => OrderDone, async fail_next;
}

/// The latest requests.
#[derive(Debug, Boundary)]
pub struct Transcript {
    /// The requests, oldest first.
    pub requests: Vec<TranscriptRecord>,
}

async fn transcript(target: Arc<dyn ControlTarget>, _: PlainOrder) -> Result<Transcript> {
    Ok(Transcript { requests: target.control().transcript() })
}

/// The messages to people.
#[derive(Debug, Boundary)]
pub struct Outbox {
    /// The messages, oldest first: `channel`, `to`, `code` and what else the server's page names.
    pub messages: Vec<JsonObject>,
}

async fn outbox(target: Arc<dyn ControlTarget>, _: PlainOrder) -> Result<Outbox> {
    let messages = target.outbox().into_iter().map(|message| match message.into() {
        Value::Object(members) => JsonObject(members),
        _ => JsonObject::default(),
    });
    Ok(Outbox { messages: messages.collect() })
}

async fn reset(target: Arc<dyn ControlTarget>, _: PlainOrder) -> Result<OrderDone> {
    target.reset().await?;
    target.control().forget();
    target.reset_clock();
    Ok(OrderDone)
}

/// A setting of the server's clock.
#[derive(Debug, Default, Boundary)]
pub struct ClockOrder {
    /// The time that it shows from now on.
    pub now: Option<Timestamp>,
    /// Seconds to move it by; less than 0 moves it back. At most a hundred years.
    pub advance_s: Option<PlainNumber>,
}

impl ClockOrder {
    /// Moves the clock by these seconds; less than 0 moves it back.
    #[must_use]
    pub fn advance(seconds: f64) -> Self {
        Self { advance_s: Some(PlainNumber(seconds)), ..Self::default() }
    }
}

/// The state of the server's clock.
#[derive(Debug, Boundary)]
pub struct ClockTime {
    /// The time, in UTC with milliseconds.
    pub now: Timestamp,
}

/// The farthest that one order moves the clock: a hundred years.
const FARTHEST_S: f64 = 100.0 * 366.0 * 86_400.0;

async fn set_clock(target: Arc<dyn ControlTarget>, order: ClockOrder) -> Result<ClockTime> {
    let clock = target.clock();
    match (order.now, order.advance_s) {
        (Some(now), None) => clock.set_ms(now.as_ms()),
        (None, Some(PlainNumber(seconds))) if seconds.abs() <= FARTHEST_S => {
            clock.advance_ms((seconds * 1000.0) as i64)
        }
        (None, Some(_)) => return Err(Error::invalid_field("advance_s", "is more than a hundred years")),
        _ => return Err(Error::invalid_field("now", "give either `now` (RFC 3339) or `advance_s` (seconds)")),
    }
    Ok(ClockTime { now: Timestamp::from_ms(clock.now_ms()) })
}

async fn fail_next(target: Arc<dyn ControlTarget>, fault: OrderedFault) -> Result<OrderDone> {
    if !(400..600).contains(&fault.status) {
        return Err(Error::invalid_field("status", "must be from 400 to 599"));
    }
    if fault.count == Some(0) {
        return Err(Error::invalid_field("count", "must be at least 1"));
    }
    operation_named(target.catalogue(), &fault.operation)?;
    if let Some(class) = &fault.error_class {
        let known = target.error_classes();
        if known.is_empty() {
            return Err(Error::invalid_field("error_class", "is not for this counterpart: its errors have no class"));
        }
        if fault.done == Some(true) {
            return Err(Error::invalid_field("error_class", "excludes done: there, the answer is a bare status"));
        }
        if !known.contains(&class.as_str()) {
            return Err(Error::invalid_field("error_class", format!("must be one of {}", known.join(", "))));
        }
    }
    target.control().fail(fault)?;
    Ok(OrderDone)
}
