//! Answers: lenient reading, strict writing.

use std::borrow::Cow;

use bankchannel_foundation::{
    CallOutcome, Error,
    error::{Peer, row},
    json,
    message::{InResponse, is_web_page, page_text},
    model::{Boundary, Date, Decimal, Field, Object, Reader, Representation, Shape, Timestamp, Value},
    operation::{Repeat, Route},
};

use super::{
    MAX_DEPTH,
    unread::{UnreadMembers, says_nothing},
};
use crate::answer::{BankRefusal, Links};

/// The maximum number of significant digits that a JSON number keeps exactly.
const EXACT_DIGITS: usize = 15;

/// The member with the links.
const LINKS: &str = "_links";

/// The error for a failure answer. The link for the customer is passed on under the conditions of
/// [`BankRefusal::to_error`].
pub(super) fn refused(route: &Route, message: &InResponse, base_url: &str, allowed_hosts: &[String]) -> Error {
    let status = message.status;
    let refusal = BankRefusal::read(status, &message.body);
    let outcome = if status == 408 || status >= 500 { CallOutcome::Unknown } else { CallOutcome::Refused };
    // §5: a request with effects is not resent automatically.
    let may_repeat = route.repeat == Repeat::Safe && matches!(status, 408 | 425 | 429 | 500 | 502..=504);
    refusal
        .to_error(base_url, allowed_hosts)
        .with_outcome(outcome)
        .with_retryable(may_repeat && !refusal.is_final())
        .with_retry_after(message.retry_after_s)
}

/// The members of a successful answer.
pub(super) fn read(message: &InResponse) -> Result<Object<'_>, Error> {
    if message.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Object::new());
    }
    match json::parse(&message.body, MAX_DEPTH) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(unreadable_answer(message, "it is not a JSON object")),
        Err(_) if is_web_page(message) => Err(page(message)),
        Err(fault) => Err(unreadable_answer(message, &format!("it is {fault}"))),
    }
}

/// The members of a successful answer that needs none. Any text is a success, but for a web page: that is not the bank's.
pub(super) fn read_needless<'m>(message: &'m InResponse, unread: &mut UnreadMembers) -> Result<Object<'m>, Error> {
    match read(message) {
        Err(_) if !is_web_page(message) => {
            unread.add(&String::from_utf8_lossy(&message.body).into_owned().into());
            Ok(Object::new())
        }
        read => read,
    }
}

/// The error for a success answer that cannot be read.
pub(super) fn unreadable_answer(message: &InResponse, why: &str) -> Error {
    Error::because(&row::PEER_PROTOCOL, format!("the bank's success response cannot be used: {why}"))
        .with_status(message.status)
        .with_outcome(CallOutcome::Accepted)
}

/// The error for a web page with a success status: of a gateway, a login or a filter before the bank.
fn page(message: &InResponse) -> Error {
    let why = "it is a web page (text/html), not JSON. Another server has answered in place of the bank: check \
               `base_url`, proxy and network";
    unreadable_answer(message, why)
        .with_outcome(CallOutcome::Unknown)
        .with_peer(Peer { text: page_text(&message.body), ..Peer::default() })
}

/// Moves the members of an answer into its fields, and normalises values that banks write in several ways: links,
/// amounts as numbers (P-31), dates, one object in place of a list. A member without a field, and a value that does not
/// fit an optional field, is noted as unread, so that it does not lose the rest.
pub(super) fn settle(shape: &'static [Field], members: &mut Object<'_>, unread: &mut UnreadMembers) {
    for (name, value) in std::mem::take(members) {
        let outside = unread.enter(&name);
        let field =
            shape.iter().find(|field| is_member(field) && (field.wire == name || field.aliases.contains(&&*name)));
        match field {
            None => unread.add(&value),
            // Under two of its names: the first that says something counts.
            Some(field) if members.get(field.wire).is_some_and(|given| !says_nothing(given)) => unread.add(&value),
            Some(_) if name == LINKS => {
                let links = links_of(&value, unread);
                members.push(name, links);
            }
            Some(field) => {
                let written = matches!(field.wire_shape, Shape::Date | Shape::Timestamp).then(|| value.clone());
                let value = normalised(field.wire_shape, value);
                if !field.wire_optional || is_fit(field.wire_shape, &value) {
                    written.iter().filter(|it| loses_time(field.wire_shape, it)).for_each(|it| unread.add(it));
                    members.insert(field.wire, settled(field.wire_shape, value, unread));
                } else {
                    match (written, as_written(shape, field)) {
                        (Some(Value::String(text)), Some(other)) => members.push(other.wire, Value::String(text)),
                        (written, _) => unread.add(&written.unwrap_or(value)),
                    }
                }
            }
        }
        unread.leave(outside);
    }
    if shape.iter().any(|field| field.wire == LINKS && !field.wire_optional) && members.get(LINKS).is_none() {
        members.push(LINKS, Value::Object(Object::new()));
    }
}

/// Whether a field is a member of a JSON object.
fn is_member(field: &Field) -> bool {
    !field.off_wire && !field.wire.starts_with(['@', '?'])
}

/// The field for a text that is no value of this one: of the same name, with this ending.
fn as_written(shape: &'static [Field], field: &Field) -> Option<&'static Field> {
    shape.iter().find(|other| other.off_wire && other.wire.strip_suffix("AsWritten") == Some(field.wire))
}

/// A value as its shape is read; without its inner values.
fn normalised<'a>(shape: &Shape, value: Value<'a>) -> Value<'a> {
    match (shape, value) {
        // As programs write a list of one that convert XML.
        (Shape::List(_), Value::Object(members)) if members.is_empty() => Value::Array(Vec::new()),
        (Shape::List(_), Value::String(text)) if text.is_empty() => Value::Array(Vec::new()),
        (Shape::List(Shape::Struct(_)), value @ Value::Object(_)) => Value::Array(vec![value]),
        (Shape::List(Shape::Text(_)), value @ Value::String(_)) => Value::Array(vec![value]),
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

/// A value with its inner values settled.
fn settled<'a>(shape: &'static Shape, value: Value<'a>, unread: &mut UnreadMembers) -> Value<'a> {
    match (shape, value) {
        (Shape::List(of), Value::Array(values)) => {
            // Values that are no items are listed; if there is no item at all, the list is another thing.
            let leaves_out = values.iter().any(|value| is_item(of, value)) || values.iter().all(says_nothing);
            let inside = |(at, value): (usize, Value<'a>)| {
                let outside = unread.enter(&at.to_string());
                let value = if !leaves_out || is_item(of, &value) {
                    Some(settled(of, value, unread))
                } else {
                    unread.add(&value);
                    None
                };
                unread.leave(outside);
                value
            };
            Value::Array(values.into_iter().enumerate().filter_map(inside).collect())
        }
        (Shape::Struct(of), Value::Object(mut members)) => {
            settle(of.fields, &mut members, unread);
            Value::Object(members)
        }
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

/// Whether a date was written with a time that its field does not hold: any but midnight.
fn loses_time(shape: &Shape, written: &Value<'_>) -> bool {
    let time = written.as_str().and_then(|text| text.split_once('T')).map(|(_, time)| time);
    matches!(shape, Shape::Date)
        && time.is_some_and(|time| !time.bytes().all(|byte| matches!(byte, b'0' | b':' | b'.')))
}

/// Whether a value can be read for an optional field: the same as [`is_readable`], and a struct has its required
/// fields.
fn is_fit(shape: &Shape, value: &Value<'_>) -> bool {
    match (shape, value) {
        (Shape::Struct(of), Value::Object(members)) => of.fields.iter().all(|field| {
            if field.wire_optional || field.wire == LINKS || !is_member(field) {
                return true;
            }
            let given = std::iter::once(&field.wire).chain(field.aliases).find_map(|name| members.get(name));
            given.filter(|value| !says_nothing(value)).is_some_and(|value| {
                let value = normalised(field.wire_shape, value.clone());
                match field.wire_shape {
                    Shape::Decimal => Decimal::read(value, &mut Reader::new(Representation::Wire)).is_ok(),
                    shape => is_fit(shape, &value),
                }
            })
        }),
        _ => is_readable(shape, value),
    }
}

/// Whether a value is one of the shape, or absent. The fields of structs are not looked at, and not amounts either: an
/// answer with a wrong amount is refused.
fn is_readable(shape: &Shape, value: &Value<'_>) -> bool {
    let text = value.as_str();
    if value.is_null() || text.is_some_and(str::is_empty) {
        return true;
    }
    let read = || Reader::new(Representation::Wire);
    match shape {
        Shape::Timestamp => text.is_some_and(|text| Timestamp::new(text).is_ok()),
        Shape::Date => text.is_some_and(|text| Date::read(text.into(), &mut read()).is_ok()),
        Shape::Bool => bool::read(value.clone(), &mut read()).is_ok(),
        Shape::Integer { min, max } => {
            i64::read(value.clone(), &mut read()).is_ok_and(|number| (*min..=*max).contains(&number))
        }
        Shape::Text(shape) => text.is_some_and(|text| text.len() <= shape.max_bytes),
        Shape::Enum(_) => text.is_some(),
        Shape::List(of) => matches!(value, Value::Array(values)
            if values.iter().all(says_nothing) || values.iter().any(|value| is_item(of, value))),
        Shape::Struct(_) | Shape::Map(_) => value.as_object().is_some(),
        _ => true,
    }
}

/// Whether a value is an item of a list.
fn is_item(of: &Shape, value: &Value<'_>) -> bool {
    !value.is_null() && value.as_str() != Some("") && is_readable(of, value)
}

fn links_of(value: &Value<'_>, unread: &mut UnreadMembers) -> Value<'static> {
    let links = Links::read(value, &mut |path, value| unread.add_at(path, value));
    let links = links.into_vec().into_iter().map(|link| {
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
