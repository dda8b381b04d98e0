//! Booleans, integers, plain text and secrets.

use std::{env::VarError, net::IpAddr};

use super::{Boundary, Reader, Representation, Shape, TextShape, Value, Writer, reader::kind};
use crate::{Error, Secret, read_regular_text, shown};

/// The largest integer that every language's number holds exactly.
const EXACT: i64 = 1 << 53;

impl Boundary for bool {
    const SHAPE: &'static Shape = &Shape::Bool;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        match (value, reader.representation()) {
            (Value::Bool(given), _) => Ok(given),
            // An older contract typed the wire's only boolean as a string.
            (Value::String(text), Representation::Wire) if text == "true" => Ok(true),
            (Value::String(text), Representation::Wire) if text == "false" => Ok(false),
            (other, _) => Err(reader.invalid(format!("must be true or false, not {}", kind(&other)))),
        }
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        Value::Bool(self)
    }
}

macro_rules! integers {
    ($($ty:ty, $min:expr, $max:expr;)+) => {$(
        impl Boundary for $ty {
            const SHAPE: &'static Shape = &Shape::Integer { min: $min, max: $max };

            fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
                let read = match (&value, reader.representation()) {
                    (Value::Number(number), _) => number.as_i64(),
                    // Peers send numbers both as strings and as numbers.
                    (Value::String(text), Representation::Wire) => text.parse().ok(),
                    _ => None,
                };
                read.filter(|number| ($min..=$max).contains(number))
                    .and_then(|number| <$ty>::try_from(number).ok())
                    .ok_or_else(|| reader.invalid(format!("must be a whole number from {} to {}", $min, $max)))
            }

            fn write(self, _: &mut Writer) -> Value<'static> {
                Value::from(self)
            }
        }
    )+};
}

integers! {
    u16, 0, u16::MAX as i64;
    u32, 0, u32::MAX as i64;
    u64, 0, EXACT;
    i64, -EXACT, EXACT;
    usize, 0, EXACT;
}

/// A number, fractions and both signs allowed: `-86400`, `0.25`. Amounts of money are [`Decimal`](super::Decimal)s.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct PlainNumber(pub f64);

impl Boundary for PlainNumber {
    const SHAPE: &'static Shape = &Shape::Number;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        match &value {
            Value::Number(number) => number.as_f64().map(Self),
            _ => None,
        }
        .ok_or_else(|| reader.invalid(format!("must be a number, not {}", kind(&value))))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        serde_json::Number::from_f64(self.0).map_or(Value::Null, Value::Number)
    }
}

/// The limit of a text without a specific format, in bytes.
const PLAIN_TEXT_MAX: usize = 1024 * 1024;

impl Boundary for String {
    const SHAPE: &'static Shape = &Shape::Text(TextShape {
        name: "Text",
        doc: "Text without a format of its own.",
        format: "",
        pattern: "",
        max_bytes: PLAIN_TEXT_MAX,
        example: "",
    });

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        if text.len() > PLAIN_TEXT_MAX {
            return Err(reader.invalid(format!("is longer than {PLAIN_TEXT_MAX} bytes")));
        }
        Ok(text.into_owned())
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.into()
    }
}

/// The longest form of an address, in bytes: IPv6 with an IPv4 address at its end.
const IP_ADDRESS_MAX: usize = 45;

impl Boundary for IpAddr {
    const SHAPE: &'static Shape = &Shape::Text(TextShape {
        name: "IpAddress",
        doc: "An IPv4 or IPv6 address.",
        format: "",
        pattern: "",
        max_bytes: IP_ADDRESS_MAX,
        example: "192.0.2.1",
    });

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        text.parse().map_err(|_| reader.invalid("must be an IPv4 or IPv6 address, such as 192.0.2.1"))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.to_string().into()
    }
}

/// The limit of a long text, in bytes.
const LONG_TEXT_MAX: usize = 64 * 1024 * 1024;

/// Text of any length up to 64 MiB, such as a file in base64; other text has 1 MiB at most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LongText(pub String);

impl Boundary for LongText {
    const SHAPE: &'static Shape = &Shape::Text(TextShape {
        name: "LongText",
        doc: "Text of any length up to 64 MiB, such as a file in base64.",
        format: "",
        pattern: "",
        max_bytes: LONG_TEXT_MAX,
        example: "PERvY3VtZW50Lz4=",
    });

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        if text.len() > LONG_TEXT_MAX {
            return Err(reader.invalid(format!("is longer than {LONG_TEXT_MAX} bytes")));
        }
        Ok(Self(text.into_owned()))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.0.into()
    }
}

/// The limit of a secret, in bytes; keys are the longest.
const SECRET_MAX: usize = 64 * 1024;

impl Boundary for Secret {
    const SHAPE: &'static Shape = &Shape::Secret(TextShape {
        name: "Secret",
        doc: "A secret text: a string, or `{\"file\": PATH}`, or `{\"env\": NAME}`.",
        format: "",
        pattern: "",
        max_bytes: SECRET_MAX,
        example: "",
    });

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        read_secret(value, reader)
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        shown_secret(&self, writer)
    }
}

/// A secret as it is written: its text, or `[secret]` in a form for showing.
#[doc(hidden)]
#[must_use]
pub fn shown_secret(secret: &Secret, writer: &Writer) -> Value<'static> {
    if writer.shows() { shown::HIDDEN_SECRET.into() } else { secret.expose().to_owned().into() }
}

/// Reads a secret: inline, or on the boundary from a file or the environment.
pub(super) fn read_secret(value: Value<'_>, reader: &Reader<'_>) -> Result<Secret, Error> {
    let secret = match value {
        Value::String(text) => Secret::new(text),
        Value::Object(_) if reader.representation() == Representation::Boundary && reader.refuses_references() => {
            return Err(reader.invalid(
                "must be the value itself, a string: no file and no variable is read for a message that comes over a \
                 connection",
            ));
        }
        Value::Object(map) if !reader.refuses_references() && map.len() == 1 => {
            match map.iter().next().and_then(|(key, value)| Some((key, value.as_str()?))) {
                Some(("file", path)) => from_file(path, reader)?,
                Some(("env", name)) => match std::env::var(name) {
                    Ok(text) => Secret::new(text),
                    Err(VarError::NotUnicode(_)) => {
                        return Err(reader.invalid("the environment variable that is named is not UTF-8"));
                    }
                    Err(VarError::NotPresent) => return Err(reader.invalid(shown::unset_variable(name))),
                },
                _ => return Err(reader.invalid("must be a string, {\"file\": PATH} or {\"env\": NAME}")),
            }
        }
        other if reader.refuses_references() => {
            return Err(reader.invalid(format!("must be a string, not {}", kind(&other))));
        }
        other => {
            return Err(reader
                .invalid(format!("must be a string, {{\"file\": PATH}} or {{\"env\": NAME}}, not {}", kind(&other))));
        }
    };
    if reader.representation() == Representation::Boundary && secret.expose() == shown::HIDDEN_SECRET {
        return Err(reader.invalid(
            "is the text `[secret]`, which is printed in place of a secret: take the secret from the result itself, \
             with reveal() or a file that its save method wrote",
        ));
    }
    if secret.expose().len() > SECRET_MAX {
        return Err(reader.invalid(format!("is longer than {SECRET_MAX} bytes")));
    }
    Ok(secret)
}

fn from_file(path: &str, reader: &Reader<'_>) -> Result<Secret, Error> {
    let unusable = |why: &dyn std::fmt::Display| reader.invalid(shown::unusable_secret_file(path.as_ref(), why));
    let text = read_regular_text(path.as_ref(), SECRET_MAX as u64).map_err(|why| unusable(&why))?;
    // An editor ends the file with a line break that is not part of the secret; a PEM text does not need it.
    let trimmed = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(trimmed.strip_suffix('\r').unwrap_or(trimmed)))
}
