use bankchannel_crypto::digest::sha256;
use bankchannel_foundation::model::read_boundary;
use bankchannel_nextgen_psd2::{model::CustomerContext, signing::SigningDialect};
use serde_json::json;

use super::*;
use crate::state::{fixtures::PSU_2, identity::is_norwegian_iban, sca::SHOWN_MAX};

/// T-120.
#[test]
fn a_customer_exists_with_its_own_identifier_only() {
    let state = state();
    let (one, two) = (sha256(b"00000000000"), sha256(b"11111111111"));
    assert!(state.psu_exists(TPP_1, PSU_1.1, &one) && state.psu_exists(TPP_1, PSU_2.1, &two));
    assert!(!state.psu_exists(TPP_1, PSU_1.1, &two), "wrong identifier");
    assert!(!state.psu_exists(TPP_1, "psu-000000", &one), "unknown PSU-ID");
    assert!(!state.psu_exists(TPP_3, PSU_1.1, &one), "known to another third party only");
    assert!(!state.psu_exists(TPP_1, PSU_1.1, &one[..31]) && !state.psu_exists(TPP_1, "x", &[]));
}

#[test]
fn agreements_belong_to_a_customer() {
    let state = state();
    assert!(state.knows_psu(TPP_1, PSU_1.1) && !state.knows_psu(TPP_3, PSU_1.1));
    assert!(state.corporate_allowed(TPP_1, PSU_1.1, "corp-42"));
    assert!(!state.corporate_allowed(TPP_1, PSU_1.1, "corp-43") && !state.corporate_allowed(TPP_1, PSU_2.1, "corp-42"));
    let unknown = ConsentOffer { psu_id: Some("psu-000000"), ..offer() };
    let problem = state.offer(TPP_1, &unknown, NOW).unwrap_err();
    assert_eq!(problem.answer(SigningDialect::Era), (404, "RESOURCE_UNKNOWN"));
    assert_eq!(problem.answer(SigningDialect::Bg), (401, "PSU_CREDENTIALS_INVALID"));
    for (psu_id, corporate_id) in [(Some(PSU_2.1), "corp-42"), (None, "corp-43")] {
        let other = ConsentOffer { psu_id, psu_corporate_id: Some(corporate_id), ..offer() };
        assert_eq!(state.offer(TPP_1, &other, NOW).unwrap_err(), ConsentProblem::CorporateUnknown);
    }
    // Only customers who have the agreement can answer.
    for (psu_context, psu_corporate_id) in [(None, Some("corp-42")), (Some(CustomerContext::Corporate), None)] {
        let redirect = state.offer(TPP_1, &ConsentOffer { psu_context, psu_corporate_id, ..offer() }, NOW).unwrap();
        assert_eq!(redirect.context, psu_context.map(|_| "CORPORATE"));
        let people = state.open_redirect(&redirect.state, NOW).unwrap().people;
        assert_eq!(people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["Kari Nordmann"]);
    }
}

#[test]
fn further_customers_are_checked_and_can_approve() {
    let new = |change: fn(&mut serde_json::Value)| {
        let mut value = json!({
            "name": "Ada", "personal_identifier": "22222222222", "psu_ids": {TPP_1: "psu-ada"},
            "corporate_ids": ["corp-7"],
            "accounts": [{"iban": "NO3299990100027", "name": "Felles", "balance": 100}],
        });
        change(&mut value);
        read_boundary(value).unwrap()
    };
    let state = state();
    state.add_psus(vec![new(|_| {})]).unwrap();
    assert!(state.psu_exists(TPP_1, "psu-ada", &sha256(b"22222222222")));
    let created = approved(&state, NewConsent { psu_id: Some("psu-ada"), ..asked() });
    assert_eq!(ibans(&read(&state, &created.consent_id, true, NOW).unwrap()), ["NO3299990100027"]);
    for (field, change) in [
        ("psu_ids", (|_| {}) as fn(&mut serde_json::Value)),
        ("psu_ids", |value| value["psu_ids"] = json!({TPP_1: "psu\tada"})),
        ("name", |value| value["name"] = json!("a\nb")),
        ("personal_identifier", |value| value["personal_identifier"] = json!("2222222222")),
        ("corporate_ids", |value| value["corporate_ids"] = json!([""])),
        ("accounts", |value| value["accounts"][0]["iban"] = json!("NO3399990100027")),
        ("accounts", |value| value["accounts"][0]["name"] = json!("")),
    ] {
        let why = state.add_psus(vec![new(change)]).unwrap_err();
        assert_eq!(why.detail("field"), Some(field), "{why}");
        assert!(!why.message().contains("22222"), "{why}");
    }
}

/// The page shows only the first of many customers; a customer identified by key can answer even if not shown.
#[test]
fn many_customers_are_shown_in_part() {
    let state = state();
    let accounts = vec![json!({"iban": IBANS[0], "name": "Konto"}); 100];
    let new = json!({"name": "Ada", "personal_identifier": "22222222222", "accounts": accounts});
    state.add_psus((0..20).map(|_| read_boundary(new.clone()).unwrap()).collect()).unwrap();
    let new = NewConsent { psu_id: None, access: access(json!({"accounts": [{"iban": IBANS[0]}]})), ..asked() };
    let created = state.create_consent(TPP_1, new, NOW).unwrap();
    let people = state.open_redirect(&created.redirect_state, NOW).unwrap().people;
    let shown: usize = people.iter().map(|person| person.accounts.len()).sum();
    assert!(shown <= SHOWN_MAX && shown > SHOWN_MAX - 100, "{shown}");
    let all: Vec<String> = state.keeper.read().psus.keys().cloned().collect();
    let hidden = all.into_iter().rfind(|key| people.iter().all(|person| person.key != *key)).unwrap();
    let decision =
        if hidden == PSU_2.0 { approval() } else { CustomerDecision::Approve { psu: Some(hidden), accounts: None } };
    state.decide(&created.redirect_state, decision, NOW).unwrap();
    assert_eq!(status(&state, &created.consent_id, NOW), "valid");
}

#[test]
fn accounts_have_right_check_digits() {
    // The first is the documented example of a Norwegian IBAN.
    for right in ["NO9386011117947", IBANS[0], IBANS[1]] {
        assert!(is_norwegian_iban(right), "{right}");
    }
    for wrong in
        ["", "NO", "NO9386011117948", "NO93860111179470", "SE9386011117947", "NO93+6011117947", "NO93ø601111794"]
    {
        assert!(!is_norwegian_iban(wrong), "{wrong}");
    }
}

#[test]
fn serial_numbers_are_listed_by_value() {
    let state = state();
    assert_eq!(*state.serials(), Default::default());
    state.block("0b3a91f27c5d4e10").unwrap();
    state.block("B3A91F27C5D4E10").unwrap();
    state.revoke_certificate("00fF").unwrap();
    let listed = state.serials();
    assert_eq!(listed.blocked, [vec![0x0b, 0x3a, 0x91, 0xf2, 0x7c, 0x5d, 0x4e, 0x10]]);
    assert_eq!(listed.revoked, [vec![0xff]]);
    for wrong in ["", "0", "xyz", "12 34", &"1".repeat(43)] {
        assert!(state.block(wrong).is_err() && state.revoke_certificate(wrong).is_err(), "{wrong}");
    }
    state.reset();
    assert_eq!(*state.serials(), Default::default());
}
