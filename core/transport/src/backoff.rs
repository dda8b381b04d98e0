//! When an exchange may be retried, and after which delay (docs/protocols/ws-channel.md §8.1).

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use bankchannel_foundation::{Error, error::row, message::InResponse, operation::Repeat};

/// The default number of retries of an exchange.
pub const EXTRA_ATTEMPTS: u32 = 2;
/// The default upper limit of the first delay; it doubles with each retry.
pub const BACKOFF: Duration = Duration::from_millis(300);

/// The longest delay before an attempt, in milliseconds.
const DELAY_MAX_MS: u64 = 5000;

/// Statuses after which a safe exchange is retried.
const SAFE_STATUSES: &[u16] = &[408, 425, 429, 500, 502, 503, 504];

/// Whether an exchange of this kind may be retried after this result.
pub(crate) fn allows(repeat: Repeat, result: &Result<InResponse, Error>) -> bool {
    match (repeat, result) {
        (Repeat::Safe, Ok(answer)) => SAFE_STATUSES.contains(&answer.status),
        (Repeat::Safe, Err(error)) => error.row() == &row::CONNECT_FAILED || error.row() == &row::CONNECTION_LOST,
        (Repeat::AfterRateLimit, Ok(answer)) => answer.status == 429,
        (Repeat::AfterRateLimit, Err(_)) | (Repeat::Never, _) => false,
    }
}

/// Whether a server asks for a longer delay than a call waits.
pub(crate) fn is_long(asked_s: Option<u64>) -> bool {
    asked_s.is_some_and(|seconds| seconds.saturating_mul(1000) > DELAY_MAX_MS)
}

/// The delay after attempt `number` (from 0): a random time up to `first`, which doubles with each attempt, or the
/// delay that the server asked for; never more than five seconds: the exchange ends if more is asked for.
#[must_use]
pub fn delay(first: Duration, number: u32, asked_s: Option<u64>) -> Duration {
    let first = u64::try_from(first.as_millis()).unwrap_or(u64::MAX);
    let most = DELAY_MAX_MS.min(first.saturating_mul(1 << number.min(16)));
    // Jitter only spreads clients apart; the hasher's random keys are enough for it.
    let drawn = RandomState::new().hash_one(number) % (most + 1);
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
}
