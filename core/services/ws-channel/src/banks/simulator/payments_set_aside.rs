//! Payments that cannot be processed now: each waits longer after every try, and none holds up the others.

use std::{
    collections::{HashMap, HashSet},
    mem::{Discriminant, discriminant},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Wait after the first try; it doubles with every try.
const FIRST_WAIT_MS: i64 = 1000;
/// Longest wait.
const LONGEST_WAIT_MS: i64 = 5 * 60 * 1000;
/// No payment is given up before this many tries, however much time seems to have passed: a clock may jump.
const LEAST_TRIES: u32 = 3;
/// How long a content file may be missing: a shared folder may be mounted later than the service starts.
const MISSING_MS: i64 = 10 * 60 * 1000;
/// How long bytes may be unreadable: a disk fault or wrong permissions can be fixed.
const UNREADABLE_MS: i64 = 24 * 60 * 60 * 1000;
/// How often a wait is logged: at the first try and after every this many.
const MENTION: u32 = 12;

/// Why a payment was not processed.
#[derive(Debug)]
pub(super) enum PaymentFault {
    /// Its content file is missing, although the folder exists.
    Missing,
    /// Its bytes cannot be read, or are not the received ones.
    Unreadable(String),
    /// It can never be processed.
    Never(String),
    /// A fault unrelated to the payment: it waits until the fault is fixed.
    Other(String),
}

impl PaymentFault {
    /// The reason, for the operator.
    fn why(&self) -> &str {
        match self {
            Self::Missing => "its content file is gone",
            Self::Unreadable(why) | Self::Never(why) | Self::Other(why) => why,
        }
    }

    /// The reason, for the customer: without internals of the service.
    fn reason_text(&self) -> &'static str {
        match self {
            Self::Missing => "its content was lost by the service",
            Self::Unreadable(_) => "its content can no longer be read by the service",
            Self::Never(_) | Self::Other(_) => "the service failed to process it",
        }
    }

    /// How long it is retried; `None`: forever.
    fn patience_ms(&self) -> Option<i64> {
        match self {
            Self::Missing => Some(MISSING_MS),
            Self::Unreadable(_) => Some(UNREADABLE_MS),
            Self::Never(_) => Some(0),
            Self::Other(_) => None,
        }
    }
}

/// A payment that is given up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GivenUp {
    /// The reason, for the operator.
    pub(super) why: String,
    /// The reason, for the customer.
    pub(super) told: &'static str,
}

/// The waiting payments, by upload id. Kept in memory: a restart resets the counts.
#[derive(Default)]
pub(super) struct PaymentsSetAside(Mutex<HashMap<String, WaitingPayment>>);

struct WaitingPayment {
    kind: Discriminant<PaymentFault>,
    since: i64,
    tries: u32,
    due: i64,
}

impl PaymentsSetAside {
    /// Whether a payment may be tried now, by the service's clock; a clock that was set back makes it due.
    pub(super) fn is_due(&self, id: &str, now: i64) -> bool {
        self.waiting().get(id).is_none_or(|waiting| now >= waiting.due || now < waiting.since)
    }

    /// Whether no payment waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    /// Records a try that ended with this fault: the payment waits, or is given up.
    pub(super) fn put(&self, id: &str, fault: &PaymentFault, now: i64) -> Option<GivenUp> {
        let mut all = self.waiting();
        let kind = discriminant(fault);
        let begun = || WaitingPayment { kind, since: now, tries: 0, due: now };
        let waiting = all.entry(id.to_owned()).or_insert_with(begun);
        if waiting.kind != kind || now < waiting.since {
            *waiting = begun();
        }
        waiting.tries += 1;
        let over = fault
            .patience_ms()
            .is_some_and(|patience| patience == 0 || (waiting.tries >= LEAST_TRIES && now - waiting.since >= patience));
        if over {
            return Some(GivenUp { why: fault.why().to_owned(), told: fault.reason_text() });
        }
        if waiting.tries % MENTION == 1 {
            let (tries, why) = (waiting.tries, fault.why());
            tracing::warn!(upload = id, tries, why, "a payment cannot be processed yet: it is tried again");
        }
        let doubled = 1_i64.checked_shl(waiting.tries - 1).unwrap_or(i64::MAX);
        waiting.due = now + FIRST_WAIT_MS.saturating_mul(doubled).clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS);
        None
    }

    /// Removes a payment that no longer waits.
    pub(super) fn forget(&self, id: &str) {
        self.waiting().remove(id);
    }

    /// Removes all but these: the others were settled by another instance, or erased.
    pub(super) fn keep(&self, there: &HashSet<String>) {
        self.waiting().retain(|id, _| there.contains(id));
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, WaitingPayment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    /// Tries whenever the payment is due until it is given up; returns the number of tries and the time taken.
    fn tried(fault: &PaymentFault) -> Option<(u32, i64)> {
        let aside = PaymentsSetAside::default();
        let mut tries = 0;
        for now in (NOW..NOW + 2 * UNREADABLE_MS).step_by(1000) {
            if aside.is_due("a", now) {
                tries += 1;
                if aside.put("a", fault, now).is_some() {
                    return Some((tries, now - NOW));
                }
            }
        }
        None
    }

    #[test]
    fn tries_are_few_and_end() {
        let (tries, after) = tried(&PaymentFault::Missing).expect("given up");
        assert!(tries < 15 && (MISSING_MS..2 * MISSING_MS).contains(&after), "{tries} {after}");
        let (tries, after) = tried(&PaymentFault::Unreadable("x".into())).expect("given up");
        assert!(tries < 320 && (UNREADABLE_MS..UNREADABLE_MS + LONGEST_WAIT_MS).contains(&after), "{tries} {after}");
        assert_eq!(tried(&PaymentFault::Never("x".into())), Some((1, 0)));
        assert_eq!(tried(&PaymentFault::Other("x".into())), None);
    }

    #[test]
    fn a_jump_of_the_clock_or_another_reason_gives_nothing_up() {
        let aside = PaymentsSetAside::default();
        assert_eq!(aside.put("a", &PaymentFault::Missing, NOW), None);
        assert_eq!(aside.put("a", &PaymentFault::Missing, NOW + 10 * MISSING_MS), None, "two tries are too few");
        assert_eq!(aside.put("a", &PaymentFault::Unreadable("stale".into()), NOW + 10 * MISSING_MS), None);
        assert_eq!(aside.put("a", &PaymentFault::Missing, NOW + 20 * MISSING_MS), None, "counted anew");
        assert!(!aside.is_due("a", NOW + 20 * MISSING_MS));
        assert!(aside.is_due("a", NOW), "the clock was put back");
        assert!(aside.is_due("b", NOW) && !aside.is_empty());
        aside.keep(&HashSet::new());
        assert!(aside.is_empty());
    }
}
