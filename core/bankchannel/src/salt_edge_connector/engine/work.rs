//! Work: carries out everything that is due.

use std::{
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
    time::{Duration, Instant},
};

use bankchannel_foundation::{
    Error, Outcome, Result,
    clock::{Clock as _, SystemClock},
    error::row,
};
use bankchannel_storage::salt_edge_connector::Due;
use tokio::sync::Notify;

use super::{Engine, callbacks::Sent, unusable};

/// The number of expired sessions that are ended in one batch.
const EXPIRED_AT_ONCE: i64 = 100;
/// The number of obsolete rows that are removed in one batch.
const PURGED_AT_ONCE: i64 = 200;
/// The interval of this cleanup.
const TIDY_MS: i64 = 60 * 60 * 1000;
/// The interval of checks for due work while the bank or the hub is busy.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long an ended session is kept.
const KEEP_SESSIONS_MS: i64 = 30 * DAY_MS;
/// How long an ended token is kept.
const KEEP_TOKENS_MS: i64 = 400 * DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The result of the work.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::salt_edge_connector) struct Worked {
    pub(in crate::salt_edge_connector) asked: u32,
    pub(in crate::salt_edge_connector) expired: u32,
    pub(in crate::salt_edge_connector) delivered: u32,
    pub(in crate::salt_edge_connector) again: u32,
    pub(in crate::salt_edge_connector) stopped: u32,
    pub(in crate::salt_edge_connector) given_up: u32,
    /// The time at which the next work is due, in milliseconds since 1970.
    pub(in crate::salt_edge_connector) next_due_ms: Option<i64>,
}

/// The progress of both sides of the work. They run concurrently in one task.
#[derive(Default)]
struct Progress {
    /// All due questions were put to the bank.
    is_asked: AtomicBool,
    asked: Notify,
    /// Nothing more will be sent.
    is_sent: AtomicBool,
    sent: Notify,
}

impl Worked {
    fn add(&mut self, sent: Sent) {
        self.delivered += sent.delivered;
        self.again += sent.again;
        self.stopped += sent.stopped;
        self.given_up += sent.given_up;
    }
}

impl Engine<'_> {
    /// Does the due work: ends expired sessions, asks the bank, reports to the hub. Nothing new is started once the
    /// call's time is up.
    ///
    /// # Errors
    /// `resource.storage`; `cancelled`.
    pub(in crate::salt_edge_connector) async fn work(&self) -> Result<Worked> {
        if self.options.cancel.is_cancelled() {
            return Err(Error::new(&row::CANCELLED).with_outcome(Outcome::NotSent));
        }
        // The bank's code and the hub run independently of each other.
        let progress = Progress::default();
        let (asked, sent) =
            futures_util::future::join(self.ask_while_sending(&progress), self.send_all(&progress)).await;
        let mut worked = sent?;
        worked.asked = match asked {
            (asked, Ok(())) => asked,
            // The time is up. Questions that were asked are settled.
            (asked, Err(error)) if error.code() == row::TIMED_OUT.code => asked,
            (_, Err(error)) => return Err(error),
        };
        self.tidy_up().await?;
        worked.next_due_ms = self.due().await?.next();
        Ok(worked)
    }

    /// The times at which work is due next. Callbacks of a connector without a hub are never due.
    pub(super) async fn due(&self) -> Result<Due> {
        let due = self.store.due().await.map_err(unusable)?;
        Ok(Due { callback: due.callback.filter(|_| self.client.sender.is_some()), ..due })
    }

    async fn end_what_is_over(&self) -> Result<u64> {
        let now = self.now();
        let sessions = self.store.expire_sessions(now, EXPIRED_AT_ONCE).await.map_err(unusable)?;
        let callbacks = self.store.expire_callbacks(now, EXPIRED_AT_ONCE).await.map_err(unusable)?;
        Ok(sessions + callbacks)
    }

    /// Asks the bank all due questions, and continues while callbacks are being sent, so that a slow hub does not delay
    /// customers. Returns the number of questions and the error that ended it, if any.
    async fn ask_while_sending(&self, progress: &Progress) -> (u32, Result<()>) {
        let mut all = 0;
        loop {
            progress.is_asked.store(false, Ordering::Release);
            let (asked, ended) = self.ask_all(progress).await;
            all += asked;
            progress.is_asked.store(true, Ordering::Release);
            progress.asked.notify_one();
            if ended.is_err() || self.is_over() || progress.is_sent.load(Ordering::Acquire) {
                return (all, ended);
            }
            let _ = tokio::time::timeout(LOOK_AGAIN, progress.sent.notified()).await;
            if progress.is_sent.load(Ordering::Acquire) {
                return (all, Ok(()));
            }
        }
    }

    /// Asks the bank all questions that are due now.
    async fn ask_all(&self, progress: &Progress) -> (u32, Result<()>) {
        let mut asked = 0;
        loop {
            match self.ask_next().await {
                Ok(true) => asked += 1,
                Ok(false) => return (asked, Ok(())),
                Err(error) => return (asked, Err(error)),
            }
            progress.asked.notify_one();
            if self.is_over() {
                return (asked, Ok(()));
            }
        }
    }

    /// Ends expired rows and sends due callbacks, until the bank was asked all questions and nothing is left.
    async fn send_all(&self, progress: &Progress) -> Result<Worked> {
        let sent = self.send_while_asking(progress).await;
        progress.is_sent.store(true, Ordering::Release);
        progress.sent.notify_one();
        sent
    }

    async fn send_while_asking(&self, progress: &Progress) -> Result<Worked> {
        let mut worked = Worked::default();
        loop {
            // Checked first: the callback of the last answer must still be sent.
            let was_asked = progress.is_asked.load(Ordering::Acquire);
            let over = self.end_what_is_over().await?;
            worked.expired += u32::try_from(over).unwrap_or(u32::MAX);
            let sent = self.send_some(self.options).await?;
            worked.add(sent);
            let is_idle = over == 0 && sent.is_nothing();
            // And checked again: the bank is not being asked any more.
            if (is_idle || self.is_over()) && was_asked && progress.is_asked.load(Ordering::Acquire) {
                return Ok(worked);
            }
            if is_idle || self.is_over() {
                // A notification that arrives in the meantime is not lost.
                let _ = tokio::time::timeout(LOOK_AGAIN, progress.asked.notified()).await;
            }
        }
    }

    /// Whether nothing new may be started.
    pub(super) fn is_over(&self) -> bool {
        self.options.cancel.is_cancelled()
            || self.options.winding_down.is_cancelled()
            || self.deadline.is_some_and(|until| Instant::now() >= until)
    }

    /// Removes old ended rows, once an hour.
    async fn tidy_up(&self) -> Result<()> {
        static NEXT: AtomicI64 = AtomicI64::new(0);
        // Uses the system's time even if the call has another one: a time in the future must not remove rows.
        let now = SystemClock::default().now_ms();
        let next = NEXT.load(Ordering::Relaxed);
        if now < next || NEXT.compare_exchange(next, now + TIDY_MS, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return Ok(());
        }
        let purged = self.store.purge(now - KEEP_SESSIONS_MS, now - KEEP_TOKENS_MS, PURGED_AT_ONCE).await;
        purged.map(drop).map_err(unusable)
    }
}
