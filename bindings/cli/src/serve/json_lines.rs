//! Lines of the log as JSON objects: time, level and subject, the message, and each fact as a member.
//!
//! The library's own form makes a map of each line before it writes it: with a line for each request that is most of the
//! service's own work.

use std::fmt::{self, Write as _};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

/// Writes events as JSON lines. Spans are left out: the services have none.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        writer.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut writer)?;
        let metadata = event.metadata();
        write!(writer, "\",\"level\":\"{}\",\"target\":", metadata.level())?;
        text(&mut writer, metadata.target())?;
        let mut members = Members { writer, written: Ok(()) };
        event.record(&mut members);
        members.written?;
        members.writer.write_str("}\n")
    }
}

/// Writes each field as a member.
struct Members<'a> {
    writer: Writer<'a>,
    written: fmt::Result,
}

impl Members<'_> {
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.written.is_ok() {
            self.written = self
                .writer
                .write_char(',')
                .and_then(|()| text(&mut self.writer, field.name()))
                .and_then(|()| self.writer.write_char(':'))
                .and_then(|()| value(&mut self.writer));
        }
    }
}

impl Visit for Members<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no number that is none.
        self.member(
            field,
            |writer| if value.is_finite() { write!(writer, "{value}") } else { writer.write_str("null") },
        );
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, |writer| text(writer, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.member(field, |writer| {
            writer.write_char('"')?;
            write!(Escaped(writer), "{value:?}")?;
            writer.write_char('"')
        });
    }
}

/// A text in quotes.
fn text(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    writer.write_char('"')?;
    Escaped(writer).write_str(text)?;
    writer.write_char('"')
}

/// Escapes the characters that a JSON text cannot have.
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            let escaped = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                0..0x20 => "",
                _ => continue,
            };
            self.0.write_str(&text[plain..at])?;
            if escaped.is_empty() {
                write!(self.0, "\\u{byte:04x}")?;
            } else {
                self.0.write_str(escaped)?;
            }
            plain = at + 1;
        }
        self.0.write_str(&text[plain..])
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
