//! One call: its deadline, cancellation, content, and callback for questions.

use std::{
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bankchannel_foundation::{
    CallOutcome, Error, Result, Secret,
    error::row,
    model::{Boundary as _, Content, Representation, Seconds, Writer},
    question::TypedQuestion,
};
use bankchannel_transport::{CancellationToken, ContentSink, background};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{AnsweredExchanges, CallLog, ExchangeHooks, LogLevel, LogLine, ProgressWatcher};

/// Options of one call. By default the call has the operation's own time limit, sends no content, takes content into
/// memory, and has no callback for questions.
#[derive(Clone, Default)]
pub struct CallOptions {
    /// The time limit of the call; `None` is the operation's own limit. With zero the call expires at once.
    pub timeout: Option<Duration>,
    /// Cancels the call.
    pub cancel: CancellationToken,
    /// Stops a long-running call, such as `work`, after the steps that it has already started.
    pub winding_down: CancellationToken,
    /// Content given separately from the JSON.
    pub content: Option<Content>,
    /// The destination of the answer's content.
    pub destination: ContentDestination,
    /// Answers questions, such as for a one-time code.
    pub asker: Option<Arc<dyn CallAsker>>,
    /// Collects the call's log, redacted.
    pub log: Option<CallLog>,
    /// Receives the progress of the call: bytes sent and received, steps of a flow.
    pub progress: Option<ProgressWatcher>,
    /// An id of the caller's for this call, sent as `X-Request-ID` with every attempt of each of its exchanges, so that
    /// the peer's logs can be searched for it; NextGenPSD2 sends it with the first attempt only, since a bank refuses an
    /// id that it has seen. 1 to 100 characters, each an ASCII letter, a digit or one of `-._~:`; for NextGenPSD2 a UUID
    /// in lower case. Anything else is `input.invalid_field` for `request_id`, before anything is sent. The call's log
    /// and the context of its error have the id, with a part that looks like a token (40 characters or more) redacted.
    pub request_id: Option<String>,
    /// The trace that the call belongs to, as `traceparent` of W3C Trace Context: it goes along with each exchange if the
    /// setting `send_traceparent` allows it; by default to an own WS Channel service only. Anything else is
    /// `input.invalid_field` for `traceparent`, before anything is sent.
    pub traceparent: Option<String>,
    /// The maximum number of repetitions of each exchange of the call, from 0 to 10, in place of the setting `retries`.
    pub retries: Option<u32>,
    /// Collects the answers to the exchanges of the call: their status, headers, request id and time.
    pub with_response: Option<AnsweredExchanges>,
    /// Called before and after each request of the call.
    pub hooks: Option<ExchangeHooks>,
    /// For a program that passes the result on, such as to a pipe: the library notes files as reported when the program
    /// says so, and not when the call returns. A file is reported again if the program dies in between.
    pub hand_over: Option<HandOver>,
}

bankchannel_foundation::redacted_debug!(CallOptions, timeout, content);

/// The work due once the result of a call has reached its reader, see [`CallOptions::hand_over`].
#[derive(Clone, Default)]
pub struct HandOver(Arc<Mutex<Vec<DueWork>>>);

type DueWork = Box<dyn FnOnce() + Send>;

impl HandOver {
    /// The result has reached its reader. Accesses the disk.
    pub fn done(&self) {
        let due = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        due.into_iter().for_each(|work| work());
    }

    #[cfg(feature = "clients")]
    pub(crate) fn add(&self, work: impl FnOnce() + Send + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(work));
    }
}

/// The destination of an answer's content.
#[non_exhaustive]
#[derive(Clone, Default)]
pub enum ContentDestination {
    /// Into memory, up to [`MEMORY_MAX`] bytes.
    #[default]
    Memory,
    /// A file, which must not exist yet; it appears only when it is complete.
    File(PathBuf),
    /// A file, replaced if it exists.
    ReplaceFile(PathBuf),
    /// A receiver, piece by piece; the pieces are valid only if the call succeeds.
    Pieces(mpsc::Sender<Bytes>),
}

/// The maximum size of content in memory, in bytes.
pub const MEMORY_MAX: usize = 64 * 1024 * 1024;

impl ContentDestination {
    pub(crate) fn sink(&self) -> ContentSink {
        match self {
            Self::Memory => ContentSink::memory(MEMORY_MAX),
            Self::File(path) => ContentSink::file(path, false),
            Self::ReplaceFile(path) => ContentSink::file(path, true),
            Self::Pieces(sender) => ContentSink::pieces(sender.clone()),
        }
    }
}

impl CallOptions {
    /// Options with a callback for questions. `answer` runs on a thread that may block, such as for a person's input.
    #[must_use]
    pub fn asking(answer: impl Fn(Question) -> Result<CallAnswer> + Send + Sync + 'static) -> Self {
        Self { asker: Some(Arc::new(AskingFunction(Arc::new(answer)))), ..Self::default() }
    }

    /// Writes a line to the call's log and the program's. The line must be redacted.
    pub(crate) fn log_line(&self, level: LogLevel, line: impl Into<LogLine>) {
        let line = line.into();
        tracing::debug!("{line}");
        if let Some(log) = &self.log {
            log.push(level, line);
        }
    }

    /// The same for a problem that does not fail the call; the log is the only place where its operator learns of it.
    pub(crate) fn warn(&self, line: impl Into<LogLine>) {
        let line = line.into();
        tracing::warn!("{line}");
        if let Some(log) = &self.log {
            log.push(LogLevel::Warning, line);
        }
    }

    /// Whether the lines of [`note`](Self::note) go anywhere.
    pub(crate) fn is_logged(&self) -> bool {
        self.log.is_some() || tracing::enabled!(tracing::Level::DEBUG)
    }

    /// The deadline of the call, from its time limit or else from `own`.
    pub(crate) fn deadline(&self, own: Duration) -> Instant {
        let limit = self.timeout.unwrap_or(own);
        // A limit that overflows the clock is replaced by a century.
        Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + Duration::from_secs(3_155_760_000))
    }

    /// Options for a step of this call, which must end at `deadline`. Content and destination stay with the call.
    pub(crate) fn until(&self, deadline: Instant) -> Self {
        self.for_step(Some(deadline.saturating_duration_since(Instant::now())))
    }

    /// The same with a time limit: everything but content and destination.
    pub(crate) fn for_step(&self, timeout: Option<Duration>) -> Self {
        let (content, destination, winding_down) = (None, ContentDestination::default(), CancellationToken::default());
        Self { timeout, content, destination, winding_down, ..self.clone() }
    }

    /// Waits for local work, unless the call is cancelled or its time is up first.
    ///
    /// # Errors
    /// `cancelled`, `timeout.deadline`.
    pub(crate) async fn race<T>(&self, wait: impl Future<Output = T>) -> Result<T> {
        let limit = async {
            match self.timeout {
                Some(limit) => tokio::time::sleep(limit.min(LONG)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Error::new(&row::CANCELLED).with_outcome(CallOutcome::NotSent)),
            got = wait => Ok(got),
            () = limit => Err(Error::new(&row::TIMED_OUT).with_outcome(CallOutcome::NotSent)),
        }
    }

    /// Asks the callback, unless the call is cancelled or its time is up first.
    ///
    /// # Errors
    /// `input.missing_field` without a callback that answers; `cancelled` and `timeout.deadline` while waiting.
    pub(crate) async fn ask(&self, question: Question) -> Result<CallAnswer> {
        self.race(self.asker(&question)?.ask(question)).await?
    }

    /// The same for a typed question.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(crate) async fn ask_typed(&self, question: Question) -> Result<TypedAnswer> {
        self.race(self.asker(&question)?.ask_typed(question)).await?
    }

    fn asker(&self, question: &Question) -> Result<&dyn CallAsker> {
        let Some(asker) = &self.asker else {
            return Err(question.unanswered().with_outcome(CallOutcome::NotSent));
        };
        if self.is_logged() {
            self.log_line(
                LogLevel::Info,
                LogLine::new(format!("asks for {}", question.kind)).with("question", question.kind.to_string()),
            );
        }
        Ok(asker.as_ref())
    }
}

/// A time limit from the settings; 0 means no limit.
pub(crate) fn nonzero_limit(given: Option<Seconds>) -> Option<Duration> {
    given.map(|Seconds(limit)| limit).filter(|limit| !limit.is_zero())
}

/// The time limit of an exchange: from the settings, or its own.
pub(crate) fn limit(given: Option<Duration>, own_s: u32) -> Duration {
    given.unwrap_or(Duration::from_secs(own_s.into()))
}

/// Practically for ever, and short enough for every clock.
const LONG: Duration = Duration::from_secs(3_155_760_000);

/// Answers the questions of a call, such as for a one-time code.
pub trait CallAsker: Send + Sync {
    /// Answers one question. An error ends the call with that error.
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>>;

    /// Answers a typed question. An implementation that has the answer as a value can return it without conversion to
    /// text. By default the answer is the text of [`ask`](Self::ask).
    fn ask_typed(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<TypedAnswer>> + Send + '_>> {
        Box::pin(async move { self.ask(question).await.map(TypedAnswer::Text) })
    }
}

/// The answer to a typed question.
#[non_exhaustive]
pub enum TypedAnswer {
    /// JSON text.
    Text(CallAnswer),
    /// The value itself.
    Value(bankchannel_foundation::model::Value<'static>),
}

/// A function that answers questions.
struct AskingFunction<F>(Arc<F>);

impl<F: Fn(Question) -> Result<CallAnswer> + Send + Sync + 'static> CallAsker for AskingFunction<F> {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
        let answer = Arc::clone(&self.0);
        Box::pin(async move {
            let answered = background::blocking(move || answer(question)).await;
            answered.map_err(|why| why.error("the callback that answers questions panicked"))?
        })
    }
}

/// A question of a call.
#[non_exhaustive]
#[derive(Clone)]
pub struct Question {
    /// `phone_code`, `email_code`, `sms_code`, `totp_code`, `reset_code`: six digits; `mfa_method`: `sms` or `totp`;
    /// `phone`: the account's phone number; `signature`: base64 of the raw signature for
    /// [`signature`](Self::signature).
    pub kind: &'static str,
    /// The question, for a person.
    pub text: String,
    /// The answers to choose from; empty if any answer is possible.
    pub choices: Vec<String>,
    /// A secret for the answering person only: the key of a new authenticator. It is separate from the text, so that
    /// texts may be logged.
    pub secret: Option<Secret>,
    /// The data to sign; only for the kind `signature`.
    pub signature: Option<SignatureRequest>,
    /// The request of a typed question, such as `bank.list_accounts`; the answer is the boundary form of the question's
    /// answer type, as JSON text.
    pub request: Option<bankchannel_foundation::model::Value<'static>>,
}

impl Question {
    /// A question to which a person answers with a text.
    #[must_use]
    pub fn new(kind: &'static str, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), choices: Vec::new(), secret: None, signature: None, request: None }
    }

    /// A question for a signature.
    #[must_use]
    pub fn signature(kind: &'static str, text: impl Into<String>, signature: SignatureRequest) -> Self {
        Self { signature: Some(signature), ..Self::new(kind, text) }
    }

    /// A typed question.
    #[must_use]
    pub fn typed<Q: TypedQuestion>(request: Q::Request) -> Self {
        let declaration = const { &Q::DECLARATION };
        let request = request.write(&mut Writer::new(Representation::Boundary));
        Self { request: Some(request), ..Self::new(declaration.name, declaration.summary) }
    }

    /// Whether an error is the one that [`unanswered`](Self::unanswered) returns for a question of this kind.
    pub(crate) fn is_unanswered(error: &Error, kind: &str) -> bool {
        error.code() == row::MISSING_FIELD.code && error.detail("field") == Some(kind)
    }

    /// The error when no callback can answer.
    #[must_use]
    pub fn unanswered(&self) -> Error {
        let text = match (&self.signature, &self.request) {
            (Some(_), _) => "signature is needed: give the client the private key, or a signer that has it".to_owned(),
            (None, Some(_)) => {
                let option = self.kind.split('.').next().unwrap_or_default();
                format!(
                    "{} is a question, and the call has no callback to answer it: give the call its {option}",
                    self.kind
                )
            }
            (None, None) => format!("{} is needed, and the call has no callback to ask for it", self.kind),
        };
        Error::missing_field(self.kind, text)
    }
}

/// The data to sign for the holder of a private key that is kept elsewhere (in an HSM, on a smart card, in an agent).
/// The signature is verified before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureRequest {
    /// `rsa_pkcs1_sha256`, `rsa_pkcs1_sha384` or `rsa_pkcs1_sha512`: RSASSA-PKCS1-v1_5 over the digest, which was made
    /// with that hash and must not be hashed again; the signature is a big-endian number as long as the modulus.
    /// `ed25519`: pure Ed25519 with the digest as its message; the signature is R and S, 64 bytes.
    pub algorithm: &'static str,
    /// The digest: 32, 48 or 64 bytes.
    pub digest: Vec<u8>,
    /// The fingerprint of the key to use, in upper-case hex. WS Channel: the fingerprint of the OpenPGP key or subkey,
    /// 40 digits. NextGenPSD2: SHA-256 of the QSEAL certificate (DER), 64 digits.
    pub key_fingerprint: String,
}

impl SignatureRequest {
    /// Its form on the boundary: `{"algorithm", "digest", "key_fingerprint"}`, the digest as base64.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "algorithm": self.algorithm,
            "digest": STANDARD.encode(&self.digest),
            "key_fingerprint": self.key_fingerprint,
        })
    }
}

// Without the secret and the request.
bankchannel_foundation::redacted_debug!(Question, kind, text, choices, signature);

impl PartialEq for Question {
    fn eq(&self, other: &Self) -> bool {
        let secret = |question: &Self| question.secret.as_ref().map(|secret| secret.expose().to_owned());
        (self.kind, &self.text, &self.choices, &self.signature, &self.request)
            == (other.kind, &other.text, &other.choices, &other.signature, &other.request)
            && secret(self) == secret(other)
    }
}

impl Eq for Question {}

/// The answer to a question.
pub type CallAnswer = Secret;
