//! A resumable call.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bankchannel::{
    AnsweredExchange, AnsweredExchanges, CallDone, CallLog, CallOptions, CallOutcome, CancellationToken, Content,
    ContentDestination, Error, LogRecord, Progress, Question, Result, Secret,
};
use bankchannel_foundation::{error::row, model::Value};
use bytes::Bytes;
use tokio::sync::mpsc::{self, error::TryRecvError};

use crate::{
    BridgeClient,
    channels::{QuestionChannel, delivered_content, requested_content},
    leftovers, operations, panics,
    progress::{ExchangeStage, UntoldProgress},
    request_id::with_request_id,
    runtime::runtime,
    with_exchanges,
};

/// The parameters of a call: limits, content, log.
#[derive(Default)]
pub struct CallParameters {
    /// The timeout in milliseconds: −1 for the operation's own limit, 0 for one that has already expired.
    pub timeout_ms: i64,
    /// Cancels it, from any thread.
    pub cancel: Option<CancellationToken>,
    /// The content of the request.
    pub content: ContentTransfer,
    /// The destination of the response's content.
    pub destination: ContentTransfer,
    /// Whether log records are kept for [`BridgeCall::drain_log`].
    pub log: bool,
    /// Whether the caller receives the progress of the call: [`CallEvent::Progress`].
    pub progress: bool,
    /// Whether the caller is told of each request and answer: [`CallEvent::Exchange`].
    pub hooks: bool,
    /// The call's request id, sent as `X-Request-ID`.
    pub request_id: Option<String>,
    /// The trace that the call belongs to.
    pub traceparent: Option<String>,
    /// The maximum number of repetitions of each exchange; `None` for the client's setting.
    pub retries: Option<u32>,
    /// Whether the answers to the exchanges are kept for [`BridgeCall::take_exchanges`].
    pub with_response: bool,
    /// Whether the caller answers no questions: an operation that asks the program's own code is then not started.
    pub asks_nobody: bool,
}

/// How content crosses the boundary.
#[derive(Default)]
pub enum ContentTransfer {
    /// None; for a response: in memory.
    #[default]
    Default,
    /// These bytes.
    Bytes(Bytes),
    /// This file; for a response it must not exist.
    Path(PathBuf),
    /// This file, replaced when it exists; for a response only.
    Replace(PathBuf),
    /// Piece by piece through `resume`.
    Pieces,
}

/// An event of a call, for the caller.
#[derive(Debug)]
pub enum CallEvent {
    /// It succeeded.
    Response {
        /// The response.
        value: Value<'static>,
        /// Its content, if it was received in memory.
        content: Option<Bytes>,
    },
    /// It failed.
    Failed(Error),
    /// It asks a question; the reply is [`CallReply::Answer`].
    Ask(Question),
    /// It requests the next piece of the request's content; the reply is [`CallReply::Piece`] or [`CallReply::End`].
    WantPiece,
    /// A piece of the response's content; the reply is [`CallReply::Go`].
    Piece(Bytes),
    /// The progress; the reply is [`CallReply::Go`]. The call continues meanwhile.
    Progress(Progress),
    /// A request that begins, or its answer; the reply is [`CallReply::Go`]. The call continues meanwhile.
    Exchange(ExchangeStage),
}

/// The caller's reply to an event.
#[derive(Debug)]
pub enum CallReply {
    /// Continue: at the start, after receiving a piece and after a progress event.
    Go,
    /// The answer to a question.
    Answer(Secret),
    /// The next piece of content.
    Piece(Bytes),
    /// There is no more content.
    End,
    /// The caller's own code failed; the call ends with this error.
    Fail(Error),
}

/// A running call. Dropping it cancels it.
pub struct BridgeCall {
    // Always set, except at the end of `drop`.
    ends: Option<CallerEnds>,
    log: Option<CallLog>,
    exchanges: Option<AnsweredExchanges>,
    untold: UntoldProgress,
    // An event that arrived while a progress event was pending, and is delivered after it.
    held: Option<CallEvent>,
    awaited: AwaitedReply,
    process: u32,
}

/// The caller's ends of a call's channels.
struct CallerEnds {
    events: mpsc::Receiver<CallMessage>,
    replies: mpsc::Sender<CallReply>,
    cancel: CancellationToken,
}

/// The call's own ends of its channels.
struct CallEnds {
    events: mpsc::Sender<CallMessage>,
    replies: mpsc::Receiver<CallReply>,
    log: Option<CallLog>,
    exchanges: Option<AnsweredExchanges>,
    untold: UntoldProgress,
}

/// A message of a running call.
pub(crate) enum CallMessage {
    Event(CallEvent),
    /// There is new progress.
    Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AwaitedReply {
    Nothing,
    Answer,
    Piece,
    Ended,
}

impl BridgeCall {
    /// Starts a call. An operation that only computes is run here, before this returns.
    #[must_use]
    pub fn begin(client: &BridgeClient, name: &str, request: Value<'_>, parameters: CallParameters) -> Self {
        let (events_in, events) = mpsc::channel(1);
        let (replies, replies_out) = mpsc::channel(1);
        let cancel = parameters.cancel.as_ref().map_or_else(CancellationToken::new, CancellationToken::child_token);
        let log = parameters.log.then(CallLog::new);
        let exchanges = parameters.with_response.then(AnsweredExchanges::new);
        let mut call = Self::new(CallerEnds { events, replies, cancel: cancel.clone() }, log.clone());
        call.exchanges.clone_from(&exchanges);
        let untold = call.untold.clone();
        let inside = CallEnds { events: events_in.clone(), replies: replies_out, log, exchanges, untold };
        let parameters = CallParameters { cancel: Some(cancel), ..parameters };
        let id = parameters.request_id.clone();
        let started = panics::inside(|| with_request_id(id, || start(client, name, request, parameters, inside)));
        if let Err(error) = started {
            let _ = events_in.try_send(CallMessage::Event(CallEvent::Failed(error)));
        }
        call
    }

    /// A call that failed before it could start: the first resume returns the error.
    #[must_use]
    pub fn failed(error: Error) -> Self {
        let (events_in, events) = mpsc::channel(1);
        let _ = events_in.try_send(CallMessage::Event(CallEvent::Failed(error)));
        Self::new(CallerEnds { events, replies: mpsc::channel(1).0, cancel: CancellationToken::new() }, None)
    }

    fn new(ends: CallerEnds, log: Option<CallLog>) -> Self {
        Self {
            ends: Some(ends),
            log,
            exchanges: None,
            untold: UntoldProgress::default(),
            held: None,
            awaited: AwaitedReply::Nothing,
            process: std::process::id(),
        }
    }

    /// Continues with a reply and waits for the next event. Blocks the calling thread.
    ///
    /// # Errors
    /// `input.invalid_field` for a reply that does not match the last event; the call is unchanged.
    pub fn resume(&mut self, reply: CallReply) -> Result<CallEvent> {
        let waited = self.send_reply(reply)?;
        loop {
            if let Some(event) = self.take_ready() {
                return Ok(self.record_event(Some(event)));
            }
            let message = self.ends.as_mut().filter(|_| waited).and_then(|ends| ends.events.blocking_recv());
            if let Some(event) = self.event_of_message(message) {
                return Ok(event);
            }
        }
    }

    /// The same, without blocking.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub async fn resume_async(&mut self, reply: CallReply) -> Result<CallEvent> {
        let waited = self.send_reply(reply)?;
        loop {
            if let Some(event) = self.take_ready() {
                return Ok(self.record_event(Some(event)));
            }
            let message = match self.ends.as_mut().filter(|_| waited) {
                Some(ends) => ends.events.recv().await,
                None => None,
            };
            if let Some(event) = self.event_of_message(message) {
                return Ok(event);
            }
        }
    }

    /// Waits at most this long for the next event; `None` if there was none. The reply must have been given before.
    pub fn wait(&mut self, time: Duration) -> Option<CallEvent> {
        if let Some(event) = self.take_ready() {
            return Some(self.record_event(Some(event)));
        }
        let Some(ends) = self.ends.as_mut() else { return Some(self.record_event(None)) };
        // A message that is already there needs no runtime: least of all the error that there is no runtime.
        let message = match (ends.events.try_recv(), runtime()) {
            (Ok(message), _) => Some(message),
            (Err(TryRecvError::Disconnected), _) => None,
            (Err(TryRecvError::Empty), Err(error)) => Some(CallMessage::Event(CallEvent::Failed(error))),
            (Err(TryRecvError::Empty), Ok(runtime)) => {
                runtime.block_on(async { tokio::time::timeout(time, ends.events.recv()).await }).ok()?
            }
        };
        // Progress that was already reported counts as no event.
        self.event_of_message(message)
    }

    /// Gives a reply without waiting; [`wait`](Self::wait) waits.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub fn reply(&mut self, reply: CallReply) -> Result<()> {
        self.send_reply(reply).map(|_| ())
    }

    /// Takes the log records since the last call, oldest first, redacted; also works after the end. At most a thousand
    /// are kept. None if the call was started without [`CallParameters::log`].
    pub fn drain_log(&self) -> Vec<LogRecord> {
        // In the child of a fork, a thread of the parent may hold the log's lock for ever.
        self.log.as_ref().filter(|_| self.process == std::process::id()).map(CallLog::drain).unwrap_or_default()
    }

    /// Takes the answers to the call's exchanges so far; also works after the end. None without
    /// [`CallParameters::with_response`].
    pub fn take_exchanges(&self) -> Vec<AnsweredExchange> {
        let here = self.exchanges.as_ref().filter(|_| self.process == std::process::id());
        here.map(AnsweredExchanges::take).unwrap_or_default()
    }

    /// The event for a language that reads text: with [`CallParameters::with_response`] a response is an object
    /// `{"response", "exchanges"}`.
    #[must_use]
    pub fn with_exchanges(&self, event: CallEvent) -> CallEvent {
        match (event, &self.exchanges) {
            (CallEvent::Response { value, content }, Some(_)) => {
                CallEvent::Response { value: with_exchanges(value, &self.take_exchanges()), content }
            }
            (event, _) => event,
        }
    }

    /// Cancels the call; it ends with the error `cancelled`. In the child of a fork nothing happens.
    pub fn cancel(&self) {
        // There, a thread of the parent may hold the token's lock for ever, and cancelling would wake the parent's
        // tasks.
        if let Some(ends) = self.ends.as_ref().filter(|_| self.process == std::process::id()) {
            ends.cancel.cancel();
        }
    }

    /// Passes the reply on; false if the call has already ended.
    fn send_reply(&mut self, reply: CallReply) -> Result<bool> {
        if self.process != std::process::id() {
            // The tasks that would answer run in the parent: waiting here would never end.
            return Err(Error::because(&row::FORKED, "this call was begun by the parent process"));
        }
        let fits = matches!(
            (self.awaited, &reply),
            (AwaitedReply::Nothing, CallReply::Go)
                | (AwaitedReply::Answer, CallReply::Answer(_) | CallReply::Fail(_))
                | (AwaitedReply::Piece, CallReply::Piece(_) | CallReply::End | CallReply::Fail(_))
        );
        if self.awaited == AwaitedReply::Ended {
            return Ok(false);
        }
        if !fits {
            return Err(Error::invalid_field("reply", "does not match what the call asked for"));
        }
        // A call that was already cancelled must not see the reply first.
        let waiting = self.ends.as_ref().filter(|ends| !ends.cancel.is_cancelled());
        if let (Some(ends), false) = (waiting, matches!(reply, CallReply::Go)) {
            // A full or closed channel means that the call is ending: the next event tells how.
            let _ = ends.replies.try_send(reply);
        }
        Ok(true)
    }

    /// An event to return before waiting for anything.
    fn take_ready(&mut self) -> Option<CallEvent> {
        if self.awaited == AwaitedReply::Ended {
            return None;
        }
        self.untold.take().or_else(|| self.held.take())
    }

    /// The event for a message: progress comes first. `None` if it was already reported.
    fn event_of_message(&mut self, message: Option<CallMessage>) -> Option<CallEvent> {
        let event = match message {
            Some(CallMessage::Progress) => return self.take_ready().map(|event| self.record_event(Some(event))),
            Some(CallMessage::Event(event)) => event,
            None => return Some(self.record_event(None)),
        };
        if matches!(event, CallEvent::Response { .. } | CallEvent::Failed(_)) {
            self.untold.end();
        }
        let event = match self.untold.take() {
            Some(progress) => {
                self.held = Some(event);
                progress
            }
            None => event,
        };
        Some(self.record_event(Some(event)))
    }

    fn record_event(&mut self, event: Option<CallEvent>) -> CallEvent {
        let event = event.unwrap_or_else(|| {
            CallEvent::Failed(if self.awaited == AwaitedReply::Ended {
                Error::because(&row::CLOSED, "the call has ended")
            } else {
                // It is unknown how far it came.
                Error::internal("a defect inside bankchannel stopped the call").with_outcome(CallOutcome::Unknown)
            })
        });
        self.awaited = match &event {
            CallEvent::Response { .. } | CallEvent::Failed(_) => AwaitedReply::Ended,
            CallEvent::Ask(_) => AwaitedReply::Answer,
            CallEvent::WantPiece => AwaitedReply::Piece,
            CallEvent::Piece(_) | CallEvent::Progress(_) | CallEvent::Exchange(_) => AwaitedReply::Nothing,
        };
        event
    }
}

impl Drop for BridgeCall {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // Threads of the parent hold the other ends, and may have locked them at the time of the fork: not even
            // dropping may touch them.
            std::mem::forget(self.ends.take());
        } else {
            self.cancel();
        }
    }
}

fn start(
    client: &BridgeClient,
    name: &str,
    request: Value<'_>,
    parameters: CallParameters,
    inside: CallEnds,
) -> Result<()> {
    let CallEnds { events, replies, log, exchanges, untold } = inside;
    let local = operations::is_local(name);
    if let Some(option) = operations::asks_program(name).filter(|_| parameters.asks_nobody) {
        let why = format!("on_code is needed: it answers for the {option}");
        return Err(Error::missing_field("on_code", why).with_outcome(CallOutcome::NotSent));
    }
    let replies = Arc::new(tokio::sync::Mutex::new(replies));
    let content = match parameters.content {
        ContentTransfer::Default => None,
        ContentTransfer::Bytes(bytes) => Some(Content::Bytes(bytes)),
        ContentTransfer::Path(path) | ContentTransfer::Replace(path) => Some(Content::from(path.as_path())),
        ContentTransfer::Pieces if local => {
            return Err(Error::invalid_field("content", "must be bytes or a path: this operation only computes"));
        }
        ContentTransfer::Pieces => Some(requested_content(events.clone(), Arc::clone(&replies))),
    };
    if local {
        let value = operations::call_local(Some(client), name, request, content)?;
        let _ = events.try_send(CallMessage::Event(CallEvent::Response { value, content: None }));
        return Ok(());
    }
    let runtime = runtime()?;
    let mut giving = None;
    let destination = match parameters.destination {
        ContentTransfer::Default | ContentTransfer::Bytes(_) => ContentDestination::Memory,
        ContentTransfer::Path(path) => ContentDestination::File(path),
        ContentTransfer::Replace(path) => ContentDestination::ReplaceFile(path),
        ContentTransfer::Pieces => {
            let (sender, task) = delivered_content(events.clone(), runtime);
            giving = Some(task);
            ContentDestination::Pieces(sender)
        }
    };
    let options = CallOptions {
        timeout: u64::try_from(parameters.timeout_ms).ok().map(Duration::from_millis),
        cancel: parameters.cancel.unwrap_or_default(),
        content,
        destination,
        asker: Some(Arc::new(QuestionChannel::new(events.clone(), replies))),
        log,
        progress: parameters.progress.then(|| {
            let events = events.clone();
            // If the caller has not taken the last message yet, that one wakes it as well.
            untold.watcher(move || drop(events.try_send(CallMessage::Progress)))
        }),
        hooks: parameters.hooks.then(|| {
            let events = events.clone();
            untold.hooks(move || drop(events.try_send(CallMessage::Progress)))
        }),
        request_id: parameters.request_id,
        traceparent: parameters.traceparent,
        retries: parameters.retries,
        with_response: exchanges,
        ..CallOptions::default()
    };
    let (client, name) = (client.in_this_process()?.clone(), name.to_owned());
    let request = request.into_owned();
    runtime.spawn(async move {
        leftovers::free();
        let ended = end(client.call_values(&name, request, options).await);
        if let Some(giving) = giving {
            // The last piece goes before the response: afterwards it would not be received.
            let _ = giving.await;
        }
        let _ = events.send(CallMessage::Event(ended)).await;
    });
    Ok(())
}

fn end(result: Result<CallDone<Value<'static>>>) -> CallEvent {
    match result {
        Err(error) => CallEvent::Failed(error),
        Ok(CallDone { response, content }) => {
            let content = match content {
                Some(Content::Bytes(bytes)) => Some(bytes),
                _ => None,
            };
            CallEvent::Response { value: response, content }
        }
    }
}
