//! The one place that opens connections: pools, TLS, proxies, deadlines, retries, cancellation.
//!
//! ```text
//!   OutRequest ──► attempt ──► reqwest ──► network
//!                     │ retried only if the route allows it
//!   InResponse ◄── receive: bounded, content streamed to the caller's destination
//! ```
//!
//! Every failure reports how far the exchange came ([`CallOutcome`]).

mod answer_memory;
mod attempt;
mod authorities;
pub mod background;
mod backoff;
mod early_answer;
mod failure;
mod file_sink;
mod identity;
mod log_line;
mod names;
mod observer;
mod proxies;
mod receive;
mod recorded;
mod segments;
mod settings;
mod sink;
mod tunnel;

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Instant,
};

pub use backoff::{BACKOFF, EXTRA_ATTEMPTS, delay as retry_delay};
use bankchannel_foundation::{
    CallOutcome, Error, Result,
    error::row,
    message::{InResponse, OutRequest},
    operation::Repeat,
    redact::redact_words,
};
pub use file_sink::write_new_file;
pub use identity::{IdentityFault, client_identity};
pub use log_line::{LogLine, LogValue};
pub use observer::{AnsweredExchange, ExchangeObserver, LogLevel, RequestedExchange};
use proxies::ProxyName;
use recorded::AnswerRecording;
pub use segments::SegmentBody;
use settings::address;
pub use settings::{TlsSettings, TransportSettings, check_base_url};
pub use sink::ContentSink;
use tokio::sync::OnceCell;
pub use tokio_util::sync::CancellationToken;

/// Connections to one server.
#[derive(Debug, Clone)]
pub struct Transport {
    // Created at the first exchange if the settings cannot be invalid: reading the system's authorities takes
    // milliseconds, and many clients only compute.
    client: Arc<OnceLock<(reqwest::Client, Option<ProxyName>)>>,
    /// Set once the proxy has opened a way to the server.
    way: Arc<OnceCell<()>>,
    settings: Arc<TransportSettings>,
    base_url: String,
    /// The server's host and port, for errors.
    address: String,
    /// A recording that is made, or used in place of the network.
    recorded: Option<Arc<AnswerRecording>>,
}

/// The parameters of one exchange.
pub struct ExchangePlan<'a> {
    /// When to give up; `None` waits without limit.
    pub deadline: Option<Instant>,
    /// Cancelled by the starter of the call.
    pub cancel: &'a CancellationToken,
    /// Whether it may be retried.
    pub repeat: Repeat,
    /// The maximum number of retries, in place of the settings'.
    pub retries: Option<u32>,
    /// The member of the answer that is streamed into `sink`.
    pub response_content: Option<&'static str>,
    /// The destination of the answer's content.
    pub sink: &'a mut ContentSink,
    /// Receives the progress.
    pub observer: Option<Arc<dyn ExchangeObserver>>,
    /// The outcome of earlier attempts. Whatever happens to the last one, the exchange came at least that far: see
    /// [`at_least`].
    pub earlier: &'a mut Option<CallOutcome>,
    /// What the protocol expects of answers.
    pub answers: AnswerRules,
    /// The additions of a protocol with signed requests.
    pub signing: Option<AttemptSigning<'a>>,
}

/// What a protocol expects of answers.
#[derive(Debug, Clone, Copy)]
pub struct AnswerRules {
    /// The headers that it reads, in its spelling.
    pub headers: &'static [&'static str],
    /// Whether a peer has answered for good, though with a status after which HTTP permits to ask again: such an answer
    /// is never followed by a retry.
    pub is_final: fn(&InResponse) -> bool,
    /// The largest answer of an exchange whose content is not streamed out, in bytes, if it may be larger than the
    /// settings say.
    pub largest: usize,
}

impl Default for AnswerRules {
    fn default() -> Self {
        Self { headers: &[], is_final: |_| false, largest: 0 }
    }
}

/// For an exchange whose attempts are each signed.
#[derive(Clone, Copy)]
pub struct AttemptSigning<'a> {
    /// Signs each attempt: a signed request has a new id, date and signature each time that it is sent.
    pub signer: &'a dyn RequestSigner,
    /// Shown in logs instead of the target: paths of such protocols contain identifiers.
    pub shown: &'static str,
}

/// Makes the message of one attempt at an exchange.
pub trait RequestSigner: Send + Sync {
    /// The signed message for that of the exchange. The signer itself observes the call's deadline and cancellation.
    fn sign<'a>(&'a self, message: &'a OutRequest) -> Pin<Box<dyn Future<Output = Result<OutRequest>> + Send + 'a>>;
}

impl ExchangePlan<'_> {
    /// Writes a line, which must be redacted, into the log of this exchange and into the program's. It is made only if
    /// a log is enabled.
    fn log(&self, level: LogLevel, line: impl FnOnce() -> LogLine) {
        if self.observer.is_none() && !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let line = line();
        tracing::debug!("{line}");
        if let Some(observer) = &self.observer {
            observer.log(level, &line);
        }
    }
}

impl Transport {
    /// Opens nothing yet: connections are made when needed.
    ///
    /// # Errors
    /// `configuration.invalid` for an unusable base URL, certificate or proxy. The first exchange reports variables of
    /// the environment that cannot be used, and a system without authorities if none are given.
    pub fn new(settings: &TransportSettings) -> Result<Self> {
        let base_url = check_base_url(&settings.base_url)?;
        let address = address(&base_url);
        let settings_kept = Arc::new(settings.clone());
        let recorded = AnswerRecording::from_settings(settings.record_to.as_deref(), settings.replay_from.as_deref())?
            .map(Arc::new);
        let (client, way) = (Arc::default(), Arc::default());
        let made = Self { client, way, settings: settings_kept, base_url, address, recorded };
        // A fault of the environment is one of an exchange: a program may only compute, and know nothing of it.
        if settings.is_fallible() && (settings.proxy.is_some() || settings.environment().is_ok()) {
            made.client()?;
        }
        Ok(made)
    }

    /// The client, and its proxy.
    fn client(&self) -> Result<&(reqwest::Client, Option<ProxyName>)> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // Two concurrent first exchanges both make one, and one of them is used.
        let client = self.settings.client()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Asks a proxy once whether it opens a way to the server.
    ///
    /// # Errors
    /// `transport.connect_failed` with the proxy's status.
    async fn check_way(&self, proxy: Option<&ProxyName>) -> Result<()> {
        let Some((proxy, tunnel)) = proxy.and_then(|proxy| Some((proxy, proxy.tunnel.as_ref()?))) else {
            return Ok(());
        };
        let settings = &self.settings;
        let asked = self.way.get_or_try_init(|| tunnel.check(proxy, &settings.user_agent, settings.connect_timeout));
        asked.await?;
        Ok(())
    }

    /// Whether the `traceparent` of a call goes along.
    #[must_use]
    pub fn sends_traceparent(&self) -> bool {
        self.settings.send_traceparent
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Records into the same file as another one, if both were to record there.
    #[must_use]
    pub fn recording_with(mut self, other: &Self) -> Self {
        if self.settings.record_to.is_some() && self.settings.record_to == other.settings.record_to {
            self.recorded.clone_from(&other.recorded);
        }
        self
    }

    /// Performs one exchange, retrying it if the plan allows. An answer that asks for a longer wait than the retry
    /// delays, or than the deadline leaves, is the result: peers count requests that come too early.
    ///
    /// # Errors
    /// `transport.*`, `timeout.deadline`, `cancelled`, `peer.answer_too_large`, `configuration.invalid`, each with its outcome.
    /// An answer of any HTTP status is not an error here.
    pub async fn exchange(&self, request: &OutRequest, mut plan: ExchangePlan<'_>) -> Result<InResponse> {
        let repeatable = request.body.is_repeatable();
        // Not logged in full: paths contain e-mail addresses and phone numbers.
        let signing = plan.signing;
        let shown = || match signing {
            Some(signing) => format!("{} {}", request.method, signing.shown),
            None => format!("{} {}", request.method, redact_words(&request.target)),
        };
        let retries = plan.retries.unwrap_or(self.settings.retries);
        let mut number = 0;
        loop {
            if plan.cancel.is_cancelled() {
                return Err(Error::new(&row::CANCELLED).with_outcome(CallOutcome::NotSent));
            }
            if plan.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Err(Error::new(&row::TIMED_OUT).with_outcome(CallOutcome::NotSent));
            }
            let line = |text: String| LogLine::new(text).with("http_method", request.method.as_str());
            plan.log(LogLevel::Debug, || line(format!("request {}", shown())));
            let signed = match signing {
                Some(signing) => Some(signing.signer.sign(request).await?),
                None => None,
            };
            if let Some(observer) = plan.observer.as_ref().filter(|observer| observer.wants_answers()) {
                let target = signing.map_or_else(|| redact_words(&request.target), |signing| signing.shown.to_owned());
                observer.requested(&RequestedExchange { method: request.method.clone(), target, attempt: number + 1 });
            }
            let started = Instant::now();
            let result = attempt::attempt(self, signed.as_ref().unwrap_or(request), &mut plan).await;
            let elapsed = started.elapsed().as_millis();
            match &result {
                Ok(answer) => {
                    plan.log(LogLevel::Debug, || {
                        line(format!("response {} {} in {elapsed} ms", answer.status, shown()))
                            .with("http_status", answer.status)
                            .with("duration_ms", elapsed)
                    });
                }
                Err(error) => {
                    let (code, outcome) = (error.code(), outcome_name(error));
                    plan.log(LogLevel::Warning, || {
                        line(format!("error {code} {} after {elapsed} ms, outcome {outcome}", shown()))
                            .with("code", code)
                            .with("outcome", outcome)
                            .with("duration_ms", elapsed)
                    });
                }
            }
            // The sink is emptied only for a retry: a final result keeps what it has written.
            let retried = backoff::allows(plan.repeat, &result) && !result.as_ref().is_ok_and(plan.answers.is_final);
            let again = repeatable && number < retries && retried && plan.sink.reset();
            if !again {
                return result;
            }
            let asked = result.as_ref().ok().and_then(|answer| answer.retry_after_s);
            let delay = backoff::delay(self.settings.retry_backoff, number, asked);
            if backoff::is_long(asked) {
                return result;
            }
            if plan.deadline.is_some_and(|deadline| deadline <= Instant::now() + delay) {
                return result;
            }
            let (next, all) = (number + 2, retries + 1);
            plan.log(LogLevel::Info, || {
                line(format!("attempt {next} of {all} in {:.1} s: {}", delay.as_secs_f64(), shown()))
                    .with("attempt", next)
                    .with("attempts", all)
                    .with("delay_ms", delay.as_millis())
            });
            tokio::select! {
                () = plan.cancel.cancelled() => return Err(cancelled_between(&result)),
                () = tokio::time::sleep(delay) => {}
            }
            *plan.earlier = further(*plan.earlier, came_to(&result));
            number += 1;
        }
    }
}

/// Cancelled while waiting for a retry: the outcome of the last attempt still holds.
fn cancelled_between(result: &Result<InResponse>) -> Error {
    Error::new(&row::CANCELLED).with_outcome(came_to(result))
}

/// How far an attempt came that is to be retried.
fn came_to(result: &Result<InResponse>) -> CallOutcome {
    match result {
        Ok(answer) if answer.status < 500 && answer.status != 408 => CallOutcome::Refused,
        Ok(_) => CallOutcome::Unknown,
        Err(error) => error.outcome().unwrap_or(CallOutcome::Unknown),
    }
}

/// The combined outcome of several attempts: an attempt that may have taken effect is not undone by a later one that
/// did not.
fn further(earlier: Option<CallOutcome>, next: CallOutcome) -> Option<CallOutcome> {
    match earlier {
        Some(CallOutcome::Accepted) => earlier,
        Some(CallOutcome::Unknown) if next != CallOutcome::Accepted => earlier,
        _ => Some(next),
    }
}

/// The error of the last of several attempts, with the combined outcome.
#[must_use]
pub fn at_least(error: Error, earlier: Option<CallOutcome>) -> Error {
    match error.outcome().and_then(|outcome| further(earlier, outcome)) {
        Some(outcome) => error.with_outcome(outcome),
        None => error,
    }
}

fn outcome_name(error: &Error) -> &'static str {
    error.outcome().map_or("none", CallOutcome::as_str)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn where_the_client_cannot_be_made_nothing_was_sent() {
        // Nothing that is checked before the first exchange is wrong.
        let base_url = "http://127.0.0.1:1".to_owned();
        let settings = TransportSettings { base_url, user_agent: "two\nlines".into(), ..TransportSettings::default() };
        let transport = Transport::new(&settings).unwrap();
        let request = OutRequest { method: "GET".into(), target: "/".into(), ..OutRequest::default() };
        let (cancel, mut sink, mut earlier) = (CancellationToken::new(), ContentSink::memory(1), None);
        let plan = ExchangePlan {
            deadline: None,
            cancel: &cancel,
            repeat: Repeat::Never,
            retries: None,
            response_content: None,
            sink: &mut sink,
            observer: None,
            earlier: &mut earlier,
            answers: AnswerRules::default(),
            signing: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let error = runtime.block_on(transport.exchange(&request, plan)).unwrap_err();
        assert_eq!((error.code(), error.outcome()), ("configuration.invalid", Some(CallOutcome::NotSent)));
    }
}
