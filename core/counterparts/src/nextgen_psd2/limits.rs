//! How often strangers may fail and third parties may ask about customers (R5, S-14).
//!
//! A refusal by these is not explained: that would cost more than it saves. Each is counted in whole minutes of the system's time, whatever the bank's clock shows.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::http::listen;

/// The length of a window, in seconds.
const WINDOW_S: u64 = 60;
/// Most addresses and third parties that are counted at once; beyond it the counts begin anew.
const COUNTED: usize = 10_000;

/// The limits; high, so that nobody's tests meet them by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rates {
    /// Requests per minute and address that fail before their signature is known to be right.
    pub(crate) unauthenticated_per_minute: u32,
    /// Calls of `verify_user` per minute and third party.
    pub(crate) verify_user_per_minute: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { unauthenticated_per_minute: 60_000, verify_user_per_minute: 1_000_000 }
    }
}

/// The counts.
pub(crate) struct Limits {
    begun: Instant,
    rates: RwLock<Rates>,
    strangers: Mutex<HashMap<IpAddr, Count>>,
    /// How many addresses are counted, so that nobody else waits for the lock.
    failing: AtomicUsize,
    asking: Mutex<HashMap<String, Count>>,
}

#[derive(Default, Clone, Copy)]
struct Count {
    window: u64,
    count: u32,
}

impl Count {
    /// How many there were in this window.
    fn within(self, window: u64) -> u32 {
        if self.window == window { self.count } else { 0 }
    }

    fn add(&mut self, window: u64) {
        *self = Self { window, count: self.within(window).saturating_add(1) };
    }
}

impl Limits {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            rates: RwLock::default(),
            strangers: Mutex::default(),
            failing: AtomicUsize::new(0),
            asking: Mutex::default(),
        }
    }

    /// Sets other limits; the counts begin anew.
    pub(crate) fn change(&self, rates: Rates) {
        *self.rates.write().unwrap_or_else(PoisonError::into_inner) = rates;
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.failing.store(0, Ordering::Release);
        self.asking.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Sees that an address has not failed too often.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn stranger(&self, address: IpAddr) -> Result<(), Refusal> {
        if self.failing.load(Ordering::Acquire) == 0 {
            return Ok(());
        }
        let most = self.rates().unauthenticated_per_minute;
        let strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        let count = strangers.get(&listen::network(address)).copied().unwrap_or_default();
        if count.within(self.window()) < most {
            Ok(())
        } else {
            Err(self.too_many("this address has failed too often"))
        }
    }

    /// Counts a request that failed before its signature was known to be right.
    pub(crate) fn failed(&self, address: IpAddr) {
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        if strangers.len() >= COUNTED {
            strangers.clear();
        }
        strangers.entry(listen::network(address)).or_default().add(self.window());
        self.failing.store(strangers.len(), Ordering::Release);
    }

    /// Counts a third party's question about a customer.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn asked(&self, third_party: &str) -> Result<(), Refusal> {
        let most = self.rates().verify_user_per_minute;
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if asking.len() >= COUNTED {
            asking.clear();
        }
        if !asking.contains_key(third_party) {
            asking.insert(third_party.to_owned(), Count::default());
        }
        let window = self.window();
        match asking.get_mut(third_party) {
            Some(count) if count.within(window) >= most => {
                Err(self.too_many("this third party has asked about customers too often"))
            }
            Some(count) => {
                count.add(window);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn rates(&self) -> Rates {
        *self.rates.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn window(&self) -> u64 {
        self.begun.elapsed().as_secs() / WINDOW_S
    }

    fn too_many(&self, text: &'static str) -> Refusal {
        let left = WINDOW_S - self.begun.elapsed().as_secs() % WINDOW_S;
        Refusal { retry_after_s: u32::try_from(left).ok(), ..Refusal::by("", 429, "ACCESS_EXCEEDED", text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R5, S-14.
    #[test]
    fn each_address_and_each_third_party_has_its_own_count() {
        let limits = Limits::new();
        limits.change(Rates { unauthenticated_per_minute: 2, verify_user_per_minute: 1 });
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
        limits.change(Rates::default());
        assert_eq!((limits.stranger(one), limits.asked("PSDNO-FSA-1")), (Ok(()), Ok(())));
    }

    #[test]
    fn a_window_ends() {
        let mut count = Count::default();
        count.add(4);
        count.add(4);
        assert_eq!((count.within(4), count.within(5)), (2, 0));
        count.add(5);
        assert_eq!(count.within(5), 1);
    }
}
