//! Callbacks: reports to the hub, signed and sent until the hub has accepted them.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use bankchannel_crypto::random;
use bankchannel_foundation::{Category, Error, Outcome, Result, error::row};
use bankchannel_salt_edge::{
    class::of_connector,
    connector::{
        errors,
        operations::{
            sessions::{
                fail_session::{FailSession, FailSessionRequest, FailSessionRequestFields},
                succeed_session::{SucceedSession, SucceedSessionRequest, SucceedSessionRequestFields},
                update_session::{
                    InteractiveStep, InteractiveStepFields, SessionExtra, SessionExtraFields, SessionStatus,
                    UpdateSession, UpdateSessionRequest, UpdateSessionRequestFields,
                },
            },
            tokens::revoke_token_at_hub::{RevokeTokenAtHub, RevokeTokenAtHubRequest, RevokeTokenAtHubRequestFields},
        },
    },
    model,
};
use bankchannel_storage::salt_edge_connector::{AttemptEnd, CallbackEnd, CallbackKind, DueCallback, Id};

use futures_util::{StreamExt as _, stream::FuturesUnordered};

use super::{
    Engine, again_while_busy, read_id,
    records::{FailureRecord, SessionRecord, SuccessRecord, UpdateRecord},
    unusable,
    vault::Place,
    work::LOOK_AGAIN,
};
use crate::{CallOptions, salt_edge::Sender};

/// The maximum number of callbacks that are sent at the same time.
const AT_ONCE: usize = 16;
/// The number of callbacks that are taken from the store, including those being sent. All of them can be sent within
/// their lease, even if the hub answers each at the last moment, and other workers find some too.
const IN_HAND: usize = 3 * AT_ONCE;
/// The same while the hub answers quickly: half of them must last until the next ones are taken, which waits for the
/// disk.
const IN_HAND_QUICK: usize = 20 * AT_ONCE;
/// The hub is quick if half of the callbacks in hand are sent in this time. It includes that of taking the next ones.
const QUICK: Duration = Duration::from_millis(300);
/// The maximum number of finished callbacks whose result is not yet stored.
const ENDING: usize = 256;
/// The time for which new callbacks are taken before expired ones are looked for again.
const ROUND: Duration = Duration::from_secs(5);
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
pub(in crate::salt_edge_connector) struct Sent {
    pub(super) delivered: u32,
    pub(super) again: u32,
    pub(super) stopped: u32,
    pub(super) given_up: u32,
}

impl Sent {
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

impl Engine<'_> {
    /// Sends due callbacks, several at once: a finished one is replaced by the next, so that a slow answer does not
    /// hold up the others. Ends after [`ROUND`], when none is due, or when the call's time is up. Without a hub nothing
    /// is sent; the callbacks wait.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) async fn send_some(&self, options: &CallOptions) -> Result<Sent> {
        let mut sent = Sent::default();
        let Some(sender) = &self.client.sender else { return Ok(sent) };
        let (mut sending, mut ending, mut taking) = (FuturesUnordered::new(), FuturesUnordered::new(), None);
        let mut waiting: VecDeque<(DueCallback, Instant)> = VecDeque::new();
        let (mut taken, mut broken) = (0, None);
        let (begun, mut may_be_due) = (Instant::now(), true);
        let (mut in_hand, mut last): (usize, Option<Instant>) = (IN_HAND, None);
        loop {
            while sending.len() < AT_ONCE
                && let Some((due, at)) = waiting.pop_front()
            {
                match is_lapsing(at.elapsed()) {
                    true => ending.push(self.end(self.not_sent(due, at), false)),
                    false => sending.push(self.attempt(sender, due, options)),
                }
            }
            if self.is_over() {
                // Nothing new is started: a callback that was taken but not sent is due again.
                ending.extend(waiting.drain(..).map(|(due, at)| self.end(self.not_sent(due, at), false)));
            }
            let held = waiting.len() + sending.len();
            let may_take = may_be_due && begun.elapsed() < ROUND && !(taken > 0 && self.is_over());
            // Taken in batches, since each batch is one commit.
            if may_take
                && taking.is_none()
                && ending.len() < ENDING
                && let Some(size) = batch_size(held, &mut in_hand, last)
            {
                let (now, at) = (self.now(), Instant::now());
                let wanted = if self.is_over() { AT_ONCE } else { size };
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
                // Its result is stored while others are sent.
                Some(attempt) = sending.next() => ending.push(self.end(attempt, true)),
                Some(ended) = ending.next() => match ended {
                    Ok(end) => end.into_iter().for_each(|end| sent.count(end)),
                    Err(error) => (may_be_due, broken) = (false, Some(error)),
                },
                // While the hub is slow, other callbacks may become due.
                () = tokio::time::sleep(LOOK_AGAIN), if !may_be_due && broken.is_none() => may_be_due = true,
            }
        }
    }

    /// Sends the callbacks of one session in order, for at most `limit`.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) async fn send_of(&self, session: Id, limit: Duration) -> Result<()> {
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
    async fn attempt(&self, sender: &Sender, due: DueCallback, options: &CallOptions) -> AttemptEnd {
        let ended = if due.expires_at <= self.now() {
            Attempt { end: CallbackEnd::TooLate, status: None, class: None }
        } else {
            let limit = options.timeout.map_or(EXCHANGE, |left| left.clamp(LEAST, EXCHANGE));
            let options = CallOptions { timeout: Some(limit), ..options.clone() };
            match self.exchange(sender, &due, &options).await {
                Ok(()) => Attempt { end: CallbackEnd::Delivered, status: Some(200), class: None },
                Err(error) => self.judge(&due, &error),
            }
        };
        let Attempt { end, status, class } = ended;
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
    async fn exchange(&self, sender: &Sender, due: &DueCallback, options: &CallOptions) -> Result<()> {
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
                let request = RevokeTokenAtHubRequest::from(RevokeTokenAtHubRequestFields {
                    token: self.vault.token(token, generation),
                });
                sender.exchange::<RevokeTokenAtHub>(request, options).await.map(drop)
            }
            _ => Err(Error::because(&row::INTERNAL, "a stored callback lacks its session or token")),
        }
    }

    fn said<T: bankchannel_foundation::Boundary>(&self, due: &DueCallback, session: Id) -> Result<Option<T>> {
        due.sealed.as_ref().map(|sealed| self.vault.open(sealed, Place::Callback(session))).transpose()
    }

    fn needed<T: bankchannel_foundation::Boundary>(&self, due: &DueCallback, session: Id) -> Result<T> {
        self.said(due, session)?.ok_or_else(|| Error::because(&row::INTERNAL, "a stored callback has no content"))
    }

    fn update(&self, due: &DueCallback, session: Id) -> Result<UpdateSessionRequest> {
        let of: SessionRecord = self.vault.open(&due.subject, Place::Session(session))?;
        let said: UpdateRecord = self.needed(due, session)?;
        let status = match said.status.as_str() {
            "redirect" => SessionStatus::Redirect,
            "waiting_confirmation_code" => SessionStatus::WaitingConfirmationCode,
            other => SessionStatus::Other(other.to_owned()),
        };
        let step = InteractiveStep::from(InteractiveStepFields {
            instruction: said.instruction,
            interactive_field: said.field,
        });
        let has_step = step.interactive_field.is_some() || step.instruction.is_some();
        Ok(UpdateSessionRequest::from(UpdateSessionRequestFields {
            session_secret: of.session_secret,
            status,
            extra: said.redirect_url.map(|url| SessionExtra::from(SessionExtraFields { redirect_url: Some(url) })),
            session_expires_at: Some(model::Instant(said.session_expires_at)),
            user_id: said.user_id,
            interactive_step_instruction: has_step.then_some(step),
        }))
    }

    fn success_of(&self, due: &DueCallback, session: Id) -> Result<SucceedSessionRequest> {
        let of: SessionRecord = self.vault.open(&due.subject, Place::Session(session))?;
        let said: SuccessRecord = self.needed(due, session)?;
        let token = said.token_id.as_deref().map(|id| read_id("token_id", id)).transpose()?;
        Ok(SucceedSessionRequest::from(SucceedSessionRequestFields {
            session_secret: of.session_secret,
            user_id: said.user_id,
            token: token.map(|id| self.vault.token(id, said.generation)),
            token_expires_at: said.token_expires_at.map(model::Instant),
            consent: said.consent,
            extra: None,
            beneficiary_id: None,
            identifiers: None,
        }))
    }

    fn failure_of(&self, due: &DueCallback, session: Id) -> Result<FailSessionRequest> {
        let of: SessionRecord = self.vault.open(&due.subject, Place::Session(session))?;
        let said = self.said::<FailureRecord>(due, session)?;
        let (error_class, error_message, user_id) = match said {
            Some(said) => (said.error_class, said.error_message, said.user_id),
            None => {
                let class = due.reason.as_deref().unwrap_or(of_connector::INTERNAL_PROVIDER_ERROR.name);
                let known = of_connector::ALL.iter().find(|known| known.name == class);
                let meaning = known.map_or(class, |known| known.meaning);
                (class.to_owned(), meaning.to_owned(), of.user_id)
            }
        };
        Ok(FailSessionRequest::from(FailSessionRequestFields {
            session_secret: of.session_secret,
            error_class,
            error_message,
            user_id,
            extra: None,
        }))
    }

    /// Decides the result of a callback that was not accepted.
    fn judge(&self, due: &DueCallback, error: &Error) -> Attempt {
        let status = error.http_status().map(i64::from);
        let code = error.code();
        // Without an answer of the hub, the code of the local error.
        let class = error.peer().and_then(|peer| peer.code.clone()).or_else(|| Some(code.to_owned()));
        let is = |row: &bankchannel_foundation::error::Row| code == row.code;
        let is_over_there =
            is(&errors::SESSION_CLOSED) || is(&errors::SESSION_EXPIRED) || is(&errors::SESSION_NOT_FOUND);
        let is_revoked_there = is(&errors::TOKEN_REVOKED) || is(&errors::TOKEN_EXPIRED) || is(&errors::TOKEN_NOT_FOUND);
        let outcome = error.outcome();
        let end = match due.kind {
            // The hub accepted it; only its answer was unreadable.
            _ if outcome == Some(Outcome::Accepted) => CallbackEnd::Delivered,
            CallbackKind::Revoke if is_revoked_there => CallbackEnd::Delivered,
            // An earlier attempt has arrived and closed the session.
            CallbackKind::Success | CallbackKind::Fail if is(&errors::SESSION_CLOSED) && due.sent > 0 => {
                CallbackEnd::Delivered
            }
            CallbackKind::Update | CallbackKind::Success | CallbackKind::Fail if is_over_there => {
                CallbackEnd::OverThere
            }
            // A wrong setting on this side, which a person has to fix.
            _ if outcome == Some(Outcome::NotSent) && error.category() == Category::Configuration => {
                CallbackEnd::Stopped
            }
            _ if outcome == Some(Outcome::Refused) && status != Some(429) => CallbackEnd::Stopped,
            _ => {
                let may_have_arrived = !matches!(outcome, Some(Outcome::NotSent | Outcome::Refused));
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
        self.options.warn(&format!("callback {}: {code}{setting}; it {what}", due.kind.as_str()));
        Attempt { end, status, class }
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

/// The number of callbacks to take now; `None` while more than half of the permitted number are held. Updates the
/// permitted number: it is larger if the last batch was taken less than [`QUICK`] ago.
fn batch_size(held: usize, in_hand: &mut usize, last: Option<Instant>) -> Option<usize> {
    if held > *in_hand / 2 {
        return None;
    }
    let is_quick = last.is_some_and(|last| last.elapsed() < QUICK);
    *in_hand = if is_quick { IN_HAND_QUICK } else { IN_HAND };
    (held <= *in_hand / 2).then(|| *in_hand - held)
}

/// Whether the lease of a callback that has waited so long may end before the hub has answered.
fn is_lapsing(waited: Duration) -> bool {
    waited + EXCHANGE > Duration::from_millis(LEASE_MS.unsigned_abs())
}

/// The result of one attempt.
struct Attempt {
    end: CallbackEnd,
    status: Option<i64>,
    class: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_in_hand_are_sent_within_their_lease() {
        // The last of them waits for those in flight, and for the others before it.
        let rounds = u32::try_from(IN_HAND / AT_ONCE).unwrap();
        assert!(!is_lapsing(EXCHANGE * (rounds - 1)) && is_lapsing(EXCHANGE * (rounds + 1)));
    }
}
