//! Writes events as JSON lines, by a layer of its own: the library's copies each line twice before it is written.

use std::{cell::RefCell, io::Write};

use bankchannel_counterparts::log::JsonLogLine;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::MakeWriter,
    layer::{Context, Layer},
};

/// Writes each event with one call of its writer.
pub(super) struct JsonLines<W> {
    writer: W,
}

impl<W> JsonLines<W> {
    pub(super) fn new(writer: W) -> Self {
        Self { writer }
    }
}

thread_local! {
    static LINE: RefCell<JsonLogLine> = RefCell::default();
}

impl<S: Subscriber, W: for<'w> MakeWriter<'w> + 'static> Layer<S> for JsonLines<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let write = |line: &mut JsonLogLine| {
            // Nobody can be told that the log is not written.
            let _ = self.writer.make_writer_for(event.metadata()).write_all(line.of(event));
        };
        LINE.with(|line| match line.try_borrow_mut() {
            Ok(mut line) => write(&mut line),
            // Something that is written says something itself.
            Err(_) => write(&mut JsonLogLine::default()),
        });
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
        let lines = JsonLines::new(move || writer.clone());
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
