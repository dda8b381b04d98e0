//! Times and days in the format of both sides: in UTC with milliseconds, or a day alone (§4, 10.6, 10.15).

use std::borrow::Cow;

use bankchannel_foundation::{
    Error,
    model::{Boundary, Date, Reader, Representation, Shape, Timestamp, Value, Writer},
};

/// An instant, written in UTC with milliseconds on the wire: `2026-11-20T06:00:00.000Z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instant(pub Timestamp);

bankchannel_foundation::text_field!(Instant);

impl Boundary for Instant {
    const SHAPE: &'static Shape = Timestamp::SHAPE;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let value = match &value {
            Value::String(text) => match with_colon(text) {
                Cow::Owned(text) => Value::from(text),
                Cow::Borrowed(_) => value,
            },
            _ => value,
        };
        Timestamp::read(value, reader).map(Self)
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        match writer.representation() {
            Representation::Boundary => self.0.write(writer),
            Representation::Wire => Timestamp::from_ms(self.0.as_ms()).write(writer),
        }
    }
}

/// A day, `2026-11-20`, or an instant, RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(
    text,
    pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt].*)?$",
    max_bytes = 64,
    example = "2026-11-20",
    check = check_day_or_instant
)]
pub struct DayOrInstant(String);

fn check_day_or_instant(text: &str) -> Result<Cow<'_, str>, &'static str> {
    let text = with_colon(text);
    if instant(&text, 0).is_some() {
        return Ok(text);
    }
    Err("must be a day, such as 2026-11-20, or an instant, such as 2026-11-20T08:00:00.000Z")
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl DayOrInstant {
    /// Its first millisecond since 1970; for a day, midnight in UTC.
    #[must_use]
    pub fn first_ms(&self) -> i64 {
        instant(self.as_str(), 0).unwrap_or_default()
    }

    /// Its last millisecond since 1970; a day counts to its end.
    #[must_use]
    pub fn last_ms(&self) -> i64 {
        instant(self.as_str(), DAY_MS - 1).unwrap_or_default()
    }
}

/// An instant with a colon in its offset: Salt Edge's Java sample writes `2030-01-01T00:00:00.000+0000`.
#[must_use]
pub fn with_colon(text: &str) -> Cow<'_, str> {
    let offset = text.len().checked_sub(5).and_then(|at| text.split_at_checked(at));
    match offset {
        Some((before, offset))
            if before.contains(['T', 't'])
                && offset.starts_with(['+', '-'])
                && offset[1..].bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Cow::Owned(format!("{before}{}:{}", &offset[..3], &offset[3..]))
        }
        _ => Cow::Borrowed(text),
    }
}

/// The instant; for a day, this many milliseconds after its start.
fn instant(text: &str, into_day_ms: i64) -> Option<i64> {
    if is_day(text) {
        let day: jiff::civil::Date = Date::read(Value::from(text), &mut Reader::new(Representation::Boundary)).ok()?.0;
        let days = jiff::civil::date(1970, 1, 1).until(day).ok()?.get_days();
        return Some(i64::from(days) * DAY_MS + into_day_ms);
    }
    Timestamp::new(text).ok().map(|instant| instant.as_ms())
}

/// Whether a valid text is a day.
fn is_day(text: &str) -> bool {
    text.len() == 10
}

/// The time of an event: a day or an instant. On the wire it is always an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeOn(pub DayOrInstant);

bankchannel_foundation::text_field!(MadeOn);

impl Boundary for MadeOn {
    const SHAPE: &'static Shape = DayOrInstant::SHAPE;
    const WIRE_SHAPE: &'static Shape = Timestamp::SHAPE;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        DayOrInstant::read(value, reader).map(Self)
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        match writer.representation() {
            Representation::Boundary => self.0.write(writer),
            // A day is copied as it is, even outside the range of instants.
            Representation::Wire if is_day(self.0.as_str()) => format!("{}T00:00:00.000Z", self.0.as_str()).into(),
            Representation::Wire => Timestamp::from_ms(self.0.first_ms()).write(writer),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_day_is_meant_whole() {
        let day = DayOrInstant::new("2019-08-18").unwrap();
        assert_eq!((day.first_ms(), day.last_ms()), (1_566_086_400_000, 1_566_172_799_999));
        assert_eq!(DayOrInstant::new("9999-12-31").unwrap().first_ms(), 253_402_214_400_000);
        let instant = DayOrInstant::new("2019-11-18T16:04:49.585Z").unwrap();
        assert_eq!((instant.first_ms(), instant.last_ms()), (1_574_093_089_585, 1_574_093_089_585));
        for wrong in ["", "18-08-2019", "2019-02-30", "2019-08-18T", "2019-08-18 10:00:00", "20190818"] {
            assert!(DayOrInstant::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_wire_has_instants_in_utc() {
        let written = |value: &str| {
            let made_on = MadeOn(DayOrInstant::new(value).unwrap());
            made_on.write(&mut Writer::new(Representation::Wire)).as_str().map(str::to_owned)
        };
        assert_eq!(written("2019-11-18").as_deref(), Some("2019-11-18T00:00:00.000Z"));
        assert_eq!(written("9999-12-31").as_deref(), Some("9999-12-31T00:00:00.000Z"));
        assert_eq!(written("2019-11-18T01:00:00+02:00").as_deref(), Some("2019-11-17T23:00:00.000Z"));
    }
}
