//! The steps of a flow, with a common limit, cancellation and log.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use bankchannel_foundation::{CallOutcome, Error, Result, Secret, error::row, operation::Exchange};
use bankchannel_transport::background;

use super::{FileChannel, fetch::settle};
use crate::{CallAnswer, CallOptions, ContentDestination, LogLevel, Progress, Question, progress::FlowStage};

/// The steps of one flow.
pub(crate) struct ChannelFlowSteps<'a, C> {
    pub(crate) client: &'a C,
    options: &'a CallOptions,
    deadline: Option<Instant>,
}

impl<'a, C: FileChannel> ChannelFlowSteps<'a, C> {
    /// Starts a flow, unless it is already cancelled or expired.
    pub(crate) fn begin(client: &'a C, options: &'a CallOptions) -> Result<Self> {
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
    pub(crate) fn left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether the flow's own time is up.
    pub(crate) fn is_over(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// The options of one exchange whose content goes to `destination`: within its own limit and the flow's.
    pub(crate) fn exchange_options<O: Exchange>(&self, destination: ContentDestination) -> CallOptions {
        let own = const { &O::DECLARATION }.route.as_ref().map_or(0, |route| route.timeout_s);
        let own = self.client.exchange_limit(own);
        CallOptions { destination, ..self.within(Some(self.left().map_or(own, |left| left.min(own)))) }
    }

    /// Asks the caller.
    ///
    /// # Errors
    /// `input.missing_field` without a callback that answers; `cancelled` and `timeout.deadline` while waiting.
    pub(crate) async fn ask(&self, question: Question) -> Result<CallAnswer> {
        self.within(self.left()).ask(question).await
    }

    /// Asks for a value with a format; asks again if the answer does not match.
    pub(crate) async fn ask_for<T>(&self, question: Question, read: impl Fn(&str) -> Result<T>) -> Result<T> {
        let mut question = question;
        for _ in 1..ASKS_MAX {
            match read(self.ask(question.clone()).await?.expose().trim()) {
                Ok(read) => return Ok(read),
                Err(why) => question.text = format!("{} ({})", question.text, why.message()),
            }
        }
        read(self.ask(question).await?.expose().trim())
    }

    pub(crate) fn has_asker(&self) -> bool {
        self.options.asker.is_some()
    }

    /// Does the work due once the result has reached its reader: now, unless the caller says when that is.
    pub(crate) async fn hand_over(&self, work: impl FnOnce() + Send + 'static) {
        match &self.options.hand_over {
            Some(later) => later.add(work),
            None => settle(work).await,
        }
    }

    /// Waits for this time.
    pub(crate) async fn wait(&self, time: Duration) -> Result<()> {
        self.within(self.left()).race(tokio::time::sleep(time)).await
    }

    /// Waits for something else than an exchange.
    pub(crate) async fn race<T>(&self, wait: impl Future<Output = T>) -> Result<T> {
        self.within(self.left()).race(wait).await
    }

    /// Waits for local work that may take long.
    pub(crate) async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let done = self.within(self.left()).race(background::blocking(work)).await?;
        done.map_err(|why| why.error("the computation was aborted"))?
    }

    /// The number of steps that the flow will have, for its progress.
    pub(crate) fn plan(&self, steps: u32) {
        if let Some(watcher) = &self.options.progress {
            watcher.stage.plan_steps(steps);
        }
    }

    /// Reports the next step to the log and the progress callback.
    pub(crate) fn step(&self, text: &str) {
        self.tell(text, |stage| stage.begin_step(text));
    }

    /// Reports the next of so many files, as a part of the last step.
    pub(crate) fn file(&self, (file, files): (usize, usize), text: &str) {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.tell(text, |stage| stage.begin_file(count(file), count(files), text));
    }

    /// Reports something about the current step.
    pub(crate) fn say(&self, text: &str) {
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
pub(crate) fn code_question(kind: &'static str, text: impl Into<String>) -> Question {
    Question::new(kind, text)
}

/// Requires a secret that the settings or the caller may give.
pub(crate) fn needed<'s>(secret: Option<&'s Secret>, field: &'static str) -> Result<&'s Secret> {
    secret.ok_or_else(|| Error::missing_field(field, format!("{field} is missing")).with_outcome(CallOutcome::NotSent))
}
