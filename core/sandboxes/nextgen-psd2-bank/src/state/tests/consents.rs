use bankchannel_foundation::model::write_boundary;
use bankchannel_nextgen_psd2::signing::SigningDialect;
use serde_json::json;

use super::*;
use crate::state::{NewAuthorisation, data::CONSENTS_MAX, fixtures::PSU_2};

/// T-130, T-131.
#[test]
fn a_consent_is_created_read_and_deleted_twice() {
    let state = state();
    let created = state.create_consent(TPP_1, asked(), NOW).unwrap();
    assert_eq!((created.status.as_str(), sca(&state, &created, NOW)), ("received", "received"));
    let view = state.consent(TPP_1, &created.consent_id, NOW).unwrap();
    assert_eq!(write_boundary(view.access), json!({"accounts": [], "balances": []}));
    assert_eq!((view.recurring, view.frequency), (true, 4));
    assert_eq!((view.valid_until, view.last_action), (date("2026-03-18"), date("2026-03-03")));
    state.delete(TPP_1, &created.consent_id, NOW + DAY / 2).unwrap();
    assert_eq!(status(&state, &created.consent_id, NOW + DAY), "terminatedByTpp");
    assert_eq!(sca(&state, &created, NOW), "failed");
    state.delete(TPP_1, &created.consent_id, NOW + 3 * DAY).unwrap();
    let view = state.consent(TPP_1, &created.consent_id, NOW + 3 * DAY).unwrap();
    assert_eq!((view.status.as_str(), view.last_action), ("terminatedByTpp", date("2026-03-03")));
}

/// T-132: an id of another third party gets the same answer as an unknown id.
#[test]
fn foreign_and_unknown_ids_are_one() {
    let state = state();
    let created = approved(&state, asked());
    let authorisation = created.authorisation_id.as_str();
    for (tpp, id) in [(TPP_3, created.consent_id.as_str()), (TPP_1, "4eba4445-1a4b-47b8-bdd5-4e56ef026b19")] {
        let problems = [
            state.consent(tpp, id, NOW).unwrap_err(),
            state.delete(tpp, id, NOW).unwrap_err(),
            state.authorisations(tpp, id, NOW).unwrap_err(),
            state.authorisation(tpp, id, authorisation, NOW).unwrap_err(),
            state.start_authorisation(tpp, id, &NewAuthorisation::default(), NOW).unwrap_err(),
        ];
        for problem in problems {
            assert_eq!(problem.answer(SigningDialect::Bg), (403, "CONSENT_UNKNOWN"));
        }
        // Also if the customer in the request is unknown: the answer must not reveal whether the consent exists.
        let other = NewAuthorisation { psu_id: Some("psu-000000"), ..NewAuthorisation::default() };
        let problem = state.start_authorisation(tpp, id, &other, NOW).unwrap_err();
        assert_eq!(problem, ConsentProblem::ConsentUnknown);
        let problem = state.read_accounts(tpp, ReadingAccess::Bg { consent_id: id }, true, NOW).err().unwrap();
        assert_eq!(problem.answer(SigningDialect::Bg), (400, "CONSENT_UNKNOWN"));
    }
    assert_eq!(status(&state, &created.consent_id, NOW), "valid");
}

/// T-135.
#[test]
fn days_and_frequency_are_capped_or_refused() {
    let state = state();
    let made = |new| {
        let created = state.create_consent(TPP_1, new, NOW).unwrap();
        let view = state.consent(TPP_1, &created.consent_id, NOW).unwrap();
        (view.valid_until, view.frequency)
    };
    let until = |text| NewConsent { valid_until: date(text), ..asked() };
    assert_eq!(made(until("2026-03-03")).0, date("2026-03-03"), "today is not past");
    assert_eq!(made(until("9999-12-31")).0, date("2026-08-30"), "180 days");
    assert_eq!(made(until("2026-08-31")).0, date("2026-08-30"));
    assert_eq!(made(until("2026-08-29")).0, date("2026-08-29"));
    assert_eq!(made(NewConsent { frequency: 9, ..asked() }).1, 4);
    assert_eq!(made(NewConsent { frequency: 3, ..asked() }).1, 3);
    assert_eq!(made(NewConsent { recurring: false, ..asked() }).1, 1);
    for (field, new) in
        [("validUntil", until("2026-03-02")), ("frequencyPerDay", NewConsent { frequency: 0, ..asked() })]
    {
        let problem = refused(&state, new);
        assert_eq!(problem.answer(SigningDialect::Bg), (400, "FORMAT_ERROR"));
        assert!(problem.text().starts_with(field), "{}", problem.text());
    }
}

/// The date is that of the bank: at 23:30 UTC it is the next day in Oslo.
#[test]
fn the_day_is_that_of_the_bank() {
    let state = state();
    let late = NOW - 10 * 3600 - 15 * 60 - 30 + 23 * 3600 + 30 * 60;
    let today = NewConsent { valid_until: date("2026-03-03"), ..asked() };
    assert!(matches!(
        state.create_consent(TPP_1, today, late),
        Err(ConsentProblem::Format { field: "validUntil", .. })
    ));
    let created = state.create_consent(TPP_1, NewConsent { valid_until: date("2026-03-04"), ..asked() }, late).unwrap();
    assert_eq!(state.consent(TPP_1, &created.consent_id, late).unwrap().last_action, date("2026-03-04"));
}

/// T-136.
#[test]
fn members_of_access_that_do_not_go_together_are_refused() {
    let state = state();
    for mixed in [
        json!({}),
        json!({"accounts": [], "balances": [{"iban": IBANS[0]}]}),
        json!({"all_psd2": "all_accounts", "accounts": [{"iban": IBANS[0]}]}),
        json!({"accounts": [{"iban": IBANS[0], "bban": "99990100000"}]}),
    ] {
        let problem = refused(&state, NewConsent { access: access(mixed.clone()), ..asked() });
        assert!(matches!(problem, ConsentProblem::Format { field: "access", .. }), "{mixed}");
    }
}

/// S-11.
#[test]
fn customers_are_sent_to_web_addresses_only() {
    let state = state();
    for uri in
        ["", "/cb", "javascript:alert(1)", "http://tpp.example/", "https://user@tpp.example/", "data:text/html,x"]
    {
        let problem = refused(&state, NewConsent { redirect_uri: uri, ..asked() });
        assert!(matches!(problem, ConsentProblem::Format { field: "TPP-Redirect-URI", .. }), "{uri}");
        let problem = refused(&state, NewConsent { nok_redirect_uri: Some(uri), ..asked() });
        assert!(matches!(problem, ConsentProblem::Format { field: "TPP-Nok-Redirect-URI", .. }), "{uri}");
        let problem = state.offer(TPP_1, &ConsentOffer { redirect_uri: uri, ..offer() }, NOW).unwrap_err();
        assert!(matches!(problem, ConsentProblem::Format { .. }), "{uri}");
    }
}

#[test]
fn authorisations_are_begun_listed_and_told_apart() {
    let state = state();
    let created = state.create_consent(TPP_1, asked(), NOW).unwrap();
    let id = created.consent_id.as_str();
    let begin = |new: &NewAuthorisation<'_>| state.start_authorisation(TPP_1, id, new, NOW);
    let second = begin(&NewAuthorisation::default()).unwrap();
    let third = begin(&NewAuthorisation { redirect_uri: Some("https://tpp.example/3"), ..Default::default() }).unwrap();
    let all = state.authorisations(TPP_1, id, NOW).unwrap();
    assert_eq!(all, [&created.authorisation_id, &second.authorisation_id, &third.authorisation_id].map(Clone::clone));
    assert_eq!(state.authorisation(TPP_1, id, "x", NOW).unwrap_err(), ConsentProblem::AuthorisationUnknown);
    let foreign = NewAuthorisation { psu_id: Some("psu-b20c44"), ..Default::default() };
    assert_eq!(begin(&foreign).unwrap_err(), ConsentProblem::PsuUnknown);
    // The second authorisation has the URIs of the first, the third its own.
    assert_eq!(state.decide(&second.redirect_state, approval(), NOW).unwrap(), BACK);
    assert_eq!(status(&state, id, NOW), "valid");
    assert_eq!(sca(&state, &created, NOW), "failed");
    assert!(state.decide(&third.redirect_state, CustomerDecision::Refuse, NOW).is_err());
    assert_eq!(begin(&NewAuthorisation::default()).unwrap_err(), ConsentProblem::StatusInvalid);
    assert_eq!(status(&state, id, NOW), "valid");
}

/// The customer of one request must also have the agreement named in another.
#[test]
fn a_further_authorisation_needs_the_agreement() {
    let state = state();
    let begin = |psu_id, psu_corporate_id, further: &NewAuthorisation<'_>| {
        let new = NewConsent { psu_id, psu_corporate_id, ..asked() };
        let created = state.create_consent(TPP_1, new, NOW).unwrap();
        state.start_authorisation(TPP_1, &created.consent_id, further, NOW).map(|started| (created, started))
    };
    let of_psu = |psu_id| NewAuthorisation { psu_id: Some(psu_id), ..Default::default() };
    let of_corporate = |id| NewAuthorisation { psu_corporate_id: Some(id), ..Default::default() };
    for refused in [
        begin(Some(PSU_2.1), None, &of_corporate("corp-42")),
        begin(None, Some("corp-42"), &of_psu(PSU_2.1)),
        begin(Some(PSU_1.1), None, &of_corporate("corp-43")),
        begin(None, None, &of_corporate("corp-43")),
        begin(None, None, &NewAuthorisation { psu_corporate_id: Some("corp-42"), ..of_psu(PSU_2.1) }),
    ] {
        let problem = refused.unwrap_err();
        assert_eq!(problem.answer(SigningDialect::Bg), (401, "CORPORATE_ID_INVALID"));
    }
    for (psu_id, corporate_id, further) in [
        (Some(PSU_1.1), None, of_corporate("corp-42")),
        (None, Some("corp-42"), of_psu(PSU_1.1)),
        (None, None, of_corporate("corp-42")),
    ] {
        let (created, started) = begin(psu_id, corporate_id, &further).unwrap();
        let view = state.open_redirect(&started.redirect_state, NOW).unwrap();
        assert_eq!(view.people.iter().map(|person| person.key.as_str()).collect::<Vec<_>>(), [PSU_1.0]);
        assert_eq!(view.corporate_id.as_deref(), Some("corp-42"));
        state.decide(&started.redirect_state, approval(), NOW).unwrap();
        assert_eq!(status(&state, &created.consent_id, NOW), "valid");
    }
    // A refused authorisation has changed nothing.
    let created = state.create_consent(TPP_1, NewConsent { psu_id: Some(PSU_2.1), ..asked() }, NOW).unwrap();
    state.start_authorisation(TPP_1, &created.consent_id, &of_corporate("corp-42"), NOW).unwrap_err();
    assert_eq!(state.open_redirect(&created.redirect_state, NOW).unwrap().corporate_id, None);
    assert_eq!(state.authorisations(TPP_1, &created.consent_id, NOW).unwrap().len(), 1);
}

#[test]
fn what_a_consent_keeps_is_bounded() {
    let state = state();
    let list = |count: usize| vec![json!({"iban": IBANS[0]}); count];
    let create = |of| state.create_consent(TPP_1, NewConsent { access: access(of), ..asked() }, NOW);
    let lists = |count| json!({"accounts": list(500), "balances": list(499), "additional_information": {"owner_name": list(count)}});
    assert!(create(lists(1)).is_ok());
    let long = "x".repeat(257);
    for of in [
        lists(2),
        json!({"accounts": list(1_001)}),
        json!({"all_psd2": "all_accounts", "restricted_to": vec!["CACC"; 1_001]}),
        json!({"all_psd2": "all_accounts", "restricted_to": [long]}),
        json!({"accounts": [{"other": long}]}),
        json!({"accounts": [{"iban": IBANS[0], "currency": long}]}),
    ] {
        let problem = create(of).unwrap_err();
        assert!(matches!(problem, ConsentProblem::Format { field: "access", .. }), "{problem:?}");
        assert_eq!(problem.answer(SigningDialect::Bg), (400, "FORMAT_ERROR"));
    }
    assert!(create(json!({"accounts": [{"other": &long[1..]}]})).is_ok());
}

#[test]
fn authorisations_of_a_consent_are_bounded() {
    let state = state();
    let created = state.create_consent(TPP_1, asked(), NOW).unwrap();
    let begin = || state.start_authorisation(TPP_1, &created.consent_id, &NewAuthorisation::default(), NOW);
    let begun = (0..100).take_while(|_| begin().is_ok()).count();
    assert!(begun < 100 && begin().unwrap_err() == ConsentProblem::TooMany, "{begun}");
}

#[test]
fn the_oldest_consent_that_is_not_in_use_is_forgotten() {
    let state = state();
    let used = approved(&state, asked());
    let waiting = state.create_consent(TPP_1, asked(), NOW).unwrap();
    for _ in 0..CONSENTS_MAX - 1 {
        state.offer(TPP_1, &offer(), NOW).unwrap();
    }
    assert_eq!(status(&state, &used.consent_id, NOW), "valid");
    assert_eq!(state.consent(TPP_1, &waiting.consent_id, NOW).unwrap_err(), ConsentProblem::ConsentUnknown);
    assert!(state.open_redirect(&waiting.redirect_state, NOW).is_err());
}

#[test]
fn the_overview_names_no_customer() {
    let state = state();
    let first = approved(&state, asked());
    state.offer(TPP_3, &offer(), NOW + 1).unwrap();
    let rows = serde_json::to_value(state.overview(NOW + 1)).unwrap();
    assert_eq!(rows[0]["dialect"], "era");
    assert_eq!((&rows[0]["status"], &rows[0]["sca_status"]), (&json!("received"), &json!("received")));
    let expected = json!({"consent_id": first.consent_id, "tpp": TPP_1, "dialect": "bg", "status": "valid",
        "sca_status": "finalised", "created": "2026-03-03T10:15:30.000Z", "valid_until": "2026-03-18", "accounts": 2});
    assert_eq!(rows[1], expected);
    assert_eq!(state.overview(NOW + 2 * DAY)[0].status, "rejected");
}
