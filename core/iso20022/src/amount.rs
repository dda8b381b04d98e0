//! Amounts as exact hundredths, and as the text a bank wrote.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Decimal places of an amount that this crate computes with.
const FRACTION_DIGITS: usize = 2;

/// The largest amount or sum, in hundredths, that ISO 20022 documents can state: 18 digits.
pub const MAX_CENTS: i64 = 999_999_999_999_999_999;

/// An amount as written in a document: decimal text and a currency code. Bank values stay as the bank wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Decimal text, such as `1450.05`.
    pub value: String,
    /// ISO 4217 code, such as `EUR`; empty when the document gave none.
    pub currency: String,
}

impl Amount {
    /// An amount of hundredths (`145005` is 1450.05).
    pub fn from_cents(cents: i64, currency: impl Into<String>) -> Self {
        Self { value: format_cents(cents), currency: currency.into() }
    }

    /// The amount in hundredths, or `None` if the text is not a decimal number, has a third decimal, or does not fit.
    pub fn cents(&self) -> Option<i64> {
        parse_cents(&self.value).ok()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.currency)
    }
}

/// Why a decimal text is not an exact number of hundredths that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The text is not a decimal number such as `1450.05`.
    #[error("is not a decimal number")]
    NotANumber,
    /// More than two decimals that are not zero.
    #[error("has more than two decimals")]
    TooFine,
    /// The number does not fit into 64 bits of hundredths (about 92 quadrillion).
    #[error("is too large")]
    TooLarge,
}

/// Reads an `xs:decimal` (optional sign, digits, optional point and digits; blanks around it ignored) as exact hundredths.
///
/// # Errors
/// Whether the text is not a number, too fine, or too large; it never rounds.
pub fn parse_cents(text: &str) -> Result<i64, AmountError> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return Err(AmountError::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > FRACTION_DIGITS {
        return Err(AmountError::TooFine);
    }
    let padding = std::iter::repeat_n(b'0', FRACTION_DIGITS - fraction.len());
    let cents = whole
        .bytes()
        .chain(fraction.bytes())
        .chain(padding)
        .try_fold(0_i64, |sum, digit| sum.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
        .ok_or(AmountError::TooLarge)?;
    Ok(if negative { -cents } else { cents })
}

/// Writes hundredths as decimal text with two decimals: `145005` becomes `1450.05`.
pub fn format_cents(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let size = cents.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_xs_decimal_allows() {
        for (text, cents) in [
            ("1450.05", 145_005),
            ("0", 0),
            ("+5", 500),
            ("-5.1", -510),
            (".5", 50),
            ("7.", 700),
            ("007.10000", 710),
            (" 1.00\n", 100),
        ] {
            assert_eq!(parse_cents(text), Ok(cents), "{text}");
        }
    }

    #[test]
    fn refuses_without_rounding_or_panic() {
        for text in ["", ".", "+", "1,00", "1e3", "NaN", "1.2.3", "１", "0x10", "--1", "+-1"] {
            assert_eq!(parse_cents(text), Err(AmountError::NotANumber), "{text}");
        }
        assert_eq!(parse_cents("0.001"), Err(AmountError::TooFine));
        assert_eq!(parse_cents("999999999999999999"), Err(AmountError::TooLarge));
        assert_eq!(parse_cents(&"9".repeat(100_000)), Err(AmountError::TooLarge));
    }

    proptest! {
        #[test]
        fn writing_then_reading_gives_the_same(cents in -i64::MAX..=i64::MAX) {
            prop_assert_eq!(parse_cents(&format_cents(cents)), Ok(cents));
        }

        #[test]
        fn any_text_is_answered(text in ".*") {
            let _ = parse_cents(&text);
        }
    }
}
