//! Progress: the bytes of request and answer, for the call's watcher.

use std::sync::Arc;

use bankchannel_transport::{AnswerTap, Attempt, AttemptFuture, Attempts};

use crate::progress::{ProgressDirection, ProgressWatcher};

pub(super) struct WatchedAttempts<'a> {
    pub(super) inner: Box<dyn Attempts + 'a>,
    pub(super) watcher: &'a ProgressWatcher,
}

impl Attempts for WatchedAttempts<'_> {
    fn attempt<'a>(&'a self, mut attempt: Attempt<'a>) -> AttemptFuture<'a> {
        let watcher = self.watcher.clone();
        attempt.sent.push(Arc::new(move |bytes, total| watcher.moved(ProgressDirection::Send, bytes, total)));
        attempt.taps.push(Box::new(ReceivedBytes(self.watcher)));
        self.inner.attempt(attempt)
    }
}

struct ReceivedBytes<'a>(&'a ProgressWatcher);

impl AnswerTap for ReceivedBytes<'_> {
    fn piece(&mut self, _: &[u8], arrived: u64, total: Option<u64>) {
        self.0.moved(ProgressDirection::Receive, arrived, total);
    }
}
