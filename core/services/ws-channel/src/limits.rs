//! Rate limits: token buckets per API key and per address, and quotas of codes (docs/protocols/ws-channel.md §4, §10, §13).

use std::{
    net::IpAddr,
    sync::{PoisonError, RwLock},
};

use bankchannel_foundation::{
    Result,
    model::{Boundary, over},
};
use bankchannel_storage::ws_channel::{EventQuota, LockKey, LockPolicy};
use bankchannel_ws_channel::RateClass;
use bankchannel_ws_channel::ServiceRefusal;

use super::config::ServiceConfig;
use bankchannel_server::http::{
    listen::network,
    rate::{BucketRate, EmptyBucket, RateBuckets},
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Cost of a refused signature or key, in calls, in addition to the call itself.
const REFUSED_SIGNATURE: f64 = 4.0;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Minimum time between two codes to the same person for the same purpose (docs/protocols/ws-channel.md §2.3, §2.5).
const CODE_GAP_MS: i64 = MINUTE_MS;
/// Daily limit of mails with a code to one address. The specification counts messages to phones only, but mailboxes are
/// flooded as easily.
const MAILS_PER_ADDRESS: i64 = 20;

/// The limits as numbers; the control interface can change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ServiceRates {
    /// Whether rate limits and quotas apply at all. Lockouts after wrong passwords and codes always do.
    pub enabled: bool,
    /// Calls per second and API key.
    pub per_key_per_s: u32,
    /// Calls of an API key at once.
    pub per_key_burst: u32,
    /// Calls per minute and address.
    pub per_address_per_min: u32,
    /// Calls of an address at once.
    pub per_address_burst: u32,
    /// Failed logins per minute and address.
    pub failed_logins_per_min: u32,
    /// Registrations per hour and address.
    pub registrations_per_ip: u32,
    /// Resets of passwords per hour and address.
    pub resets_per_ip: u32,
    /// Messages per day and phone.
    pub sms_per_phone: u32,
    /// Codes of a second factor per day and account.
    pub mfa_codes_per_account: u32,
}

/// Limits to set. Those that are left out get their defaults.
#[derive(Debug, Default, Boundary)]
#[non_exhaustive]
pub struct OrderedServiceRates {
    /// Whether rate limits and quotas apply at all.
    pub enabled: Option<bool>,
    /// Calls per second and API key.
    pub per_key_per_s: Option<u32>,
    /// Calls of an API key at once.
    pub per_key_burst: Option<u32>,
    /// Calls per minute and address.
    pub per_address_per_min: Option<u32>,
    /// Calls of an address at once.
    pub per_address_burst: Option<u32>,
    /// Failed logins per minute and address.
    pub failed_logins_per_min: Option<u32>,
    /// Registrations per hour and address.
    pub registrations_per_ip: Option<u32>,
    /// Resets of passwords per hour and address.
    pub resets_per_ip: Option<u32>,
    /// Messages per day and phone.
    pub sms_per_phone: Option<u32>,
    /// Codes of a second factor per day and account.
    pub mfa_codes_per_account: Option<u32>,
}

impl OrderedServiceRates {
    /// With the defaults of those left out.
    pub(crate) fn complete(self) -> Result<ServiceRates> {
        over(self, ServiceRates::default())
    }
}

impl Default for ServiceRates {
    fn default() -> Self {
        Self::from_config(&ServiceConfig::default())
    }
}

impl ServiceRates {
    /// The configured limits.
    pub(crate) fn from_config(config: &ServiceConfig) -> Self {
        let rate = &config.rate_limit;
        Self {
            enabled: !config.no_limits,
            per_key_per_s: rate.per_key_per_s,
            per_key_burst: rate.per_key_burst,
            per_address_per_min: rate.per_address_per_min,
            per_address_burst: rate.per_address_burst,
            failed_logins_per_min: rate.failed_logins_per_min,
            registrations_per_ip: config.registrations_per_ip,
            resets_per_ip: config.resets_per_ip,
            sms_per_phone: config.sms_per_phone,
            mfa_codes_per_account: config.mfa_codes_per_account,
        }
    }
}

/// The rate limits of a service. Rates are kept in memory: a restart resets them. The counts of lockouts and daily
/// codes are in the store; their limits are here.
pub(crate) struct ServiceLimits {
    rates: RwLock<ServiceRates>,
    keys: RateBuckets<String>,
    addresses: RateBuckets<IpAddr>,
    registrations: RateBuckets<IpAddr>,
    resets: RateBuckets<IpAddr>,
    failed_logins: RateBuckets<IpAddr>,
}

impl ServiceLimits {
    pub(crate) fn new(config: &ServiceConfig) -> Self {
        Self {
            rates: RwLock::new(ServiceRates::from_config(config)),
            keys: RateBuckets::default(),
            addresses: RateBuckets::default(),
            registrations: RateBuckets::default(),
            resets: RateBuckets::default(),
            failed_logins: RateBuckets::default(),
        }
    }

    /// The limits as numbers.
    pub(crate) fn rates(&self) -> ServiceRates {
        *self.rates.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the limits. What was counted stays: nobody gets new calls by it.
    pub(crate) fn change(&self, rates: ServiceRates) {
        *self.rates.write().unwrap_or_else(PoisonError::into_inner) = rates;
    }

    /// Replaces the limits and resets all counts in memory.
    pub(crate) fn begin_again(&self, rates: ServiceRates) {
        self.change(rates);
        self.keys.forget();
        self.addresses.forget();
        self.registrations.forget();
        self.resets.forget();
        self.failed_logins.forget();
    }

    /// Counts a call by its address, before its caller is known.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn by_address(&self, class: RateClass, address: IpAddr, now_ms: i64) -> Result<(), ServiceRefusal> {
        let rates = self.rates();
        if !rates.enabled || class == RateClass::Key {
            return Ok(());
        }
        let address = network(address);
        let calls = BucketRate::new(rates.per_address_per_min, MINUTE_MS, rates.per_address_burst);
        self.addresses.take(address, calls, now_ms).map_err(refusal)?;
        if class == RateClass::Registration {
            let registrations = BucketRate::new(rates.registrations_per_ip, HOUR_MS, rates.registrations_per_ip);
            self.registrations.take(address, registrations, now_ms).map_err(refusal)?;
        }
        Ok(())
    }

    /// Counts a call by its address that should be counted by its key but has no valid one.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn stranger(&self, class: RateClass, address: IpAddr, now_ms: i64) -> Result<(), ServiceRefusal> {
        if class == RateClass::Key { self.by_address(RateClass::Address, address, now_ms) } else { Ok(()) }
    }

    /// Counts a call under an API key.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn by_key(&self, key: &str, now_ms: i64) -> Result<(), ServiceRefusal> {
        let rates = self.rates();
        if !rates.enabled {
            return Ok(());
        }
        let rate = BucketRate::new(rates.per_key_per_s, 1000, rates.per_key_burst);
        self.keys.take(key.to_owned(), rate, now_ms).map_err(refusal)
    }

    /// Counts a refused signature or an unreadable key, in addition to the call itself: later calls of the key wait
    /// longer.
    pub(crate) fn refused_signature(&self, key: &str, now_ms: i64) {
        let rates = self.rates();
        if rates.enabled {
            let rate = BucketRate::new(rates.per_key_per_s, 1000, rates.per_key_burst);
            self.keys.charge(key, rate, now_ms, REFUSED_SIGNATURE);
        }
    }

    /// Checks that this address does not have too many failed logins.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn may_log_in(&self, address: IpAddr, now_ms: i64) -> Result<(), ServiceRefusal> {
        let rates = self.rates();
        if !rates.enabled {
            return Ok(());
        }
        self.failed_logins.check_only(&network(address), failed(rates), now_ms).map_err(refusal)
    }

    /// Counts a password reset requested by this address, for any account.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(crate) fn may_ask_for_reset(&self, address: IpAddr, now_ms: i64) -> Result<(), ServiceRefusal> {
        let rates = self.rates();
        if !rates.enabled {
            return Ok(());
        }
        let resets = BucketRate::new(rates.resets_per_ip, HOUR_MS, rates.resets_per_ip);
        self.resets.take(network(address), resets, now_ms).map_err(refusal)
    }

    /// Counts a failed login of this address.
    pub(crate) fn login_failed(&self, address: IpAddr, now_ms: i64) {
        let _ = self.failed_logins.take(network(address), failed(self.rates()), now_ms);
    }

    /// Daily limit of codes to one phone, for registration and password reset together (S9).
    pub(crate) fn phone(&self) -> LockPolicy {
        let rates = self.rates();
        let limit = if rates.enabled { i64::from(rates.sms_per_phone) } else { i64::MAX };
        LockPolicy { limit, window: DAY_MS, duration: 0 }
    }

    /// Quotas of a code to a phone.
    pub(crate) fn phone_quotas(&self, phone: &str) -> Vec<EventQuota> {
        self.quotas("code.phone", phone, self.phone())
    }

    /// Quotas of a password reset request, the same for known and unknown addresses.
    pub(crate) fn reset_quotas(&self, email: &str, is_known: bool) -> Vec<EventQuota> {
        self.quotas("code.reset", email, self.with_reserve(is_known))
    }

    /// Additional quotas of the message of a password reset.
    pub(crate) fn reset_messages(&self, phone: &str, is_known: bool) -> Vec<EventQuota> {
        self.quotas("code.phone", phone, self.with_reserve(is_known))
    }

    /// A source that the user has logged in from has one message in reserve that strangers cannot use up.
    fn with_reserve(&self, is_known: bool) -> LockPolicy {
        let policy = self.phone();
        LockPolicy { limit: policy.limit.saturating_add(i64::from(is_known)), ..policy }
    }

    /// Quotas of a code to a mailbox.
    pub(crate) fn mail_quotas(&self, email: &str) -> Vec<EventQuota> {
        self.quotas("code.email", email, LockPolicy { limit: MAILS_PER_ADDRESS, window: DAY_MS, duration: 0 })
    }

    /// Quotas of a code for the second factor.
    pub(crate) fn mfa_quotas(&self, email: &str) -> Vec<EventQuota> {
        let limit = i64::from(self.rates().mfa_codes_per_account);
        self.quotas("code.mfa", email, LockPolicy { limit, window: HOUR_MS, duration: 0 })
    }

    /// Minimum time between two codes for the same purpose, in milliseconds.
    pub(crate) fn code_gap_ms(&self) -> i64 {
        if self.rates().enabled { CODE_GAP_MS } else { 0 }
    }

    fn quotas(&self, scope: &str, subject: &str, policy: LockPolicy) -> Vec<EventQuota> {
        if !self.rates().enabled {
            return Vec::new();
        }
        vec![EventQuota { key: LockKey::new(scope, subject), policy }]
    }
}

fn refusal(empty: EmptyBucket) -> ServiceRefusal {
    ServiceRefusal::rate_limited(empty.wait_s)
}

fn failed(rates: ServiceRates) -> BucketRate {
    BucketRate::new(rates.failed_logins_per_min, MINUTE_MS, rates.failed_logins_per_min)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cost of refused signatures is charged to the following calls, and never exceeds a full bucket.
    #[test]
    fn refused_signatures_are_charged_to_their_key() {
        let limits = ServiceLimits::new(&ServiceConfig::default());
        let refused = || {
            let passed = limits.by_key("k", 0).is_ok();
            limits.refused_signature("k", 0);
            passed
        };
        let passed = (0..1000).take_while(|_| refused()).count();
        assert_eq!(passed, 12, "60 calls at once, five for each");
        assert!(limits.by_key("other", 0).is_ok());
        (0..1000).for_each(|_| limits.refused_signature("k", 0));
        assert!(limits.by_key("k", 50).is_ok(), "the next call waits as after any other");
        limits.refused_signature("never seen", 0);
        assert!(limits.by_key("never seen", 0).is_ok());
    }

    #[test]
    fn other_limits_refill_no_bucket() {
        let limits = ServiceLimits::new(&ServiceConfig::default());
        let passed = |limits: &ServiceLimits| (0..1000).take_while(|_| limits.by_key("k", 0).is_ok()).count();
        let rates = limits.rates();
        assert_eq!(passed(&limits), 60);
        limits.change(ServiceRates { per_key_burst: 500, ..rates });
        assert_eq!(passed(&limits), 0, "it waits for its next calls");
        assert!(limits.by_key("other", 0).is_ok());
        limits.change(ServiceRates { per_key_burst: 10, ..rates });
        let later = 3_600_000;
        assert_eq!((0..1000).take_while(|_| limits.by_key("k", later).is_ok()).count(), 10, "a full bucket is smaller");
        limits.begin_again(rates);
        assert_eq!(passed(&limits), 60, "as tests want it");
    }

    /// Published clients send up to 30 calls without a session within two seconds and do not know status 429; a new
    /// registration with both users and both logins takes about 20 of them.
    #[test]
    fn the_defaults_let_published_clients_pass_and_stop_a_flood() {
        let limits = ServiceLimits::new(&ServiceConfig::default());
        let address = IpAddr::from([203, 0, 113, 7]);
        let passed = (0..1000).take_while(|_| limits.by_address(RateClass::Address, address, 0).is_ok()).count();
        assert!((30..100).contains(&passed), "{passed}");
        assert!(limits.by_address(RateClass::Address, IpAddr::from([203, 0, 113, 8]), 0).is_ok());
        let limits = ServiceLimits::new(&ServiceConfig { no_limits: true, ..ServiceConfig::default() });
        assert!((0..1000).all(|_| limits.by_address(RateClass::Registration, address, 0).is_ok()));
        assert!(limits.phone_quotas("+358401234567").is_empty());
    }

    #[test]
    fn a_network_is_one_address() {
        let address = |text: &str| network(text.parse().unwrap());
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::9"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("::ffff:203.0.113.7"), address("203.0.113.7"));
        assert_ne!(address("203.0.113.8"), address("203.0.113.7"));
    }
}
