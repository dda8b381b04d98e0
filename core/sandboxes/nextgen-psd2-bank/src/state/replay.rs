//! Used request ids (S-09). In memory only: after a restart, only the time window of `Date` protects against replay.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bankchannel_crypto::digest::sha256;

/// The maximum number of ids remembered per third party; a new one replaces the oldest.
pub(super) const REMEMBERED: usize = 100_000;
/// The size of a UUID, in bytes.
const UUID: usize = 16;

/// The ids of all third parties.
#[derive(Default)]
pub(super) struct UsedRequestIds(Mutex<HashMap<String, ThirdPartyIds>>);

/// The ids of one third party.
#[derive(Default)]
struct ThirdPartyIds {
    times: HashMap<[u8; UUID], i64>,
    /// In order of arrival. An id may occur twice if the clock was set back: only its last time counts.
    order: VecDeque<([u8; UUID], i64)>,
}

impl UsedRequestIds {
    pub(super) fn remember(&self, tpp: &str, request_id: &str, now_s: i64, window_s: i64) -> bool {
        let key = key(request_id);
        let mut all = self.lock();
        match all.get_mut(tpp) {
            Some(seen) => seen.remember(key, now_s, window_s),
            None => all.entry(tpp.to_owned()).or_default().remember(key, now_s, window_s),
        }
    }

    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, ThirdPartyIds>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ThirdPartyIds {
    fn remember(&mut self, key: [u8; UUID], now_s: i64, window_s: i64) -> bool {
        let is_old = |at: i64| now_s.saturating_sub(at) >= window_s;
        while let Some((_, at)) = self.order.front()
            && is_old(*at)
        {
            self.forget_first();
        }
        if self.times.get(&key).is_some_and(|&at| !is_old(at)) {
            return false;
        }
        self.times.insert(key, now_s);
        self.order.push_back((key, now_s));
        while self.order.len() > REMEMBERED {
            self.forget_first();
        }
        true
    }

    fn forget_first(&mut self) {
        if let Some((key, at)) = self.order.pop_front()
            && self.times.get(&key) == Some(&at)
        {
            self.times.remove(&key);
        }
    }
}

/// The bytes of a UUID, regardless of the case of its digits; for any other text, the start of its hash.
fn key(request_id: &str) -> [u8; UUID] {
    uuid(request_id.as_bytes()).unwrap_or_else(|| {
        let hash = sha256(request_id.as_bytes());
        std::array::from_fn(|at| hash[at])
    })
}

fn uuid(text: &[u8]) -> Option<[u8; UUID]> {
    if text.len() != 36 || [8, 13, 18, 23].iter().any(|&at| text[at] != b'-') {
        return None;
    }
    let mut digits = text.iter().enumerate().filter(|(at, _)| !matches!(at, 8 | 13 | 18 | 23)).map(|(_, digit)| *digit);
    let mut out = [0; UUID];
    for byte in &mut out {
        let (high, low) = (char::from(digits.next()?).to_digit(16)?, char::from(digits.next()?).to_digit(16)?);
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4eba4445-1a4b-47b8-bdd5-4e56ef026b19";

    /// T-102.
    #[test]
    fn an_id_is_new_once_to_each_third_party_within_the_window() {
        let replay = UsedRequestIds::default();
        assert!(replay.remember("one", ID, 100, 60));
        assert!(!replay.remember("one", ID, 100, 60) && !replay.remember("one", &ID.to_uppercase(), 159, 60));
        assert!(replay.remember("two", ID, 100, 60), "another third party");
        assert!(replay.remember("one", ID, 160, 60), "after the window");
        assert!(replay.remember("one", "not a uuid", 160, 60) && !replay.remember("one", "not a uuid", 160, 60));
    }

    #[test]
    fn a_clock_that_is_set_back_frees_nothing() {
        let replay = UsedRequestIds::default();
        assert!(replay.remember("one", ID, 1_000, 60));
        assert!(!replay.remember("one", ID, 10, 60));
        assert!(replay.remember("one", "b", 10, 60));
        assert!(replay.remember("one", ID, 1_060, 60) && !replay.remember("one", ID, 1_061, 60));
    }

    /// S-09.
    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let replay = UsedRequestIds::default();
        for n in 0..REMEMBERED + 5 {
            assert!(replay.remember("one", &n.to_string(), 0, 60));
        }
        {
            let all = replay.lock();
            let seen = all.get("one").unwrap();
            assert_eq!((seen.times.len(), seen.order.len()), (REMEMBERED, REMEMBERED));
        }
        assert!(!replay.remember("one", "5", 0, 60) && replay.remember("one", "0", 0, 60));
    }

    #[test]
    fn uuids_are_read_by_value() {
        assert_eq!(uuid(ID.as_bytes()).map(|bytes| (bytes[0], bytes[15])), Some((0x4e, 0x19)));
        for bad in ["", "4eba44451a4b47b8bdd54e56ef026b19", "4eba4445-1a4b-47b8-bdd5-4e56ef026b1g", &"-".repeat(36)] {
            assert_eq!(uuid(bad.as_bytes()), None, "{bad}");
        }
    }
}
