//! The only path from the bridge's threads into JavaScript.
//!
//! A separate promise for each step of each call would need a new Node queue each time. So there is one queue per
//! JavaScript thread: events are put into it with the number under which JavaScript waits for them.

use std::sync::Arc;

use bankchannel_bridge::{self as bridge, CallEvent, CallOutcome, Error, LogRecord, Value};
use bytes::Bytes;
use napi::{
    Status,
    bindgen_prelude::{Buffer, FnArgs, Function},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

/// The event for JavaScript: the number it waits under, the kind (`response`, `failed`, `ask`, `want_piece`, `piece`,
/// `progress`), the JSON of a response, error, question or progress, a piece or a content in memory, and log records
/// (level, text, fields as JSON, level, text, …).
type EventArguments = FnArgs<(u32, &'static str, Option<String>, Option<Buffer>, Option<Vec<String>>)>;

/// Weak: the queue alone does not keep the process running. JavaScript does that while it waits for an event.
type Queue = ThreadsafeFunction<News, (), EventArguments, Status, false, true>;

/// [`EventArguments`] in transit: the sender has done the slow work, not JavaScript's thread.
struct News {
    id: u32,
    kind: &'static str,
    json: Option<String>,
    bytes: Option<Bytes>,
    log: Vec<LogRecord>,
}

impl News {
    fn new(id: u32, event: CallEvent, log: Vec<LogRecord>) -> Self {
        let (kind, json, bytes) = match event {
            CallEvent::Response { value, content } => ("response", Some(value.to_json()), content),
            CallEvent::Failed(error) => ("failed", Some(error.to_json().to_string()), None),
            CallEvent::Ask(question) => ("ask", Some(bridge::question_json(&question)), None),
            CallEvent::WantPiece => ("want_piece", None, None),
            CallEvent::Piece(bytes) => ("piece", None, Some(bytes)),
            CallEvent::Exchange(stage) => ("exchange", Some(bridge::exchange_json(&stage).to_string()), None),
            CallEvent::Progress(progress) => ("progress", Some(bridge::progress_json(&progress)), None),
        };
        Self { id, kind, json, bytes, log }
    }

    fn into_arguments(self) -> EventArguments {
        let log = (!self.log.is_empty()).then(|| self.log.into_iter().flat_map(record_texts).collect());
        FnArgs::from((self.id, self.kind, self.json, self.bytes.map(buffer), log))
    }
}

/// A record as three texts.
fn record_texts(record: LogRecord) -> [String; 3] {
    let fields = bridge::json_text(record.fields_json());
    [record.level.as_str().to_owned(), record.line.text, fields]
}

/// The queue of one JavaScript thread.
#[napi]
pub struct Events(Arc<Queue>);

#[napi]
impl Events {
    /// Creates it, with the function that receives events.
    #[napi(constructor, catch_unwind)]
    pub fn new(take: Function<'_, EventArguments, ()>) -> napi::Result<Self> {
        let queue = take
            .build_threadsafe_function::<News>()
            .weak::<true>()
            .build_callback(|context| Ok(context.value.into_arguments()))?;
        Ok(Self(Arc::new(queue)))
    }

    /// Promises an event for this number.
    pub(crate) fn promise(&self, id: u32) -> Promise {
        Promise { queue: Some(Arc::clone(&self.0)), id }
    }
}

/// An event that JavaScript waits for. It is sent exactly once, even if the work fails.
pub(crate) struct Promise {
    // `None` after it was sent.
    queue: Option<Arc<Queue>>,
    id: u32,
}

impl Promise {
    /// Sends it.
    pub(crate) fn tell(mut self, event: CallEvent, log: Vec<LogRecord>) {
        self.send(event, log);
    }

    /// Sends the result of a piece of work.
    pub(crate) fn settle(self, done: bridge::Result<Value<'static>>) {
        self.tell(
            done.map_or_else(CallEvent::Failed, |value| CallEvent::Response { value, content: None }),
            Vec::new(),
        );
    }

    fn send(&mut self, event: CallEvent, log: Vec<LogRecord>) {
        if let Some(queue) = self.queue.take() {
            // A JavaScript thread that has ended receives nothing, and nothing there waits.
            queue.call(News::new(self.id, event, log), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        // A panic stopped the work: the caller must not wait for ever. The outcome is unknown.
        let defect = Error::internal("a defect inside bankchannel stopped the call");
        self.send(CallEvent::Failed(defect.with_outcome(CallOutcome::Unknown)), Vec::new());
    }
}

/// Bytes without other owners become the buffer without a copy.
fn buffer(bytes: Bytes) -> Buffer {
    Buffer::from(Vec::from(bytes))
}
