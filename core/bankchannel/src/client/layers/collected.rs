//! The heads of answers, for a caller who wants them with the response.

use bankchannel_transport::{AnswerTap, AnsweredExchange, Attempt, AttemptFuture, Attempts};

use crate::AnsweredExchanges;

pub(super) struct CollectedAttempts<'a> {
    pub(super) inner: Box<dyn Attempts + 'a>,
    pub(super) answers: &'a AnsweredExchanges,
}

impl Attempts for CollectedAttempts<'_> {
    fn attempt<'a>(&'a self, mut attempt: Attempt<'a>) -> AttemptFuture<'a> {
        attempt.taps.push(Box::new(CollectedHeads(self.answers)));
        self.inner.attempt(attempt)
    }
}

struct CollectedHeads<'a>(&'a AnsweredExchanges);

impl AnswerTap for CollectedHeads<'_> {
    fn head(&mut self, head: &AnsweredExchange) {
        self.0.push(head.clone());
    }
}
