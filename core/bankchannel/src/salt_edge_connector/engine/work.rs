//! Work: whatever is due, until nothing is.

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

/// How many sessions whose time is over are ended at once.
const EXPIRED_AT_ONCE: i64 = 100;
/// How many rows that nobody needs are removed at once.
const PURGED_AT_ONCE: i64 = 200;
/// How often that is done.
const TIDY_MS: i64 = 60 * 60 * 1000;
/// How often is looked for what is due while the bank or the hub thinks.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long a session that ended is kept.
const KEEP_SESSIONS_MS: i64 = 30 * DAY_MS;
/// How long a token that ended is kept.
const KEEP_TOKENS_MS: i64 = 400 * DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What was done.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::salt_edge_connector) struct Worked {
    pub(in crate::salt_edge_connector) asked: u32,
    pub(in crate::salt_edge_connector) expired: u32,
    pub(in crate::salt_edge_connector) delivered: u32,
    pub(in crate::salt_edge_connector) again: u32,
    pub(in crate::salt_edge_connector) stopped: u32,
    pub(in crate::salt_edge_connector) given_up: u32,
    /// When something is due next, milliseconds since 1970.
    pub(in crate::salt_edge_connector) next_due_ms: Option<i64>,
}

/// How far the two sides of the work are. They run in one task, one after the other.
#[derive(Default)]
struct Progress {
    /// The bank was asked whatever was due.
    is_asked: AtomicBool,
    asked: Notify,
    /// Nothing more is sent.
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
    /// Does what is due: ends what is over, asks the bank, tells the hub. Nothing new is begun once the call's time is up.
    ///
    /// # Errors
    /// `resource.storage`; `cancelled`.
    pub(in crate::salt_edge_connector) async fn work(&self) -> Result<Worked> {
        if self.options.cancel.is_cancelled() {
            return Err(Error::new(&row::CANCELLED).with_outcome(Outcome::NotSent));
        }
        // The bank's code and the hub do not wait for each other.
        let progress = Progress::default();
        let (asked, sent) =
            futures_util::future::join(self.ask_while_sending(&progress), self.send_all(&progress)).await;
        let mut worked = sent?;
        worked.asked = match asked {
            (asked, Ok(())) => asked,
            // The time is up. What was asked is settled.
            (asked, Err(error)) if error.code() == row::TIMED_OUT.code => asked,
            (_, Err(error)) => return Err(error),
        };
        self.tidy_up().await?;
        worked.next_due_ms = self.due().await?.next();
        Ok(worked)
    }

    /// When something is due next. Callbacks of a connector without a hub are never due.
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

    /// Asks the bank whatever is due, and again while something is being sent: a hub that takes its time holds up no customer. Answers
    /// how much, and why no more.
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

    /// Asks the bank whatever is due now.
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

    /// Ends what is over and sends whatever is due, until the bank was asked everything and nothing is.
    async fn send_all(&self, progress: &Progress) -> Result<Worked> {
        let sent = self.send_while_asking(progress).await;
        progress.is_sent.store(true, Ordering::Release);
        progress.sent.notify_one();
        sent
    }

    async fn send_while_asking(&self, progress: &Progress) -> Result<Worked> {
        let mut worked = Worked::default();
        loop {
            // Looked at first: what the last answer brings is sent.
            let was_asked = progress.is_asked.load(Ordering::Acquire);
            let over = self.end_what_is_over().await?;
            worked.expired += u32::try_from(over).unwrap_or(u32::MAX);
            let sent = self.send_some(self.options).await?;
            worked.add(sent);
            let is_idle = over == 0 && sent.is_nothing();
            // And looked at last: the bank is not being asked again.
            if (is_idle || self.is_over()) && was_asked && progress.is_asked.load(Ordering::Acquire) {
                return Ok(worked);
            }
            if is_idle || self.is_over() {
                // A wakening that comes meanwhile is kept.
                let _ = tokio::time::timeout(LOOK_AGAIN, progress.asked.notified()).await;
            }
        }
    }

    /// Whether nothing new is begun.
    pub(super) fn is_over(&self) -> bool {
        self.options.cancel.is_cancelled()
            || self.options.winding_down.is_cancelled()
            || self.deadline.is_some_and(|until| Instant::now() >= until)
    }

    /// Removes what ended long ago, once an hour.
    async fn tidy_up(&self) -> Result<()> {
        static NEXT: AtomicI64 = AtomicI64::new(0);
        // The system's time, whatever instant the call was given: rows are not removed for a time that has not come.
        let now = SystemClock::default().now_ms();
        let next = NEXT.load(Ordering::Relaxed);
        if now < next || NEXT.compare_exchange(next, now + TIDY_MS, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return Ok(());
        }
        let purged = self.store.purge(now - KEEP_SESSIONS_MS, now - KEEP_TOKENS_MS, PURGED_AT_ONCE).await;
        purged.map(drop).map_err(unusable)
    }
}
