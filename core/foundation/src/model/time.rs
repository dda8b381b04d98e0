//! Dates and instants.

use std::fmt;

use serde_json::Value;

use super::{Boundary, Reader, Shape, Writer};
use crate::Error;

/// A calendar date, `2026-11-20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub jiff::civil::Date);

/// An instant as RFC 3339 with offset, such as `2026-11-20T08:00:00.000+02:00`. The offset it came with is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp {
    text: String,
    instant: jiff::Timestamp,
}

impl Timestamp {
    /// Reads an RFC 3339 instant.
    ///
    /// # Errors
    /// `input.invalid_field` when it is none.
    pub fn new(text: &str) -> Result<Self, Error> {
        Self::parse(text).ok_or_else(|| Error::invalid_field("timestamp", MUST_BE))
    }

    /// The instant, in UTC with milliseconds.
    #[must_use]
    pub fn from_ms(ms: i64) -> Self {
        let instant = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
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

    fn parse(text: &str) -> Option<Self> {
        let instant = text.parse().ok()?;
        Some(Self { text: text.to_owned(), instant })
    }
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

    fn read(value: Value, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        Self::parse(&text).ok_or_else(|| reader.invalid(MUST_BE))
    }

    fn write(self, _: &mut Writer) -> Value {
        Value::String(self.text)
    }
}

impl Boundary for Date {
    const SHAPE: &'static Shape = &Shape::Date;

    fn read(value: Value, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        let date = if text.len() == 10 { text.parse().ok() } else { None };
        date.map(Self).ok_or_else(|| reader.invalid("must be a date such as 2026-11-20"))
    }

    fn write(self, _: &mut Writer) -> Value {
        Value::String(self.0.to_string())
    }
}
