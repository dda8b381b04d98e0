//! Property test: random events in random order.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::state::{ConsentState, NewAuthorisation};

#[derive(Debug, Clone, Copy)]
enum Event {
    Create(bool),
    Offer,
    Begin(usize),
    Open(usize),
    Approve(usize),
    Refuse(usize),
    Delete(usize),
    Revoke(usize),
    Read(usize, bool),
    Wait(i64),
}

fn event() -> impl Strategy<Value = Event> {
    let at = || 0..8_usize;
    prop_oneof![
        any::<bool>().prop_map(Event::Create),
        Just(Event::Offer),
        at().prop_map(Event::Begin),
        at().prop_map(Event::Open),
        at().prop_map(Event::Approve),
        at().prop_map(Event::Approve),
        at().prop_map(Event::Refuse),
        at().prop_map(Event::Delete),
        at().prop_map(Event::Revoke),
        (at(), any::<bool>()).prop_map(|(at, present)| Event::Read(at, present)),
        // Also backwards: the clock may be set back.
        prop_oneof![-700..700_i64, Just(DAY), Just(20 * DAY), Just(-DAY)].prop_map(Event::Wait),
    ]
}

/// The existing consents and redirect states, to choose from.
#[derive(Default)]
struct Made {
    consents: Vec<String>,
    redirects: Vec<String>,
}

fn pick(from: &[String], at: usize) -> &str {
    if from.is_empty() { "none" } else { &from[at % from.len()] }
}

fn happen(state: &BankState, made: &mut Made, event: Event, now: i64) {
    match event {
        Event::Create(recurring) => {
            let valid_until = date("2026-03-20");
            if let Ok(created) = state.create_consent(TPP_1, NewConsent { recurring, valid_until, ..asked() }, now) {
                made.consents.push(created.consent_id);
                made.redirects.push(created.redirect_state);
            }
        }
        Event::Offer => {
            made.redirects.push(state.offer(TPP_1, &offer(), now).unwrap().state);
            made.consents.push(state.overview(now)[0].consent_id.clone());
        }
        Event::Begin(at) => {
            let begun = state.start_authorisation(TPP_1, pick(&made.consents, at), &NewAuthorisation::default(), now);
            made.redirects.extend(begun.map(|begun| begun.redirect_state));
        }
        Event::Open(at) => drop(state.open_redirect(pick(&made.redirects, at), now)),
        Event::Approve(at) => drop(state.decide(pick(&made.redirects, at), approval(), now)),
        Event::Refuse(at) => drop(state.decide(pick(&made.redirects, at), CustomerDecision::Refuse, now)),
        Event::Delete(at) => drop(state.delete(TPP_1, pick(&made.consents, at), now)),
        Event::Revoke(at) => drop(state.revoke_by_psu(pick(&made.consents, at), now)),
        Event::Read(at, present) => drop(read(state, pick(&made.consents, at), present, now)),
        Event::Wait(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The final status of a consent or an authorisation never changes; a customer has at most one valid recurring
    /// consent; accounts are read only with a valid consent; nothing is lost when the state is written and read again.
    #[test]
    fn a_final_status_is_never_left(events in proptest::collection::vec(event(), 1..60)) {
        let state = state();
        let mut made = Made::default();
        let mut now = NOW;
        let mut ended: HashMap<String, ConsentState> = HashMap::new();
        let mut failed: HashMap<String, bool> = HashMap::new();
        for event in events {
            if let Event::Wait(seconds) = event {
                now += seconds;
            }
            let before = serde_json::to_value(&*state.keeper.read()).unwrap();
            state.keeper.was_changed();
            happen(&state, &mut made, event, now);
            let is_same = before == serde_json::to_value(&*state.keeper.read()).unwrap();
            prop_assert!(is_same || state.keeper.was_changed(), "a change that is not written: {:?}", event);
            let mut valid = 0;
            for id in &made.consents {
                let view = state.consent(TPP_1, id, now).unwrap();
                valid += usize::from(view.recurring && view.status == ConsentState::Valid);
                if let Some(before) = ended.get(id) {
                    prop_assert_eq!(*before, view.status);
                }
                if view.status.is_final() {
                    ended.insert(id.clone(), view.status);
                }
                let mut finalised = 0;
                for authorisation in state.authorisations(TPP_1, id, now).unwrap() {
                    let sca = state.authorisation(TPP_1, id, &authorisation, now).unwrap().sca_status;
                    let is_failed = sca == crate::state::AuthorisationState::Failed;
                    if let Some(before) = failed.get(&authorisation) {
                        prop_assert_eq!(*before, is_failed);
                        prop_assert!(sca.is_final());
                    }
                    if sca.is_final() {
                        failed.insert(authorisation, is_failed);
                        finalised += usize::from(!is_failed);
                    }
                    prop_assert!(sca.is_final() || view.status == ConsentState::Received);
                }
                prop_assert!(finalised <= 1);
                prop_assert!(finalised == 1 || !matches!(view.status, ConsentState::Valid | ConsentState::RevokedByPsu));
            }
            prop_assert!(valid <= 1);
        }
        let written = serde_json::to_value(&*state.keeper.read()).unwrap();
        let mut again: crate::state::data::StoredData = serde_json::from_value(written.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(&again).unwrap(), written);
        again.rebuild();
        prop_assert_eq!(&again.index, &state.keeper.read().index);
    }
}
