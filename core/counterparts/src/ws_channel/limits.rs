//! Rate limits: token buckets per API key and per address (WS Channel sheet §4, §10, §13).

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use bankchannel_foundation::operation::RateClass;
use bankchannel_ws_channel::Refusal;

use super::config::Config;

/// How many keys or addresses are remembered; full buckets are forgotten first.
const REMEMBERED: usize = 50_000;

/// The rate limits of a service. They live in memory: a restart forgives, and what must be remembered (lockouts, codes a
/// day) is in the store.
pub(crate) struct Limits {
    enabled: bool,
    keys: Buckets<String>,
    addresses: Buckets<IpAddr>,
    registrations: Buckets<IpAddr>,
    failed_logins: Buckets<IpAddr>,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        let rate = &config.rate_limit;
        let per = |count: u32, seconds: f64| f64::from(count) / seconds / 1000.0;
        Self {
            enabled: !config.no_limits,
            keys: Buckets::new(per(rate.per_key_per_s, 1.0), rate.per_key_burst),
            addresses: Buckets::new(per(rate.per_address_per_min, 60.0), rate.per_address_burst),
            registrations: Buckets::new(per(config.registrations_per_ip, 3600.0), config.registrations_per_ip),
            failed_logins: Buckets::new(per(rate.failed_logins_per_min, 60.0), rate.failed_logins_per_min),
        }
    }

    /// Counts a call of someone who is not known yet.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn by_address(&self, class: RateClass, address: IpAddr, now_ms: i64) -> Result<(), Refusal> {
        match class {
            _ if !self.enabled => Ok(()),
            RateClass::Key => Ok(()),
            RateClass::Address => self.addresses.take(address, now_ms),
            RateClass::Registration => {
                self.addresses.take(address, now_ms)?;
                self.registrations.take(address, now_ms)
            }
        }
    }

    /// Counts a call under an API key.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn by_key(&self, key: &str, now_ms: i64) -> Result<(), Refusal> {
        if self.enabled { self.keys.take(key.to_owned(), now_ms) } else { Ok(()) }
    }

    /// Sees that this address has not failed to log in too often.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn may_log_in(&self, address: IpAddr, now_ms: i64) -> Result<(), Refusal> {
        if self.enabled { self.failed_logins.look(address, now_ms) } else { Ok(()) }
    }

    /// Counts a failed login of this address.
    pub(crate) fn login_failed(&self, address: IpAddr, now_ms: i64) {
        let _ = self.failed_logins.take(address, now_ms);
    }
}

struct Buckets<K> {
    per_ms: f64,
    burst: f64,
    levels: Mutex<HashMap<K, (f64, i64)>>,
}

impl<K: Eq + Hash> Buckets<K> {
    fn new(per_ms: f64, burst: u32) -> Self {
        Self { per_ms, burst: f64::from(burst.max(1)), levels: Mutex::default() }
    }

    fn take(&self, key: K, now_ms: i64) -> Result<(), Refusal> {
        self.change(key, now_ms, 1.0)
    }

    fn look(&self, key: K, now_ms: i64) -> Result<(), Refusal> {
        self.change(key, now_ms, 0.0)
    }

    fn change(&self, key: K, now_ms: i64, taken: f64) -> Result<(), Refusal> {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if levels.len() >= REMEMBERED {
            levels.retain(|_, (level, at)| self.filled(*level, *at, now_ms) < self.burst);
        }
        let (level, at) = levels.get(&key).copied().unwrap_or((self.burst, now_ms));
        let level = self.filled(level, at, now_ms);
        if level < 1.0 {
            let wait_s = ((1.0 - level) / self.per_ms / 1000.0).ceil().max(1.0);
            return Err(Refusal::rate_limited(wait_s as u64));
        }
        levels.insert(key, (level - taken, now_ms));
        Ok(())
    }

    fn filled(&self, level: f64, at: i64, now_ms: i64) -> f64 {
        let passed = (now_ms - at).max(0) as f64;
        (level + passed * self.per_ms).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_rate_refills() {
        let buckets = Buckets::new(0.005, 3);
        assert!((0..3).all(|_| buckets.take("k", 0).is_ok()));
        let refused = buckets.take("k", 0).expect_err("empty");
        assert_eq!((refused.status, refused.retry_after_s), (429, Some(1)));
        assert!(buckets.take("other", 0).is_ok());
        assert!(buckets.take("k", 200).is_ok() && buckets.take("k", 200).is_err());
    }
}
