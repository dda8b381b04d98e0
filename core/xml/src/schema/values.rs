//! Truth values, numbers, dates and times as XML Schema writes them.

use super::simple::{ValueFault, wrong};
use crate::text::quote;

/// Whether a text without blanks around it is an `xs:boolean`.
pub fn is_boolean(value: &str) -> bool {
    matches!(value, "true" | "false" | "1" | "0")
}

/// Whether a text without blanks around it is an `xs:date`.
pub fn is_date(value: &str) -> bool {
    day(value).is_some_and(is_zone)
}

/// Whether a text without blanks around it is an `xs:dateTime`.
pub fn is_date_time(value: &str) -> bool {
    day(value).and_then(|rest| rest.strip_prefix('T')).and_then(time).is_some_and(is_zone)
}

/// Whether a text without blanks around it is an `xs:double`.
pub fn is_double(value: &str) -> bool {
    if matches!(value, "INF" | "-INF" | "NaN") {
        return true;
    }
    let (mantissa, exponent) = match value.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (value, None),
    };
    let (whole, fraction) = unsigned(mantissa).split_once('.').unwrap_or((unsigned(mantissa), ""));
    is_digits(whole)
        && is_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(is_integer)
}

/// Whether a text without blanks around it is an `xs:long`.
pub fn is_long(value: &str) -> bool {
    is_integer(value) && value.parse::<i64>().is_ok()
}

fn is_integer(value: &str) -> bool {
    !unsigned(value).is_empty() && is_digits(unsigned(value))
}

fn unsigned(value: &str) -> &str {
    value.strip_prefix(['+', '-']).unwrap_or(value)
}

fn is_digits(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number of bytes that a text has in base64, as `xs:base64Binary` allows it; `None` if it is none.
pub(super) fn base64_bytes(value: &str) -> Option<usize> {
    let written: Vec<u8> = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padding = written.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = &written[..written.len() - padding];
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    // Bits behind the last byte are zero.
    let is_last = match (padding, digits.last()) {
        (0, _) => true,
        (1, Some(last)) => b"AEIMQUYcgkosw048".contains(last),
        (2, Some(last)) => b"AQgw".contains(last),
        _ => false,
    };
    let fits = written.len().is_multiple_of(4) && digits.iter().all(is_digit) && is_last;
    fits.then(|| written.len() / 4 * 3 - padding)
}

pub(super) fn boolean(value: &str) -> Option<ValueFault> {
    (!is_boolean(value))
        .then(|| wrong(format!("holds {}, which is not true or false", quote(value)), "write true or false"))
}

pub(super) fn date(value: &str) -> Option<ValueFault> {
    (!is_date(value)).then(|| {
        wrong(format!("holds {}, which is not a date", quote(value)), "write it as year-month-day, as in 2026-07-21")
    })
}

pub(super) fn date_time(value: &str) -> Option<ValueFault> {
    let advice = "write it as date, T and time, as in 2026-07-19T09:00:00Z";
    (!is_date_time(value)).then(|| wrong(format!("holds {}, which is not a date and time", quote(value)), advice))
}

pub(super) fn year_month(value: &str) -> Option<ValueFault> {
    let good = year_and_month(value).is_some_and(|(_, _, rest)| is_zone(rest));
    (!good).then(|| {
        wrong(format!("holds {}, which is not a month", quote(value)), "write it as year-month, as in 2026-07")
    })
}

pub(super) fn year(value: &str) -> Option<ValueFault> {
    let good = year_before(value).is_some_and(|(_, _, rest)| is_zone(rest));
    (!good)
        .then(|| wrong(format!("holds {}, which is not a year", quote(value)), "write it with four digits, as in 2026"))
}

/// What follows a day.
fn day(value: &str) -> Option<&str> {
    let (year, month, rest) = year_and_month(value)?;
    let (day, rest) = two_digits(rest.strip_prefix('-')?)?;
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=days).contains(&day).then_some(rest)
}

/// Year, month and what follows.
fn year_and_month(value: &str) -> Option<(i64, u32, &str)> {
    let (year, negative, rest) = year_before(value)?;
    let (month, rest) = two_digits(rest.strip_prefix('-')?)?;
    // The year before 1 is -1.
    let year = if negative { 1 - year } else { year };
    (1..=12).contains(&month).then_some((year, month, rest))
}

/// A year, whether it is before 1, and what follows. It has four digits or more, and is not 0; of a long one only the last
/// four digits count, which say whether it is a leap year.
fn year_before(value: &str) -> Option<(i64, bool, &str)> {
    let (negative, unsigned) = value.strip_prefix('-').map_or((false, value), |rest| (true, rest));
    let size = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let digits = &unsigned[..size];
    if size < 4 || (size > 4 && digits.starts_with('0')) || digits == "0000" {
        return None;
    }
    Some((digits[size - 4..].parse().ok()?, negative, &unsigned[size..]))
}

/// What follows a time of day; 24:00:00 is the end of the day.
fn time(value: &str) -> Option<&str> {
    let (hour, rest) = two_digits(value)?;
    let (minute, rest) = two_digits(rest.strip_prefix(':')?)?;
    let (second, rest) = two_digits(rest.strip_prefix(':')?)?;
    let (fraction, rest) = match rest.strip_prefix('.') {
        None => ("", rest),
        Some(digits) => {
            let size = digits.bytes().take_while(u8::is_ascii_digit).count();
            if size == 0 {
                return None;
            }
            digits.split_at(size)
        }
    };
    let of_day = hour < 24 && minute < 60 && second < 60;
    let end_of_day = (hour, minute, second) == (24, 0, 0) && fraction.bytes().all(|digit| digit == b'0');
    (of_day || end_of_day).then_some(rest)
}

fn two_digits(value: &str) -> Option<(u32, &str)> {
    let digits = value.get(..2).filter(|two| two.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some((digits.parse().ok()?, &value[2..]))
}

/// Nothing, `Z`, or an offset up to 14:00.
fn is_zone(rest: &str) -> bool {
    if matches!(rest, "" | "Z") {
        return true;
    }
    let offset = rest.strip_prefix(['+', '-']).and_then(two_digits);
    let minutes = offset.and_then(|(hours, rest)| Some((hours, two_digits(rest.strip_prefix(':')?)?)));
    matches!(minutes, Some((hours, (minutes, ""))) if minutes < 60 && hours * 60 + minutes <= 14 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_have_four_digits_or_more() {
        for good in ["2026", "-0044", "12024Z", "2026+02:00"] {
            assert!(year(good).is_none(), "{good}");
        }
        for bad in ["26", "0000", "02026", "2026-07", "year", ""] {
            assert!(year(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn bytes_in_base64_are_counted() {
        for (text, bytes) in [("", 0), ("QUJD", 3), ("QUI=", 2), ("QQ==", 1), ("QU\n JD", 3)] {
            assert_eq!(base64_bytes(text), Some(bytes), "{text}");
        }
        for text in ["Q", "QUJ", "QUJ=", "QR==", "====", "Q===", "QU=D", "QUJ!"] {
            assert_eq!(base64_bytes(text), None, "{text}");
        }
    }

    #[test]
    fn takes_what_xml_schema_takes() {
        for good in ["2026-07-21", "2026-07-21Z", "2026-07-21+14:00", "-0005-02-29", "12024-02-29", "2024-02-29-00:30"]
        {
            assert!(date(good).is_none(), "{good}");
        }
        for bad in
            ["2026-02-29", "26-07-21", "02026-07-21", "0000-01-01", "2026-07-21+14:01", "2026-7-21", "+2026-07-21", ""]
        {
            assert!(date(bad).is_some(), "{bad}");
        }
        for good in ["2026-07-21T24:00:00.00", "2026-07-21T23:59:59.123456789012Z", "2026-07-21T00:00:00-14:00"] {
            assert!(date_time(good).is_none(), "{good}");
        }
        for bad in [
            "2026-07-21T24:00:01",
            "2026-07-21T23:59:60",
            "2026-07-21T10:00",
            "2026-07-21 10:00:00",
            "2026-07-21T10:00:00.",
        ] {
            assert!(date_time(bad).is_some(), "{bad}");
        }
        assert!(
            year_month("2026-07").is_none() && year_month("2026-07-21").is_some() && year_month("2026-13").is_some()
        );
    }
}
