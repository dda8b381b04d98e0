//! The promises, in every order of events.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::*;

const DAY_S: i64 = 86_400;
const YEARS_2_S: i64 = 730 * DAY_S;

fn pair(name: &str, at_s: i64) -> KnownPair {
    let (not_before_s, not_after_s) = (at_s, at_s + YEARS_2_S);
    KnownPair { name: name.to_owned(), serial: name.to_owned(), not_before_s, not_after_s }
}

fn rules(supersedes_at_once: bool) -> RenewalRules {
    RenewalRules { supersedes_at_once, ..RenewalRules::default() }
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// Begins or sends the step that is due, and returns its result.
    Issued,
    IssuedAndLost,
    LostBefore,
    Refused,
    RefusedForGood,
    NotSent,
    Works,
    DoesNotWork,
    HourLater,
    MonthLater,
    ClockSetBack,
    PersonResumes,
    PersonHasCode,
    PersonWantsNext,
}

const EVENTS: [Event; 14] = [
    Event::Issued,
    Event::IssuedAndLost,
    Event::LostBefore,
    Event::Refused,
    Event::RefusedForGood,
    Event::NotSent,
    Event::Works,
    Event::DoesNotWork,
    Event::HourLater,
    Event::MonthLater,
    Event::ClockSetBack,
    Event::PersonResumes,
    Event::PersonHasCode,
    Event::PersonWantsNext,
];

/// A customer and a bank.
#[derive(Clone)]
struct LifeModel {
    life: CertificateLife,
    rules: RenewalRules,
    now_s: i64,
    keys: u32,
    /// The keys for which the bank has issued a certificate.
    issued: BTreeSet<String>,
    /// The keys that were asked for since the last answer that says what became of it.
    open: BTreeSet<String>,
}

impl LifeModel {
    fn new(supersedes_at_once: bool) -> Self {
        let mut life = CertificateLife::default();
        life.adopt(pair("0", 0)).unwrap();
        let now_s = YEARS_2_S - 61 * DAY_S;
        let issued = BTreeSet::from(["0".to_owned()]);
        Self { life, rules: rules(supersedes_at_once), now_s, keys: 0, issued, open: BTreeSet::new() }
    }

    /// Sends the request that is due, beginning it if it must be begun. Returns the key that is asked for.
    fn send(&mut self) -> Option<String> {
        if let RenewalDue::Begin(signed_with) = self.life.due(self.rules, self.now_s) {
            self.keys += 1;
            self.life.begin(self.keys.to_string(), AttemptKind::Next { signed_with }, self.now_s).unwrap();
        }
        let RenewalDue::Send(attempt) = self.life.due(self.rules, self.now_s) else { return None };
        // Never a request for another key while one may have had an effect.
        assert!(self.open.iter().all(|open| *open == attempt.pair), "{:?} {attempt:?}", self.open);
        self.life.sending().unwrap();
        Some(attempt.pair)
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::HourLater => self.now_s += 3601,
            Event::MonthLater => self.now_s += 30 * DAY_S,
            Event::ClockSetBack => self.now_s -= 40 * DAY_S,
            Event::PersonResumes => self.life.resume(),
            Event::PersonWantsNext => drop(self.life.want_next(self.now_s)),
            Event::PersonHasCode => {
                let (before, is_needed) = (self.life.clone(), self.life.stopped.is_some());
                if self.life.begin_anew(self.now_s).is_err() {
                    assert!(!is_needed && before == self.life, "{before:?}");
                    return;
                }
                // The request that may have had an effect goes on; without one, another is begun.
                assert_eq!(
                    before.attempt.as_ref().map(|attempt| &attempt.pair),
                    self.life.attempt.as_ref().map(|attempt| &attempt.pair)
                );
                if self.life.attempt.is_none() {
                    self.keys += 1;
                    self.life.begin(self.keys.to_string(), AttemptKind::First, self.now_s).unwrap();
                }
            }
            Event::Works | Event::DoesNotWork => {
                let Some(usable) = self.life.usable(self.now_s).map(|usable| usable.name.clone()) else { return };
                match event {
                    Event::Works => drop(self.life.worked(&usable, self.now_s)),
                    _ => drop(self.life.did_not_work(&usable, "19", self.now_s)),
                }
            }
            _ => {
                let Some(key) = self.send() else { return };
                match event {
                    Event::Issued => {
                        self.issued.insert(key.clone());
                        self.open.clear();
                        self.life.issued(pair(&key, self.now_s), self.rules, self.now_s).unwrap();
                    }
                    Event::IssuedAndLost => {
                        self.issued.insert(key.clone());
                        self.open.insert(key);
                        self.life.unknown(self.now_s).unwrap();
                    }
                    Event::LostBefore => {
                        self.open.insert(key);
                        self.life.unknown(self.now_s).unwrap();
                    }
                    Event::Refused | Event::RefusedForGood => {
                        self.life.refused("no".to_owned(), event == Event::RefusedForGood, self.now_s).unwrap();
                    }
                    _ => self.life.not_sent(self.now_s).unwrap(),
                }
            }
        }
    }

    fn check(&self, path: &[Event]) {
        let life = &self.life;
        let mut known: BTreeSet<&str> = life.retired.iter().map(|one| one.pair.name.as_str()).collect();
        known.extend(life.active.iter().map(|pair| pair.name.as_str()));
        known.extend(life.switching.iter().map(|new| new.pair.name.as_str()));
        known.extend(life.attempt.iter().map(|attempt| attempt.pair.as_str()));
        for issued in &self.issued {
            assert!(known.contains(issued.as_str()), "{path:?}: the key {issued} is forgotten: {life:?}");
        }
        let holds = |pair: &KnownPair| pair.holds_at(self.now_s);
        let has_one =
            life.active.as_ref().is_some_and(holds) || life.switching.as_ref().is_some_and(|new| holds(&new.pair));
        assert_eq!(life.usable(self.now_s).is_some(), has_one, "{path:?}: {life:?}");
        let due = life.due(self.rules, self.now_s);
        let is_busy = life.attempt.is_some() || life.switching.is_some();
        assert!(!(is_busy && matches!(due, RenewalDue::Begin(_))), "{path:?}: {life:?}");
        // Either something happens by itself, or a person is told what.
        if let RenewalDue::Nothing(until) = due {
            assert!(until.is_some_and(|until| until > self.now_s), "{path:?}: {life:?}");
        }
    }
}

fn explore(model: &LifeModel, path: &mut Vec<Event>, depth: u32, seen: &mut u64) {
    *seen += 1;
    model.check(path);
    if depth == 0 {
        return;
    }
    for event in EVENTS {
        let mut next = model.clone();
        path.push(event);
        next.happens(event);
        explore(&next, path, depth - 1, seen);
        path.pop();
    }
}

#[test]
fn the_promises_hold_in_every_order_of_events() {
    for supersedes_at_once in [false, true] {
        let mut seen = 0;
        explore(&LifeModel::new(supersedes_at_once), &mut Vec::new(), 6, &mut seen);
        assert!(seen > 1_000_000, "{seen}");
    }
}

#[test]
fn t62_a_renewal_begins_at_its_day_and_not_before() {
    let mut life = CertificateLife::default();
    life.adopt(pair("0", 0)).unwrap();
    let due_s = YEARS_2_S - 60 * DAY_S;
    assert_eq!(life.due(rules(false), due_s - 1), RenewalDue::Nothing(Some(due_s)));
    assert_eq!(life.due(rules(false), due_s), RenewalDue::Begin("0".to_owned()));
    // Exactly so many days before the end of one that lives for twice as many; of a shorter one, at half of its life.
    for (days, due_days) in [(730, 670), (121, 61), (120, 60), (119, 59), (60, 30), (2, 1)] {
        let due_s = rules(false).due_at(0, days * DAY_S);
        assert_eq!(due_s.div_euclid(DAY_S), due_days, "{days}");
    }
    let long = RenewalRules { renew_before_days: 20_000, ..rules(false) };
    assert_eq!(long.due_at(0, YEARS_2_S), YEARS_2_S / 2);
    let ended = life.due(rules(false), YEARS_2_S + 1);
    assert!(matches!(ended, RenewalDue::Person(why) if why.contains("has ended")));
}

#[test]
fn t65_the_old_pair_signs_while_the_bank_does_not_take_the_new_one() {
    let begun = YEARS_2_S - 60 * DAY_S;
    let mut life = CertificateLife::default();
    life.adopt(pair("0", 0)).unwrap();
    life.begin("1".to_owned(), AttemptKind::Next { signed_with: "0".to_owned() }, begun).unwrap();
    life.sending().unwrap();
    life.issued(pair("1", begun), rules(false), begun).unwrap();
    assert_eq!(life.usable(begun).unwrap().name, "1");
    assert!(life.did_not_work("1", "19", begun + 10));
    assert_eq!(life.usable(begun + 11).unwrap().name, "0");
    assert_eq!(life.due(rules(false), begun + 3700), RenewalDue::Try("1".to_owned()));
    assert!(life.worked("1", begun + 3700));
    assert_eq!((life.usable(begun + 3701).unwrap().name.as_str(), life.retired.len()), ("1", 1));
    assert!(life.forget_retired(rules(false), begun + 80 * DAY_S).is_empty());
    assert_eq!(life.forget_retired(rules(false), begun + 91 * DAY_S).len(), 1);
}

#[test]
fn a_clock_that_was_ahead_binds_nobody_once_it_is_right() {
    let begun = YEARS_2_S - 50 * DAY_S;
    let mut life = CertificateLife::default();
    life.adopt(pair("0", 0)).unwrap();
    life.begin("1".to_owned(), AttemptKind::Next { signed_with: "0".to_owned() }, begun).unwrap();
    life.sending().unwrap();
    // Noted a year ahead; back in its time, the request is sent again at once, and not in a year.
    life.unknown(begun + 365 * DAY_S).unwrap();
    assert!(matches!(life.due(rules(false), begun + 60), RenewalDue::Send(attempt) if attempt.pair == "1"));
    life.sending().unwrap();
    life.issued(pair("1", begun), rules(false), begun + 60).unwrap();
    life.did_not_work("1", "19", begun + 365 * DAY_S);
    assert_eq!(life.usable(begun + 120).unwrap().name, "1");
    // Back before the window: nothing is due; forth again: it is.
    let mut life = CertificateLife::default();
    life.adopt(pair("0", 0)).unwrap();
    for _ in 0..3 {
        assert!(matches!(life.due(rules(false), begun - 90 * DAY_S), RenewalDue::Nothing(Some(_))));
        assert!(matches!(life.due(rules(false), begun), RenewalDue::Begin(_)));
    }
}

#[test]
fn t67_somebody_is_told_once_for_each_of_the_last_days() {
    let mut life = CertificateLife::default();
    life.adopt(pair("0", 0)).unwrap();
    let at = |days: i64| YEARS_2_S - days * DAY_S + 60;
    let told: Vec<Option<u32>> =
        [40, 30, 29, 14, 7, 7, 3, 1, 0].into_iter().map(|days| life.tell_days(at(days))).collect();
    assert_eq!(told, [None, Some(30), None, Some(14), Some(7), None, Some(3), Some(1), None]);
}

#[test]
fn t67_somebody_is_told_once_of_each_stop() {
    let mut life = CertificateLife::default();
    life.adopt(pair("0", 0)).unwrap();
    assert!(!life.tell_stop());
    for number in 1..3 {
        life.begin(number.to_string(), AttemptKind::Next { signed_with: "0".to_owned() }, 0).unwrap();
        life.sending().unwrap();
        life.refused("locked".to_owned(), true, 0).unwrap();
        // It is to be told until it is stored that it was.
        assert!(life.clone().tell_stop() && life.tell_stop() && !life.tell_stop());
        life.resume();
        assert!(!life.tell_stop());
    }
}

#[test]
fn alerts_go_by_how_long_a_certificate_lives() {
    let alerts = |days: i64| RenewalRules::alerts_of(0, days * DAY_S).collect::<Vec<u32>>();
    assert_eq!(alerts(730), [30, 14, 7, 3, 1]);
    // One of two months is renewed at half of its life, before anybody is told.
    assert_eq!(alerts(60), [14, 7, 3, 1]);
    assert_eq!(alerts(10), [1]);
    assert!(!RenewalRules::ends_soon(0, 60 * DAY_S, 44 * DAY_S) && RenewalRules::ends_soon(0, 60 * DAY_S, 45 * DAY_S));
    assert!(!RenewalRules::ends_soon(0, YEARS_2_S, YEARS_2_S - 31 * DAY_S));
    assert!(RenewalRules::ends_soon(0, YEARS_2_S, YEARS_2_S - 30 * DAY_S));
}

/// A life with a new pair that holds between these times.
fn with_new(supersedes_at_once: bool, now_s: i64, not_before_s: i64, not_after_s: i64) -> CertificateLife {
    let mut life = CertificateLife::default();
    life.adopt(pair("0", 0)).unwrap();
    life.begin("1".to_owned(), AttemptKind::Next { signed_with: "0".to_owned() }, now_s).unwrap();
    life.sending().unwrap();
    let new = KnownPair { not_before_s, not_after_s, ..pair("1", now_s) };
    life.issued(new, rules(supersedes_at_once), now_s).unwrap();
    life
}

#[test]
fn a_pair_that_begins_later_is_kept_and_not_used_before() {
    let now_s = YEARS_2_S - 50 * DAY_S;
    let begins_s = now_s + 10 * DAY_S;
    for (supersedes_at_once, signs) in [(false, Some("0")), (true, None)] {
        let mut life = with_new(supersedes_at_once, now_s, begins_s, begins_s + YEARS_2_S);
        let rules = rules(supersedes_at_once);
        assert_eq!(life.usable(now_s).map(|pair| pair.name.as_str()), signs);
        assert_eq!(life.awaited(now_s).is_some(), signs.is_none());
        assert_eq!(life.due(rules, now_s), RenewalDue::Nothing(Some(begins_s)));
        // It is no reason for a new code.
        assert!(life.begin_anew(now_s).is_err());
        assert_eq!(life.due(rules, begins_s), RenewalDue::Try("1".to_owned()));
        assert_eq!(life.usable(begins_s).unwrap().name, "1");
    }
    // Clocks differ: one that begins in a minute is used.
    let life = with_new(false, now_s, now_s + 60, now_s + YEARS_2_S);
    assert_eq!((life.usable(now_s).unwrap().name.as_str(), life.awaited(now_s)), ("1", None));
}

#[test]
fn a_new_certificate_that_is_due_at_once_rests_for_a_day() {
    let now_s = YEARS_2_S - 50 * DAY_S;
    let mut life = with_new(false, now_s, now_s - 30 * DAY_S, now_s + 20 * DAY_S);
    assert!(life.worked("1", now_s));
    assert_eq!(life.due(rules(false), now_s), RenewalDue::Nothing(Some(now_s + DAY_S)));
    assert_eq!(life.due(rules(false), now_s + DAY_S), RenewalDue::Begin("1".to_owned()));
    // A person may want it sooner.
    life.want_next(now_s).unwrap();
    assert_eq!(life.due(rules(false), now_s), RenewalDue::Begin("1".to_owned()));
}

#[test]
fn a_first_certificate_that_is_due_at_once_is_renewed_once() {
    let mut life = CertificateLife::default();
    life.begin("1".to_owned(), AttemptKind::First, 0).unwrap();
    life.sending().unwrap();
    life.issued(KnownPair { not_after_s: 20 * DAY_S, ..pair("1", -30 * DAY_S) }, rules(true), 0).unwrap();
    assert!(life.worked("1", 10));
    assert_eq!(life.due(rules(true), 10), RenewalDue::Begin("1".to_owned()));
    life.begin("2".to_owned(), AttemptKind::Next { signed_with: "1".to_owned() }, 10).unwrap();
    life.sending().unwrap();
    life.issued(KnownPair { not_after_s: 20 * DAY_S, ..pair("2", -30 * DAY_S) }, rules(true), 20).unwrap();
    assert!(life.worked("2", 30));
    assert_eq!(life.due(rules(true), 30), RenewalDue::Nothing(Some(30 + DAY_S)));
}

#[test]
fn what_cannot_be_used_leaves_its_key_and_a_way_out() {
    let now_s = YEARS_2_S - 50 * DAY_S;
    // The bank has issued a certificate without a use.
    let mut life = CertificateLife::default();
    life.begin("1".to_owned(), AttemptKind::First, now_s).unwrap();
    assert!(life.unusable("has ended".to_owned(), now_s).is_err(), "nothing was sent");
    life.sending().unwrap();
    life.unusable("has ended".to_owned(), now_s).unwrap();
    assert!(matches!(life.due(rules(false), now_s), RenewalDue::Person(why) if why == "has ended"));
    assert_eq!(life.attempt.as_ref().unwrap().pair, "1");
    life.begin_anew(now_s).unwrap();
    assert!(matches!(life.due(rules(false), now_s), RenewalDue::Send(attempt) if attempt.pair == "1"));
    // A new key that cannot be opened: the old pair goes on, and the new one is not forgotten.
    let mut life = with_new(false, now_s, now_s, now_s + YEARS_2_S);
    assert!(life.set_new_aside("another passphrase".to_owned(), now_s));
    assert_eq!((life.usable(now_s).unwrap().name.as_str(), life.retired[0].pair.name.as_str()), ("0", "1"));
    assert_eq!(life.due(rules(false), now_s), RenewalDue::Begin("0".to_owned()));
    // Where the old pair has ended with it, a person decides.
    let mut life = with_new(true, now_s, now_s, now_s + YEARS_2_S);
    assert!(life.set_new_aside("another passphrase".to_owned(), now_s));
    assert!(!life.set_new_aside("another passphrase".to_owned(), now_s), "said already");
    assert!(matches!(life.due(rules(true), now_s), RenewalDue::Person(why) if why == "another passphrase"));
    life.begin_anew(now_s).unwrap();
    assert_eq!(life.retired.len(), 2);
}

#[test]
fn what_cannot_be_is_refused() {
    let mut life = CertificateLife::default();
    assert!(matches!(life.due(rules(false), 0), RenewalDue::Person(why) if why.contains("enrol")));
    assert!(life.sending().is_err() && life.unknown(0).is_err() && life.discard().is_err());
    life.begin("1".to_owned(), AttemptKind::First, 0).unwrap();
    assert!(life.begin("2".to_owned(), AttemptKind::First, 0).is_err());
    assert!(life.issued(pair("1", 0), rules(false), 0).is_err(), "nothing was sent");
    life.sending().unwrap();
    assert!(life.issued(pair("2", 0), rules(false), 0).is_err(), "another key");
    assert!(life.adopt(pair("3", 0)).is_err());
    life.issued(pair("1", 0), rules(false), 0).unwrap();
    assert_eq!(life.usable(1).unwrap().name, "1");
    let signed_with = "0".to_owned();
    assert!(life.begin("2".to_owned(), AttemptKind::Next { signed_with }, 0).is_err());
}
