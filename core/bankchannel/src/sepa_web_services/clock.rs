//! Times and ids of messages, none of which is used twice.

use std::sync::atomic::{AtomicI64, Ordering};

use bankchannel_crypto::{digest, random};
use bankchannel_foundation::model::Timestamp;

/// The last milliseconds of documents in this process: each customer has one of the places, which some share. No lock, which a
/// forked process could find held for ever.
static LAST: [AtomicI64; 256] = [const { AtomicI64::new(i64::MIN / 2) }; 256];

/// A last time that is so far ahead was of a wrong clock: banks refuse times that have not come yet, so it does not count.
const AHEAD_MS: i64 = 10 * 60 * 1000;
/// The times that a process reserves at once: one second's.
pub(super) const RESERVED_MS: i64 = 1000;

/// The millisecond after `last`, or now, if that is later.
pub(super) fn after(last: i64, now_ms: i64) -> i64 {
    if last - now_ms > AHEAD_MS { now_ms } else { now_ms.max(last + 1) }
}

/// Times that no other process uses: from the first to the last, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReservedTimes {
    pub(super) next: i64,
    pub(super) last: i64,
}

impl ReservedTimes {
    /// The next one that is not earlier than now; `None` if there is none, or if the clock was set back.
    pub(super) fn take(&mut self, now_ms: i64) -> Option<i64> {
        let next = self.next.max(now_ms);
        if next > self.last || self.next - now_ms > AHEAD_MS {
            return None;
        }
        self.next = next + 1;
        Some(next)
    }
}

/// The time of a customer's next document, which is later than those before: banks refuse a time that they have seen.
/// Other processes of the same customer are kept apart by three digits that are drawn.
pub(super) fn next_timestamp(customer_id: &str, now_ms: i64) -> String {
    let last = &LAST[usize::from(digest::sha256(customer_id.as_bytes())[0])];
    let next = |last: i64| Some(after(last, now_ms));
    let before = last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_else(|before| before);
    timestamp_of(after(before, now_ms))
}

/// A time with three more digits, which are drawn.
pub(super) fn timestamp_of(ms: i64) -> String {
    let [high, low] = random::bytes::<2>();
    let drawn = u16::from_be_bytes([high, low]) % 1000;
    format!("{}{drawn:03}Z", Timestamp::from_ms(ms).as_str().trim_end_matches('Z'))
}

/// A message's id: 32 hex digits.
pub(super) fn request_id() -> String {
    digest::hex(&random::bytes::<16>())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use bankchannel_sepa_web_services::request::whole_seconds;

    use super::*;

    #[test]
    fn t30_no_time_is_used_twice_by_a_thousand_callers_at_once() {
        let (mut callers, mut all) = (Vec::new(), BTreeSet::new());
        for _ in 0..8 {
            callers.push(std::thread::spawn(|| {
                (0..125).map(|_| next_timestamp("T30", 1_930_367_167_089)).collect::<Vec<_>>()
            }));
        }
        for caller in callers {
            all.extend(caller.join().unwrap());
        }
        // The milliseconds alone differ already.
        let milliseconds: BTreeSet<&str> = all.iter().map(|time| &time[..23]).collect();
        assert_eq!((all.len(), milliseconds.len()), (1000, 1000));
        assert!(all.iter().all(|time| time.len() == 27 && Timestamp::new(time).is_ok()));
        assert_eq!(all.first().unwrap()[..23], *"2031-03-04T05:06:07.089");
    }

    #[test]
    fn t29_hours_are_those_of_a_day() {
        for (at_s, text) in
            [(0, "1970-01-01T00:00:00Z"), (13 * 3600, "1970-01-01T13:00:00Z"), (86_399, "1970-01-01T23:59:59Z")]
        {
            assert_eq!(whole_seconds(at_s), text);
        }
        assert!(next_timestamp("T29", 13 * 3_600_000 + 7).starts_with("1970-01-01T13:00:00.007"));
    }

    #[test]
    fn r26_a_clock_that_is_set_back_repeats_nothing_and_one_that_was_wrong_does_not_bind() {
        assert_eq!((after(1000, 5000), after(5000, 1000), after(5000, 5000)), (5000, 5001, 5001));
        // A year ahead: banks would refuse it.
        assert_eq!(after(31_536_000_000, 1000), 1000);
        let mut times = ReservedTimes { next: 5000, last: 5999 };
        assert_eq!([times.take(4000), times.take(5500), times.take(5500)], [Some(5000), Some(5500), Some(5501)]);
        assert_eq!((times.take(6000), times.take(5502 - AHEAD_MS - 1)), (None, None));
        assert_eq!(times.take(5000), Some(5502), "set back: still later than those before");
    }
}
