//! A call that is resumed by its caller.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel_bridge::{self as bridge, Cancel, Error, Event, How, Reply, Secret, Take, row, runtime};
use bytes::Bytes;
use napi::{
    Either, Env,
    bindgen_prelude::{Buffer, Object},
};
use napi_derive::napi;

use crate::{Client, thrown};

/// How a call is to be carried out. Of content and destination at most one form each is given.
#[napi(object)]
pub struct CallForm {
    /// Milliseconds it may take; −1 is the default.
    pub timeout_ms: i64,
    /// Whether it is cancelled already: then nothing is sent.
    pub cancelled: Option<bool>,
    /// The request's content.
    pub content: Option<Buffer>,
    /// A file that holds it.
    pub content_path: Option<String>,
    /// Whether it comes piece by piece.
    pub content_pieces: Option<bool>,
    /// The file that the response's content goes to.
    pub destination_path: Option<String>,
    /// Whether that file may exist.
    pub replace: Option<bool>,
    /// Whether the response's content is taken piece by piece.
    pub destination_pieces: Option<bool>,
}

/// What comes next in a call.
#[napi(object)]
pub struct NextEvent {
    /// `response`, `failed`, `ask`, `want_piece` or `piece`.
    pub kind: String,
    /// The response's or the error's JSON; a question's text.
    pub text: Option<String>,
    /// A piece, or a response's content in memory.
    pub bytes: Option<Buffer>,
    /// What is asked.
    pub question: Option<String>,
    /// The answers to choose from.
    pub choices: Option<Vec<String>>,
    /// What the person needs for the answer and nobody else may see.
    pub secret: Option<String>,
}

/// A running call; one reply at a time.
#[napi]
pub struct Call {
    // Taken out while a reply is on its way.
    call: Arc<Mutex<Option<bridge::Call>>>,
    cancel: Cancel,
}

#[napi]
impl Call {
    /// Begins a call.
    #[napi(constructor, catch_unwind)]
    pub fn new(client: &Client, name: String, request: String, form: CallForm) -> Self {
        let cancel = Cancel::new();
        if form.cancelled == Some(true) {
            cancel.cancel();
        }
        let how = How {
            timeout_ms: form.timeout_ms,
            cancel: cancel.clone(),
            content: match (form.content, form.content_path) {
                // JavaScript may change a buffer while it is being sent, so it is copied.
                (Some(buffer), _) => Take::Bytes(Bytes::copy_from_slice(&buffer)),
                (None, Some(path)) => Take::Path(PathBuf::from(path)),
                (None, None) if form.content_pieces == Some(true) => Take::Pieces,
                (None, None) => Take::Default,
            },
            destination: match form.destination_path {
                Some(path) if form.replace == Some(true) => Take::Replace(PathBuf::from(path)),
                Some(path) => Take::Path(PathBuf::from(path)),
                None if form.destination_pieces == Some(true) => Take::Pieces,
                None => Take::Default,
            },
        };
        let call = bridge::Call::begin(&client.0, &name, request.as_bytes(), how);
        Self { call: Arc::new(Mutex::new(Some(call))), cancel }
    }

    /// Gives a reply (`go`, `answer`, `piece`, `end`, `fail`) and promises what comes next. It never rejects: a failure is an
    /// event.
    #[napi(catch_unwind, ts_return_type = "Promise<NextEvent>")]
    pub fn resume<'env>(
        &self,
        env: &'env Env,
        reply: String,
        data: Option<Either<Buffer, String>>,
    ) -> napi::Result<Object<'env>> {
        let reply = reply_of(&reply, data)?;
        let place = Arc::clone(&self.call);
        let runtime = runtime().map_err(|error| thrown(&error))?;
        let taken = place.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut call) = taken else {
            return Err(thrown(&Error::invalid_field("call", "is being resumed already")));
        };
        let (deferred, promise) = env.create_deferred()?;
        runtime.spawn(async move {
            let event = call.resume_async(reply).await.unwrap_or_else(Event::Failed);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(call);
            deferred.resolve(move |_| Ok(told(event)));
        });
        Ok(promise)
    }

    /// Carries out an operation that only computes, here and now.
    #[napi(catch_unwind)]
    pub fn run_local(&self) -> napi::Result<NextEvent> {
        let taken = self.call.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut call) = taken else {
            return Err(thrown(&Error::invalid_field("call", "is being resumed already")));
        };
        Ok(told(call.resume(Reply::Go).unwrap_or_else(Event::Failed)))
    }

    /// Cancels the call, whatever it is doing.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

fn reply_of(reply: &str, data: Option<Either<Buffer, String>>) -> napi::Result<Reply> {
    Ok(match (reply, data) {
        ("go", None) => Reply::Go,
        ("end", None) => Reply::End,
        ("answer", Some(Either::B(text))) => Reply::Answer(Secret::new(text)),
        ("piece", Some(Either::A(buffer))) => Reply::Piece(Bytes::copy_from_slice(&buffer)),
        ("fail", None) => Reply::Fail(Error::because(&row::CANCELLED, "the caller's own code failed")),
        _ => return Err(thrown(&Error::invalid_field("reply", "is none that there is"))),
    })
}

fn told(event: Event) -> NextEvent {
    let nothing =
        NextEvent { kind: String::new(), text: None, bytes: None, question: None, choices: None, secret: None };
    match event {
        Event::Response { json, content } => {
            NextEvent { kind: "response".into(), text: Some(json), bytes: content.map(buffer), ..nothing }
        }
        Event::Failed(error) => NextEvent { kind: "failed".into(), text: Some(error.to_json().to_string()), ..nothing },
        Event::Ask(question) => NextEvent {
            kind: "ask".into(),
            text: Some(question.text),
            question: Some(question.kind.into()),
            choices: Some(question.choices),
            secret: question.secret.map(|secret| secret.expose().to_owned()),
            ..nothing
        },
        Event::WantPiece => NextEvent { kind: "want_piece".into(), ..nothing },
        Event::Piece(bytes) => NextEvent { kind: "piece".into(), bytes: Some(buffer(bytes)), ..nothing },
    }
}

/// Bytes that nobody else holds become the buffer as they are.
fn buffer(bytes: Bytes) -> Buffer {
    Buffer::from(Vec::from(bytes))
}
