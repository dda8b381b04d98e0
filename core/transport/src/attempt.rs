//! One attempt at an exchange: the request, its limits, the kept part of the answer, and who follows it.
//!
//! ```text
//!   layer ─► layer ─► … ─► the network, or a recording
//!     a layer looks at the attempt, adds its taps, passes it on, and looks at the result
//! ```

use std::{future::Future, pin::Pin, sync::Arc, time::Instant};

use bankchannel_foundation::{
    CallOutcome, Error, Result,
    error::row,
    message::{InResponse, OutRequest},
    operation::Repeat,
};
use tokio_util::sync::CancellationToken;

use crate::{AnsweredExchange, ContentSink};

/// One attempt at an exchange.
pub struct Attempt<'a> {
    /// The message as it is sent.
    pub request: &'a OutRequest,
    /// Path and query as in logs: addresses, numbers and names in them are redacted.
    pub shown: &'a str,
    /// The number of the attempt, from 1.
    pub number: u32,
    /// Whether the exchange may be repeated.
    pub repeat: Repeat,
    /// When to give up, and who may give it up before.
    pub until: AttemptLimits<'a>,
    /// The kept parts of the answer.
    pub answer: AnswerRules,
    /// The destination of the answer's content.
    pub sink: &'a mut ContentSink,
    /// Called as the body of the request is handed to the network, with the bytes so far and their total, if it is known.
    pub sent: Vec<SentTap>,
    /// Told of the answer while it arrives, in this order.
    pub taps: Vec<Box<dyn AnswerTap + 'a>>,
}

/// The limits of an attempt.
#[derive(Clone, Copy)]
pub struct AttemptLimits<'a> {
    /// When to give up; `None` waits without limit.
    pub deadline: Option<Instant>,
    /// Cancelled by the starter of the call.
    pub cancel: &'a CancellationToken,
}

impl AttemptLimits<'_> {
    /// Whether an attempt may begin.
    ///
    /// # Errors
    /// `cancelled`, `timeout.deadline`: this attempt was not sent.
    pub fn check(&self) -> Result<()> {
        let over = if self.cancel.is_cancelled() {
            &row::CANCELLED
        } else if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            &row::TIMED_OUT
        } else {
            return Ok(());
        };
        Err(Error::new(over).with_outcome(CallOutcome::NotSent))
    }
}

/// The kept parts of an answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnswerRules {
    /// The headers that are read, in their spelling.
    pub headers: &'static [&'static str],
    /// The largest answer whose content is not streamed out, in bytes, if it may be larger than the settings say.
    pub largest: usize,
    /// The member of the answer that is streamed to its destination.
    pub content: Option<&'static str>,
}

/// Follows the body of a request, as [`Attempt::sent`] says.
pub type SentTap = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// Follows the answer of one attempt. Called from the attempt's own task: it must be quick and never wait.
pub trait AnswerTap: Send + Sync {
    /// The request is about to be sent.
    ///
    /// # Errors
    /// Any, with the outcome `not_sent`: the attempt ends.
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    /// The head of an answer is there.
    fn head(&mut self, head: &AnsweredExchange) {
        let _ = head;
    }

    /// A piece of the answer's body has arrived; with it so many bytes, of `total` if the server gave it.
    fn piece(&mut self, piece: &[u8], arrived: u64, total: Option<u64>) {
        let _ = (piece, arrived, total);
    }

    /// All of the answer has arrived.
    fn complete(&mut self) {}
}

/// An attempt under way.
pub type AttemptFuture<'a> = Pin<Box<dyn Future<Output = Result<InResponse>> + Send + 'a>>;

/// Carries out attempts: the network, a recording, or a layer around another one. Only the innermost waits, for its
/// answer, and observes the limits: a layer awaits only the one inside of it.
pub trait Attempts: Send + Sync {
    /// Carries out one attempt. Its error has the outcome of this attempt alone; an answer of any HTTP status is not an
    /// error here.
    fn attempt<'a>(&'a self, attempt: Attempt<'a>) -> AttemptFuture<'a>;
}

impl<A: Attempts + ?Sized> Attempts for Arc<A> {
    fn attempt<'a>(&'a self, attempt: Attempt<'a>) -> AttemptFuture<'a> {
        (**self).attempt(attempt)
    }
}

impl<A: Attempts + ?Sized> Attempts for &A {
    fn attempt<'a>(&'a self, attempt: Attempt<'a>) -> AttemptFuture<'a> {
        (**self).attempt(attempt)
    }
}
