//! A line of the log as a JSON object: time, level and subject, the message, and each fact as a member.
//!
//! Here, where code is compiled for speed: with a line for each request, the library's own form, which makes a map of each, was most
//! of the service's own work.

use std::{fmt, io::Write as _};

use bankchannel_foundation::{
    clock::{Clock as _, SystemClock},
    model::Timestamp,
};
use serde::Serialize;
use tracing::{
    Event,
    field::{Field, Visit},
};

/// A buffer that has grown beyond this is given back.
const KEPT: usize = 64 * 1024;

/// Memory for one line after the other, and the text of the last one's second: most lines have the one of the line before.
#[derive(Default)]
pub struct JsonLogLine {
    line: Vec<u8>,
    second: i64,
    /// `2027-01-15T08:00:00`.
    of_second: String,
}

impl JsonLogLine {
    /// The line of an event, with a line feed at its end, in place of the line before. Spans are left out: the services have none.
    pub fn of(&mut self, event: &Event<'_>) -> &[u8] {
        let Self { line, second, of_second } = self;
        line.clear();
        line.shrink_to(KEPT);
        let now_ms = SystemClock::default().now_ms();
        let now = now_ms.div_euclid(1000);
        if *second != now || of_second.is_empty() {
            *second = now;
            of_second.clear();
            of_second.push_str(Timestamp::from_ms(now_ms).as_str().split('.').next().unwrap_or_default());
        }
        // It is into memory.
        let _ = write!(line, "{{\"timestamp\":\"{of_second}.{:03}Z\"", now_ms.rem_euclid(1000));
        let metadata = event.metadata();
        let mut members = LineMembers { line };
        members.add("level", metadata.level().as_str());
        members.add("target", metadata.target());
        event.record(&mut members);
        line.extend_from_slice(b"}\n");
        line
    }
}

/// Writes each field as a member.
struct LineMembers<'a> {
    line: &'a mut Vec<u8>,
}

impl LineMembers<'_> {
    fn add(&mut self, name: &str, value: impl Serialize) {
        self.line.push(b',');
        // Neither fails: the line is in memory, and no value here refuses.
        let _ = serde_json::to_writer(&mut *self.line, name);
        self.line.push(b':');
        let _ = serde_json::to_writer(&mut *self.line, &value);
    }
}

/// A number that is none is `null`.
impl Visit for LineMembers<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format_args!("{value:?}"));
    }
}
