//! Answers with parts that do not fit, or in another encoding.

use bankchannel_foundation::{message::InResponse, operation::Exchange};
use bankchannel_nextgen_psd2::{
    model::AccountSelection,
    operations::{
        accounts::get_accounts::GetAccounts,
        authorisations::{list_authorisations::ListAuthorisations, start_authorisation::StartAuthorisation},
        consents::{create_consent::CreateConsent, get_consent::GetConsent},
    },
};
use serde_json::{Value, json};

use crate::{
    answers::{failed, unread},
    messages::answer,
};

/// A part that cannot be read takes nothing else along: a struct without a required field, an item that is none, a
/// member under two names.
#[test]
fn what_does_not_fit_loses_nothing_else() {
    let pair = |path: &str, value: Value| (path.to_owned(), value.to_string());
    for limit in [
        json!({"currency": "NOK", "amount": null}),
        json!({"amount": "100"}),
        json!({"currency": "NOK", "amount": "none"}),
        json!({"currency": ["NOK"], "amount": "1"}),
        json!(100),
    ] {
        let body = json!({"accounts": [{"resourceId": "a", "creditLimit": limit}, {"resourceId": "b"}]});
        let read = GetAccounts::decode_response(answer(200, &body.to_string())).unwrap();
        assert!(read.accounts.len() == 2 && read.accounts[0].credit_limit.is_none(), "{limit}");
        assert_eq!(unread(read.unread), [pair("/accounts/0/creditLimit", limit)]);
    }
    let body = json!({"accounts": [{"creditLimit": {"currency": "NOK", "amount": 100.5}}, {"creditLimit": null}]});
    let read = GetAccounts::decode_response(answer(200, &body.to_string())).unwrap();
    assert_eq!(read.accounts[0].credit_limit.as_ref().unwrap().amount.as_str(), "100.5");
    assert!(read.unread.is_none());

    let account = json!({"resourceId": "a"});
    for (accounts, ids, left) in [
        (json!([""]), 0, vec![]),
        (json!([null, account]), 1, vec![]),
        (json!(["none", account, 7]), 1, vec![pair("/accounts/0", json!("none")), pair("/accounts/2", json!(7))]),
        (json!(""), 0, vec![]),
    ] {
        let body = json!({ "accounts": accounts }).to_string();
        let read = GetAccounts::decode_response(answer(200, &body)).unwrap();
        let found = read.accounts.iter().filter(|account| account.resource_id.as_deref() == Some("a")).count();
        assert_eq!((read.accounts.len(), found, unread(read.unread)), (ids, ids, left), "{accounts}");
    }
    // A list of other things is no list without accounts.
    for accounts in [json!(["none"]), json!([7, null]), json!("none")] {
        let body = json!({ "accounts": accounts }).to_string();
        assert_eq!(failed::<GetAccounts>(answer(200, &body)).code(), "peer.protocol", "{accounts}");
    }

    let created = |messages: Value| {
        let mut body = json!({"consentId": "c", "consentStatus": "received", "_links": {}});
        body.as_object_mut().unwrap().extend(messages.as_object().unwrap().clone());
        CreateConsent::decode_response(answer(201, &body.to_string())).unwrap()
    };
    let (one, other) = (json!({"code": "A"}), json!({"code": "B"}));
    for (messages, code, left) in [
        (json!({"tppMessages": [one], "tppMessage": other}), "A", vec![pair("/tppMessages", json!([one]))]),
        (json!({"tppMessages": [], "tppMessage": other}), "B", vec![]),
        (json!({"tppMessage": "", "tppMessages": [null, one]}), "A", vec![]),
    ] {
        let read = created(messages.clone());
        let found: Vec<_> = read.tpp_messages.unwrap().into_iter().filter_map(|message| message.code).collect();
        assert_eq!(found.len(), 1, "{messages}");
        // Of two that say something the first counts; the other is listed.
        let listed = unread(read.unread);
        assert_eq!(listed.len(), left.len(), "{messages}: {listed:?}");
        assert!(!left.is_empty() || found == [code], "{messages}");
    }
    let access = json!({"availableAccountsWithBalance": "allAccounts", "availableAccountsWithBalances": "other"});
    let consent = json!({"access": access, "recurringIndicator": true, "validUntil": "2026-12-31", "frequencyPerDay": 4,
        "consentStatus": "valid"});
    let read = GetConsent::decode_response(answer(200, &consent.to_string())).unwrap();
    assert_eq!(read.access.available_accounts_with_balance, Some(AccountSelection::AllAccounts));
    assert_eq!(unread(read.unread), [pair("/access/availableAccountsWithBalances", json!("other"))]);
}

/// As programs write an empty list that convert XML.
#[test]
fn an_empty_text_is_an_empty_list() {
    for (ids, found) in
        [(json!(""), vec![]), (json!({}), vec![]), (json!("a"), vec!["a"]), (json!(["a", null]), vec!["a"])]
    {
        let body = json!({ "authorisationIds": ids }).to_string();
        let read = ListAuthorisations::decode_response(answer(200, &body)).unwrap();
        assert_eq!(
            (read.authorisation_ids, read.unread.is_none()),
            (found.iter().map(|id| (*id).to_owned()).collect(), true)
        );
    }
    let consent = json!({"access": {"restrictedTo": ""}, "recurringIndicator": true, "validUntil": "2026-12-31",
        "frequencyPerDay": 4, "consentStatus": "valid"});
    let read = GetConsent::decode_response(answer(200, &consent.to_string())).unwrap();
    assert_eq!(read.access.restricted_to, Some(vec![]));
    let started = json!({"scaStatus": "started", "_links": {}, "challengeData": {"data": "", "otpMaxLength": 6}});
    let read = StartAuthorisation::decode_response(answer(201, &started.to_string())).unwrap();
    assert_eq!(read.challenge_data.unwrap().data, Some(vec![]));
}

/// Some banks write ISO-8859-1, some a byte order mark.
#[test]
fn a_success_in_another_encoding_is_read() {
    let latin = b"{\"accounts\":[{\"ownerName\":\"Bj\xf8rn\"}]}".to_vec();
    let marked = "\u{feff}{\"accounts\":[{\"ownerName\":\"Bj\u{f8}rn\"}]}".as_bytes().to_vec();
    for body in [latin, marked] {
        let read = GetAccounts::decode_response(InResponse::new(200, body)).unwrap();
        assert_eq!(read.accounts[0].owner_name.as_deref(), Some("Bj\u{f8}rn"));
    }
}
