//! Carries out the orders of the control interface: those common to all counterparts, and a counterpart's own.

use bankchannel_foundation::{Error, clock::Clock as _, model::Timestamp};
use bytes::Bytes;
use hyper::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::control::{ControlRequest, ControlTarget, OrderedFault, no_members, operation_named, read};

/// The order that loads data.
pub const SEED: &str = "seed";

/// The longest name of an order that is repeated, in bytes.
const ORDER_NAME_MAX: usize = 64;

/// An order common to all counterparts.
#[derive(Clone, Copy)]
pub(super) enum CommonOrder {
    Outbox,
    Transcript,
    Reset,
    Seed,
    Clock,
    FailNext,
    Limits,
}

/// Their names.
const ORDERS: [(&str, CommonOrder); 7] = [
    ("outbox", CommonOrder::Outbox),
    ("transcript", CommonOrder::Transcript),
    ("reset", CommonOrder::Reset),
    (SEED, CommonOrder::Seed),
    ("clock", CommonOrder::Clock),
    ("fail_next", CommonOrder::FailNext),
    ("limits", CommonOrder::Limits),
];

impl CommonOrder {
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
}

/// What is said of an order that the counterpart does not have: its name, and those that there are.
pub(super) fn unknown(target: &dyn ControlTarget, order: &str) -> String {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/.".contains(&byte);
    let named = if order.len() <= ORDER_NAME_MAX && !order.is_empty() && order.bytes().all(is_name) {
        format!("`{order}` ")
    } else {
        String::new()
    };
    let common = ORDERS.iter().map(|(name, _)| (*name).to_owned());
    let own = target.own_orders().iter().map(|name| format!("sandbox/{name}"));
    format!("{named}is not known; there are: {}", common.chain(own).collect::<Vec<_>>().join(", "))
}

/// Carries out an order from the program that runs the server.
///
/// # Errors
/// `input.*`, and the errors of the order.
pub async fn carry_out(target: &dyn ControlTarget, order: &str, request: Value) -> Result<Value, Error> {
    if let Some(order) = CommonOrder::named(order) {
        return carry_out_common(target, order, request).await;
    }
    let unknown = || Error::invalid_field("order", unknown(target, order));
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
pub(super) async fn carry_out_common(
    target: &dyn ControlTarget,
    order: CommonOrder,
    request: Value,
) -> Result<Value, Error> {
    if matches!(order, CommonOrder::Outbox | CommonOrder::Transcript | CommonOrder::Reset) {
        no_members(request.clone())?;
    }
    match order {
        CommonOrder::Outbox => Ok(target.outbox().into()),
        CommonOrder::Transcript => Ok(target.control().transcript().into()),
        CommonOrder::Reset => reset(target).await,
        CommonOrder::Seed => target.seed(request).await,
        CommonOrder::Clock => set_clock(target, request),
        CommonOrder::FailNext => fail_next(target, request),
        CommonOrder::Limits => target.limits(request),
    }
}

async fn reset(target: &dyn ControlTarget) -> Result<Value, Error> {
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

fn set_clock(target: &dyn ControlTarget, request: Value) -> Result<Value, Error> {
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

fn fail_next(target: &dyn ControlTarget, request: Value) -> Result<Value, Error> {
    let fault: OrderedFault = read(request)?;
    if !(400..600).contains(&fault.status) {
        return Err(Error::invalid_field("status", "must be from 400 to 599"));
    }
    if fault.count == 0 {
        return Err(Error::invalid_field("count", "must be at least 1"));
    }
    operation_named(target.catalogue(), &fault.operation)?;
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
