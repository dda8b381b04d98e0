//! One exchange of any protocol: its deadline, its attempts and their common outcome, its content, and the log line of
//! a failure.
//!
//! ```text
//!   named ─► the protocol: credentials, encoding, renewal
//!               └─► Sending::send ─► transport: attempts ─► the protocol: reads the answer ─► content is complete
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
    model::PieceSource,
    operation::{Declaration, Operation, Repeat, Route},
    redact::redact_words,
};
use bankchannel_transport::{AnswerRules, AttemptSigning, ContentSink, ExchangePlan, Transport, at_least};

use tracing::Instrument as _;

use super::connection::RETRIES_MAX;
use super::{
    request_id::{self, RequestIdRule},
    traceparent,
};
use crate::{CallOptions, LogLevel, LogLine, ProgressDirection, call};

/// The extra time, after the call's limit, to store an answer that has already arrived: it is worth more than an error.
const COMMIT_EXTRA: Duration = Duration::from_secs(5);

/// Runs the work of an operation, unless the call's request id violates the protocol's rule. An error is given the
/// operation's name and the request id, and logged in the call's log.
pub(crate) async fn named<O: Operation, T>(
    options: &CallOptions,
    rule: RequestIdRule,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let checked = check_retries(options.retries).and_then(|()| options.check_request_id_by(rule));
    let checked = checked.and_then(|()| options.check_traceparent());
    let operation = const { O::DECLARATION }.name;
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
        // On the heap: flows have several of these futures one in the other.
        Ok(()) => Box::pin(work.instrument(span.clone())).await,
        Err(error) => Err(error),
    };
    result.map_err(|error| {
        span.record("error.type", error.code());
        span.record("outcome", error.outcome().map_or("none", CallOutcome::as_str));
        failed(error, operation, options, rule)
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

/// Opens an answer that has arrived whole, before anything of it is believed: what it says, and its content.
pub(crate) trait AnswerOpening: Send + Sync {
    /// Opens an answer. May take long: it is awaited within the time limit of the call.
    fn open<'a>(&'a self, answer: InResponse) -> Pin<Box<dyn Future<Output = Result<OpenedAnswer>> + Send + 'a>>;
}

/// An answer that is believed.
pub(crate) struct OpenedAnswer {
    pub(crate) answer: InResponse,
    /// Its content, if it has any.
    pub(crate) content: Option<PieceSource>,
}

/// An exchange in progress: the state that all its attempts share.
pub(crate) struct ExchangeSending<'a> {
    pub(crate) route: &'static Route,
    pub(crate) options: &'a CallOptions,
    /// The deadline of the call, for all attempts.
    pub(crate) deadline: Instant,
    /// Whether it may be sent again: by default as its route says; the protocol may change it.
    pub(crate) repeat: Repeat,
    /// The call's request id, sent with every attempt; a protocol that takes it sends it in its own way.
    pub(crate) request_id: Option<&'a str>,
    /// For a protocol whose answers are believed only when they are whole; their content is not streamed out before.
    pub(crate) opening: Option<&'a dyn AnswerOpening>,
    operation: &'static str,
    /// The outcome of earlier attempts.
    earlier: Option<CallOutcome>,
}

impl<'a> ExchangeSending<'a> {
    /// Starts an exchange of this operation. `limit` is its time limit from the settings, if there is one.
    ///
    /// # Errors
    /// `internal` for an operation without a route, which the tests detect.
    pub(crate) fn begin<O: Operation>(options: &'a CallOptions, limit: Option<Duration>) -> Result<Self> {
        Self::begin_by(const { &O::DECLARATION }, options, limit)
    }

    /// The same for a declaration.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub(crate) fn begin_by(
        declaration: &'static Declaration,
        options: &'a CallOptions,
        limit: Option<Duration>,
    ) -> Result<Self> {
        let route = declaration.route.as_ref();
        let route = route.ok_or_else(|| Error::internal("an exchange is declared without a route"))?;
        let deadline = options.deadline(call::limit(limit, route.timeout_s));
        Ok(Self {
            route,
            options,
            deadline,
            repeat: route.repeat,
            request_id: options.request_id.as_deref(),
            opening: None,
            operation: declaration.name,
            earlier: None,
        })
    }

    /// Sends a message until there is a final answer, passes it to `read`, and stores its content. `signing` is for
    /// messages that are signed again for each attempt.
    ///
    /// # Errors
    /// Any error; each has the outcome of all attempts.
    pub(crate) async fn send<T: Send>(
        &mut self,
        transport: &Transport,
        message: &OutRequest,
        answers: AnswerRules,
        signing: Option<AttemptSigning<'_>>,
        read: impl FnOnce(InResponse) -> Result<T> + Send,
    ) -> Result<T> {
        let (mut read, mut value) = (Some(read), None);
        let mut keep = |answer| {
            let read = read.take().ok_or_else(|| Error::internal("an answer was read twice"))?;
            value = Some(read(answer)?);
            Ok(())
        };
        self.send_and_keep(transport, message, answers, signing, &mut keep).await?;
        value.ok_or_else(|| Error::internal("an answer was not read"))
    }

    /// The part that does not depend on types, so that it is compiled once.
    async fn send_and_keep(
        &mut self,
        transport: &Transport,
        message: &OutRequest,
        answers: AnswerRules,
        signing: Option<AttemptSigning<'_>>,
        keep: &mut AnswerKeeper<'_>,
    ) -> Result<()> {
        // The same in every attempt.
        let mut message = Cow::Borrowed(message);
        if let Some(id) = self.request_id {
            request_id::log(self.operation, id, self.options);
            message.to_mut().headers.set(request_id::HEADER, id.to_owned());
        }
        if let Some(given) = self.options.traceparent.as_deref().filter(|_| transport.sends_traceparent()) {
            message.to_mut().headers.set(traceparent::HEADER, given.to_owned());
        }
        let mut sink = match self.route.response_content {
            Some(_) => self.options.destination.sink(),
            None => ContentSink::memory(0),
        };
        let received = self.receive(transport, &message, answers, signing, &mut sink, keep).await;
        if received.is_err() {
            sink.discard().await;
        }
        received.map_err(|error| at_least(error, self.earlier))
    }

    async fn receive(
        &mut self,
        transport: &Transport,
        message: &OutRequest,
        answers: AnswerRules,
        signing: Option<AttemptSigning<'_>>,
        sink: &mut ContentSink,
        keep: &mut AnswerKeeper<'_>,
    ) -> Result<()> {
        let (options, deadline) = (self.options, self.deadline);
        if self.route.response_content.is_some() {
            options.until(deadline).race(sink.check()).await??;
        }
        let plan = ExchangePlan {
            deadline: Some(deadline),
            cancel: &options.cancel,
            repeat: self.repeat,
            retries: options.retries,
            response_content: self.route.response_content.filter(|_| self.opening.is_none()),
            sink,
            observer: options.observer(),
            earlier: &mut self.earlier,
            answers,
            signing,
        };
        let content = match self.route {
            Route { response_content: Some(_), .. } => Some(ProgressDirection::Receive),
            Route { request_content: Some(_), .. } => Some(ProgressDirection::Send),
            _ => None,
        };
        if let Some(watcher) = &options.progress {
            watcher.stage.begin_exchange(content);
        }
        let mut answer = transport.exchange(message, plan).await?;
        // Whatever the protocol makes of the answer: the caller knows when it may ask again.
        let asked = answer.retry_after_s;
        let waiting =
            |error: Error| if error.retry_after_s().is_some() { error } else { error.with_retry_after(asked) };
        if let Some(opening) = self.opening {
            // The options' errors are those of a call that has sent nothing.
            let not_stored = |error: Error| error.with_outcome(CallOutcome::Accepted);
            let opened =
                options.until(deadline).race(opening.open(answer)).await.map_err(not_stored)?.map_err(waiting)?;
            answer = opened.answer;
            if let Some(content) = opened.content {
                options.until(deadline).race(store(content, sink)).await.flatten().map_err(not_stored)?;
                answer.content = Some(sink.described());
            }
        }
        keep(answer).map_err(waiting)?;
        let give_up = pin!(async {
            match options.until(deadline + COMMIT_EXTRA).race(pending::<Infallible>()).await {
                Ok(never) => match never {},
                Err(error) => error,
            }
        });
        sink.commit(give_up).await.map_err(|error| error.with_outcome(CallOutcome::Accepted))
    }
}

/// Writes content to its destination.
async fn store(mut content: PieceSource, sink: &mut ContentSink) -> Result<()> {
    while let Some(piece) = content()? {
        sink.write(&piece).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Reads an answer and stores the result.
type AnswerKeeper<'a> = dyn FnMut(InResponse) -> Result<()> + Send + 'a;
