//! Times and ids of messages, none of which is used twice.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use bankchannel_crypto::{digest, random};
use bankchannel_foundation::model::Timestamp;

/// The last millisecond of each customer's documents in this process.
static LAST: Mutex<BTreeMap<String, i64>> = Mutex::new(BTreeMap::new());

/// The time of a customer's next document, which is later than those before: banks refuse a time that they have seen.
/// Other processes of the same customer are kept apart by three digits that are drawn.
pub(super) fn next_timestamp(customer_id: &str, now_ms: i64) -> String {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let ms = match last.get_mut(customer_id) {
        Some(last) => {
            *last = now_ms.max(*last + 1);
            *last
        }
        None => {
            last.insert(customer_id.to_owned(), now_ms);
            now_ms
        }
    };
    drop(last);
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
}
