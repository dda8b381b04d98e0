//! Texts with a specific format.

use std::borrow::Cow;

use bankchannel_foundation::{
    Error,
    model::{Boundary, Reader, Representation, Shape, TextShape, Value, Writer},
};

/// The maximum length of a session's name, in bytes.
const SESSION_MAX: usize = 255;

/// A currency, ISO 4217.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, pattern = "^[A-Z]{3}$", max_bytes = 3, example = "EUR", check = check_currency_code)]
pub struct CurrencyCode(String);

fn check_currency_code(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be three capital letters, such as EUR")
    }
}

/// The secret name of a session, chosen by Salt Edge: opaque, 20 letters of base64url or a UUID. It is not shown:
/// anyone who knows it and has the connector's key can report on the session.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionSecret(String);

impl SessionSecret {
    /// Checks a text and takes it.
    ///
    /// # Errors
    /// `input.invalid_field`; the text is not shown.
    pub fn new(text: &str) -> Result<Self, Error> {
        if is_session(text) { Ok(Self(text.to_owned())) } else { Err(Error::invalid_field("session_secret", SESSION)) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const SESSION: &str = "must be 1 to 255 visible ASCII characters without spaces";

fn is_session(text: &str) -> bool {
    (1..=SESSION_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

bankchannel_foundation::redacted_debug!(SessionSecret);

bankchannel_foundation::text_field!(SessionSecret);

impl Boundary for SessionSecret {
    const SHAPE: &'static Shape = &Shape::Text(TextShape {
        name: "SessionSecret",
        doc: "The name of a session, chosen by Salt Edge: opaque, 20 letters of base64url or a UUID.",
        format: "",
        pattern: "^[!-~]{1,255}$",
        max_bytes: SESSION_MAX,
        example: "b7k-QxC3vdA-M48pexiS",
    });

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        if is_session(&text) { Ok(Self(text.into_owned())) } else { Err(reader.invalid(SESSION)) }
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.0.into()
    }
}

/// An account's `id`: a text. A peer may also write it as a whole number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub String);

bankchannel_foundation::text_field!(AccountId);

impl Boundary for AccountId {
    const SHAPE: &'static Shape = String::SHAPE;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        match value {
            Value::Number(number) if reader.representation() == Representation::Wire && number.is_i64() => {
                Ok(Self(number.to_string()))
            }
            other => String::read(other, reader).map(Self),
        }
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.0.into()
    }
}
