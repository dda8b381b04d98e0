//! Orders of the control interface, carried out: those that every counterpart knows, and its own.

use bankchannel_foundation::{Error, clock::Clock as _, model::Timestamp};
use bytes::Bytes;
use hyper::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::control::{ControlRequest, Controlled, Fault, read, short};

/// The order that puts data in.
pub(crate) const SEED: &str = "seed";

/// What is said of an order that there is not.
pub(super) const THERE_ARE: &str = "there are: outbox, transcript, reset, seed, clock, fail_next, limits";

/// The method of an order that every counterpart knows.
pub(super) fn method(order: &str) -> Option<&'static str> {
    match order {
        "outbox" | "transcript" => Some("GET"),
        "reset" | SEED | "clock" | "fail_next" | "limits" => Some("POST"),
        _ => None,
    }
}

/// Carries out an order from the program that runs the server.
///
/// # Errors
/// `input.*`, and those of the order.
pub(crate) async fn carry_out(target: &dyn Controlled, order: &str, request: Value) -> Result<Value, Error> {
    if method(order).is_some() {
        return common(target, order, request).await;
    }
    let unknown =
        || Error::invalid_field("order", format!("is not known; {THERE_ARE}, and those of this kind of server"));
    let largest = target.takes(order).ok_or_else(unknown)?;
    let body = Bytes::from(request.to_string());
    if body.len() > largest {
        return Err(Error::invalid_field("request", format!("has more than {largest} bytes")));
    }
    let asked = ControlRequest { path: order.to_owned(), headers: HeaderMap::new(), body };
    target.handle_order(asked).ok_or_else(unknown)?.await
}

/// Carries out an order that every counterpart knows.
///
/// # Errors
/// `input.*`, and those of the order.
pub(super) async fn common(target: &dyn Controlled, order: &str, request: Value) -> Result<Value, Error> {
    match order {
        "outbox" => Ok(target.outbox().into()),
        "transcript" => Ok(target.control().transcript().into()),
        "reset" => reset(target).await,
        "clock" => set_clock(target, request),
        "limits" => target.limits(request),
        "fail_next" => fail_next(target, request),
        SEED => target.seed(request).await,
        _ => Err(Error::invalid_field("order", format!("is not known; {THERE_ARE}"))),
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

/// The farthest that the clock moves at once: a hundred years.
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
    target.control().fail(fault)?;
    Ok(json!({}))
}
