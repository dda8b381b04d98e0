//! Exact numbers, dates and instants as Python values.

use pyo3::{
    prelude::*,
    types::{PyDate, PyDateTime, PyDelta, PyType, PyTzInfo},
};

use crate::{interpreter::PerInterpreter, plan::unreadable};

/// An exact number.
pub(crate) fn decimal<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    static DECIMAL: PerInterpreter<PyType> = PerInterpreter::new();
    DECIMAL.import(py, "decimal", "Decimal")?.call1((text,))
}

/// A calendar date.
pub(crate) fn date<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let parts = || Some((text.get(..4)?.parse().ok()?, text.get(5..7)?.parse().ok()?, text.get(8..)?.parse().ok()?));
    match parts() {
        Some((year, month, day)) => Ok(PyDate::new(py, year, month, day).map_err(unreadable)?.into_any()),
        None => Err(unreadable("a date is invalid")),
    }
}

/// An RFC 3339 instant with its original offset. Python before 3.11 itself reads neither `Z` nor every fraction.
pub(crate) fn timestamp<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let Some(read) = read(text) else {
        return Err(unreadable("a time is invalid"));
    };
    let zone = match read.offset_minutes {
        0 => PyTzInfo::utc(py)?.to_owned(),
        minutes => PyTzInfo::fixed_offset(py, PyDelta::new(py, 0, minutes * 60, 0, true)?)?,
    };
    let ([month, day, hour, minute, second], year) = (read.parts, read.year);
    // Python knows no leap second.
    let second = second.min(59);
    let made = PyDateTime::new(py, year, month, day, hour, minute, second, read.micros, Some(&zone));
    Ok(made.map_err(unreadable)?.into_any())
}

struct MomentReader {
    year: i32,
    /// Month, day, hour, minute, second.
    parts: [u8; 5],
    micros: u32,
    offset_minutes: i32,
}

fn read(text: &str) -> Option<MomentReader> {
    let (body, offset_minutes) = match text.strip_suffix(['Z', 'z']) {
        Some(body) => (body, 0),
        None => {
            let (body, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
            let sign = match offset.as_bytes().first()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let (hours, minutes) = offset.get(1..)?.split_once(':')?;
            (body, sign * (hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?))
        }
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let micros = format!("{:0<6.6}", fraction).parse().ok()?;
    let part = |from: usize| whole.get(from..from + 2)?.parse().ok();
    let parts = [part(5)?, part(8)?, part(11)?, part(14)?, part(17)?];
    Some(MomentReader { year: whole.get(..4)?.parse().ok()?, parts, micros, offset_minutes })
}
