//! Carries out the orders of the control interface: those common to all counterparts, and a counterpart's own.

use bankchannel_foundation::{Error, clock::Clock as _, model::Timestamp};
use bytes::Bytes;
use hyper::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::control::{ControlRequest, Controlled, Fault, read, short};

/// The order that loads data.
pub const SEED: &str = "seed";

/// An order common to all counterparts.
#[derive(Clone, Copy)]
pub(super) enum Order {
    Outbox,
    Transcript,
    Reset,
    Seed,
    Clock,
    FailNext,
    Limits,
}

/// Their names.
const ORDERS: [(&str, Order); 7] = [
    ("outbox", Order::Outbox),
    ("transcript", Order::Transcript),
    ("reset", Order::Reset),
    (SEED, Order::Seed),
    ("clock", Order::Clock),
    ("fail_next", Order::FailNext),
    ("limits", Order::Limits),
];

impl Order {
    pub(super) fn named(name: &str) -> Option<Self> {
        ORDERS.iter().find(|(known, _)| *known == name).map(|(_, order)| *order)
    }

    /// Its HTTP method.
    pub(super) fn method(self) -> &'static str {
        match self {
            Self::Outbox | Self::Transcript => "GET",
            Self::Reset | Self::Seed | Self::Clock | Self::FailNext | Self::Limits => "POST",
        }
    }

    /// The error text for an unknown order.
    pub(super) fn there_are() -> String {
        format!("there are: {}", ORDERS.map(|(name, _)| name).join(", "))
    }
}

/// Carries out an order from the program that runs the server.
///
/// # Errors
/// `input.*`, and the errors of the order.
pub async fn carry_out(target: &dyn Controlled, order: &str, request: Value) -> Result<Value, Error> {
    if let Some(order) = Order::named(order) {
        return carry_out_common(target, order, request).await;
    }
    let unknown = || {
        let known = Order::there_are();
        Error::invalid_field("order", format!("is not known; {known}, and those of this kind of server"))
    };
    let largest = target.takes(order).ok_or_else(unknown)?;
    let body = Bytes::from(request.to_string());
    if body.len() > largest {
        return Err(Error::invalid_field("request", format!("has more than {largest} bytes")));
    }
    let asked = ControlRequest { path: order.to_owned(), headers: HeaderMap::new(), body };
    target.handle_order(asked).ok_or_else(unknown)?.await
}

/// Carries out an order common to all counterparts.
///
/// # Errors
/// `input.*`, and the errors of the order.
pub(super) async fn carry_out_common(target: &dyn Controlled, order: Order, request: Value) -> Result<Value, Error> {
    match order {
        Order::Outbox => Ok(target.outbox().into()),
        Order::Transcript => Ok(target.control().transcript().into()),
        Order::Reset => reset(target).await,
        Order::Seed => target.seed(request).await,
        Order::Clock => set_clock(target, request),
        Order::FailNext => fail_next(target, request),
        Order::Limits => target.limits(request),
    }
}

async fn reset(target: &dyn Controlled) -> Result<Value, Error> {
    let done = target.reset().await?;
    target.control().forget();
    target.reset_clock();
    Ok(done)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockRequest {
    now: Option<String>,
    advance_s: Option<f64>,
}

/// The farthest that one order moves the clock: a hundred years.
const FARTHEST_S: f64 = 100.0 * 366.0 * 86_400.0;

fn set_clock(target: &dyn Controlled, request: Value) -> Result<Value, Error> {
    let request: ClockRequest = read(request)?;
    let clock = target.clock();
    match (request.now, request.advance_s) {
        (Some(now), None) => clock.set_ms(Timestamp::new(&now)?.as_ms()),
        (None, Some(seconds)) if seconds.abs() <= FARTHEST_S => clock.advance_ms((seconds * 1000.0) as i64),
        (None, Some(_)) => return Err(Error::invalid_field("advance_s", "is more than a hundred years")),
        _ => return Err(Error::invalid_field("now", "give either `now` (RFC 3339) or `advance_s` (seconds)")),
    }
    Ok(json!({ "now": Timestamp::from_ms(clock.now_ms()).as_str() }))
}

fn fail_next(target: &dyn Controlled, request: Value) -> Result<Value, Error> {
    let fault: Fault = read(request)?;
    if !(400..600).contains(&fault.status) {
        return Err(Error::invalid_field("status", "must be from 400 to 599"));
    }
    if fault.count == 0 {
        return Err(Error::invalid_field("count", "must be at least 1"));
    }
    let served = || target.catalogue().iter().filter(|entry| entry.declaration.route.is_some());
    let names = || served().map(|entry| entry.declaration.name);
    if !names().any(|name| fault.operation == name || fault.operation == short(name)) {
        let known: Vec<&str> = names().map(short).collect();
        return Err(Error::invalid_field("operation", format!("is not known; there are {}", known.join(", "))));
    }
    if let Some(class) = &fault.error_class {
        let known = target.error_classes();
        if known.is_empty() {
            return Err(Error::invalid_field("error_class", "is not for this counterpart: its errors have no class"));
        }
        if fault.done {
            return Err(Error::invalid_field("error_class", "excludes done: there, the answer is a bare status"));
        }
        if !known.contains(&class.as_str()) {
            return Err(Error::invalid_field("error_class", format!("must be one of {}", known.join(", "))));
        }
    }
    target.control().fail(fault)?;
    Ok(json!({}))
}
