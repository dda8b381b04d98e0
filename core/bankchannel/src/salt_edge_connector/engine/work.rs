//! Work: carries out everything that is due.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Instant,
};

use bankchannel_foundation::{
    CallOutcome, Error, Result,
    clock::{Clock as _, SystemClock},
    error::row,
};
use bankchannel_storage::salt_edge_connector::{DueTimes, TaskLane};

use super::{
    ConnectorEngine,
    callbacks::SentCallbacks,
    lanes::{WorkLane, WorkLanes},
    unusable,
};

/// The number of expired sessions that are ended in one batch.
const EXPIRED_AT_ONCE: i64 = 100;
/// The number of obsolete rows that are removed in one batch.
const PURGED_AT_ONCE: i64 = 200;
/// The interval of this cleanup.
const TIDY_MS: i64 = 60 * 60 * 1000;
/// How long an ended session is kept.
const KEEP_SESSIONS_MS: i64 = 30 * DAY_MS;
/// How long an ended token is kept.
const KEEP_TOKENS_MS: i64 = 400 * DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The result of the work.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::salt_edge_connector) struct WorkDone {
    pub(in crate::salt_edge_connector) asked: u32,
    pub(in crate::salt_edge_connector) expired: u32,
    pub(in crate::salt_edge_connector) delivered: u32,
    pub(in crate::salt_edge_connector) again: u32,
    pub(in crate::salt_edge_connector) stopped: u32,
    pub(in crate::salt_edge_connector) given_up: u32,
    /// The time at which the next work is due, in milliseconds since 1970.
    pub(in crate::salt_edge_connector) next_due_ms: Option<i64>,
}

impl WorkDone {
    fn add(&mut self, sent: SentCallbacks) {
        self.delivered += sent.delivered;
        self.again += sent.again;
        self.stopped += sent.stopped;
        self.given_up += sent.given_up;
    }
}

impl ConnectorEngine<'_> {
    /// Does the due work: ends expired sessions, asks the bank, reports to the hub. Nothing new is started once the
    /// call's time is up.
    ///
    /// # Errors
    /// `resource.storage`; `cancelled`.
    pub(in crate::salt_edge_connector) async fn work(&self) -> Result<WorkDone> {
        if self.options.cancel.is_cancelled() {
            return Err(Error::new(&row::CANCELLED).with_outcome(CallOutcome::NotSent));
        }
        self.compare_clocks().await.map_err(unusable)?;
        let lanes = WorkLanes::default();
        let ((asked, ended), (noted, ended_of_notices), expired, sent) = tokio::join!(
            self.ask_in(WorkLane::Questions, TaskLane::Sessions, &lanes),
            self.ask_in(WorkLane::Notices, TaskLane::Notices, &lanes),
            self.expire(&lanes),
            self.send(&lanes),
        );
        let mut worked = sent?;
        worked.asked = asked + noted;
        worked.expired = expired?;
        for ended in [ended, ended_of_notices] {
            match ended {
                // The time is up. Questions that were asked are settled.
                Err(error) if error.code() != row::TIMED_OUT.code => return Err(error),
                _ => {}
            }
        }
        self.tidy_up().await?;
        worked.next_due_ms = self.due().await?.next();
        Ok(worked)
    }

    /// The times at which work is due next. Callbacks of a connector without a hub are never due.
    pub(super) async fn due(&self) -> Result<DueTimes> {
        let due = self.store.due().await.map_err(unusable)?;
        Ok(DueTimes { callback: due.callback.filter(|_| self.client.sender.is_some()), ..due })
    }

    async fn end_what_is_over(&self) -> Result<u64> {
        let now = self.now();
        let sessions = self.store.expire_sessions(now, EXPIRED_AT_ONCE).await.map_err(unusable)?;
        let callbacks = self.store.expire_callbacks(now, EXPIRED_AT_ONCE).await.map_err(unusable)?;
        Ok(sessions + callbacks)
    }

    /// Asks the bank the due questions of a lane, one after the other. Returns their number and the error that ended it,
    /// if any.
    async fn ask_in(&self, lane: WorkLane, of: TaskLane, lanes: &WorkLanes) -> (u32, Result<()>) {
        let (mut asked, mut wake) = (0, self.client.due.subscribe());
        loop {
            let (begun, _) = lanes.begin(lane);
            let ended = self.ask_next(of).await;
            if let Ok(true) = ended {
                asked += 1;
                lanes.changed();
            }
            if ended.is_err() || self.is_over() {
                lanes.finish(lane);
                return (asked, ended.map(drop));
            }
            if matches!(ended, Ok(false)) && !lanes.idle(lane, begun, &mut wake).await {
                return (asked, Ok(()));
            }
        }
    }

    /// Ends expired work. Returns the number.
    async fn expire(&self, lanes: &WorkLanes) -> Result<u32> {
        let (mut expired, mut wake) = (0_u32, self.client.due.subscribe());
        loop {
            let (begun, _) = lanes.begin(WorkLane::Expiry);
            let over = self.end_what_is_over().await;
            let count = *over.as_ref().unwrap_or(&0);
            expired = expired.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            if count > 0 {
                lanes.changed();
            }
            if over.is_err() || self.is_over() {
                lanes.finish(WorkLane::Expiry);
                return over.map(|_| expired);
            }
            if count == 0 && !lanes.idle(WorkLane::Expiry, begun, &mut wake).await {
                return Ok(expired);
            }
        }
    }

    /// Sends due callbacks. Those of the bank's last answers are sent, too, if the time is up.
    async fn send(&self, lanes: &WorkLanes) -> Result<WorkDone> {
        let (mut worked, mut wake) = (WorkDone::default(), self.client.due.subscribe());
        loop {
            let (begun, is_alone) = lanes.begin(WorkLane::Reports);
            let sent = self.send_some(self.options, &mut wake).await;
            let is_idle = sent.as_ref().map_or(true, |sent| sent.is_nothing());
            worked.add(*sent.as_ref().unwrap_or(&SentCallbacks::default()));
            if !is_idle {
                lanes.changed();
            }
            if sent.is_err() || (self.is_over() && is_alone) {
                lanes.finish(WorkLane::Reports);
                return sent.map(|_| worked);
            }
            if (is_idle || self.is_over()) && !lanes.idle(WorkLane::Reports, begun, &mut wake).await {
                return Ok(worked);
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
