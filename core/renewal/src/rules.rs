//! What differs between banks, and the times that do not.

const HOUR_S: i64 = 3600;
const DAY_S: i64 = 24 * HOUR_S;

/// The rules of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewalRules {
    /// From so many days before its end on a certificate is renewed; one that lives for less than twice as many days, from
    /// half of its life on.
    pub renew_before_days: u32,
    /// Whether the present certificate is of no use once the next one was issued.
    pub supersedes_at_once: bool,
    /// Whether the customer has a key that decrypts: a replaced one is kept longer, for answers of before.
    pub decrypts: bool,
}

impl Default for RenewalRules {
    /// Those of a bank of which nothing else is known: 60 days, and the old certificate stays usable.
    fn default() -> Self {
        Self { renew_before_days: 60, supersedes_at_once: false, decrypts: false }
    }
}

impl RenewalRules {
    /// How long a new pair that the bank does not take yet is tried again, seconds.
    pub const TRIAL_S: i64 = DAY_S;
    /// The longest pause after a failed attempt, seconds.
    pub const LONGEST_PAUSE_S: i64 = DAY_S;
    /// The pause before a new pair is tried again, seconds.
    pub const TRIAL_PAUSE_S: i64 = HOUR_S;
    /// How long a replaced key that signs is kept, seconds.
    pub const RETIRED_S: i64 = 90 * DAY_S;
    /// How long a replaced key that decrypts is kept, seconds: thirteen months.
    pub const DECRYPTS_S: i64 = 395 * DAY_S;
    /// The days before the end of a certificate at which somebody is told, in its last quarter.
    pub const ALERT_DAYS: [u32; 5] = [30, 14, 7, 3, 1];
    /// How far the clocks of a bank and of this machine may be apart, seconds.
    pub const CLOCKS_DIFFER_S: i64 = 300;

    /// When a certificate that holds between these times is to be renewed: see [`renew_before_days`](Self::renew_before_days).
    #[must_use]
    pub fn due_at(self, not_before_s: i64, not_after_s: i64) -> i64 {
        let before = i64::from(self.renew_before_days) * DAY_S;
        (not_after_s - before).max(not_before_s + (not_after_s - not_before_s) / 2)
    }

    /// How long a replaced pair is kept, seconds.
    #[must_use]
    pub fn retired_s(self) -> i64 {
        if self.decrypts { Self::DECRYPTS_S } else { Self::RETIRED_S }
    }

    /// The pause after so many failed attempts, seconds: an hour, six hours, then days.
    #[must_use]
    pub fn pause_s(failures: u32) -> i64 {
        match failures {
            0 => 0,
            1 => HOUR_S,
            2 => 6 * HOUR_S,
            _ => Self::LONGEST_PAUSE_S,
        }
    }

    /// Whether a pause that was to last until `until_s` lasts now. One that is longer than any was noted under a clock that was
    /// ahead, and has been set right since.
    #[must_use]
    pub fn lasts(until_s: i64, now_s: i64) -> bool {
        now_s < until_s && until_s - now_s <= Self::LONGEST_PAUSE_S
    }

    /// The days before its end for which somebody is to be told, the earliest first: those in its last quarter, so that one
    /// that lives for two months is renewed before anybody is told.
    pub fn alerts_of(not_before_s: i64, not_after_s: i64) -> impl Iterator<Item = u32> {
        let quarter_s = (not_after_s - not_before_s) / 4;
        Self::ALERT_DAYS.into_iter().filter(move |days| i64::from(*days) * DAY_S <= quarter_s)
    }

    /// The days before its end for which somebody is to be told now, the smallest that applies.
    #[must_use]
    pub fn alert_days(not_before_s: i64, not_after_s: i64, now_s: i64) -> Option<u32> {
        let left = not_after_s - now_s;
        Self::alerts_of(not_before_s, not_after_s).filter(|days| left <= i64::from(*days) * DAY_S).last()
    }

    /// Whether a certificate ends soon: within thirty days, or in its last quarter.
    #[must_use]
    pub fn ends_soon(not_before_s: i64, not_after_s: i64, now_s: i64) -> bool {
        not_after_s - now_s <= (30 * DAY_S).min((not_after_s - not_before_s) / 4)
    }
}
