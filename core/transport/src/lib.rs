//! The one place that opens connections: pools, TLS, proxies, deadlines, cancellation; and the one that says whether an
//! exchange is tried again.
//!
//! ```text
//!   protocol: seal ─► Attempts: layers ─► network ─► reqwest          each attempt
//!     open ◄───────── bounded, content streamed to its destination
//!   Retries: is it tried again, and when?                             after each attempt
//! ```
//!
//! Every failure reports how far the attempt came ([`CallOutcome`](bankchannel_foundation::CallOutcome)).

mod answer_memory;
mod attempt;
mod authorities;
pub mod background;
mod early_answer;
mod failure;
mod file_sink;
mod identity;
mod log_line;
#[cfg(feature = "mail")]
pub mod mail;
mod names;
mod network;
mod observed;
mod platform;
mod proxies;
mod receive;
mod recorded;
mod replayed;
mod retries;
mod segments;
mod settings;
mod sink;
mod tunnel;

use std::{sync::Arc, time::Instant};

pub use attempt::{AnswerRules, AnswerTap, Attempt, AttemptFuture, AttemptLimits, Attempts, SentTap};
use bankchannel_foundation::{
    Error, Result,
    message::{InResponse, OutRequest},
    operation::Repeat,
    redact::redact_words,
};
pub use file_sink::write_new_file;
pub use identity::{IdentityFault, client_identity};
pub use log_line::{LogLine, LogValue, answered_line, requested_line};
use network::NetworkAttempts;
pub use observed::{AnsweredExchange, LogLevel, RequestedExchange};
pub use platform::TEMPORARY_FOLDER_VARIABLE;
use recorded::{RecordedAttempts, RecordingFile};
use replayed::{ReplayedAnswers, ReplayedAttempts};
pub use retries::{Retries, at_least};
pub use segments::SegmentBody;
use settings::address;
pub use settings::{TLS_VERSIONS, TlsSettings, TransportSettings, check_base_url, read_authorities};
pub use sink::ContentSink;
pub use tokio_util::sync::CancellationToken;

/// Connections to one server.
#[derive(Clone)]
pub struct Transport {
    network: Arc<NetworkAttempts>,
    /// The network with its layers, or a recording.
    attempts: Arc<dyn Attempts>,
    /// The recording that is made.
    recording: Option<Arc<RecordingFile>>,
}

bankchannel_foundation::redacted_debug!(Transport, |it| base_url: it.base_url());

impl Transport {
    /// Opens nothing yet: connections are made when needed.
    ///
    /// # Errors
    /// `configuration.invalid` for an unusable base URL, certificate or proxy. The first exchange reports variables of
    /// the environment that cannot be used, and a system without authorities if none are given.
    pub fn new(settings: &TransportSettings) -> Result<Self> {
        let base_url = settings.check_address()?;
        let address = address(&base_url);
        let network = Arc::new(NetworkAttempts::new(settings.clone(), base_url, address));
        let made = match (&settings.record_to, &settings.replay_from) {
            (None, None) => Self { attempts: Arc::<NetworkAttempts>::clone(&network), network, recording: None },
            (Some(path), None) => Self::recording(network, Arc::new(RecordingFile::new(path.clone()))),
            (None, Some(path)) => {
                let answers = ReplayedAnswers::read(path)?;
                let attempts = Arc::new(ReplayedAttempts { network: Arc::clone(&network), answers });
                Self { network, attempts, recording: None }
            }
            (Some(_), Some(_)) => {
                return Err(Error::invalid_setting("replay_from", "excludes record_to: give one of them"));
            }
        };
        // A fault of the environment is one of an exchange: a program may only compute, and know nothing of it.
        if settings.is_fallible() && (settings.proxy.is_some() || settings.environment().is_ok()) {
            made.network.client()?;
        }
        Ok(made)
    }

    fn recording(network: Arc<NetworkAttempts>, file: Arc<RecordingFile>) -> Self {
        let attempts = Arc::new(RecordedAttempts { inner: Arc::clone(&network), file: Arc::clone(&file) });
        Self { network, attempts, recording: Some(file) }
    }

    /// Whether the `traceparent` of a call goes along.
    #[must_use]
    pub fn sends_traceparent(&self) -> bool {
        self.network.settings.send_traceparent
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.network.base_url
    }

    /// Records into the same file as another one, if both were to record there.
    #[must_use]
    pub fn recording_with(self, other: &Self) -> Self {
        let path = |of: &Self| of.network.settings.record_to.clone();
        match &other.recording {
            Some(file) if path(&self) == path(other) => Self::recording(self.network, Arc::clone(file)),
            _ => self,
        }
    }

    /// What carries out attempts here; a call puts its own layers around it.
    #[must_use]
    pub fn attempts(&self) -> &dyn Attempts {
        &*self.attempts
    }

    /// The repetitions of an exchange, as the settings say, or at most `max`.
    #[must_use]
    pub fn retries(&self, repeat: Repeat, max: Option<u32>) -> Retries {
        let settings = &self.network.settings;
        Retries::new(repeat, max.unwrap_or(settings.retries), settings.retry_backoff)
    }

    /// One attempt without layers of a call: content stays in memory, and only these headers of the answer are kept.
    ///
    /// # Errors
    /// `transport.*`, `timeout.deadline`, `peer.answer_too_large`, `configuration.invalid`, each with its outcome. An
    /// answer of any HTTP status is not an error here.
    pub async fn once(
        &self,
        request: &OutRequest,
        headers: &'static [&'static str],
        deadline: Option<Instant>,
    ) -> Result<InResponse> {
        let (cancel, mut sink) = (CancellationToken::new(), ContentSink::memory(0));
        let until = AttemptLimits { deadline, cancel: &cancel };
        until.check()?;
        let shown = redact_words(&request.target);
        tracing::debug!("{}", requested_line(&request.method, &shown));
        let begun = Instant::now();
        let attempt = Attempt {
            request,
            shown: &shown,
            number: 1,
            repeat: Repeat::Never,
            until,
            answer: AnswerRules { headers, ..AnswerRules::default() },
            sink: &mut sink,
            sent: Vec::new(),
            taps: Vec::new(),
        };
        let result = self.attempts.attempt(attempt).await;
        tracing::debug!("{}", answered_line(&request.method, &shown, &result, begun.elapsed()).1);
        result
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_foundation::CallOutcome;

    use super::*;

    #[test]
    fn where_the_client_cannot_be_made_nothing_was_sent() {
        // Nothing that is checked before the first exchange is wrong.
        let base_url = "http://127.0.0.1:1".to_owned();
        let settings = TransportSettings { base_url, user_agent: "two\nlines".into(), ..TransportSettings::default() };
        let transport = Transport::new(&settings).unwrap();
        let request = OutRequest { method: "GET".into(), target: "/".into(), ..OutRequest::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let error = runtime.block_on(transport.once(&request, &[], None)).unwrap_err();
        assert_eq!((error.code(), error.outcome()), ("configuration.invalid", Some(CallOutcome::NotSent)));
    }
}
