//! Lines of the log as JSON objects: time, level and subject, the message, and each fact as a member.
//!
//! The library's own form makes a map of each line before it writes it: with a line for each request that is most of the
//! service's own work.

use std::{
    cell::RefCell,
    fmt::{self, Write as _},
};

use bankchannel_foundation::clock::{Clock as _, SystemClock};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// A buffer that has grown beyond this is given back.
const KEPT: usize = 64 * 1024;

/// Writes events as JSON lines. Spans are left out: the services have none.
pub(super) struct JsonLines;

/// A line until it is whole, and the text of its second: most lines have the one of the line before.
#[derive(Default)]
struct LineBuffer {
    line: String,
    second: i64,
    /// `2027-01-15T08:00:00`.
    of_second: String,
}

thread_local! {
    static BUFFER: RefCell<LineBuffer> = RefCell::default();
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        BUFFER.with(|buffer| match buffer.try_borrow_mut() {
            Ok(mut buffer) => write_line(&mut buffer, &mut writer, event),
            // Something that is written says something itself.
            Err(_) => write_line(&mut LineBuffer::default(), &mut writer, event),
        })
    }
}

fn write_line(buffer: &mut LineBuffer, writer: &mut Writer<'_>, event: &Event<'_>) -> fmt::Result {
    let LineBuffer { line, second, of_second } = buffer;
    line.clear();
    line.shrink_to(KEPT);
    let now_ms = SystemClock::default().now_ms();
    let now = now_ms.div_euclid(1000);
    if *second != now || of_second.is_empty() {
        *second = now;
        of_second.clear();
        let at = jiff::Timestamp::from_second(now).unwrap_or_default();
        write!(of_second, "{}", at.strftime("%Y-%m-%dT%H:%M:%S"))?;
    }
    line.push_str("{\"timestamp\":\"");
    line.push_str(of_second);
    write!(line, ".{:03}Z", now_ms.rem_euclid(1000))?;
    let metadata = event.metadata();
    line.push_str("\",\"level\":\"");
    line.push_str(metadata.level().as_str());
    line.push_str("\",\"target\":\"");
    escaped(line, metadata.target());
    line.push('"');
    event.record(&mut Members { line });
    line.push_str("}\n");
    writer.write_str(line)
}

/// Writes each field as a member.
struct Members<'a> {
    line: &'a mut String,
}

impl Members<'_> {
    fn begin(&mut self, field: &Field) {
        self.line.push_str(",\"");
        escaped(self.line, field.name());
        self.line.push_str("\":");
    }

    fn shown(&mut self, field: &Field, value: impl fmt::Display) {
        self.begin(field);
        // It cannot fail.
        let _ = write!(self.line, "{value}");
    }
}

impl Visit for Members<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no number that is none.
        if value.is_finite() {
            self.shown(field, value);
        } else {
            self.shown(field, "null");
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.shown(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.shown(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.shown(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.begin(field);
        self.line.push('"');
        escaped(self.line, value);
        self.line.push('"');
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.begin(field);
        self.line.push('"');
        let _ = write!(Escaped(self.line), "{value:?}");
        self.line.push('"');
    }
}

/// A writer that escapes, as [`escaped`].
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escaped(self.0, text);
        Ok(())
    }
}

/// Escapes the characters that a JSON text cannot have.
fn escaped(line: &mut String, text: &str) {
    let is_plain = text.bytes().fold(true, |plain, byte| plain & (byte >= 0x20) & (byte != b'"') & (byte != b'\\'));
    if is_plain {
        return line.push_str(text);
    }
    for letter in text.chars() {
        match letter {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            '\0'..' ' => {
                let _ = write!(line, "\\u{:04x}", u32::from(letter));
            }
            _ => line.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::JsonLines;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_an_object_whatever_is_in_it() {
        let kept = Kept::default();
        let writer = kept.clone();
        let lines = tracing_subscriber::fmt::layer().event_format(JsonLines).with_writer(move || writer.clone());
        let nasty = "a \"b\" \\ \n\r\t\u{1}\u{1f} ä € 😀";
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            tracing::info!(target: "bankchannel::request", status = 200_u16, took = 1.25, none = Option::<&str>::None, text = nasty, "a {nasty}");
            tracing::warn!(why = ?vec!["\"x\""], number = -7, is = true, nothing = f64::NAN, "second");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        let of = |line: &Value, name: &str| line[name].clone();
        assert_eq!(of(&lines[0], "target"), "bankchannel::request");
        assert_eq!(
            (of(&lines[0], "level"), of(&lines[0], "status"), of(&lines[0], "took")),
            (json!("INFO"), json!(200), json!(1.25))
        );
        assert_eq!((of(&lines[0], "text"), of(&lines[0], "message")), (json!(nasty), json!(format!("a {nasty}"))));
        assert!(lines[0].get("none").is_none() && of(&lines[0], "timestamp").as_str().unwrap().ends_with('Z'));
        assert_eq!((of(&lines[1], "why"), of(&lines[1], "number")), (json!("[\"\\\"x\\\"\"]"), json!(-7)));
        assert_eq!((of(&lines[1], "is"), of(&lines[1], "nothing")), (json!(true), Value::Null));
    }
}
