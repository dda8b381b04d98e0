//! When a fact of the bank is asked for anew: by one call at a time, and not for a while after that was in vain.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bankchannel_foundation::{Error, Result};

use crate::CallOptions;

/// How long after a question in vain calls that can do without its answer do not ask, seconds.
pub(super) const REST_S: i64 = 300;

/// The turns to ask for one fact.
#[derive(Default)]
pub(super) struct RefreshTurns {
    state: Mutex<RefreshState>,
    /// Held by the call that asks.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct RefreshState {
    /// When the last question was asked, unless it was answered, Unix seconds.
    unanswered_s: Option<i64>,
    /// The error of the last question, if it was needed and failed.
    failure: Option<Error>,
    /// How many needed ones have failed.
    failures: u64,
}

/// The turn of a call: it asks now.
pub(super) type RefreshTurn<'a> = tokio::sync::MutexGuard<'a, ()>;

impl RefreshTurns {
    fn state(&self) -> MutexGuard<'_, RefreshState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn of a call that can do without; `None` while another one asks, and for a while after one did in vain.
    pub(super) fn spare(&self, now_s: i64) -> Option<RefreshTurn<'_>> {
        let turn = self.asking.try_lock().ok()?;
        let rests = self.state().unanswered_s.is_some_and(|at_s| (0..REST_S).contains(&(now_s - at_s)));
        (!rests).then_some(turn)
    }

    /// The turn of a call that cannot do without.
    ///
    /// # Errors
    /// That of another one that has asked meanwhile, for all that have waited; `cancelled`, `timeout.deadline`.
    pub(super) async fn needed(&self, options: &CallOptions) -> Result<RefreshTurn<'_>> {
        let failures = self.state().failures;
        let turn = options.race(self.asking.lock()).await?;
        let state = self.state();
        match &state.failure {
            Some(failure) if state.failures != failures => Err(failure.clone()),
            _ => Ok(turn),
        }
    }

    /// Waits until no call asks.
    pub(super) async fn settled(&self) {
        drop(self.asking.lock().await);
    }

    /// Notes that the question is asked: it counts as unanswered also if the call ends before.
    pub(super) fn begin(&self, now_s: i64) {
        self.state().unanswered_s = Some(now_s);
    }

    /// Notes the answer.
    pub(super) fn answered(&self) {
        let mut state = self.state();
        (state.unanswered_s, state.failure) = (None, None);
    }

    /// Notes that a question failed whose answer is needed.
    pub(super) fn failed(&self, error: &Error) {
        let mut state = self.state();
        (state.failure, state.failures) = (Some(error.clone()), state.failures + 1);
    }

    /// The next call may ask, whatever became of the last question.
    pub(super) fn forget(&self) {
        self.state().unanswered_s = None;
    }
}
