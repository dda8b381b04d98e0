//! The caller's functions before each request and after the head of each answer.

use bankchannel_transport::{AnswerTap, AnsweredExchange, Attempt, AttemptFuture, Attempts, RequestedExchange};

use crate::ExchangeHooks;

pub(super) struct HookedAttempts<'a> {
    pub(super) inner: Box<dyn Attempts + 'a>,
    pub(super) hooks: &'a ExchangeHooks,
}

impl Attempts for HookedAttempts<'_> {
    fn attempt<'a>(&'a self, mut attempt: Attempt<'a>) -> AttemptFuture<'a> {
        let requested = RequestedExchange::new(&attempt);
        self.hooks.tell_before(&requested);
        attempt.taps.push(Box::new(AfterHead { hooks: self.hooks, requested }));
        self.inner.attempt(attempt)
    }
}

struct AfterHead<'a> {
    hooks: &'a ExchangeHooks,
    requested: RequestedExchange,
}

impl AnswerTap for AfterHead<'_> {
    fn head(&mut self, head: &AnsweredExchange) {
        self.hooks.tell_after(&self.requested, head);
    }
}
