//! Payments that cannot be worked off now: each waits longer from try to try, and none keeps the others from their turn.

use std::{
    collections::{HashMap, HashSet},
    mem::{Discriminant, discriminant},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The wait after a first try; it doubles from try to try.
const FIRST_WAIT_MS: i64 = 1000;
/// The longest wait.
const LONGEST_WAIT_MS: i64 = 5 * 60 * 1000;
/// Nothing is given up before so many tries, however much time seems to have passed: a clock may jump.
const LEAST_TRIES: u32 = 3;
/// How long a content file may be missing: a shared folder may be mounted later than the service starts.
const MISSING_MS: i64 = 10 * 60 * 1000;
/// How long bytes may be unreadable: what is wrong with a disk or a folder's rights can be put right.
const UNREADABLE_MS: i64 = 24 * 60 * 60 * 1000;
/// How often a wait is mentioned in the log: at the first try and after each so many.
const MENTION: u32 = 12;

/// Why a payment was not worked off.
#[derive(Debug)]
pub(super) enum PaymentFault {
    /// Its content file is not in its folder, and the folder is there.
    Missing,
    /// Its bytes cannot be read, or are not those that were received.
    Unreadable(String),
    /// It can never be worked off.
    Never(String),
    /// Something that is not the payment's: it waits for as long as that takes.
    Other(String),
}

impl PaymentFault {
    /// Why, for the operator.
    fn why(&self) -> &str {
        match self {
            Self::Missing => "its content file is gone",
            Self::Unreadable(why) | Self::Never(why) | Self::Other(why) => why,
        }
    }

    /// Why, for the customer: nothing of the service's inside.
    fn told(&self) -> &'static str {
        match self {
            Self::Missing => "its content was lost by the service",
            Self::Unreadable(_) => "its content can no longer be read by the service",
            Self::Never(_) | Self::Other(_) => "the service failed to process it",
        }
    }

    /// For how long it is tried again; `None`: without end.
    fn patience_ms(&self) -> Option<i64> {
        match self {
            Self::Missing => Some(MISSING_MS),
            Self::Unreadable(_) => Some(UNREADABLE_MS),
            Self::Never(_) => Some(0),
            Self::Other(_) => None,
        }
    }
}

/// The end of all tries.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GivenUp {
    /// Why, for the operator.
    pub(super) why: String,
    /// Why, for the customer.
    pub(super) told: &'static str,
}

/// The payments that wait, by the upload's id. Kept in memory: a restart begins to count anew.
#[derive(Default)]
pub(super) struct Aside(Mutex<HashMap<String, Waiting>>);

struct Waiting {
    kind: Discriminant<PaymentFault>,
    since: i64,
    tries: u32,
    due: i64,
}

impl Aside {
    /// Whether a payment may be tried now, by the service's clock; one that was put back makes it due.
    pub(super) fn is_due(&self, id: &str, now: i64) -> bool {
        self.waiting().get(id).is_none_or(|waiting| now >= waiting.due || now < waiting.since)
    }

    /// Whether none waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    /// A try that ended with this fault: the payment waits, or is given up.
    pub(super) fn put(&self, id: &str, fault: &PaymentFault, now: i64) -> Option<GivenUp> {
        let mut all = self.waiting();
        let kind = discriminant(fault);
        let begun = || Waiting { kind, since: now, tries: 0, due: now };
        let waiting = all.entry(id.to_owned()).or_insert_with(begun);
        if waiting.kind != kind || now < waiting.since {
            *waiting = begun();
        }
        waiting.tries += 1;
        let over = fault
            .patience_ms()
            .is_some_and(|patience| patience == 0 || (waiting.tries >= LEAST_TRIES && now - waiting.since >= patience));
        if over {
            return Some(GivenUp { why: fault.why().to_owned(), told: fault.told() });
        }
        if waiting.tries % MENTION == 1 {
            let (tries, why) = (waiting.tries, fault.why());
            tracing::warn!(upload = id, tries, why, "a payment cannot be processed yet: it is tried again");
        }
        let doubled = 1_i64.checked_shl(waiting.tries - 1).unwrap_or(i64::MAX);
        waiting.due = now + FIRST_WAIT_MS.saturating_mul(doubled).clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS);
        None
    }

    /// A payment that waits no longer.
    pub(super) fn forget(&self, id: &str) {
        self.waiting().remove(id);
    }

    /// Forgets all but these: others were settled by another instance, or erased.
    pub(super) fn keep(&self, there: &HashSet<String>) {
        self.waiting().retain(|id, _| there.contains(id));
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    /// Tries at every moment that is due, until it is given up; answers after how many tries and how long.
    fn tried(fault: &PaymentFault) -> Option<(u32, i64)> {
        let aside = Aside::default();
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
        let aside = Aside::default();
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
