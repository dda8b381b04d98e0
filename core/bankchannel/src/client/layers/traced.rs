//! What became of each attempt, in the call's log and the program's. That one begins is said before it is sealed.

use std::time::Instant;

use bankchannel_transport::{Attempt, AttemptFuture, Attempts, answered_line};

use crate::CallOptions;

pub(super) struct TracedAttempts<'a> {
    pub(super) inner: Box<dyn Attempts + 'a>,
    pub(super) options: &'a CallOptions,
}

impl Attempts for TracedAttempts<'_> {
    fn attempt<'a>(&'a self, attempt: Attempt<'a>) -> AttemptFuture<'a> {
        let (method, shown, begun) = (&attempt.request.method, attempt.shown, Instant::now());
        let inner = self.inner.attempt(attempt);
        Box::pin(async move {
            let result = inner.await;
            let (level, line) = answered_line(method, shown, &result, begun.elapsed());
            self.options.log_line(level, line);
            result
        })
    }
}
