//! Whether and when an exchange is tried again, and how far its attempts came (docs/protocols/ws-channel.md §8.1): the one
//! place that decides about repetitions. Who carries out an exchange asks it after each attempt.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use bankchannel_foundation::{CallOutcome, Error, Result, error::row, message::InResponse, operation::Repeat};
use tokio_util::sync::CancellationToken;

/// The default number of retries of an exchange.
pub(crate) const EXTRA_ATTEMPTS: u32 = 2;
/// The default upper limit of the first delay; it doubles with each retry.
pub(crate) const BACKOFF: Duration = Duration::from_millis(300);

/// The longest delay before an attempt, in milliseconds.
const DELAY_MAX_MS: u64 = 5000;

/// Statuses after which a safe exchange is retried.
const SAFE_STATUSES: &[u16] = &[408, 425, 429, 500, 502, 503, 504];

/// The repetitions of one exchange: how many are left, and the outcome of earlier attempts.
#[derive(Debug, Clone)]
pub struct Retries {
    repeat: Repeat,
    max: u32,
    first_delay: Duration,
    is_final: fn(&InResponse) -> bool,
    made: u32,
    so_far: Option<CallOutcome>,
}

impl Retries {
    /// None made yet: at most `max`, with delays that double from `first_delay`.
    #[must_use]
    pub fn new(repeat: Repeat, max: u32, first_delay: Duration) -> Self {
        Self { repeat, max, first_delay, is_final: |_| false, made: 0, so_far: None }
    }

    /// The same where a peer may have answered for good, though with a status after which HTTP permits to ask again.
    #[must_use]
    pub fn unless(self, is_final: fn(&InResponse) -> bool) -> Self {
        Self { is_final, ..self }
    }

    /// The same for an exchange that has come this far before.
    #[must_use]
    pub fn after(self, so_far: Option<CallOutcome>) -> Self {
        Self { so_far, ..self }
    }

    /// The number of the next attempt, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.made + 1
    }

    /// The largest number of attempts.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.max + 1
    }

    /// How far the attempts came that were followed by another one.
    #[must_use]
    pub fn so_far(&self) -> Option<CallOutcome> {
        self.so_far
    }

    /// The delay before another attempt after this result; `None` if the result is final. A server that asks for a longer
    /// delay than a call waits, or than `deadline` leaves, is not asked again: peers count requests that come too early.
    #[must_use]
    pub fn verdict(&self, result: &Result<InResponse>, deadline: Option<Instant>) -> Option<Duration> {
        let is_final = result.as_ref().is_ok_and(self.is_final);
        let asked_s = result.as_ref().ok().and_then(|answer| answer.retry_after_s);
        if is_final || self.made >= self.max || !allows(self.repeat, result) || is_long(asked_s) {
            return None;
        }
        let delay = delay(self.first_delay, self.made, asked_s);
        let is_late = deadline.is_some_and(|deadline| deadline <= Instant::now() + delay);
        (!is_late).then_some(delay)
    }

    /// Waits before another attempt, and notes the outcome of this one.
    ///
    /// # Errors
    /// `cancelled` with the outcome of the attempt.
    pub async fn wait(
        &mut self,
        delay: Duration,
        result: &Result<InResponse>,
        cancel: &CancellationToken,
    ) -> Result<()> {
        let came_to = came_to(result);
        tokio::select! {
            () = cancel.cancelled() => return Err(Error::new(&row::CANCELLED).with_outcome(came_to)),
            () = tokio::time::sleep(delay) => {}
        }
        self.so_far = further(self.so_far, came_to);
        self.made += 1;
        Ok(())
    }

    /// The error of the last attempt with the outcome of all: what an attempt before came to is not undone, also where the
    /// last one was not even sent.
    #[must_use]
    pub fn error(&self, error: Error) -> Error {
        at_least(error, self.so_far)
    }
}

/// The error of the last of several attempts, with the combined outcome.
#[must_use]
pub fn at_least(error: Error, earlier: Option<CallOutcome>) -> Error {
    match error.outcome().and_then(|outcome| further(earlier, outcome)) {
        Some(outcome) => error.with_outcome(outcome),
        None => error,
    }
}

/// How far an attempt came that is to be retried.
fn came_to(result: &Result<InResponse>) -> CallOutcome {
    match result {
        Ok(answer) if answer.status < 500 && answer.status != 408 => CallOutcome::Refused,
        Ok(_) => CallOutcome::Unknown,
        Err(error) => error.outcome().unwrap_or(CallOutcome::Unknown),
    }
}

/// The combined outcome of several attempts: an attempt that may have taken effect is not undone by a later one that
/// did not.
fn further(earlier: Option<CallOutcome>, next: CallOutcome) -> Option<CallOutcome> {
    match earlier {
        Some(CallOutcome::Accepted) => earlier,
        Some(CallOutcome::Unknown) if next != CallOutcome::Accepted => earlier,
        _ => Some(next),
    }
}

/// Whether an exchange of this kind may be retried after this result.
fn allows(repeat: Repeat, result: &Result<InResponse, Error>) -> bool {
    match (repeat, result) {
        (Repeat::Safe, Ok(answer)) => SAFE_STATUSES.contains(&answer.status),
        (Repeat::Safe, Err(error)) => error.row() == &row::CONNECT_FAILED || error.row() == &row::CONNECTION_LOST,
        (Repeat::AfterRateLimit, Ok(answer)) => answer.status == 429,
        (Repeat::AfterRateLimit, Err(_)) | (Repeat::Never, _) => false,
    }
}

/// Whether a server asks for a longer delay than a call waits.
fn is_long(asked_s: Option<u64>) -> bool {
    asked_s.is_some_and(|seconds| seconds.saturating_mul(1000) > DELAY_MAX_MS)
}

/// The delay after attempt `number` (from 0): a random time up to `first`, which doubles with each attempt, or the
/// delay that the server asked for; never more than five seconds: the exchange ends if more is asked for.
fn delay(first: Duration, number: u32, asked_s: Option<u64>) -> Duration {
    let first = u64::try_from(first.as_millis()).unwrap_or(u64::MAX);
    let max = DELAY_MAX_MS.min(first.saturating_mul(1 << number.min(16)));
    // Jitter only spreads clients apart; the hasher's random keys are enough for it.
    let drawn = RandomState::new().hash_one(number) % (max + 1);
    let asked = asked_s.unwrap_or(0).saturating_mul(1000);
    Duration::from_millis(DELAY_MAX_MS.min(drawn.max(asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_bounded_and_heed_the_server() {
        for number in 0..=EXTRA_ATTEMPTS {
            assert!(delay(BACKOFF, number, None) <= BACKOFF * 2_u32.pow(number));
        }
        assert!(delay(BACKOFF, 0, Some(1)) >= Duration::from_secs(1));
        assert_eq!(delay(BACKOFF, 0, Some(3600)), Duration::from_millis(DELAY_MAX_MS));
        assert!(delay(Duration::MAX, 40, None) <= Duration::from_millis(DELAY_MAX_MS));
        assert_eq!(delay(Duration::ZERO, 3, None), Duration::ZERO);
        assert!(!is_long(None) && !is_long(Some(5)) && is_long(Some(6)));
    }

    #[test]
    fn only_what_is_safe_is_repeated() {
        let answer = |status| Ok(InResponse::new(status, ""));
        let lost = || Err(Error::new(&row::CONNECTION_LOST));
        assert!(allows(Repeat::Safe, &answer(503)) && allows(Repeat::Safe, &lost()));
        assert!(!allows(Repeat::Safe, &answer(400)) && !allows(Repeat::Safe, &answer(501)));
        assert!(allows(Repeat::AfterRateLimit, &answer(429)));
        assert!(!allows(Repeat::AfterRateLimit, &answer(503)) && !allows(Repeat::AfterRateLimit, &lost()));
        assert!(!allows(Repeat::Never, &answer(429)));
    }

    #[test]
    fn a_delay_that_ends_after_the_deadline_is_not_begun() {
        let retries = Retries::new(Repeat::Safe, 2, BACKOFF);
        let mut answer = InResponse::new(503, "");
        answer.retry_after_s = Some(2);
        let in_s = |seconds| Some(Instant::now() + Duration::from_secs(seconds));
        assert_eq!(retries.verdict(&Ok(answer.clone()), in_s(1)), None);
        for deadline in [in_s(3600), None] {
            assert_eq!(retries.verdict(&Ok(answer.clone()), deadline), Some(Duration::from_secs(2)));
        }
    }

    #[test]
    fn what_an_attempt_came_to_is_not_undone() {
        let with = |outcome| Retries::new(Repeat::Safe, 2, BACKOFF).after(outcome);
        let not_sent = || Error::new(&row::CANCELLED).with_outcome(CallOutcome::NotSent);
        for earlier in [CallOutcome::Unknown, CallOutcome::Accepted] {
            assert_eq!(with(Some(earlier)).error(not_sent()).outcome(), Some(earlier));
        }
        assert_eq!(with(Some(CallOutcome::Refused)).error(not_sent()).outcome(), Some(CallOutcome::NotSent));
        assert_eq!(with(None).error(not_sent()).outcome(), Some(CallOutcome::NotSent));
        let accepted = Error::new(&row::CONNECTION_LOST).with_outcome(CallOutcome::Accepted);
        assert_eq!(with(Some(CallOutcome::Unknown)).error(accepted).outcome(), Some(CallOutcome::Accepted));
    }
}
