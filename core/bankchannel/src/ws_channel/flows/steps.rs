//! The steps of a flow, with a common limit, cancellation and log.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use bankchannel_foundation::{CallOutcome, Error, Exchange, Result, Secret, error::row};
use bankchannel_transport::background;
use bankchannel_ws_channel::WsChannelCodec;

use crate::{
    CallAnswer, CallOptions, ContentDestination, LogLevel, Progress, Question, progress::FlowStage,
    ws_channel::WsChannel,
};

/// The steps of one flow.
pub(super) struct FlowSteps<'a> {
    pub(super) client: &'a WsChannel,
    options: &'a CallOptions,
    deadline: Option<Instant>,
}

impl<'a> FlowSteps<'a> {
    /// Starts a flow, unless it is already cancelled or expired.
    pub(super) fn begin(client: &'a WsChannel, options: &'a CallOptions) -> Result<Self> {
        let limit = options.timeout.or_else(|| client.flow_limit());
        let steps = Self { client, options, deadline: limit.and_then(|limit| Instant::now().checked_add(limit)) };
        if let Some(watcher) = &options.progress {
            watcher.stage.begin();
        }
        if options.cancel.is_cancelled() {
            return Err(Error::new(&row::CANCELLED).with_outcome(CallOutcome::NotSent));
        }
        if steps.left().is_some_and(|left| left.is_zero()) {
            return Err(Error::new(&row::TIMED_OUT).with_outcome(CallOutcome::NotSent));
        }
        Ok(steps)
    }

    /// The remaining time of the flow's own limit.
    pub(super) fn left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether the flow's own time is up.
    pub(super) fn is_over(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// One exchange, within its own limit and the flow's.
    pub(super) async fn exchange<O: Exchange<Codec = WsChannelCodec>>(
        &self,
        request: O::Request,
    ) -> Result<O::Response> {
        self.exchange_to::<O>(request, ContentDestination::Memory).await
    }

    /// One exchange whose content goes to `destination`.
    pub(super) async fn exchange_to<O: Exchange<Codec = WsChannelCodec>>(
        &self,
        request: O::Request,
        destination: ContentDestination,
    ) -> Result<O::Response> {
        let own = const { &O::DECLARATION }.route.as_ref().map_or(0, |route| route.timeout_s);
        let own = self.client.limit(own);
        let options = CallOptions { destination, ..self.within(Some(self.left().map_or(own, |left| left.min(own)))) };
        self.client.exchange::<O>(request, &options).await
    }

    /// Asks the caller.
    ///
    /// # Errors
    /// `input.missing_field` without a callback that answers; `cancelled` and `timeout.deadline` while waiting.
    pub(super) async fn ask(&self, question: Question) -> Result<CallAnswer> {
        self.within(self.left()).ask(question).await
    }

    /// Asks for a value with a format; asks again if the answer does not match.
    pub(super) async fn ask_for<T>(&self, question: Question, read: impl Fn(&str) -> Result<T>) -> Result<T> {
        let mut question = question;
        for _ in 1..ASKS_MAX {
            match read(self.ask(question.clone()).await?.expose().trim()) {
                Ok(read) => return Ok(read),
                Err(why) => question.text = format!("{} ({})", question.text, why.message()),
            }
        }
        read(self.ask(question).await?.expose().trim())
    }

    pub(super) fn has_asker(&self) -> bool {
        self.options.asker.is_some()
    }

    /// Waits for this time.
    pub(super) async fn wait(&self, time: Duration) -> Result<()> {
        self.within(self.left()).race(tokio::time::sleep(time)).await
    }

    /// Waits for something else than an exchange.
    pub(super) async fn race<T>(&self, wait: impl Future<Output = T>) -> Result<T> {
        self.within(self.left()).race(wait).await
    }

    /// Waits for local work that may take long.
    pub(super) async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let done = self.within(self.left()).race(background::blocking(work)).await?;
        done.map_err(|why| why.error("the computation was aborted"))?
    }

    /// The number of steps that the flow will have, for its progress.
    pub(super) fn plan(&self, steps: u32) {
        if let Some(watcher) = &self.options.progress {
            watcher.stage.plan_steps(steps);
        }
    }

    /// Reports the next step to the log and the progress callback.
    pub(super) fn step(&self, text: &str) {
        self.tell(text, |stage| stage.begin_step(text));
    }

    /// Reports the next of so many files, as a part of the last step.
    pub(super) fn file(&self, (file, files): (usize, usize), text: &str) {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.tell(text, |stage| stage.begin_file(count(file), count(files), text));
    }

    /// Reports something about the current step.
    pub(super) fn say(&self, text: &str) {
        self.tell(text, |stage| stage.remark(text));
    }

    fn tell(&self, text: &str, progress: impl FnOnce(&FlowStage) -> Progress) {
        self.options.log_line(LogLevel::Info, text);
        if let Some(watcher) = &self.options.progress {
            watcher.tell(&progress(&watcher.stage));
        }
    }

    fn within(&self, timeout: Option<Duration>) -> CallOptions {
        self.options.for_step(timeout)
    }
}

/// The maximum number of times that the same question is asked for an answer in the right format.
const ASKS_MAX: u32 = 3;

/// A question for a code.
pub(super) fn code_question(kind: &'static str, text: impl Into<String>) -> Question {
    Question::new(kind, text)
}

/// Requires a secret that the settings or the caller may give.
pub(super) fn needed<'s>(secret: Option<&'s Secret>, field: &'static str) -> Result<&'s Secret> {
    secret.ok_or_else(|| {
        Error::because(&row::MISSING_FIELD, format!("{field} is missing"))
            .with("field", field)
            .with_outcome(CallOutcome::NotSent)
    })
}
