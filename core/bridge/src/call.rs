//! A resumable call.

use std::{path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use bankchannel::{
    Answer, Asker, CallLog, CallOptions, CancellationToken, Content, Destination, Done, Error, LogRecord, Outcome,
    Progress, Question, Result, Secret,
};
use bankchannel_foundation::{
    error::row,
    model::{Pieces, Value},
};
use bytes::Bytes;
use tokio::sync::mpsc::{self, error::TryRecvError};

use crate::{Client, leftovers, operations, panics, progress::Untold, runtime::runtime};

/// How a call is carried out: limits, content, log.
#[derive(Default)]
pub struct CallParameters {
    /// Milliseconds it may take: −1 the operation's own limit, 0 expired at once.
    pub timeout_ms: i64,
    /// Cancels it, from any thread.
    pub cancel: Option<CancellationToken>,
    /// Content that goes with the request.
    pub content: ContentTransfer,
    /// Where content of the response goes.
    pub destination: ContentTransfer,
    /// Whether records of what happens are kept for [`Call::drain_log`].
    pub log: bool,
    /// Whether the caller is told how far the call is: [`Event::Progress`].
    pub progress: bool,
    /// Whether the caller answers no questions: an operation that asks the program's own code is then not begun.
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

/// Where a call is.
#[derive(Debug)]
pub enum Event {
    /// It ended well.
    Response {
        /// The response.
        value: Value<'static>,
        /// Its content, when it was taken into memory.
        content: Option<Bytes>,
    },
    /// It failed.
    Failed(Error),
    /// It asks; the reply is [`Reply::Answer`].
    Ask(Question),
    /// It wants the next piece of the request's content; the reply is [`Reply::Piece`] or [`Reply::End`].
    WantPiece,
    /// It gives a piece of the response's content; the reply is [`Reply::Go`].
    Piece(Bytes),
    /// It says how far it is; the reply is [`Reply::Go`]. The call goes on meanwhile.
    Progress(Progress),
}

/// What the caller says to go on.
#[derive(Debug)]
pub enum Reply {
    /// Nothing to say: at the beginning, after a piece was taken and after news of the progress.
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
pub struct Call {
    // Always there, but for the end of `drop`.
    ends: Option<Ends>,
    log: Option<CallLog>,
    untold: Untold,
    // It came while there was news to tell, and comes after that.
    held: Option<Event>,
    awaited: Awaited,
    process: u32,
}

/// The caller's ends of a call.
struct Ends {
    events: mpsc::Receiver<Message>,
    replies: mpsc::Sender<Reply>,
    cancel: CancellationToken,
}

/// The call's own ends.
struct Inside {
    events: mpsc::Sender<Message>,
    replies: mpsc::Receiver<Reply>,
    log: Option<CallLog>,
    untold: Untold,
}

/// What comes from a running call.
enum Message {
    Event(Event),
    /// There is news of the progress.
    Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Nothing,
    Answer,
    Piece,
    Ended,
}

impl Call {
    /// Begins a call. An operation that only computes is carried out here and now.
    #[must_use]
    pub fn begin(client: &Client, name: &str, request: Value<'_>, parameters: CallParameters) -> Self {
        let (events_in, events) = mpsc::channel(1);
        let (replies, replies_out) = mpsc::channel(1);
        let cancel = parameters.cancel.as_ref().map_or_else(CancellationToken::new, CancellationToken::child_token);
        let log = parameters.log.then(CallLog::new);
        let call = Self::of(Ends { events, replies, cancel: cancel.clone() }, log.clone());
        let inside = Inside { events: events_in.clone(), replies: replies_out, log, untold: call.untold.clone() };
        let parameters = CallParameters { cancel: Some(cancel), ..parameters };
        let started = panics::inside(|| start(client, name, request, parameters, inside));
        if let Err(error) = started {
            let _ = events_in.try_send(Message::Event(Event::Failed(error)));
        }
        call
    }

    /// A call that failed before it could begin: the first resume gives the error.
    #[must_use]
    pub fn failed(error: Error) -> Self {
        let (events_in, events) = mpsc::channel(1);
        let _ = events_in.try_send(Message::Event(Event::Failed(error)));
        Self::of(Ends { events, replies: mpsc::channel(1).0, cancel: CancellationToken::new() }, None)
    }

    fn of(ends: Ends, log: Option<CallLog>) -> Self {
        Self {
            ends: Some(ends),
            log,
            untold: Untold::default(),
            held: None,
            awaited: Awaited::Nothing,
            process: std::process::id(),
        }
    }

    /// Goes on with a reply and waits for what comes next. Blocks the calling thread.
    ///
    /// # Errors
    /// `input.invalid_field` for a reply that does not fit what was asked; the call is as it was.
    pub fn resume(&mut self, reply: Reply) -> Result<Event> {
        let waited = self.give(reply)?;
        loop {
            if let Some(event) = self.here() {
                return Ok(self.note(Some(event)));
            }
            let message = self.ends.as_mut().filter(|_| waited).and_then(|ends| ends.events.blocking_recv());
            if let Some(event) = self.sort(message) {
                return Ok(event);
            }
        }
    }

    /// The same, without blocking.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub async fn resume_async(&mut self, reply: Reply) -> Result<Event> {
        let waited = self.give(reply)?;
        loop {
            if let Some(event) = self.here() {
                return Ok(self.note(Some(event)));
            }
            let message = match self.ends.as_mut().filter(|_| waited) {
                Some(ends) => ends.events.recv().await,
                None => None,
            };
            if let Some(event) = self.sort(message) {
                return Ok(event);
            }
        }
    }

    /// Waits for what comes next, at most this long; `None` when nothing came. The reply must have been given.
    pub fn wait(&mut self, time: Duration) -> Option<Event> {
        if let Some(event) = self.here() {
            return Some(self.note(Some(event)));
        }
        let Some(ends) = self.ends.as_mut() else { return Some(self.note(None)) };
        // What is there already needs no runtime: least of all the news that there is none.
        let message = match (ends.events.try_recv(), runtime()) {
            (Ok(message), _) => Some(message),
            (Err(TryRecvError::Disconnected), _) => None,
            (Err(TryRecvError::Empty), Err(error)) => Some(Message::Event(Event::Failed(error))),
            (Err(TryRecvError::Empty), Ok(runtime)) => {
                runtime.block_on(async { tokio::time::timeout(time, ends.events.recv()).await }).ok()?
            }
        };
        // News that was told already is as good as nothing in this time.
        self.sort(message)
    }

    /// Gives a reply without waiting; [`wait`](Self::wait) waits.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub fn reply(&mut self, reply: Reply) -> Result<()> {
        self.give(reply).map(|_| ())
    }

    /// Takes the records of what has happened since the last time, oldest first, redacted; also after the end. At most a
    /// thousand are kept. None where the call was begun without [`CallParameters::log`].
    pub fn drain_log(&self) -> Vec<LogRecord> {
        // In a fork's child the log may be locked for ever by a thread of the parent.
        self.log.as_ref().filter(|_| self.process == std::process::id()).map(CallLog::drain).unwrap_or_default()
    }

    /// Cancels the call; it ends with the error `cancelled`. In a fork's child nothing happens.
    pub fn cancel(&self) {
        // There the token may be locked for ever by a thread of the parent, and cancelling would wake the parent's tasks.
        if let Some(ends) = self.ends.as_ref().filter(|_| self.process == std::process::id()) {
            ends.cancel.cancel();
        }
    }

    /// Passes the reply on; false when the call has ended already.
    fn give(&mut self, reply: Reply) -> Result<bool> {
        if self.process != std::process::id() {
            // What would answer it runs in the parent: waiting here would be for ever.
            return Err(Error::because(&row::FORKED, "this call was begun by the parent process"));
        }
        let fits = matches!(
            (self.awaited, &reply),
            (Awaited::Nothing, Reply::Go)
                | (Awaited::Answer, Reply::Answer(_) | Reply::Fail(_))
                | (Awaited::Piece, Reply::Piece(_) | Reply::End | Reply::Fail(_))
        );
        if self.awaited == Awaited::Ended {
            return Ok(false);
        }
        if !fits {
            return Err(Error::invalid_field("reply", "does not match what the call asked for"));
        }
        // A call that was cancelled before must not be quicker to see the reply.
        let waiting = self.ends.as_ref().filter(|ends| !ends.cancel.is_cancelled());
        if let (Some(ends), false) = (waiting, matches!(reply, Reply::Go)) {
            // A full or closed channel means that the call is ending: the next event says how.
            let _ = ends.replies.try_send(reply);
        }
        Ok(true)
    }

    /// What is to be told before anything is waited for.
    fn here(&mut self) -> Option<Event> {
        if self.awaited == Awaited::Ended {
            return None;
        }
        self.untold.take().map(Event::Progress).or_else(|| self.held.take())
    }

    /// What the caller is told of a message: of the progress first. Nothing, where that was told already.
    fn sort(&mut self, message: Option<Message>) -> Option<Event> {
        let event = match message {
            Some(Message::Progress) => return self.here().map(|event| self.note(Some(event))),
            Some(Message::Event(event)) => event,
            None => return Some(self.note(None)),
        };
        if matches!(event, Event::Response { .. } | Event::Failed(_)) {
            self.untold.end();
        }
        let event = match self.untold.take() {
            Some(progress) => {
                self.held = Some(event);
                Event::Progress(progress)
            }
            None => event,
        };
        Some(self.note(Some(event)))
    }

    fn note(&mut self, event: Option<Event>) -> Event {
        let event = event.unwrap_or_else(|| {
            Event::Failed(if self.awaited == Awaited::Ended {
                Error::because(&row::CLOSED, "the call has ended")
            } else {
                // Nobody can say any more how far it came.
                Error::because(&row::INTERNAL, "a defect inside bankchannel stopped the call")
                    .with_outcome(Outcome::Unknown)
            })
        });
        self.awaited = match &event {
            Event::Response { .. } | Event::Failed(_) => Awaited::Ended,
            Event::Ask(_) => Awaited::Answer,
            Event::WantPiece => Awaited::Piece,
            Event::Piece(_) | Event::Progress(_) => Awaited::Nothing,
        };
        event
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // The other ends are held by threads of the parent, perhaps locked by them when it forked: not even
            // dropping may touch them.
            std::mem::forget(self.ends.take());
        } else {
            self.cancel();
        }
    }
}

fn start(client: &Client, name: &str, request: Value<'_>, parameters: CallParameters, inside: Inside) -> Result<()> {
    let Inside { events, replies, log, untold } = inside;
    let local = operations::is_local(name);
    if let Some(option) = operations::asks_program(name).filter(|_| parameters.asks_nobody) {
        let why = format!("on_code is needed: it answers for the {option}");
        return Err(Error::because(&row::MISSING_FIELD, why).with("field", "on_code").with_outcome(Outcome::NotSent));
    }
    let replies = Arc::new(tokio::sync::Mutex::new(replies));
    let content = match parameters.content {
        ContentTransfer::Default => None,
        ContentTransfer::Bytes(bytes) => Some(Content::Bytes(bytes)),
        ContentTransfer::Path(path) | ContentTransfer::Replace(path) => Some(Content::from(path.as_path())),
        ContentTransfer::Pieces if local => {
            return Err(Error::invalid_field("content", "must be bytes or a path: this operation only computes"));
        }
        ContentTransfer::Pieces => Some(wanted(events.clone(), Arc::clone(&replies))),
    };
    if local {
        let value = operations::call_local(Some(client), name, request, content)?;
        let _ = events.try_send(Message::Event(Event::Response { value, content: None }));
        return Ok(());
    }
    let runtime = runtime()?;
    let mut giving = None;
    let destination = match parameters.destination {
        ContentTransfer::Default | ContentTransfer::Bytes(_) => Destination::Memory,
        ContentTransfer::Path(path) => Destination::File(path),
        ContentTransfer::Replace(path) => Destination::ReplaceFile(path),
        ContentTransfer::Pieces => {
            let (sender, task) = given(events.clone(), runtime);
            giving = Some(task);
            Destination::Pieces(sender)
        }
    };
    let options = CallOptions {
        timeout: u64::try_from(parameters.timeout_ms).ok().map(Duration::from_millis),
        cancel: parameters.cancel.unwrap_or_default(),
        content,
        destination,
        asker: Some(Arc::new(Questions { events: events.clone(), replies, turn: tokio::sync::Mutex::default() })),
        log,
        progress: parameters.progress.then(|| {
            let events = events.clone();
            // Where the caller has not come for the last message yet, that wakes it as well.
            untold.watcher(move || drop(events.try_send(Message::Progress)))
        }),
        ..CallOptions::default()
    };
    let (client, name) = (client.here()?.clone(), name.to_owned());
    let request = request.into_owned();
    runtime.spawn(async move {
        leftovers::free();
        let ended = end(client.call_values(&name, request, options).await);
        if let Some(giving) = giving {
            // The last piece goes before the response: after that nobody asks for it.
            let _ = giving.await;
        }
        let _ = events.send(Message::Event(ended)).await;
    });
    Ok(())
}

fn end(result: Result<Done<Value<'static>>>) -> Event {
    match result {
        Err(error) => Event::Failed(error),
        Ok(Done { response, content }) => {
            let content = match content {
                Some(Content::Bytes(bytes)) => Some(bytes),
                _ => None,
            };
            Event::Response { value: response, content }
        }
    }
}

/// Content that is asked for piece by piece. It is read on a thread that may block.
fn wanted(events: mpsc::Sender<Message>, replies: Arc<tokio::sync::Mutex<mpsc::Receiver<Reply>>>) -> Content {
    Content::Pieces(Pieces::new(move || {
        events.blocking_send(Message::Event(Event::WantPiece)).map_err(|_| Error::new(&row::CANCELLED))?;
        match replies.blocking_lock().blocking_recv() {
            Some(Reply::Piece(piece)) => Ok(Some(piece)),
            Some(Reply::End) => Ok(None),
            Some(Reply::Fail(error)) => Err(error),
            _ => Err(Error::new(&row::CANCELLED)),
        }
    }))
}

/// Content that is given piece by piece.
fn given(
    events: mpsc::Sender<Message>,
    runtime: &tokio::runtime::Runtime,
) -> (mpsc::Sender<Bytes>, tokio::task::JoinHandle<()>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let task = runtime.spawn(async move {
        while let Some(piece) = receiver.recv().await {
            if events.send(Message::Event(Event::Piece(piece))).await.is_err() {
                break;
            }
        }
    });
    (sender, task)
}

struct Questions {
    events: mpsc::Sender<Message>,
    replies: Arc<tokio::sync::Mutex<mpsc::Receiver<Reply>>>,
    /// One question at a time: a reply does not say what it answers. How many were asked that nobody waits for any more; their replies are
    /// still to come.
    turn: tokio::sync::Mutex<usize>,
}

/// A question that was asked. Where nobody waits for its answer any more, that is let go when it comes.
struct Asked<'a> {
    owed: tokio::sync::MutexGuard<'a, usize>,
    is_answered: bool,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        *self.owed += usize::from(!self.is_answered);
    }
}

impl Asker for Questions {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<Answer>> + Send + '_>> {
        Box::pin(async move {
            let mut turn = self.turn.lock().await;
            while *turn > 0 {
                // A reply that is taken is taken, whatever becomes of this question.
                self.replies.lock().await.recv().await;
                *turn -= 1;
            }
            self.events.send(Message::Event(Event::Ask(question))).await.map_err(|_| Error::new(&row::CANCELLED))?;
            let mut asked = Asked { owed: turn, is_answered: false };
            let reply = self.replies.lock().await.recv().await;
            asked.is_answered = true;
            match reply {
                Some(Reply::Answer(answer)) => Ok(answer),
                Some(Reply::Fail(error)) => Err(error),
                _ => Err(Error::new(&row::CANCELLED)),
            }
        })
    }
}
