//! Callbacks: reports to the hub, signed and sent until the hub has accepted them.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use bankchannel_crypto::random;
use bankchannel_foundation::{CallOutcome, Category, Error, Result};
use bankchannel_salt_edge::{
    class::of_connector,
    connector::{
        errors,
        operations::{
            sessions::{
                fail_session::{FailSession, FailSessionRequest},
                succeed_session::{SucceedSession, SucceedSessionRequest},
                update_session::{InteractiveStep, SessionExtra, SessionStatus, UpdateSession, UpdateSessionRequest},
            },
            tokens::revoke_token_at_hub::{RevokeTokenAtHub, RevokeTokenAtHubRequest},
        },
    },
    model,
};
use bankchannel_storage::salt_edge_connector::{AttemptEnd, CallbackEnd, CallbackKind, DueCallback, RowId};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{sync::watch, time::MissedTickBehavior};

use super::{
    ConnectorEngine, again_while_busy, id_text,
    lanes::LOOK_AGAIN,
    read_id,
    records::{FailureRecord, SessionRecord, SuccessRecord, UpdateRecord},
    unusable,
    vault::SealedRow,
};
use crate::{CallOptions, salt_edge::SaltEdgeSender};

/// The number of callbacks that are taken from the store while the hub answers quickly, including those being sent: half
/// of them must last until the next ones are taken, which waits for the disk. Otherwise none is taken that cannot be sent
/// at once.
const IN_HAND: usize = 320;
/// The hub is quick if half of the callbacks in hand are sent in this time. It includes that of taking the next ones.
const QUICK: Duration = Duration::from_millis(300);
/// How long a callback that was taken waits to be sent. Then others may take it.
const HELD: Duration = Duration::from_secs(3);
/// The maximum number of finished callbacks whose result is not yet stored.
const ENDING: usize = 256;
/// The time limit of one callback.
const EXCHANGE: Duration = Duration::from_secs(30);
/// The minimum time for one callback, even if less of the call's time is left.
const LEAST: Duration = Duration::from_secs(5);
/// The time for which other workers leave a callback alone that was taken.
pub(super) const LEASE_MS: i64 = 2 * 60 * 1000;
/// The first pause before a retry; it doubles with each retry.
const FIRST_PAUSE_MS: i64 = 1000;
/// The longest pause for callbacks that a customer waits for.
const LONGEST_PAUSE_MS: i64 = 60 * 1000;
/// The longest pause for the revocation of a token.
const LONGEST_REVOKE_PAUSE_MS: i64 = 10 * 60 * 1000;
/// The longest wait that the hub may ask for.
const LONGEST_WAIT_MS: i64 = 60 * 60 * 1000;

/// Counts of a round of sending.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::salt_edge_connector) struct SentCallbacks {
    pub(super) delivered: u32,
    pub(super) again: u32,
    pub(super) stopped: u32,
    pub(super) given_up: u32,
}

impl SentCallbacks {
    /// Whether nothing was due.
    pub(super) fn is_nothing(self) -> bool {
        self.delivered + self.again + self.stopped + self.given_up == 0
    }

    fn count(&mut self, end: CallbackEnd) {
        *match end {
            CallbackEnd::Delivered => &mut self.delivered,
            CallbackEnd::Again { .. } => &mut self.again,
            CallbackEnd::Stopped => &mut self.stopped,
            CallbackEnd::OverThere | CallbackEnd::TooLate => &mut self.given_up,
        } += 1;
    }
}

impl ConnectorEngine<'_> {
    /// Sends due callbacks, several at once: one that the hub does not answer takes its own place only. What becomes due
    /// meanwhile is sent, too. Ends when none is due and none is being sent, or when the call's time is up. Without a hub
    /// nothing is sent; the callbacks wait.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) async fn send_some(
        &self,
        options: &CallOptions,
        wake: &mut watch::Receiver<u64>,
    ) -> Result<SentCallbacks> {
        let mut sent = SentCallbacks::default();
        let Some(sender) = &self.client.sender else { return Ok(sent) };
        let at_once = self.client.ready.reports_at_once;
        let (mut sending, mut ending, mut taking) = (FuturesUnordered::new(), FuturesUnordered::new(), None);
        let mut waiting: VecDeque<(DueCallback, Instant)> = VecDeque::new();
        let (mut taken, mut broken, mut may_be_due) = (0, None, true);
        let mut last: Option<Instant> = None;
        let mut look = tokio::time::interval_at(tokio::time::Instant::now() + LOOK_AGAIN, LOOK_AGAIN);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            while sending.len() < at_once
                && let Some((due, _)) = waiting.pop_front()
            {
                sending.push(self.attempt(sender, due, options));
            }
            if self.is_over() || waiting.front().is_some_and(|(_, at)| at.elapsed() > HELD) {
                // A callback that was taken and is not sent is due again.
                ending.extend(waiting.drain(..).map(|(due, at)| self.end(self.not_sent(due, at), false)));
            }
            let held = waiting.len() + sending.len();
            let may_take = may_be_due && broken.is_none() && !(taken > 0 && self.is_over());
            // Taken in batches, since each batch is one commit.
            if may_take
                && taking.is_none()
                && ending.len() < ENDING
                && let Some(size) = batch_size(held, at_once, last)
            {
                let (now, at) = (self.now(), Instant::now());
                let wanted = if self.is_over() { at_once - sending.len() } else { size };
                let due = self.store.take_callbacks(now, now + LEASE_MS, i64::try_from(wanted).unwrap_or(1));
                (taking, last) = (Some((due, wanted, at)), Some(at));
            }
            if taking.is_none() && sending.is_empty() && ending.is_empty() && waiting.is_empty() {
                return broken.map_or(Ok(sent), Err);
            }
            let took = async {
                match &mut taking {
                    Some((due, wanted, at)) => (due.await, *wanted, *at),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                (due, wanted, at) = took => {
                    taking = None;
                    match due.map_err(unusable) {
                        Ok(due) => {
                            may_be_due = due.len() == wanted;
                            taken += due.len();
                            waiting.extend(due.into_iter().map(|due| (due, at)));
                        }
                        // Callbacks in flight still finish.
                        Err(error) => (may_be_due, broken) = (false, Some(error)),
                    }
                }
                // While some are in flight, others may become due; while all places are taken, those that were taken wait.
                () = news(wake) => may_be_due = true,
                _ = look.tick() => may_be_due = true,
                // Its result is stored while others are sent.
                Some(attempt) = sending.next() => ending.push(self.end(attempt, true)),
                Some(ended) = ending.next() => match ended {
                    Ok(end) => end.into_iter().for_each(|end| sent.count(end)),
                    Err(error) => (may_be_due, broken) = (false, Some(error)),
                },
            }
        }
    }

    /// Sends the callbacks of one session in order, for at most `limit`.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) async fn send_of(&self, session: RowId, limit: Duration) -> Result<()> {
        let Some(sender) = &self.client.sender else { return Ok(()) };
        let until = Instant::now() + limit;
        loop {
            let options = self.options.until(until);
            let now = self.now();
            let due = self.store.take_callback_of(session, now, now + LEASE_MS).await.map_err(unusable)?;
            let Some(due) = due else { return Ok(()) };
            let attempt = self.attempt(sender, due, &options).await;
            let end = self.end(attempt, true).await?;
            if end != Some(CallbackEnd::Delivered) || Instant::now() >= until {
                return Ok(());
            }
        }
    }

    /// Sends a callback, unless it has expired.
    async fn attempt(&self, sender: &SaltEdgeSender, due: DueCallback, options: &CallOptions) -> AttemptEnd {
        let ended = if due.expires_at <= self.now() {
            CallbackAttempt { end: CallbackEnd::TooLate, status: None, class: None }
        } else {
            let limit = options.timeout.map_or(EXCHANGE, |left| left.clamp(LEAST, EXCHANGE));
            // With the id of the callback both sides can find it in their logs.
            let request_id = options.request_id.clone().or_else(|| Some(id_text(due.id)));
            let options = CallOptions { timeout: Some(limit), request_id, ..options.clone() };
            match self.exchange(sender, &due, &options).await {
                Ok(()) => CallbackAttempt { end: CallbackEnd::Delivered, status: Some(200), class: None },
                Err(error) => self.judge(&due, &error),
            }
        };
        let CallbackAttempt { end, status, class } = ended;
        AttemptEnd { id: due.id, lease: due.lease, now: self.now(), status, class, end }
    }

    /// The end for a callback that was taken at `at` and not sent: it keeps its place among the due ones.
    fn not_sent(&self, due: DueCallback, at: Instant) -> AttemptEnd {
        let now = self.now();
        let waited = i64::try_from(at.elapsed().as_millis()).unwrap_or_default();
        let end = CallbackEnd::Again { due_at: now - waited, may_have_arrived: false };
        AttemptEnd { id: due.id, lease: due.lease, now, status: None, class: None, end }
    }

    /// Stores the result of an attempt; `None` if none was made.
    async fn end(&self, attempt: AttemptEnd, is_made: bool) -> Result<Option<CallbackEnd>> {
        again_while_busy(|| self.store.end_attempt(attempt.clone())).await?;
        Ok(is_made.then_some(attempt.end))
    }

    /// Sends one callback with its content from the store.
    async fn exchange(&self, sender: &SaltEdgeSender, due: &DueCallback, options: &CallOptions) -> Result<()> {
        match (due.kind, due.session, due.token) {
            (CallbackKind::Update, Some(session), _) => {
                let request = self.update(due, session)?;
                sender.exchange::<UpdateSession>(request, options).await.map(drop)
            }
            (CallbackKind::Success, Some(session), _) => {
                let request = self.success_of(due, session)?;
                sender.exchange::<SucceedSession>(request, options).await.map(drop)
            }
            (CallbackKind::Fail, Some(session), _) => {
                let request = self.failure_of(due, session)?;
                sender.exchange::<FailSession>(request, options).await.map(drop)
            }
            (CallbackKind::Revoke, _, Some(token)) => {
                let generation = u32::try_from(due.generation).unwrap_or_default();
                let request = RevokeTokenAtHubRequest::new(self.vault.token(token, generation));
                sender.exchange::<RevokeTokenAtHub>(request, options).await.map(drop)
            }
            _ => Err(Error::internal("a stored callback lacks its session or token")),
        }
    }

    fn stored_content<T: bankchannel_foundation::model::Boundary>(
        &self,
        due: &DueCallback,
        session: RowId,
    ) -> Result<Option<T>> {
        due.sealed.as_ref().map(|sealed| self.vault.open(sealed, SealedRow::Callback(session))).transpose()
    }

    fn needed<T: bankchannel_foundation::model::Boundary>(&self, due: &DueCallback, session: RowId) -> Result<T> {
        self.stored_content(due, session)?.ok_or_else(|| Error::internal("a stored callback has no content"))
    }

    fn update(&self, due: &DueCallback, session: RowId) -> Result<UpdateSessionRequest> {
        let of: SessionRecord = self.vault.open(&due.subject, SealedRow::Session(session))?;
        let said: UpdateRecord = self.needed(due, session)?;
        let status = match said.status.as_str() {
            "redirect" => SessionStatus::Redirect,
            "waiting_confirmation_code" => SessionStatus::WaitingConfirmationCode,
            other => SessionStatus::Other(other.to_owned()),
        };
        let mut step = InteractiveStep::new();
        step.instruction = said.instruction;
        step.interactive_field = said.field;
        let has_step = step.interactive_field.is_some() || step.instruction.is_some();
        let mut made = UpdateSessionRequest::new(of.session_secret, status);
        made.extra = said.redirect_url.map(|url| {
            let mut made = SessionExtra::new();
            made.redirect_url = Some(url);
            made
        });
        made.session_expires_at = Some(model::Instant(said.session_expires_at));
        made.user_id = said.user_id;
        made.interactive_step_instruction = has_step.then_some(step);
        Ok(made)
    }

    fn success_of(&self, due: &DueCallback, session: RowId) -> Result<SucceedSessionRequest> {
        let of: SessionRecord = self.vault.open(&due.subject, SealedRow::Session(session))?;
        let said: SuccessRecord = self.needed(due, session)?;
        let token = said.token_id.as_deref().map(|id| read_id("token_id", id)).transpose()?;
        let mut made = SucceedSessionRequest::new(of.session_secret);
        made.user_id = said.user_id;
        made.token = token.map(|id| self.vault.token(id, said.generation));
        made.token_expires_at = said.token_expires_at.map(model::Instant);
        made.consent = said.consent;
        Ok(made)
    }

    fn failure_of(&self, due: &DueCallback, session: RowId) -> Result<FailSessionRequest> {
        let of: SessionRecord = self.vault.open(&due.subject, SealedRow::Session(session))?;
        let said = self.stored_content::<FailureRecord>(due, session)?;
        let (error_class, error_message, user_id) = match said {
            Some(said) => (said.error_class, said.error_message, said.user_id),
            None => {
                let class = due.reason.as_deref().unwrap_or(of_connector::INTERNAL_PROVIDER_ERROR.name);
                let known = of_connector::ALL.iter().find(|known| known.name == class);
                let meaning = known.map_or(class, |known| known.meaning);
                (class.to_owned(), meaning.to_owned(), of.user_id)
            }
        };
        let mut made = FailSessionRequest::new(of.session_secret, error_class, error_message);
        made.user_id = user_id;
        Ok(made)
    }

    /// Decides the result of a callback that was not accepted.
    fn judge(&self, due: &DueCallback, error: &Error) -> CallbackAttempt {
        let status = error.http_status().map(i64::from);
        let code = error.code();
        // Without an answer of the hub, the code of the local error.
        let class = error.peer().and_then(|peer| peer.code.clone()).or_else(|| Some(code.to_owned()));
        let is = |row: &bankchannel_foundation::error::ErrorRow| code == row.code;
        let is_over_there =
            is(&errors::SESSION_CLOSED) || is(&errors::SESSION_EXPIRED) || is(&errors::SESSION_NOT_FOUND);
        let is_revoked_there = is(&errors::TOKEN_REVOKED) || is(&errors::TOKEN_EXPIRED) || is(&errors::TOKEN_NOT_FOUND);
        let outcome = error.outcome();
        let is_of_hub = error.peer().is_some_and(|peer| peer.code.is_some());
        let end = match due.kind {
            // The hub accepted it; only its answer was unreadable.
            _ if outcome == Some(CallOutcome::Accepted) => CallbackEnd::Delivered,
            CallbackKind::Revoke if is_revoked_there => CallbackEnd::Delivered,
            // An earlier attempt has arrived and closed the session.
            CallbackKind::Success | CallbackKind::Fail if is(&errors::SESSION_CLOSED) && due.sent > 0 => {
                CallbackEnd::Delivered
            }
            CallbackKind::Update | CallbackKind::Success | CallbackKind::Fail if is_over_there => {
                CallbackEnd::OverThere
            }
            // A wrong setting on this side, which a person has to fix.
            _ if outcome == Some(CallOutcome::NotSent) && error.category() == Category::Configuration => {
                CallbackEnd::Stopped
            }
            // The hub itself refuses it; a proxy's page may be gone the next time.
            _ if outcome == Some(CallOutcome::Refused) && status != Some(429) && is_of_hub => CallbackEnd::Stopped,
            _ => {
                let may_have_arrived = !matches!(outcome, Some(CallOutcome::NotSent | CallOutcome::Refused));
                CallbackEnd::Again { due_at: self.again_at(due, error), may_have_arrived }
            }
        };
        let what = match end {
            CallbackEnd::Delivered => "arrived before",
            CallbackEnd::Again { .. } => "will be sent again",
            CallbackEnd::Stopped => "stays stopped: fix the cause, then call retry_callback",
            CallbackEnd::OverThere | CallbackEnd::TooLate => "will not be sent again",
        };
        let setting = error.detail("field").filter(|_| error.category() == Category::Configuration);
        let setting = setting.map(|setting| format!(" ({setting})")).unwrap_or_default();
        let of = due.session.map(|session| format!(" of session {}", id_text(session))).unwrap_or_default();
        let (id, kind) = (id_text(due.id), due.kind.as_str());
        self.options.warn(format!("callback {id} ({kind}{of}): {code}{setting}; it {what}"));
        CallbackAttempt { end, status, class }
    }

    /// The time of the next attempt: as the hub asked, or after a growing pause.
    fn again_at(&self, due: &DueCallback, error: &Error) -> i64 {
        let longest = if due.kind == CallbackKind::Revoke { LONGEST_REVOKE_PAUSE_MS } else { LONGEST_PAUSE_MS };
        let doublings = u32::try_from(due.lease - 1).unwrap_or(u32::MAX).min(20);
        let pause = FIRST_PAUSE_MS.saturating_mul(1 << doublings).min(longest);
        // Up to a quarter is added at random, so that callbacks that failed together are not retried together.
        let spread = i64::from(random::bytes::<1>()[0]) * pause / 1024;
        let said = error.retry_after_s().and_then(|seconds| i64::try_from(seconds).ok());
        let said = said.map_or(0, |seconds| seconds.saturating_mul(1000).clamp(0, LONGEST_WAIT_MS));
        let wait = said.max(pause + spread);
        (self.now() + wait).min(due.expires_at.max(self.now()))
    }
}

/// The number of callbacks to take now; `None` while enough are held. While the hub is quick, which is the case if the
/// last batch was taken less than [`QUICK`] ago, some are taken in advance.
fn batch_size(held: usize, at_once: usize, last: Option<Instant>) -> Option<usize> {
    let is_quick = last.is_some_and(|last| last.elapsed() < QUICK);
    let in_hand = if is_quick { IN_HAND.max(at_once) } else { at_once };
    (held < at_once || held <= in_hand / 2).then(|| in_hand - held)
}

/// Ends when work may be due.
async fn news(wake: &mut watch::Receiver<u64>) {
    if wake.changed().await.is_err() {
        std::future::pending().await
    }
}

/// The result of one attempt.
struct CallbackAttempt {
    end: CallbackEnd,
    status: Option<i64>,
    class: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_hub_gets_as_many_as_there_are_places() {
        assert_eq!(batch_size(0, 16, None), Some(16));
        assert_eq!((batch_size(15, 16, None), batch_size(16, 16, None)), (Some(1), None));
        let quick = Some(Instant::now());
        assert_eq!((batch_size(16, 16, quick), batch_size(161, 16, quick)), (Some(304), None));
        assert_eq!(batch_size(399, 400, quick), Some(1));
    }
}
