//! Fields that are sent as headers.

use std::{borrow::Cow, collections::BTreeMap};

use bankchannel_foundation::{
    Error, Secret,
    message::{Headers, is_token},
    model::{Field, Object, Shape, Value},
};

use super::inner;
use crate::{answer::as_text, signing::customer_id};

/// The header's name of a header field.
fn name_of(field: &'static Field) -> Option<&'static str> {
    field.wire.strip_prefix('@').filter(|name| !name.is_empty() && !field.off_wire)
}

/// Whether a request of this shape has a field for the header. The header's name may have any case.
pub(super) fn has(shape: &'static [Field], header: &str) -> bool {
    shape.iter().any(|field| match field.wire {
        "@" => has(inner(field), header),
        _ => name_of(field).is_some_and(|name| name.eq_ignore_ascii_case(header)),
    })
}

/// Moves the header fields of a request into headers, with the bank's names.
pub(super) fn write_request(
    shape: &'static [Field],
    fields: &mut Object<'static>,
    renamed: &BTreeMap<String, String>,
    out: &mut Headers,
) -> Result<(), Error> {
    for field in shape {
        if field.wire == "@" {
            if let Some(Value::Object(mut nested)) = fields.remove(field.wire) {
                write_request(inner(field), &mut nested, renamed, out)?;
            }
            continue;
        }
        let Some(name) = name_of(field) else { continue };
        let Some(value) = fields.remove(field.wire) else { continue };
        let Some(text) = text(name, value)? else { continue };
        check(name, &text)?;
        let used = used_name(name, renamed)?;
        if out.count(&used) > 0 {
            return Err(Error::invalid_setting("header_names", format!("two headers would be named {used}")));
        }
        out.push_secret(used, &Secret::new(text));
    }
    Ok(())
}

/// Moves the header fields of a response into headers. A value that no header can hold is left out; it would fail the
/// whole answer.
pub(super) fn write_response(shape: &'static [Field], fields: &mut Object<'static>) -> Headers {
    let mut out = Headers::default();
    for field in shape {
        let Some(name) = name_of(field) else { continue };
        if let Some(value) = fields.remove(field.wire)
            && let Ok(Some(text)) = text(name, value)
            && check(name, &text).is_ok()
        {
            out.push(name, text);
        }
    }
    out
}

/// Reads the headers of a request into its fields.
pub(super) fn read<'m>(shape: &'static [Field], headers: &'m Headers, fields: &mut Object<'m>) -> Result<(), Error> {
    for field in shape {
        if field.wire == "@" {
            let mut nested = Object::new();
            read(inner(field), headers, &mut nested)?;
            if !nested.is_empty() {
                fields.push(field.wire, Value::Object(nested));
            }
            continue;
        }
        let Some(name) = name_of(field) else { continue };
        let mut given = headers.named(name).map(|header| as_text(header.trimmed()));
        let Some(mut text) = given.next() else { continue };
        for more in given {
            if !is_list(name) {
                return Err(Error::invalid_field(name, "is sent twice"));
            }
            text = Cow::Owned(format!("{text}, {more}"));
        }
        if text.is_empty() {
            continue;
        }
        check(name, &text)?;
        fields.push(field.wire, value(field, &text));
    }
    Ok(())
}

/// Converts a header's value to the value of its field.
pub(super) fn value(field: &'static Field, text: &str) -> Value<'static> {
    match field.wire_shape {
        Shape::List(_) => {
            let parts = text.split(',').map(|part| part.trim_matches([' ', '\t'])).filter(|part| !part.is_empty());
            Value::Array(parts.map(|part| part.to_owned().into()).collect())
        }
        _ => text.to_owned().into(),
    }
}

/// Whether several headers with this name form one list (RFC 9110 §5.3).
fn is_list(name: &str) -> bool {
    name.split('-').any(|word| word == "Accept")
}

/// A field's value as the text of its header; `None` for an empty list.
fn text(name: &str, value: Value<'_>) -> Result<Option<String>, Error> {
    let Value::Array(parts) = value else {
        return Ok(Some(value.as_str().map_or_else(|| value.to_json(), str::to_owned)));
    };
    let mut texts = Vec::with_capacity(parts.len());
    for part in &parts {
        let part = part.as_str().unwrap_or_default();
        if part.is_empty() || part.contains(',') || part.trim_matches(' ') != part {
            return Err(Error::invalid_field(
                name,
                "an element must not be empty, nor have a comma or spaces around it",
            ));
        }
        texts.push(part);
    }
    Ok((!texts.is_empty()).then(|| texts.join(",")))
}

/// Checks that a header can hold a value and delivers it unchanged (§2.8, S-04).
fn check(name: &str, text: &str) -> Result<(), Error> {
    let is_fine = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if let Some(offset) = text.bytes().position(|byte| !is_fine(byte)) {
        return Err(Error::invalid_field(name, format!("byte {offset} is not visible ASCII or a space")));
    }
    if text.is_empty() {
        return Err(Error::invalid_field(name, "is empty"));
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err(Error::invalid_field(name, "has a space at its beginning or end"));
    }
    if matches!(name, "PSU-ID" | "PSU-Corporate-ID") {
        customer_id(text.as_bytes()).map_err(|why| Error::invalid_field(name, why))?;
    }
    Ok(())
}

/// The bank's name of the header.
fn used_name(name: &'static str, renamed: &BTreeMap<String, String>) -> Result<Cow<'static, str>, Error> {
    match renamed.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)) {
        None => Ok(Cow::Borrowed(name)),
        Some((_, used)) if is_token(used) => Ok(Cow::Owned(used.clone())),
        Some(_) => {
            Err(Error::invalid_setting("header_names", format!("{name}: the bank's name for it is not a header name")))
        }
    }
}
