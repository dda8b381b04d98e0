//! Rate limits for failed requests of unauthenticated senders and for questions about customers (R5, S-14).
//!
//! A refusal because of a limit is not explained: that would cost more than the limit saves. Limits count by the system
//! clock, regardless of the bank's clock.

use std::{
    net::IpAddr,
    sync::{PoisonError, RwLock},
    time::Instant,
};

use bankchannel_foundation::{
    Result,
    model::{Boundary, over},
};

use super::refusal::SandboxRefusal;
use bankchannel_server::http::{
    listen::network,
    rate::{BucketRate, EmptyBucket, RateBuckets},
};

const MINUTE_MS: i64 = 60_000;

/// The limits; high enough that tests do not reach them by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankRates {
    /// Requests per minute and address that fail before their signature is verified.
    pub unauthenticated_per_minute: u32,
    /// Calls of `verify_user` per minute and third party.
    pub verify_user_per_minute: u32,
}

/// Limits to set.
#[derive(Debug, Boundary)]
#[non_exhaustive]
pub struct OrderedBankRates {
    /// Requests per minute and address that fail before their signature is verified. Default: 60000.
    pub unauthenticated_per_minute: Option<u32>,
    /// Calls of `verify_user` per minute and third party. Default: 1000000.
    pub verify_user_per_minute: Option<u32>,
}

impl OrderedBankRates {
    /// With the defaults of those left out.
    pub(crate) fn complete(self) -> Result<BankRates> {
        over(self, BankRates::default())
    }
}

impl Default for BankRates {
    fn default() -> Self {
        Self { unauthenticated_per_minute: 60_000, verify_user_per_minute: 1_000_000 }
    }
}

/// The counters.
pub(crate) struct BankLimits {
    begun: Instant,
    rates: RwLock<BankRates>,
    strangers: RateBuckets<IpAddr>,
    asking: RateBuckets<String>,
}

impl BankLimits {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            rates: RwLock::default(),
            strangers: RateBuckets::default(),
            asking: RateBuckets::default(),
        }
    }

    /// Sets other limits and resets the counters.
    pub(crate) fn change(&self, rates: BankRates) {
        *self.rates.write().unwrap_or_else(PoisonError::into_inner) = rates;
        self.strangers.forget();
        self.asking.forget();
    }

    /// Checks that an address has not failed too often.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn stranger(&self, address: IpAddr) -> Result<(), SandboxRefusal> {
        let rate = per_minute(self.rates().unauthenticated_per_minute);
        let looked = self.strangers.check_only(&network(address), rate, self.now_ms());
        looked.map_err(|empty| too_many(empty, "this address has failed too often"))
    }

    /// Counts a request that failed before its signature was verified.
    pub(crate) fn failed(&self, address: IpAddr) {
        let rate = per_minute(self.rates().unauthenticated_per_minute);
        let _ = self.strangers.take(network(address), rate, self.now_ms());
    }

    /// Counts a third party's request for information about a customer.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn asked(&self, third_party: &str) -> Result<(), SandboxRefusal> {
        let rate = per_minute(self.rates().verify_user_per_minute);
        let taken = self.asking.take(third_party.to_owned(), rate, self.now_ms());
        taken.map_err(|empty| too_many(empty, "this third party has asked about customers too often"))
    }

    fn rates(&self) -> BankRates {
        *self.rates.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// This many per minute; a burst may use all of them at once.
fn per_minute(max: u32) -> BucketRate {
    BucketRate::new(max, MINUTE_MS, max)
}

fn too_many(empty: EmptyBucket, text: &'static str) -> SandboxRefusal {
    SandboxRefusal {
        retry_after_s: u32::try_from(empty.wait_s).ok(),
        ..SandboxRefusal::by("", 429, "ACCESS_EXCEEDED", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R5, S-14.
    #[test]
    fn each_address_and_each_third_party_has_its_own_count() {
        let limits = BankLimits::new();
        limits.change(BankRates { unauthenticated_per_minute: 2, verify_user_per_minute: 1 });
        let (one, other) = (IpAddr::from([203, 0, 113, 7]), IpAddr::from([203, 0, 113, 8]));
        assert_eq!(limits.stranger(one), Ok(()));
        limits.failed(one);
        assert_eq!(limits.stranger(one), Ok(()));
        limits.failed(one);
        let refusal = limits.stranger(one).err();
        assert_eq!(refusal.as_ref().map(|refusal| (refusal.status, refusal.code)), Some((429, "ACCESS_EXCEEDED")));
        assert!(refusal.and_then(|refusal| refusal.retry_after_s).is_some_and(|left| (1..=60).contains(&left)));
        assert_eq!(limits.stranger(other), Ok(()));

        assert_eq!(limits.asked("PSDNO-FSA-1"), Ok(()));
        assert!(limits.asked("PSDNO-FSA-1").is_err());
        assert_eq!(limits.asked("PSDNO-FSA-2"), Ok(()));
        limits.change(BankRates::default());
        assert_eq!((limits.stranger(one), limits.asked("PSDNO-FSA-1")), (Ok(()), Ok(())));
    }
}
