//! Dates and instants.

use std::{
    cmp::Ordering,
    fmt,
    str::FromStr,
    time::{Duration, SystemTime},
};

use super::{Boundary, Reader, Shape, Value, Writer};
use crate::Error;

/// A calendar date, `2026-11-20`.
///
/// ```
/// use bankchannel_foundation::model::Date;
///
/// let due: Date = "2026-11-30".parse()?;
/// assert_eq!(due.plus_days(1), Date::new(2026, 12, 1)?);
/// assert_eq!((due.year(), due.month(), due.day(), due.to_string()), (2026, 11, 30, "2026-11-30".to_owned()));
/// # Ok::<(), bankchannel_foundation::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(#[doc(hidden)] pub jiff::civil::Date);

impl Date {
    /// The date of this year, month (1 to 12) and day.
    ///
    /// # Errors
    /// `input.invalid_field` if the calendar has no such date; years are 0 to 9999.
    pub fn new(year: i16, month: i8, day: i8) -> Result<Self, Error> {
        let made = jiff::civil::Date::new(year, month, day).ok().filter(|_| year >= 0);
        made.map(Self).ok_or_else(|| Error::invalid_field("date", "the calendar has no such date"))
    }

    /// Today in this time zone, such as `Europe/Helsinki`; that of the system without one.
    ///
    /// # Errors
    /// `input.invalid_field` if the time zone is unknown.
    pub fn today(zone: Option<&str>) -> Result<Self, Error> {
        let now = match zone {
            None => jiff::Zoned::now(),
            Some(zone) => jiff::Timestamp::now()
                .in_tz(zone)
                .map_err(|_| Error::invalid_field("zone", "must be a time zone such as Europe/Helsinki"))?,
        };
        Ok(Self(now.date()))
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// The day of the month.
    #[must_use]
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// The date this many days later, or earlier; the first or last date of the calendar if it would be beyond.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(i64::from(days))))
    }
}

impl FromStr for Date {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let date = if text.len() == 10 { text.parse().ok() } else { None };
        date.map(Self).ok_or_else(|| Error::invalid_field("date", DATE_MUST_BE))
    }
}

impl From<jiff::civil::Date> for Date {
    fn from(date: jiff::civil::Date) -> Self {
        Self(date)
    }
}

impl From<Date> for jiff::civil::Date {
    fn from(date: Date) -> Self {
        date.0
    }
}

const DATE_MUST_BE: &str = "must be a date such as 2026-11-20";

/// A length of time in seconds, fractions allowed: `2.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seconds(pub Duration);

impl Boundary for Seconds {
    const SHAPE: &'static Shape = &Shape::Seconds;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let number = if let Value::Number(number) = &value { number.as_f64() } else { None };
        let within = number.filter(|seconds| *seconds <= f64::from(u32::MAX));
        within
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map(Self)
            .ok_or_else(|| reader.invalid(format!("must be a number of seconds from 0 to {}", u32::MAX)))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        match (self.0.subsec_nanos(), serde_json::Number::from_f64(self.0.as_secs_f64())) {
            (0, _) | (_, None) => Value::from(self.0.as_secs()),
            (_, Some(number)) => Value::Number(number),
        }
    }
}

impl From<Duration> for Seconds {
    fn from(time: Duration) -> Self {
        Self(time)
    }
}

/// An instant as RFC 3339 with offset, such as `2026-11-20T08:00:00.000+02:00`. The original offset is kept; equal is
/// what is written equally, earlier and later are the instants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Timestamp {
    text: String,
    instant: jiff::Timestamp,
}

impl Timestamp {
    /// Reads an RFC 3339 instant.
    ///
    /// # Errors
    /// `input.invalid_field` if the text is not an instant.
    pub fn new(text: &str) -> Result<Self, Error> {
        Self::parse(text).ok_or_else(|| Error::invalid_field("timestamp", MUST_BE))
    }

    /// The instant, in UTC with milliseconds. Clamped to the range of years with four digits.
    #[must_use]
    pub fn from_ms(ms: i64) -> Self {
        let within = ms.clamp(FIRST_MS, LAST_MS);
        let instant = jiff::Timestamp::from_millisecond(within).unwrap_or(jiff::Timestamp::MAX);
        Self { text: format!("{instant:.3}"), instant }
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_ms(&self) -> i64 {
        self.instant.as_millisecond()
    }

    /// The instant as the standard library has it.
    #[must_use]
    pub fn to_system_time(&self) -> SystemTime {
        self.instant.into()
    }

    fn parse(text: &str) -> Option<Self> {
        let instant = if is_rfc3339(text) { text.parse().ok()? } else { return None };
        Some(Self { text: text.to_owned(), instant })
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl From<SystemTime> for Timestamp {
    /// With milliseconds, in UTC; clamped as by [`from_ms`](Self::from_ms).
    fn from(time: SystemTime) -> Self {
        let ms = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        Self::from_ms(ms)
    }
}

impl From<jiff::Timestamp> for Timestamp {
    /// With milliseconds, in UTC; clamped as by [`from_ms`](Self::from_ms).
    fn from(instant: jiff::Timestamp) -> Self {
        Self::from_ms(instant.as_millisecond())
    }
}

impl From<&Timestamp> for jiff::Timestamp {
    fn from(timestamp: &Timestamp) -> Self {
        timestamp.instant
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.instant.cmp(&other.instant).then_with(|| self.text.cmp(&other.text))
    }
}

/// 0000-01-01T00:00:00.000Z: earlier years have no RFC 3339 form.
const FIRST_MS: i64 = -62_167_219_200_000;
/// 9999-12-30T22:00:00.999Z: the last instant that the calendar library supports in every offset.
const LAST_MS: i64 = 253_402_207_200_999;

/// Whether a text has the form of RFC 3339 §5.6: the calendar library accepts more of ISO 8601.
fn is_rfc3339(text: &str) -> bool {
    let Some((date_time, rest)) = text.as_bytes().split_at_checked(19) else { return false };
    let fits = |text: &[u8], form: &[u8]| {
        text.len() == form.len()
            && text.iter().zip(form).all(|(b, form)| match form {
                b'0' => b.is_ascii_digit(),
                b'T' => matches!(b, b'T' | b't' | b' '),
                b'+' => matches!(b, b'+' | b'-'),
                other => b == other,
            })
    };
    let rest = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            &fraction[digits..]
        }
        _ => rest,
    };
    fits(date_time, b"0000-00-00T00:00:00") && (matches!(rest, b"Z" | b"z") || fits(rest, b"+00:00"))
}

const MUST_BE: &str = "must be an RFC 3339 instant with offset, such as 2026-11-20T08:00:00.000+02:00";

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Boundary for Timestamp {
    const SHAPE: &'static Shape = &Shape::Timestamp;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        Self::parse(&text).ok_or_else(|| reader.invalid(MUST_BE))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.text.into()
    }
}

impl Boundary for Date {
    const SHAPE: &'static Shape = &Shape::Date;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        text.parse().map_err(|_| reader.invalid(DATE_MUST_BE))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.0.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rfc_3339_is_an_instant() {
        for text in ["2026-11-20T08:00:00.000+02:00", "2026-11-20T08:00:00Z", "2026-11-20 08:00:00.123456-03:30"] {
            assert!(Timestamp::new(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "2026-11-20",
            "2026-11-20T08:00:00",
            "2026-11-20T08:00:00.Z",
            "2026-11-20T08:00Z",
            "20261120T080000Z",
            "2026-11-20T08:00:00+02",
            "2026-11-20T08:00:00+02:00[Europe/Helsinki]",
            "+002026-11-20T08:00:00Z",
            "2026-13-20T08:00:00Z",
        ] {
            assert!(Timestamp::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_no_year_holds_becomes_the_nearest_that_one_does() {
        assert_eq!(Timestamp::from_ms(0).as_str(), "1970-01-01T00:00:00.000Z");
        for (ms, year) in [(i64::MIN, "0000-01-01"), (i64::MAX, "9999-12-30")] {
            let shown = Timestamp::from_ms(ms);
            assert!(shown.as_str().starts_with(year), "{shown}");
            assert_eq!(Timestamp::new(shown.as_str()).map(|read| read.as_ms()).ok(), Some(shown.as_ms()));
        }
    }
}
