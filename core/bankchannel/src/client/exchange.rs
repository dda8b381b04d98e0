//! One exchange of any protocol: its deadline, its attempts and their common outcome, its content, and the log line of
//! a failure.
//!
//! ```text
//!   named ─► the protocol: credentials, encoding, renewal
//!     ExchangeCall::run ─► the protocol's loop: [ begin_attempt ─► seal ─► once ─► again? ] ─► opens or reads the answer
//!     ExchangeRun::keep ─► content is complete, or discarded; the outcome of all attempts
//!   error with the operation's name, in the call's log
//! ```

use std::{
    borrow::Cow,
    convert::Infallible,
    future::{Future, pending},
    pin::{Pin, pin},
    time::{Duration, Instant},
};

use bankchannel_foundation::{
    CallOutcome, Error, Result,
    message::{InResponse, OutRequest},
    model::{Content, PieceSource},
    operation::{Declaration, Operation, Repeat, Route},
    redact::redact_words,
};
use bankchannel_transport::{
    AnswerRules, Attempt, AttemptLimits, Attempts, ContentSink, Retries, Transport, requested_line,
};

use tracing::Instrument as _;

use super::connection::RETRIES_MAX;
use super::{
    layers::layered,
    request_id::{self, RequestIdRule},
    traceparent,
};
use crate::{CallOptions, LogLevel, LogLine, ProgressDirection, call};

/// The extra time, after the call's limit, to store an answer that has already arrived: it is worth more than an error.
const COMMIT_EXTRA: Duration = Duration::from_secs(5);

/// Runs the work of an operation, unless the call's request id violates the protocol's rule. An error is given the
/// operation's name and the request id, and logged in the call's log.
pub(crate) fn named<O: Operation, T>(
    options: &CallOptions,
    rule: RequestIdRule,
    work: impl Future<Output = Result<T>> + Send,
) -> impl Future<Output = Result<T>> + Send {
    named_by(const { O::DECLARATION }.name, options, rule, work)
}

/// What an exchange fails with: an error, or more.
pub(crate) trait FailedExchange: From<Error> {
    /// The same with another error.
    fn map(self, change: impl FnOnce(Error) -> Error) -> Self;
}

impl FailedExchange for Error {
    fn map(self, change: impl FnOnce(Error) -> Error) -> Self {
        change(self)
    }
}

/// The same for the operation of this name.
pub(crate) fn named_by<T, E: FailedExchange>(
    operation: &'static str,
    options: &CallOptions,
    rule: RequestIdRule,
    work: impl Future<Output = Result<T, E>> + Send,
) -> impl Future<Output = Result<T, E>> + Send {
    // On the heap at once: flows have several of these futures one in the other.
    named_boxed(operation, options, rule, Box::pin(work))
}

async fn named_boxed<T, E: FailedExchange>(
    operation: &'static str,
    options: &CallOptions,
    rule: RequestIdRule,
    work: Pin<Box<impl Future<Output = Result<T, E>> + Send>>,
) -> Result<T, E> {
    let checked = check_retries(options.retries).and_then(|()| options.check_request_id_by(rule));
    let checked = checked.and_then(|()| options.check_traceparent());
    // `otel.*` are what tracing-opentelemetry reads.
    let span = tracing::info_span!(
        "bankchannel",
        otel.name = operation,
        otel.kind = "client",
        operation,
        error.type = tracing::field::Empty,
        outcome = tracing::field::Empty,
    );
    let result = match checked {
        Ok(()) => work.instrument(span.clone()).await,
        Err(error) => Err(error.into()),
    };
    result.map_err(|failure| {
        failure.map(|error| {
            span.record("error.type", error.code());
            span.record("outcome", error.outcome().map_or("none", CallOutcome::as_str));
            failed(error, operation, options, rule)
        })
    })
}

fn check_retries(retries: Option<u32>) -> Result<()> {
    match retries {
        Some(retries) if retries > RETRIES_MAX => {
            Err(Error::invalid_field("retries", format!("must be from 0 to {RETRIES_MAX}")))
        }
        _ => Ok(()),
    }
}

/// The part that does not depend on types, so that it is compiled once.
fn failed(error: Error, operation: &'static str, options: &CallOptions, rule: RequestIdRule) -> Error {
    let error = options.add_request_id_by(rule, error.in_operation(operation));
    options.log_line(LogLevel::Warning, failure_line(&error));
    error
}

fn failure_line(error: &Error) -> LogLine {
    let outcome = error.outcome().map_or("none", CallOutcome::as_str);
    let mut line = format!("{}: failed with {}, outcome {outcome}", error.operation().unwrap_or("-"), error.code());
    let peers_id = error.peer().and_then(|peer| peer.request_id.as_deref()).map(redact_words);
    if let Some(id) = &peers_id {
        line = format!("{line}, RequestId {id}");
    }
    let own_id = error.detail(request_id::OPTION);
    if let Some(id) = own_id {
        line = format!("{line}, X-Request-ID {id}");
    }
    LogLine::new(line)
        .with("code", error.code())
        .with_some("outcome", error.outcome().map(CallOutcome::as_str))
        .with_some("http_status", error.http_status())
        .with_some("request_id", peers_id)
        .with_some("x_request_id", own_id)
}

/// A protocol's rules for the answers to its exchanges.
#[derive(Clone, Copy)]
pub(crate) struct ExchangeRules {
    /// The headers that it reads, in its spelling.
    pub(crate) headers: &'static [&'static str],
    /// Whether a peer has answered for good, though with a status after which HTTP permits to ask again.
    pub(crate) is_final: fn(&InResponse) -> bool,
    /// The largest answer of an exchange whose content is not streamed out, in bytes, if it may be larger than the
    /// settings say.
    pub(crate) largest: usize,
    /// Whether answers are believed only when they are whole: their content is not streamed out before.
    pub(crate) opens_whole: bool,
    /// Shown in logs instead of the target, where paths contain identifiers.
    pub(crate) shown: Option<&'static str>,
}

impl Default for ExchangeRules {
    fn default() -> Self {
        Self { headers: &[], is_final: |_| false, largest: 0, opens_whole: false, shown: None }
    }
}

/// One exchange of a call, with its time limit. It may be run again, as with another session: the outcome of earlier
/// runs still counts.
pub(crate) struct ExchangeCall<'a> {
    pub(crate) route: &'static Route,
    pub(crate) options: &'a CallOptions,
    /// The deadline of the call, for all attempts.
    pub(crate) deadline: Instant,
    /// Whether it may be sent again: by default as its route says; the protocol may change it.
    pub(crate) repeat: Repeat,
    /// The call's request id, sent with every attempt; a protocol that takes it sends it in its own way.
    pub(crate) request_id: Option<&'a str>,
    operation: &'static str,
    /// What earlier runs came to.
    so_far: Option<CallOutcome>,
}

impl<'a> ExchangeCall<'a> {
    /// Starts an exchange of this operation. `limit` is its time limit from the settings, if there is one.
    ///
    /// # Errors
    /// `internal` for an operation without a route, which the tests detect.
    pub(crate) fn begin(
        declaration: &'static Declaration,
        options: &'a CallOptions,
        limit: Option<Duration>,
    ) -> Result<Self> {
        let route = declaration.route.as_ref();
        let route = route.ok_or_else(|| Error::internal("an exchange is declared without a route"))?;
        let deadline = options.deadline(call::limit(limit, route.timeout_s));
        let request_id = options.request_id.as_deref();
        let (repeat, operation) = (route.repeat, declaration.name);
        Ok(Self { route, options, deadline, repeat, request_id, operation, so_far: None })
    }

    /// Prepares the attempts at sending this message, which gets the headers of the call.
    ///
    /// # Errors
    /// Those of the destination that cannot take the answer's content.
    pub(crate) async fn run<'r>(
        &'r mut self,
        transport: &'r Transport,
        message: &mut OutRequest,
        rules: ExchangeRules,
    ) -> Result<ExchangeRun<'r, 'a>> {
        let (options, route) = (self.options, self.route);
        if let Some(id) = self.request_id {
            request_id::log(self.operation, id, options);
            message.headers.set(request_id::HEADER, id.to_owned());
        }
        if let Some(given) = options.traceparent.as_deref().filter(|_| transport.sends_traceparent()) {
            message.headers.set(traceparent::HEADER, given.to_owned());
        }
        let retries = transport.retries(self.repeat, options.retries).unless(rules.is_final).after(self.so_far);
        let sink = match route.response_content {
            Some(_) => options.destination.sink(),
            None => ContentSink::memory(0),
        };
        let run = ExchangeRun {
            attempts: layered(transport, options),
            retries,
            sink,
            answer: AnswerRules {
                headers: rules.headers,
                largest: rules.largest,
                content: route.response_content.filter(|_| !rules.opens_whole),
            },
            method: message.method.clone(),
            shown: rules.shown.map_or_else(|| redact_words(&message.target).into(), Cow::Borrowed),
            is_repeatable: message.body.is_repeatable(),
            asked_s: None,
            call: self,
        };
        if route.response_content.is_some() {
            let checked = options.until(run.call.deadline).race(run.sink.check()).await.flatten();
            if let Err(error) = checked {
                return Err(run.failed(error).await);
            }
        }
        let content = match route {
            Route { response_content: Some(_), .. } => Some(ProgressDirection::Receive),
            Route { request_content: Some(_), .. } => Some(ProgressDirection::Send),
            _ => None,
        };
        if let Some(watcher) = &options.progress {
            watcher.stage.begin_exchange(content);
        }
        Ok(run)
    }
}

/// The attempts at an exchange: what all protocols share of them. A protocol writes the loop: it begins an attempt, seals
/// its message, sends it once, and asks whether another one follows; then it opens the answer, and has the result kept.
pub(crate) struct ExchangeRun<'r, 'a> {
    call: &'r mut ExchangeCall<'a>,
    attempts: Box<dyn Attempts + 'r>,
    retries: Retries,
    sink: ContentSink,
    answer: AnswerRules,
    method: String,
    shown: Cow<'static, str>,
    /// Of the message before it is sealed: content is read again for each attempt.
    is_repeatable: bool,
    /// How long the final answer asks to wait.
    asked_s: Option<u64>,
}

impl ExchangeRun<'_, '_> {
    /// Begins the next attempt, before its message is sealed.
    ///
    /// # Errors
    /// `cancelled`, `timeout.deadline`.
    pub(crate) fn begin_attempt(&self) -> Result<()> {
        let options = self.call.options;
        self.limits().check()?;
        if options.is_logged() {
            options.log_line(LogLevel::Debug, requested_line(&self.method, &self.shown));
        }
        Ok(())
    }

    /// Options for a step before or after an attempt, such as its signature: it ends with the call.
    pub(crate) fn step_options(&self) -> CallOptions {
        self.call.options.until(self.call.deadline)
    }

    fn limits(&self) -> AttemptLimits<'_> {
        AttemptLimits { deadline: Some(self.call.deadline), cancel: &self.call.options.cancel }
    }

    /// Sends a message once.
    ///
    /// # Errors
    /// Those of the transport, with the outcome of this attempt.
    pub(crate) async fn once(&mut self, sealed: &OutRequest) -> Result<InResponse> {
        let attempt = Attempt {
            request: sealed,
            shown: &self.shown,
            number: self.retries.attempt(),
            repeat: self.call.repeat,
            until: AttemptLimits { deadline: Some(self.call.deadline), cancel: &self.call.options.cancel },
            answer: self.answer,
            sink: &mut self.sink,
            sent: Vec::new(),
            taps: Vec::new(),
        };
        self.attempts.attempt(attempt).await
    }

    /// Whether another attempt follows this result; then the time for it has come. A final result keeps its written
    /// content.
    ///
    /// # Errors
    /// `cancelled` in the pause, with the outcome of the attempt before it.
    pub(crate) async fn again(&mut self, result: &Result<InResponse>) -> Result<bool> {
        let delay = self.retries.verdict(result, Some(self.call.deadline)).filter(|_| self.is_repeatable);
        let Some(delay) = delay.filter(|_| self.sink.reset()) else {
            self.asked_s = result.as_ref().ok().and_then(|answer| answer.retry_after_s);
            return Ok(false);
        };
        let options = self.call.options;
        if options.is_logged() {
            let (next, all) = (self.retries.attempt() + 1, self.retries.attempts());
            let text =
                format!("attempt {next} of {all} in {:.1} s: {} {}", delay.as_secs_f64(), self.method, self.shown);
            let line = LogLine::new(text).with("http_method", self.method.as_str()).with("attempt", next);
            let line = line.with("attempts", all).with("delay_ms", delay.as_millis());
            options.log_line(LogLevel::Info, line);
        }
        self.retries.wait(delay, result, &options.cancel).await?;
        Ok(true)
    }

    /// The loop of a protocol that sends the same message with each attempt.
    ///
    /// # Errors
    /// Those of the last attempt.
    pub(crate) async fn unsealed(&mut self, message: &OutRequest) -> Result<InResponse> {
        loop {
            self.begin_attempt()?;
            let answer = self.once(message).await;
            if !self.again(&answer).await? {
                return answer;
            }
        }
    }

    /// Opens the final answer, which may take long, within the time limit of the call.
    ///
    /// # Errors
    /// `cancelled`, `timeout.deadline`, with the outcome `accepted`.
    pub(crate) async fn in_time<T>(&mut self, work: impl Future<Output = T>) -> Result<T> {
        let raced = self.step_options().race(work).await;
        raced.map_err(|error| self.not_stored(error))
    }

    /// An error of this side, after the peer has answered. The options' errors are those of a call that has sent nothing.
    fn not_stored(&mut self, error: Error) -> Error {
        self.asked_s = None;
        error.with_outcome(CallOutcome::Accepted)
    }

    /// Writes the content of an answer that is believed to its destination.
    ///
    /// # Errors
    /// Those of the destination and of the call's limits.
    pub(crate) async fn store(&mut self, mut content: PieceSource) -> Result<Content> {
        let options = self.step_options();
        let sink = &mut self.sink;
        let stored = options.race(async {
            while let Some(piece) = content()? {
                sink.write(&piece).await?;
                tokio::task::yield_now().await;
            }
            Ok(sink.described())
        });
        stored.await.flatten().map_err(|error| self.not_stored(error))
    }

    /// Makes the content final if the answer was read, and discards it if not.
    ///
    /// # Errors
    /// That of the reading, or of the destination: each has the outcome of all attempts.
    pub(crate) async fn keep<T>(self, read: Result<T>) -> Result<T> {
        match read {
            Ok(value) => self.commit().await.map(|()| value),
            Err(error) => Err(self.failed(error).await),
        }
    }

    async fn commit(mut self) -> Result<()> {
        let options = self.call.options.until(self.call.deadline + COMMIT_EXTRA);
        let give_up = pin!(async {
            match options.race(pending::<Infallible>()).await {
                Ok(never) => match never {},
                Err(error) => error,
            }
        });
        match self.sink.commit(give_up).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let error = self.not_stored(error);
                Err(self.failed(error).await)
            }
        }
    }

    /// The part that does not depend on types, so that it is compiled once.
    async fn failed(mut self, error: Error) -> Error {
        self.sink.discard().await;
        self.call.so_far = self.retries.so_far();
        // Whatever the protocol makes of the answer: the caller knows when it may ask again.
        let error = match self.asked_s {
            Some(_) if error.retry_after_s().is_none() => error.with_retry_after(self.asked_s),
            _ => error,
        };
        self.retries.error(error)
    }
}
