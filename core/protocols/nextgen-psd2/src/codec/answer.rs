//! Answers: lenient reading, strict writing.

use std::borrow::Cow;

use bankchannel_foundation::{
    CallOutcome, Error,
    error::row,
    json,
    message::InResponse,
    model::{Boundary, Date, Field, Object, Reader, Representation, Shape, Timestamp, Value},
    operation::{Repeat, Route},
};

use super::MAX_DEPTH;
use crate::{
    answer::{BankRefusal, Links},
    errors,
};

/// The maximum number of significant digits that a JSON number keeps exactly.
const EXACT_DIGITS: usize = 15;

/// The member with the links.
const LINKS: &str = "_links";

/// The error for a failure answer. The link for the customer is passed on under the conditions of
/// [`BankRefusal::to_error`].
pub(super) fn refused(route: &Route, message: &InResponse, base_url: &str, allowed_hosts: &[String]) -> Error {
    let status = message.status;
    let outcome = if status == 408 || status >= 500 { CallOutcome::Unknown } else { CallOutcome::Refused };
    // §5: a request with effects is not resent automatically.
    let may_repeat = route.repeat == Repeat::Safe && matches!(status, 408 | 425 | 429 | 500 | 502..=504);
    let error = BankRefusal::read(status, &message.body).to_error(base_url, allowed_hosts);
    // A quota that is used up for the day does not return within seconds.
    let is_used_up = error.row() == &errors::ACCESS_EXCEEDED;
    error.with_outcome(outcome).with_retryable(may_repeat && !is_used_up).with_retry_after(message.retry_after_s)
}

/// The members of a successful answer.
pub(super) fn read(message: &InResponse) -> Result<Object<'_>, Error> {
    if message.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Object::new());
    }
    // Some banks begin with a byte order mark.
    match json::parse(message.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&message.body), MAX_DEPTH) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(broken(message, "it is not a JSON object")),
        Err(fault) => Err(broken(message, &format!("it is {fault}"))),
    }
}

/// The error for a success answer that cannot be read.
pub(super) fn broken(message: &InResponse, why: &str) -> Error {
    Error::because(&row::PEER_PROTOCOL, format!("the bank's success response cannot be used: {why}"))
        .with_status(message.status)
        .with_outcome(CallOutcome::Accepted)
}

/// Normalises values that banks write in several ways: links, amounts as numbers (P-31), dates. Invalid links, and
/// invalid dates in optional fields, are dropped, so that they do not lose the rest.
pub(super) fn settle(shape: &'static [Field], members: &mut Object<'_>) {
    for (name, value) in std::mem::take(members) {
        let settled = match shape.iter().find(|field| field.wire == name) {
            Some(_) if name == LINKS => links_of(value),
            Some(field) => match settled(field.wire_shape, value) {
                odd if field.wire_optional && !is_readable(field.wire_shape, &odd) => continue,
                value => value,
            },
            None => value,
        };
        members.push(name, settled);
    }
    if shape.iter().any(|field| field.wire == LINKS) && members.get(LINKS).is_none() {
        members.push(LINKS, Value::Object(Object::new()));
    }
}

fn settled<'a>(shape: &'static Shape, value: Value<'a>) -> Value<'a> {
    match (shape, value) {
        (Shape::List(of), Value::Array(values)) => {
            Value::Array(values.into_iter().map(|value| settled(of, value)).collect())
        }
        (Shape::Struct(of), Value::Object(mut members)) => {
            settle(of.fields, &mut members);
            Value::Object(members)
        }
        (Shape::Decimal, Value::Number(number)) => {
            let text = Value::Number(number.clone()).to_json();
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            if number.is_f64() && digits > EXACT_DIGITS { Value::Number(number) } else { text.into() }
        }
        (Shape::Timestamp, Value::String(text)) => Value::String(with_colon(text)),
        (Shape::Date, Value::String(text)) => Value::String(day_of(text)),
        (_, other) => other,
    }
}

/// Adds the colon to an offset in ISO 8601's basic form, such as `+0000`.
fn with_colon(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.len().checked_sub(5).and_then(|at| text.split_at_checked(at)) {
        Some((rest, offset))
            if offset.starts_with(['+', '-']) && offset.bytes().skip(1).all(|byte| byte.is_ascii_digit()) =>
        {
            format!("{rest}{}:{}", &offset[..3], &offset[3..]).into()
        }
        _ => text,
    }
}

/// The day of a local time. A time with an offset stays as it is: at the bank it may be another day.
fn day_of(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.split_once('T') {
        Some((day, time)) if !time.contains(['Z', 'z', '+', '-']) => day.to_owned().into(),
        _ => text,
    }
}

/// Whether a date or a time is valid or absent.
fn is_readable(shape: &Shape, value: &Value<'_>) -> bool {
    let text = value.as_str();
    match shape {
        Shape::Timestamp => value.is_null() || text.is_some_and(|text| Timestamp::new(text).is_ok()),
        Shape::Date => {
            let read = |text: &str| Date::read(text.to_owned().into(), &mut Reader::new(Representation::Wire));
            value.is_null() || text.is_some_and(|text| read(text).is_ok())
        }
        _ => true,
    }
}

fn links_of(value: Value<'_>) -> Value<'static> {
    let mut answer = Object::new();
    answer.push(LINKS, value);
    let links = Links::from_answer(&Value::Object(answer)).into_vec().into_iter().map(|link| {
        let mut target = Object::new();
        target.push("href", link.href);
        target
            .push("verbs", link.verbs.iter().map(|verb| Value::from(verb.as_str().to_owned())).collect::<Value<'_>>());
        (link.name, Value::Object(target))
    });
    links.collect()
}

/// Removes empty optional parts of an answer: empty links, and empty methods of a link.
pub(super) fn tidy(shape: &'static [Field], members: &mut Object<'static>) {
    for (name, value) in std::mem::take(members) {
        let tidied = match shape.iter().find(|field| field.wire == name) {
            Some(_) if name == LINKS => {
                let Value::Object(links) = value else { continue };
                if links.is_empty() {
                    continue;
                }
                Value::Object(links.into_iter().map(|(name, target)| (name, without_empty_verbs(target))).collect())
            }
            Some(field) => tidied(field.wire_shape, value),
            None => value,
        };
        members.push(name, tidied);
    }
}

fn tidied(shape: &'static Shape, value: Value<'static>) -> Value<'static> {
    match (shape, value) {
        (Shape::List(of), Value::Array(values)) => {
            Value::Array(values.into_iter().map(|value| tidied(of, value)).collect())
        }
        (Shape::Struct(of), Value::Object(mut members)) => {
            tidy(of.fields, &mut members);
            Value::Object(members)
        }
        (_, other) => other,
    }
}

fn without_empty_verbs(target: Value<'static>) -> Value<'static> {
    let Value::Object(mut members) = target else { return target };
    if matches!(members.get("verbs"), Some(Value::Array(verbs)) if verbs.is_empty()) {
        members.remove("verbs");
    }
    Value::Object(members)
}
