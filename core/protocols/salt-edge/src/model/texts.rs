//! Texts with a form of their own.

use std::borrow::Cow;

use bankchannel_foundation::{
    Boundary, Error,
    model::{Dialect, Reader, Shape, Value, Writer},
    text_type,
};

/// The longest name of a session, bytes.
const SESSION_MAX: usize = 255;

text_type! {
    /// The name of a session, chosen by Salt Edge: opaque, 20 letters of base64url or a UUID.
    pub struct SessionSecret {
        format: "", pattern: "^[!-~]{1,255}$", max_bytes: SESSION_MAX, example: "b7k-QxC3vdA-M48pexiS",
        rule: |text| if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Cow::Borrowed(text))
        } else {
            Err("must be 1 to 255 visible ASCII characters without spaces")
        },
    }

    /// A currency, ISO 4217.
    pub struct CurrencyCode {
        format: "", pattern: "^[A-Z]{3}$", max_bytes: 3, example: "EUR",
        rule: |text| if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            Ok(Cow::Borrowed(text))
        } else {
            Err("must be three capital letters, such as EUR")
        },
    }
}

/// An account's `id`: text, which a peer may also write as a whole number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub String);

impl Boundary for AccountId {
    const SHAPE: &'static Shape = String::SHAPE;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        match value {
            Value::Number(number) if reader.dialect() == Dialect::Wire && number.is_i64() => {
                Ok(Self(number.to_string()))
            }
            other => String::read(other, reader).map(Self),
        }
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.0.into()
    }
}
