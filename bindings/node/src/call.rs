//! A call that is resumed by its caller.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel_bridge::{
    self as bridge, CallEvent, CallParameters, CallReply, Cancel, ContentTransfer, Error, Secret,
    operations::{self, CatalogueEntry},
    row, runtime,
};
use bytes::Bytes;
use napi::{Either, bindgen_prelude::Buffer};
use napi_derive::napi;

use crate::{
    Client,
    events::{Events, Promise},
    names::{request_of, response_in},
    thrown,
};

/// The options of a call. At most one form of content and one of destination are given.
#[napi(object)]
pub struct CallForm {
    /// The time limit in milliseconds; −1 is the default.
    pub timeout_ms: i64,
    /// Whether it is cancelled already: then nothing is sent.
    pub cancelled: Option<bool>,
    /// The request's content, or the path of a file that holds it.
    pub content: Option<Either<Buffer, String>>,
    /// Whether the content comes piece by piece.
    pub content_pieces: Option<bool>,
    /// The file that the response's content goes to.
    pub destination_path: Option<String>,
    /// Whether that file may exist.
    pub replace: Option<bool>,
    /// Whether the response's content is returned piece by piece.
    pub destination_pieces: Option<bool>,
    /// Whether log records are wanted.
    pub log: Option<bool>,
    /// Whether it reports its progress.
    pub progress: Option<bool>,
    /// Whether it reports each request and each answer.
    pub hooks: Option<bool>,
    /// The call's request id.
    pub request_id: Option<String>,
    /// The trace that the call belongs to.
    pub traceparent: Option<String>,
    /// The maximum number of repetitions of each exchange.
    pub retries: Option<u32>,
    /// Whether the response is given together with the answers to the call's exchanges.
    pub with_response: Option<bool>,
    /// Whether no callback answers questions.
    pub asks_nobody: Option<bool>,
    /// Whether request and response have their members in `camelCase`.
    pub camel: Option<bool>,
}

/// A slot for a running call; one reply at a time. When the call has ended the slot can hold another one: a program
/// with many calls then leaves no object for each to JavaScript's garbage collector, which does not see the memory
/// behind it.
#[napi]
pub struct Call {
    // Taken out while a reply is processed, and gone when the call has ended.
    call: Arc<Mutex<Option<bridge::BridgeCall>>>,
    cancel: Mutex<Cancel>,
    // The operation whose response gets its members in `camelCase`.
    entry: Mutex<Option<&'static CatalogueEntry>>,
}

#[napi]
impl Call {
    /// A slot without a call.
    #[napi(constructor, catch_unwind)]
    #[allow(clippy::new_without_default)] // made from JavaScript only
    pub fn new() -> Self {
        Self { call: Arc::default(), cancel: Mutex::new(Cancel::new()), entry: Mutex::default() }
    }

    /// Begins a call. The first event is reported under this number.
    #[napi(catch_unwind)]
    pub fn begin(
        &self,
        client: &Client,
        events: &Events,
        id: u32,
        name: String,
        request: String,
        form: CallForm,
    ) -> napi::Result<()> {
        let cancel = Cancel::new();
        *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = cancel.clone();
        if form.cancelled == Some(true) {
            cancel.cancel();
        }
        let parameters = CallParameters {
            timeout_ms: form.timeout_ms,
            cancel: Some(cancel),
            content: match form.content {
                // JavaScript may change a buffer between signing and sending, so it is copied.
                Some(Either::A(buffer)) => ContentTransfer::Bytes(Bytes::copy_from_slice(&buffer)),
                Some(Either::B(path)) => ContentTransfer::Path(PathBuf::from(path)),
                None if form.content_pieces == Some(true) => ContentTransfer::Pieces,
                None => ContentTransfer::Default,
            },
            destination: match form.destination_path {
                Some(path) if form.replace == Some(true) => ContentTransfer::Replace(PathBuf::from(path)),
                Some(path) => ContentTransfer::Path(PathBuf::from(path)),
                None if form.destination_pieces == Some(true) => ContentTransfer::Pieces,
                None => ContentTransfer::Default,
            },
            log: form.log == Some(true),
            progress: form.progress == Some(true),
            hooks: form.hooks == Some(true),
            request_id: form.request_id,
            traceparent: form.traceparent,
            retries: form.retries,
            with_response: form.with_response == Some(true),
            asks_nobody: form.asks_nobody == Some(true),
        };
        let client = client.open()?;
        let entry = (form.camel == Some(true)).then(|| operations::find(&name)).flatten();
        *self.entry.lock().unwrap_or_else(PoisonError::into_inner) = entry;
        let begun = match request_of(&request, entry) {
            Ok(request) => bridge::BridgeCall::begin(&client, &name, request, parameters),
            Err(error) => bridge::BridgeCall::failed(error),
        };
        self.go_on(begun, CallReply::Go, events.promise(id))
    }

    /// Gives a reply (`go`, `answer`, `piece`, `end`, `fail`). The next event is reported under this number.
    #[napi(catch_unwind)]
    pub fn reply(
        &self,
        events: &Events,
        id: u32,
        reply: String,
        data: Option<Either<Buffer, String>>,
    ) -> napi::Result<()> {
        let reply = reply_of(&reply, data)?;
        let taken = self.call.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(call) = taken else {
            return Err(thrown(&Error::invalid_field("call", "has ended, or is being resumed already")));
        };
        self.go_on(call, reply, events.promise(id))
    }

    /// Cancels the call in any state.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }

    fn go_on(&self, mut call: bridge::BridgeCall, reply: CallReply, promise: Promise) -> napi::Result<()> {
        let place = Arc::clone(&self.call);
        let entry = *self.entry.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = runtime().map_err(|error| thrown(&error))?;
        runtime.spawn(async move {
            let event = call.resume_async(reply).await.unwrap_or_else(CallEvent::Failed);
            let event = match event {
                CallEvent::Response { value, content } => {
                    CallEvent::Response { value: response_in(value, entry), content }
                }
                event => event,
            };
            let event = call.with_exchanges(event);
            let log = call.drain_log();
            if matches!(event, CallEvent::Response { .. } | CallEvent::Failed(_)) {
                // Its memory is freed now, not at garbage collection: the collector does not see it.
                drop(call);
            } else {
                // Back in its slot before the event is reported: the next reply may come at once.
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(call);
            }
            promise.tell(event, log);
        });
        Ok(())
    }
}

fn reply_of(reply: &str, data: Option<Either<Buffer, String>>) -> napi::Result<CallReply> {
    Ok(match (reply, data) {
        ("go", None) => CallReply::Go,
        ("end", None) => CallReply::End,
        ("answer", Some(Either::B(text))) => CallReply::Answer(Secret::new(text)),
        ("piece", Some(Either::A(buffer))) => CallReply::Piece(Bytes::copy_from_slice(&buffer)),
        ("fail", None) => CallReply::Fail(Error::because(&row::CANCELLED, "the caller's own code failed")),
        _ => return Err(thrown(&Error::invalid_field("reply", "is not a known reply"))),
    })
}
