//! One call: its deadline, its cancellation, its content, and whom it may ask.

use std::{
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel_foundation::{
    Boundary as _, Content, Error, Outcome, Result, Secret,
    error::row,
    model::{Representation, Seconds, Writer},
    question::TypedQuestion,
};
use bankchannel_transport::{CancellationToken, Observer, Sink};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{CallLog, LogLevel, Watcher, observe::Observers};

/// How one call is to be carried out. The default waits as long as the operation's own time limit, sends no
/// content, takes content into memory, and asks nobody.
#[derive(Clone, Default)]
pub struct CallOptions {
    /// How long the call may take; `None` is the operation's own limit. Zero is expired at once.
    pub timeout: Option<Duration>,
    /// Cancels the call.
    pub cancel: CancellationToken,
    /// Lets a call that does many things, such as `work`, end after those that it has begun.
    pub winding_down: CancellationToken,
    /// Content given beside the JSON.
    pub content: Option<Content>,
    /// Where content of the answer goes.
    pub destination: Destination,
    /// Who answers questions, such as for a one-time code.
    pub asker: Option<Arc<dyn Asker>>,
    /// Collects the call's log, redacted.
    pub log: Option<CallLog>,
    /// Is told how the call goes on: bytes sent and received, steps of a flow.
    pub progress: Option<Watcher>,
}

impl std::fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

/// Where content of an answer goes.
#[derive(Clone, Default)]
pub enum Destination {
    /// Into memory, up to [`MEMORY_MAX`] bytes.
    #[default]
    Memory,
    /// Into this file, which must not exist; it appears only when it is complete.
    File(PathBuf),
    /// Into this file, in place of one that exists.
    ReplaceFile(PathBuf),
    /// To this receiver, piece by piece; the pieces are good only if the call succeeds.
    Pieces(mpsc::Sender<Bytes>),
}

/// The most content that is taken into memory, in bytes.
pub const MEMORY_MAX: usize = 64 * 1024 * 1024;

impl Destination {
    pub(crate) fn sink(&self) -> Sink {
        match self {
            Self::Memory => Sink::memory(MEMORY_MAX),
            Self::File(path) => Sink::file(path, false),
            Self::ReplaceFile(path) => Sink::file(path, true),
            Self::Pieces(sender) => Sink::pieces(sender.clone()),
        }
    }
}

impl CallOptions {
    /// Options with somebody who answers questions. `answer` runs on a thread that may wait, such as for a person's input.
    #[must_use]
    pub fn asking(answer: impl Fn(Question) -> Result<Answer> + Send + Sync + 'static) -> Self {
        Self { asker: Some(Arc::new(Asking(Arc::new(answer)))), ..Self::default() }
    }

    /// Writes a line, which must be redacted, into the call's log and into the program's.
    pub(crate) fn note(&self, level: LogLevel, line: &str) {
        tracing::debug!("{line}");
        if let Some(log) = &self.log {
            log.push(level, line);
        }
    }

    /// The same for what goes wrong without an error of the call: its operator learns it from here only.
    pub(crate) fn warn(&self, line: &str) {
        tracing::warn!("{line}");
        if let Some(log) = &self.log {
            log.push(LogLevel::Warning, line);
        }
    }

    /// Whether anybody reads what [`note`](Self::note) writes.
    pub(crate) fn is_logged(&self) -> bool {
        self.log.is_some() || tracing::enabled!(tracing::Level::DEBUG)
    }

    /// Who is told of the exchanges of this call.
    pub(crate) fn observer(&self) -> Option<Arc<dyn Observer>> {
        Observers::of(self.log.clone(), self.progress.clone())
    }

    /// The instant at which the call gives up, from the time limit given or this one.
    pub(crate) fn deadline(&self, own: Duration) -> Instant {
        let limit = self.timeout.unwrap_or(own);
        // A limit beyond what the clock can show is as good as a century.
        Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + Duration::from_secs(3_155_760_000))
    }

    /// The same for a step of this call, which has until `deadline`. Content and destination are the call's own.
    pub(crate) fn until(&self, deadline: Instant) -> Self {
        Self {
            timeout: Some(deadline.saturating_duration_since(Instant::now())),
            cancel: self.cancel.clone(),
            asker: self.asker.clone(),
            log: self.log.clone(),
            progress: self.progress.clone(),
            ..Self::default()
        }
    }

    /// Waits for something of our own, unless the call is cancelled or its time is up first.
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
            () = self.cancel.cancelled() => Err(Error::new(&row::CANCELLED).with_outcome(Outcome::NotSent)),
            got = wait => Ok(got),
            () = limit => Err(Error::new(&row::TIMED_OUT).with_outcome(Outcome::NotSent)),
        }
    }

    /// Asks whoever is there to be asked, unless the call is cancelled or its time is up first.
    ///
    /// # Errors
    /// `input.missing_field` without a callback that answers; `cancelled` and `timeout.deadline` while waiting.
    pub(crate) async fn ask(&self, question: Question) -> Result<Answer> {
        self.race(self.asker(&question)?.ask(question)).await?
    }

    /// The same for a typed question.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(crate) async fn ask_typed(&self, question: Question) -> Result<TypedAnswer> {
        self.race(self.asker(&question)?.ask_typed(question)).await?
    }

    fn asker(&self, question: &Question) -> Result<&dyn Asker> {
        let Some(asker) = &self.asker else {
            return Err(question.unanswered().with_outcome(Outcome::NotSent));
        };
        if self.is_logged() {
            self.note(LogLevel::Info, &format!("asks for {}", question.kind));
        }
        Ok(asker.as_ref())
    }
}

/// A limit that settings give; 0 gives none.
pub(crate) fn said(given: Option<Seconds>) -> Option<Duration> {
    given.map(|Seconds(limit)| limit).filter(|limit| !limit.is_zero())
}

/// How long an exchange may take: as the settings say, or its own limit.
pub(crate) fn limit(given: Option<Duration>, own_s: u32) -> Duration {
    given.unwrap_or(Duration::from_secs(own_s.into()))
}

/// As good as for ever, and short enough for every clock.
const LONG: Duration = Duration::from_secs(3_155_760_000);

/// Answers what a call asks in its middle: a one-time code, say.
pub trait Asker: Send + Sync {
    /// Answers one question; an error ends the call with it.
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<Answer>> + Send + '_>>;

    /// Answers a typed question. Where the answer is at hand as a value, it need not become text in between; left out, it is
    /// the text of [`ask`](Self::ask).
    fn ask_typed(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<TypedAnswer>> + Send + '_>> {
        Box::pin(async move { self.ask(question).await.map(TypedAnswer::Text) })
    }
}

/// The answer to a typed question.
#[non_exhaustive]
pub enum TypedAnswer {
    /// JSON text.
    Text(Answer),
    /// The value that the text would be.
    Value(bankchannel_foundation::model::Value<'static>),
}

/// A function that answers questions.
struct Asking<F>(Arc<F>);

impl<F: Fn(Question) -> Result<Answer> + Send + Sync + 'static> Asker for Asking<F> {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<Answer>> + Send + '_>> {
        let answer = Arc::clone(&self.0);
        Box::pin(async move {
            let answered = tokio::task::spawn_blocking(move || answer(question)).await;
            answered.map_err(|_| Error::because(&row::INTERNAL, "the callback that answers questions panicked"))?
        })
    }
}

/// What a call asks.
#[derive(Clone)]
pub struct Question {
    /// `phone_code`, `email_code`, `sms_code`, `totp_code`, `reset_code`: six digits; `mfa_method`: `sms` or `totp`;
    /// `phone`: the account's phone number; `signature`: base64 of the raw signature that [`signature`](Self::signature) asks
    /// for.
    pub kind: &'static str,
    /// For a person.
    pub text: String,
    /// The answers to choose from; empty where any is possible.
    pub choices: Vec<String>,
    /// What the person needs for the answer and nobody else may see: the key of a new authenticator. It goes beside the text,
    /// so that texts may be logged.
    pub secret: Option<Secret>,
    /// What to sign; for the kind `signature` only.
    pub signature: Option<SignatureRequest>,
    /// The request of a typed question, such as `bank.list_accounts`; the answer is the boundary form of its answer, as JSON text.
    pub request: Option<bankchannel_foundation::model::Value<'static>>,
}

impl Question {
    /// A question that a person answers with a text.
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

    /// Whether an error is what [`unanswered`](Self::unanswered) says of a question of this kind.
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
        Error::because(&row::MISSING_FIELD, text).with("field", self.kind)
    }
}

/// What the holder of a secret that is elsewhere (an HSM, a smart card, an agent) has to sign. The answer is verified before
/// anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureRequest {
    /// `rsa_pkcs1_sha256`, `rsa_pkcs1_sha384` or `rsa_pkcs1_sha512`: RSASSA-PKCS1-v1_5 over the digest, of that hash, which is not
    /// hashed again; the signature is a big-endian number as long as the modulus. `ed25519`: pure Ed25519 with the digest as
    /// its message; the signature is R and S, 64 bytes.
    pub algorithm: &'static str,
    /// The digest: 32, 48 or 64 bytes.
    pub digest: Vec<u8>,
    /// Which key has to sign it, in upper-case hex. WS Channel: the fingerprint of the OpenPGP key or subkey, 40 digits. NextGenPSD2:
    /// SHA-256 of the QSEAL certificate (DER), 64 digits.
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

impl std::fmt::Debug for Question {
    /// Without secret and request.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, text, choices, signature, .. } = self;
        let mut shown = f.debug_struct("Question");
        shown.field("kind", kind).field("text", text).field("choices", choices).field("signature", signature);
        shown.finish_non_exhaustive()
    }
}

impl PartialEq for Question {
    fn eq(&self, other: &Self) -> bool {
        let secret = |question: &Self| question.secret.as_ref().map(|secret| secret.expose().to_owned());
        (self.kind, &self.text, &self.choices, &self.signature, &self.request)
            == (other.kind, &other.text, &other.choices, &other.signature, &other.request)
            && secret(self) == secret(other)
    }
}

impl Eq for Question {}

/// What was answered.
pub type Answer = Secret;
