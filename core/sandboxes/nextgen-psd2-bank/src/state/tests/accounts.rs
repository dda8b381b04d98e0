use bankchannel_foundation::model::write_boundary;
use bankchannel_nextgen_psd2::signing::SigningDialect;
use serde_json::json;

use super::*;
use crate::state::fixtures::PSU_2;

fn era(psu_id: &str) -> ReadingAccess<'_> {
    ReadingAccess::Era { psu_id: Some(psu_id), tpp_session_id: None }
}

/// T-146, and steps 5 and 6 of §4.5.
#[test]
fn without_consent_the_customer_is_needed_and_after_it_the_accounts_are_there() {
    let state = state();
    let refused = |access| state.read_accounts(TPP_1, access, true, NOW).err().unwrap();
    for access in [era(PSU_1.1), era("psu-000000"), ReadingAccess::Era { psu_id: None, tpp_session_id: Some("x") }] {
        assert_eq!(refused(access).answer(SigningDialect::Era), (401, "CONSENT_INVALID"));
    }
    let redirect = state.offer(TPP_1, &ConsentOffer { psu_id: Some(PSU_1.1), ..offer() }, NOW).unwrap();
    assert_eq!(refused(era(PSU_1.1)), UseProblem::Invalid, "not approved yet");
    state.decide(&redirect.state, approval(), NOW).unwrap();
    let read = state.read_accounts(TPP_1, era(PSU_1.1), true, NOW).unwrap();
    assert_eq!(ibans(&read), IBANS);
    assert_eq!((read[0].bban.as_str(), read[0].cash_account_type), ("99990100000", "Current"));
    assert_eq!(read[0].balance.as_ref().map(|balance| balance.as_str()), Some("48215.50"));
    assert!(read[0].owner_name.is_none());
    assert!(read[0].resource_id.starts_with("enc!!") && read[0].resource_id.ends_with('='));
    let again = state.read_accounts(TPP_1, era(PSU_1.1), true, NOW).unwrap();
    assert!(again[0].resource_id == read[0].resource_id && again[0].resource_id != again[1].resource_id);
    let stale =
        ReadingAccess::Era { psu_id: Some(PSU_1.1), tpp_session_id: Some("4eba4445-1a4b-47b8-bdd5-4e56ef026b19") };
    assert_eq!(refused(stale), UseProblem::Invalid);
    assert_eq!(refused(era(PSU_2.1)), UseProblem::Invalid);
    // Withdrawn by the customer: 403 until a new one is approved.
    let id = state.overview(NOW)[0].consent_id.clone();
    state.revoke_by_psu(&id, NOW).unwrap();
    state.revoke_by_psu(&id, NOW).unwrap();
    assert_eq!(refused(era(PSU_1.1)).answer(SigningDialect::Era), (403, "CONSENT_UNKNOWN"));
    let redirect = state.offer(TPP_1, &offer(), NOW).unwrap();
    state.decide(&redirect.state, CustomerDecision::Refuse, NOW).unwrap();
    assert_eq!(refused(era(PSU_1.1)), UseProblem::Unknown);
    let redirect = state.offer(TPP_1, &offer(), NOW).unwrap();
    state.decide(&redirect.state, approval(), NOW).unwrap();
    assert_eq!(state.read_accounts(TPP_1, era(PSU_1.1), true, NOW).unwrap().len(), 2);
}

/// The rules of the request's path apply: a consent of `era` that is addressed by its id is treated as one of the
/// Berlin Group.
#[test]
fn a_consent_of_era_is_read_by_its_id_as_one_of_bg() {
    let state = state();
    let redirect = state.offer(TPP_1, &offer(), NOW).unwrap();
    state.decide(&redirect.state, approval(), NOW).unwrap();
    let id = state.overview(NOW)[0].consent_id.clone();
    let kinds = |access| -> Vec<&str> {
        let read = state.read_accounts(TPP_1, access, true, NOW).unwrap();
        read.iter().map(|account| account.cash_account_type).collect()
    };
    assert_eq!(kinds(ReadingAccess::Bg { consent_id: &id }), ["CACC", "SVGS"]);
    assert_eq!(kinds(era(PSU_1.1)), ["Current", "Savings"]);
    state.revoke_by_psu(&id, NOW).unwrap();
    let refused = read(&state, &id, true, NOW).err().unwrap();
    assert_eq!(refused.answer(SigningDialect::Bg), (401, "CONSENT_INVALID"));
    assert_eq!(state.read_accounts(TPP_1, era(PSU_1.1), true, NOW).err(), Some(UseProblem::Unknown));
}

/// T-137.
#[test]
fn the_fifth_unattended_read_of_a_day_is_refused() {
    let state = state();
    let id = approved(&state, asked()).consent_id;
    for n in 0..4 {
        assert!(read(&state, &id, false, NOW + n * 3600).is_ok());
    }
    let refused = read(&state, &id, false, NOW + 4 * 3600).err().unwrap();
    assert_eq!(refused, UseProblem::Exceeded { retry_after_s: 20 * 3600 });
    assert_eq!(refused.answer(SigningDialect::Bg), (429, "ACCESS_EXCEEDED"));
    assert!((0..9).all(|_| read(&state, &id, true, NOW + 4 * 3600).is_ok()), "with the customer");
    assert!(read(&state, &id, false, NOW + DAY - 1).is_err());
    assert!(read(&state, &id, false, NOW + DAY).is_ok(), "the first was a day ago");
    assert!(read(&state, &id, false, NOW + DAY).is_err());
}

/// T-138.
#[test]
fn after_its_last_day_a_consent_has_expired() {
    let state = state();
    let id = approved(&state, NewConsent { valid_until: date("2026-03-04"), ..asked() }).consent_id;
    // 10:15:30 UTC is 11:15:30 in Oslo.
    let midnight = NOW + DAY - (11 * 3600 + 15 * 60 + 30) + DAY;
    assert!(read(&state, &id, true, midnight - 1).is_ok());
    assert_eq!(status(&state, &id, midnight - 1), "valid");
    let refused = read(&state, &id, true, midnight).err().unwrap();
    assert_eq!(refused.answer(SigningDialect::Bg), (401, "CONSENT_EXPIRED"));
    assert_eq!((status(&state, &id, midnight), status(&state, &id, NOW)), ("expired", "expired"));
}

#[test]
fn a_consent_for_once_is_used_once() {
    let state = state();
    let id = approved(&state, NewConsent { recurring: false, ..asked() }).consent_id;
    assert_eq!(read(&state, &id, false, NOW).unwrap().len(), 2);
    assert_eq!(status(&state, &id, NOW), "expired");
    assert_eq!(read(&state, &id, true, NOW).err(), Some(UseProblem::Expired));
}

#[test]
fn a_consent_that_is_not_valid_is_not_used() {
    let state = state();
    let waiting = state.create_consent(TPP_1, asked(), NOW).unwrap();
    assert_eq!(state.revoke_by_psu(&waiting.consent_id, NOW), Err(ConsentProblem::StatusInvalid));
    let rejected = state.create_consent(TPP_1, asked(), NOW).unwrap();
    state.decide(&rejected.redirect_state, CustomerDecision::Refuse, NOW).unwrap();
    let revoked = approved(&state, NewConsent { recurring: false, ..asked() });
    state.revoke_by_psu(&revoked.consent_id, NOW).unwrap();
    let deleted = approved(&state, asked());
    state.delete(TPP_1, &deleted.consent_id, NOW).unwrap();
    for created in [waiting, rejected, revoked, deleted] {
        let refused = read(&state, &created.consent_id, true, NOW).err().unwrap();
        assert_eq!(refused.answer(SigningDialect::Bg), (401, "CONSENT_INVALID"));
    }
    assert_eq!(state.revoke_by_psu("x", NOW), Err(ConsentProblem::ConsentUnknown));
}

#[test]
fn a_consent_gives_what_was_asked_for_and_no_more() {
    let state = state();
    let shown = |asked_for: serde_json::Value| {
        let created = approved(&state, NewConsent { access: access(asked_for), ..asked() });
        let read = read(&state, &created.consent_id, true, NOW).unwrap();
        let accounts: Vec<_> = read
            .iter()
            .map(|account| (account.iban.clone(), account.balance.is_some(), account.owner_name.is_some()))
            .collect();
        let access = write_boundary(state.consent(TPP_1, &created.consent_id, NOW).unwrap().access);
        (accounts, access)
    };
    let account = |at: usize, balance, owner| (IBANS[at].to_owned(), balance, owner);
    let one = json!({"accounts": [{"iban": "no82 9999 0100 000"}], "balances": [{"bban": "99990100019"}]});
    assert_eq!(shown(one.clone()), (vec![account(0, false, false), account(1, true, false)], one));
    let foreign = json!({"accounts": [{"iban": IBANS[0]}, {"iban": "NO9386011117947"}, {"pan": "1"}],
        "additional_information": {"owner_name": [{"iban": IBANS[0], "currency": "NOK"}]}});
    assert_eq!(shown(foreign).0, [account(0, false, true)]);
    assert_eq!(
        shown(json!({"available_accounts": "all_accounts"})).0,
        [account(0, false, false), account(1, false, false)]
    );
    assert_eq!(
        shown(json!({"available_accounts_with_balance": "all_accounts_with_owner_name"})).0,
        [account(0, true, true), account(1, true, true)]
    );
    assert_eq!(shown(json!({"all_psd2": "all_accounts", "restricted_to": ["SVGS"]})).0, [account(1, true, false)]);
    // If the customer chose, the consent lists the chosen accounts.
    let chosen = json!([{"iban": IBANS[0]}, {"iban": IBANS[1]}]);
    let (accounts, access) = shown(json!({"accounts": [], "additional_information": {"owner_name": []}}));
    assert_eq!(accounts, [account(0, false, true), account(1, false, true)]);
    assert_eq!(access, json!({"accounts": chosen, "additional_information": {"owner_name": chosen}}));
}
