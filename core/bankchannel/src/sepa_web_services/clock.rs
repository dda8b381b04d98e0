//! Times and ids of messages, none of which is used twice.

use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
};

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

/// The time in a document: no two of a customer are equal. Its text is UTC with `Z` and six digits of a fraction, the last
/// three of which are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentTime {
    ms: i64,
    drawn: u16,
}

/// How many values three digits have.
const DRAWN: u16 = 1000;

impl DocumentTime {
    /// A time with three more digits, which are drawn.
    pub(super) fn drawn(ms: i64) -> Self {
        let [high, low] = random::bytes::<2>();
        Self { ms, drawn: u16::from_be_bytes([high, low]) % DRAWN }
    }

    /// The time with this text, such as one that was stored.
    ///
    /// # Errors
    /// The fault of the text, which is not repeated.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let why = "must be UTC with `Z` and six digits of a fraction";
        let fraction = text.strip_suffix('Z').and_then(|text| text.split_once('.')).map(|(_, fraction)| fraction);
        let is_fraction = |fraction: &&str| fraction.len() == 6 && fraction.bytes().all(|byte| byte.is_ascii_digit());
        let drawn = fraction.filter(is_fraction).and_then(|fraction| fraction[3..].parse().ok()).ok_or(why)?;
        let ms = Timestamp::new(&format!("{}Z", &text[..text.len() - 4])).map_err(|_| why)?.as_ms();
        let read = Self { ms, drawn };
        if read.to_string() == text { Ok(read) } else { Err(why) }
    }
}

impl fmt::Display for DocumentTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:03}Z", Timestamp::from_ms(self.ms).as_str().trim_end_matches('Z'), self.drawn)
    }
}

/// The time of a customer's next document, which is later than those before: banks refuse a time that they have seen.
/// Other processes of the same customer are kept apart by three digits that are drawn.
pub(super) fn next_timestamp(customer_id: &str, now_ms: i64) -> DocumentTime {
    let last = &LAST[usize::from(digest::sha256(customer_id.as_bytes())[0])];
    let next = |last: i64| Some(after(last, now_ms));
    let before = last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_else(|before| before);
    DocumentTime::drawn(after(before, now_ms))
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
                (0..125).map(|_| next_timestamp("T30", 1_930_367_167_089).to_string()).collect::<Vec<_>>()
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
        // As it is stored and read again.
        assert!(all.iter().all(|time| DocumentTime::read(time).unwrap().to_string() == **time));
        for wrong in ["", "Z", "2031-03-04T05:06:07Z", "2031-03-04T05:06:07.089Z", "2031-03-04T05:06:07.089123+00:00"] {
            assert!(DocumentTime::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn t29_hours_are_those_of_a_day() {
        for (at_s, text) in
            [(0, "1970-01-01T00:00:00Z"), (13 * 3600, "1970-01-01T13:00:00Z"), (86_399, "1970-01-01T23:59:59Z")]
        {
            assert_eq!(whole_seconds(at_s), text);
        }
        assert!(next_timestamp("T29", 13 * 3_600_000 + 7).to_string().starts_with("1970-01-01T13:00:00.007"));
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
