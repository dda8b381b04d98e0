//! Exact decimal numbers: money is never a float.

use std::fmt;

use super::{Boundary, Reader, Shape, Value, Writer};
use crate::Error;

/// The most digits of a decimal: the limit of ISO 20022.
const DIGITS_MAX: usize = 18;

/// An exact decimal number such as `1450.05`, kept as it was written. A string on the boundary.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal(String);

impl Decimal {
    /// Reads a decimal: an optional minus, digits, and optionally a point and digits; at most 18 digits.
    ///
    /// # Errors
    /// `input.invalid_field` if the text is not a decimal.
    pub fn new(text: &str) -> Result<Self, Error> {
        if well_formed(text) { Ok(Self(text.to_owned())) } else { Err(Error::invalid_field("decimal", MUST_BE)) }
    }

    /// A number of hundredths: `145005` is `1450.05`.
    #[must_use]
    pub fn from_cents(cents: i64) -> Self {
        let sign = if cents < 0 { "-" } else { "" };
        let cents = cents.unsigned_abs();
        Self(format!("{sign}{}.{:02}", cents / 100, cents % 100))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const MUST_BE: &str = "must be a decimal number as a string, such as \"1450.05\", with at most 18 digits";

fn well_formed(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let count = match digits.split_once('.') {
        Some((whole, fraction)) if numeric(whole) && numeric(fraction) => whole.len() + fraction.len(),
        None if numeric(digits) => digits.len(),
        _ => return false,
    };
    count <= DIGITS_MAX
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Boundary for Decimal {
    const SHAPE: &'static Shape = &Shape::Decimal;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        if well_formed(&text) { Ok(Self(text.into_owned())) } else { Err(reader.invalid(MUST_BE)) }
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_become_two_decimals() {
        assert_eq!(Decimal::from_cents(145_005).as_str(), "1450.05");
        assert_eq!(Decimal::from_cents(-7).as_str(), "-0.07");
    }

    #[test]
    fn floats_in_disguise_are_refused() {
        for text in
            ["", ".", "1.", ".5", "1e3", "NaN", "1,5", "+1", "--1", "1234567890123456789", "12345678901234567.89"]
        {
            assert!(Decimal::new(text).is_err(), "{text}");
        }
        for text in ["123456789012345678", "-1234567890123456.78", "0.00"] {
            assert!(Decimal::new(text).is_ok(), "{text}");
        }
    }
}
