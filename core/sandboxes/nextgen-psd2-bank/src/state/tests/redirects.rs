use bankchannel_nextgen_psd2::model::CustomerContext;
use serde_json::json;

use super::*;
use crate::state::{ScaProblem, WantedAccess, fixtures::PSU_2};

/// T-133.
#[test]
fn approved_refused_and_timed_out() {
    let state = state();
    let begin = |new| state.create_consent(TPP_1, new, NOW).unwrap();
    let one = begin(asked());
    state.open_redirect(&one.redirect_state, NOW + 5).unwrap();
    assert_eq!(sca(&state, &one, NOW + 5), "started");
    assert_eq!(state.decide(&one.redirect_state, approval(), NOW + 599).unwrap(), BACK);
    assert_eq!((status(&state, &one.consent_id, NOW + 600), sca(&state, &one, NOW + 600)), ("valid", "finalised"));

    let two = begin(asked());
    assert_eq!(state.decide(&two.redirect_state, CustomerDecision::Refuse, NOW).unwrap(), NOK);
    assert_eq!((status(&state, &two.consent_id, NOW), sca(&state, &two, NOW)), ("rejected", "failed"));

    let without_nok = begin(NewConsent { nok_redirect_uri: None, ..asked() });
    let back = state.decide(&without_nok.redirect_state, CustomerDecision::Refuse, NOW).unwrap();
    assert_eq!(back, format!("{BACK}&message=the%20customer%20has%20refused"));

    // A customer who saw the page but did not answer in time is redirected back, once.
    let late = begin(asked());
    state.open_redirect(&late.redirect_state, NOW).unwrap();
    assert_eq!(state.open_redirect(&late.redirect_state, NOW + 600).err(), Some(ScaProblem::Expired));
    assert_eq!((status(&state, &late.consent_id, NOW + 600), sca(&state, &late, NOW + 600)), ("rejected", "failed"));
    assert_eq!(state.decide(&late.redirect_state, approval(), NOW + 601).unwrap(), NOK);
    assert_eq!(state.decide(&late.redirect_state, approval(), NOW + 602), Err(ScaProblem::Used));
    assert_eq!(status(&state, &late.consent_id, NOW + 603), "rejected");

    // A customer who never opened the page can be sent again within a day.
    let never = begin(asked());
    assert_eq!(state.decide(&never.redirect_state, approval(), NOW + 600), Err(ScaProblem::Expired));
    assert_eq!((status(&state, &never.consent_id, NOW + 600), sca(&state, &never, NOW + 600)), ("received", "failed"));
    let again = state.start_authorisation(TPP_1, &never.consent_id, &Default::default(), NOW + DAY - 1).unwrap();
    assert_eq!(status(&state, &never.consent_id, NOW + DAY), "rejected");
    assert_eq!(state.open_redirect(&again.redirect_state, NOW + DAY).err(), Some(ScaProblem::Used));
}

/// A status request in between makes no difference.
#[test]
fn who_came_and_went_has_not_authorised_whoever_looked() {
    for looked in [false, true] {
        let state = state();
        let created = state.create_consent(TPP_1, asked(), NOW).unwrap();
        let id = created.consent_id.as_str();
        state.open_redirect(&created.redirect_state, NOW).unwrap();
        state.start_authorisation(TPP_1, id, &Default::default(), NOW + 300).unwrap();
        if looked {
            assert_eq!((status(&state, id, NOW + 600), sca(&state, &created, NOW + 600)), ("received", "failed"));
        }
        assert_eq!(status(&state, id, NOW + 900), "rejected", "{looked}");
    }
}

/// A page that is still open does not affect a consent that was approved on another page.
#[test]
fn a_second_page_does_not_fail_what_was_approved() {
    let state = state();
    let created = state.create_consent(TPP_1, asked(), NOW).unwrap();
    let id = created.consent_id.as_str();
    let second = state.start_authorisation(TPP_1, id, &Default::default(), NOW).unwrap();
    for redirect in [&created.redirect_state, &second.redirect_state] {
        state.open_redirect(redirect, NOW).unwrap();
    }
    assert_eq!(state.decide(&created.redirect_state, approval(), NOW + 1).unwrap(), BACK);
    for now in [NOW + 2, NOW + 600] {
        assert_eq!(state.open_redirect(&second.redirect_state, now).err(), Some(ScaProblem::Used));
        assert_eq!(state.decide(&second.redirect_state, approval(), now), Err(ScaProblem::Used));
    }
    assert_eq!(status(&state, id, NOW + 600), "valid");

    // Too late on one page, in time on the other.
    let created = state.create_consent(TPP_1, asked(), NOW).unwrap();
    state.open_redirect(&created.redirect_state, NOW).unwrap();
    let second = state.start_authorisation(TPP_1, &created.consent_id, &Default::default(), NOW + 300).unwrap();
    assert_eq!(state.decide(&created.redirect_state, approval(), NOW + 600).unwrap(), NOK);
    assert_eq!(state.decide(&second.redirect_state, approval(), NOW + 601).unwrap(), BACK);
}

/// T-134.
#[test]
fn a_recurring_consent_takes_the_place_of_the_one_before() {
    let state = state();
    let [first, once] = [true, false].map(|recurring| approved(&state, NewConsent { recurring, ..asked() }));
    let second = state.create_consent(TPP_1, asked(), NOW).unwrap();
    assert_eq!(status(&state, &first.consent_id, NOW), "valid", "until the second is approved");
    state.decide(&second.redirect_state, approval(), NOW).unwrap();
    let now = [&first, &once, &second].map(|created| status(&state, &created.consent_id, NOW));
    assert_eq!(now, ["expired", "valid", "valid"]);
    assert_eq!(read(&state, &first.consent_id, true, NOW).err(), Some(UseProblem::Expired));
    // Consents of another customer or another third party are independent.
    approved(&state, NewConsent { psu_id: Some(PSU_2.1), ..asked() });
    let foreign = state.offer(TPP_3, &offer(), NOW).unwrap();
    state.decide(&foreign.state, approval(), NOW).unwrap();
    assert_eq!(status(&state, &second.consent_id, NOW), "valid");
    // A consent of the other dialect replaces it too.
    let offered = state.offer(TPP_1, &ConsentOffer { psu_id: Some(PSU_1.1), ..offer() }, NOW).unwrap();
    state.decide(&offered.state, approval(), NOW).unwrap();
    assert_eq!(status(&state, &second.consent_id, NOW), "expired");
}

/// T-139.
#[test]
fn the_callback_is_exactly_the_registered_one_and_two_parameters() {
    let state = state();
    let redirect_uri = "https://tpp.example/cb?state=9d1f&lang=nb%20NO&x=a+b&u=https://x/?y";
    let redirect = state.offer(TPP_1, &ConsentOffer { redirect_uri, ..offer() }, NOW).unwrap();
    let back = state.decide(&redirect.state, approval(), NOW).unwrap();
    let (before, session) = back.split_once("&tpp-session-id=").unwrap();
    assert_eq!(before, format!("{redirect_uri}&psu-id={}", PSU_1.1));
    assert_eq!(session.len(), 36);
    let known = ReadingAccess::Era { psu_id: Some(PSU_1.1), tpp_session_id: Some(session) };
    assert_eq!(state.read_accounts(TPP_1, known, true, NOW).unwrap().len(), 2);

    let redirect = state.offer(TPP_1, &ConsentOffer { redirect_uri, ..offer() }, NOW).unwrap();
    let back = state.decide(&redirect.state, CustomerDecision::Refuse, NOW).unwrap();
    assert_eq!(back, format!("{redirect_uri}&message=the%20customer%20has%20refused"));
}

/// Each third party has its own permanent PSU-ID for a customer.
#[test]
fn psu_ids_are_pairwise_and_stay() {
    let state = state();
    let psu_id = |tpp| {
        let redirect = state.offer(tpp, &offer(), NOW).unwrap();
        let back = state.decide(&redirect.state, approval(), NOW).unwrap();
        back.split(['=', '&']).nth(3).unwrap().to_owned()
    };
    let (one, three) = (psu_id(TPP_1), psu_id(TPP_3));
    assert_eq!((one.as_str(), psu_id(TPP_1).as_str()), (PSU_1.1, PSU_1.1));
    assert_eq!(psu_id(TPP_3), three);
    assert!(three != one && three.starts_with("psu-") && three.len() == 20, "{}", three.len());
    assert!(state.knows_psu(TPP_3, &three) && !state.knows_psu(TPP_1, &three));
}

/// T-140.
#[test]
fn a_redirect_is_used_once() {
    let state = state();
    let created = approved(&state, asked());
    for decision in [approval(), CustomerDecision::Refuse] {
        assert_eq!(state.decide(&created.redirect_state, decision, NOW), Err(ScaProblem::Used));
    }
    assert_eq!(state.open_redirect(&created.redirect_state, NOW).err(), Some(ScaProblem::Used));
    assert_eq!((status(&state, &created.consent_id, NOW), sca(&state, &created, NOW)), ("valid", "finalised"));
    assert_eq!(state.open_redirect("4eba4445-1a4b-47b8-bdd5-4e56ef026b19", NOW).err(), Some(ScaProblem::Unknown));
    let gone = state.create_consent(TPP_1, asked(), NOW).unwrap();
    state.delete(TPP_1, &gone.consent_id, NOW).unwrap();
    assert_eq!(state.decide(&gone.redirect_state, approval(), NOW), Err(ScaProblem::Withdrawn));
}

#[test]
fn the_page_says_who_asks_for_what() {
    let state = state();
    let private = Some(CustomerContext::Private);
    let redirect = state.offer(TPP_1, &ConsentOffer { psu_context: private, ..offer() }, NOW).unwrap();
    assert_eq!(redirect.context, Some("PRIVATE"));
    let view = state.open_redirect(&redirect.state, NOW).unwrap();
    assert_eq!((view.tpp.as_str(), view.context, view.recurring, view.is_named), (TPP_1, private, true, false));
    assert_eq!((view.valid_until, view.frequency, view.until_s), (date("2026-08-30"), 4, NOW + 600));
    assert_eq!(view.wants, [WantedAccess::Accounts, WantedAccess::Balances, WantedAccess::Transactions]);
    let people: Vec<_> = view.people.iter().map(|person| (person.key.as_str(), person.accounts.len())).collect();
    assert_eq!(people, [(PSU_1.0, 2), (PSU_2.0, 0)]);
    assert!(view.may_choose && view.people.iter().all(|person| !person.nothing));

    let all = access(json!({"all_psd2": "all_accounts_with_owner_name"}));
    let created = state.create_consent(TPP_1, NewConsent { access: all, ..asked() }, NOW).unwrap();
    let view = state.open_redirect(&created.redirect_state, NOW).unwrap();
    assert_eq!(
        view.wants,
        [WantedAccess::Accounts, WantedAccess::Balances, WantedAccess::Transactions, WantedAccess::OwnerNames]
    );
    assert!(view.is_named && !view.may_choose && view.people.len() == 1);
}

/// The accounts of the consent that a new offer would replace are preselected (§4.5 step 7).
#[test]
fn accounts_are_added_and_removed_with_a_new_offer() {
    let state = state();
    let decide = |accounts: Option<Vec<&str>>| {
        let redirect = state.offer(TPP_1, &offer(), NOW).unwrap();
        let view = state.open_redirect(&redirect.state, NOW).unwrap();
        let chosen: Vec<bool> = view.people[0].accounts.iter().map(|account| account.chosen).collect();
        let accounts = accounts.map(|accounts| accounts.into_iter().map(ToOwned::to_owned).collect());
        let decided =
            state.decide(&redirect.state, CustomerDecision::Approve { psu: Some(PSU_1.0.into()), accounts }, NOW);
        (chosen, decided.map(|_| ()))
    };
    assert_eq!(decide(Some(vec!["kari-2"])), (vec![true, true], Ok(())));
    assert_eq!(decide(Some(vec![])), (vec![false, true], Err(ScaProblem::NoAccount)));
    assert_eq!(decide(Some(vec!["kari-2", "other"])), (vec![false, true], Err(ScaProblem::NoAccount)));
    let known = ReadingAccess::Era { psu_id: Some(PSU_1.1), tpp_session_id: None };
    assert_eq!(ibans(&state.read_accounts(TPP_1, known, true, NOW).unwrap()), [IBANS[1]]);
    assert_eq!(decide(None), (vec![false, true], Ok(())));
    assert_eq!(state.read_accounts(TPP_1, known, true, NOW).unwrap().len(), 2);
}

#[test]
fn only_who_is_offered_can_approve() {
    let state = state();
    let approve = |redirect: &str, psu: &str| {
        state.decide(redirect, CustomerDecision::Approve { psu: Some(psu.to_owned()), accounts: None }, NOW)
    };
    let created = state.create_consent(TPP_1, asked(), NOW).unwrap();
    assert_eq!(approve(&created.redirect_state, PSU_2.0), Err(ScaProblem::NotOffered));
    assert_eq!(approve(&created.redirect_state, PSU_1.0).unwrap(), BACK, "the wrong choice has changed nothing");
    // A customer without accounts approves an empty list, but cannot approve accounts that the request names.
    let redirect = state.offer(TPP_1, &offer(), NOW).unwrap();
    approve(&redirect.state, PSU_2.0).unwrap();
    let known = ReadingAccess::Era { psu_id: Some(PSU_2.1), tpp_session_id: None };
    assert!(state.read_accounts(TPP_1, known, true, NOW).unwrap().is_empty());
    let named = access(json!({"accounts": [{"iban": IBANS[0]}]}));
    let new = NewConsent { access: named, psu_id: Some(PSU_2.1), ..asked() };
    let created = state.create_consent(TPP_1, new, NOW).unwrap();
    assert!(state.open_redirect(&created.redirect_state, NOW).unwrap().people[0].nothing);
    assert_eq!(state.decide(&created.redirect_state, approval(), NOW), Err(ScaProblem::NoAccount));
}
