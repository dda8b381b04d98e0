//! A client's reading of banks' answers.

use bankchannel_foundation::{Error, message::InResponse, operation::Exchange};
use bankchannel_nextgen_psd2::{
    model::{AccountSelection, ConsentStatus, LinkedAnswer, ScaApproach, ScaStatus},
    operations::{
        accounts::get_accounts::GetAccounts,
        consents::{
            create_consent::CreateConsent, delete_consent::DeleteConsent, get_consent::GetConsent,
            get_consent_status::GetConsentStatus, update_bank_offered_consents::UpdateBankOfferedConsents,
            update_consents::UpdateConsents,
        },
        users::verify_user::VerifyUser,
    },
};
use serde_json::{Value, json};

use crate::messages::answer;

/// §1.3, as printed in the documentation.
const DOCUMENTED: &str = r#"{"_links":{"scaRedirect":{"href":"https://openbanking.swedbank.no/tap?route_secesb_id=1&flow=psd2&state=ca477daf-d824-4f0b-b405-6c8fc385dc0b&locale=no-NB, no; q=1.0","verbs":["GET"]}}}"#;

fn failed<O: Exchange>(message: InResponse) -> Error {
    match O::decode_response(message) {
        Ok(_) => panic!("{} was taken", O::DECLARATION.name),
        Err(error) => error,
    }
}

/// T-124: the bank's text is kept, and a browser gets a valid URI.
#[test]
fn the_documented_link_with_its_invalid_href() {
    let mut message = answer(201, DOCUMENTED);
    message.message.headers = [("aspsp-sca-approach", "REDIRECT"), ("X-Request-ID", "id")].into_iter().collect();
    let mut response = UpdateConsents::decode_response(message).unwrap().response;
    assert_eq!(
        (response.sca_approach.as_ref(), response.request_id.as_deref()),
        (Some(&ScaApproach::Redirect), Some("id"))
    );
    assert_eq!(response.links().unwrap()["scaRedirect"].url, None);
    response.resolve_links("https://openbanking.swedbank.no/api");
    let link = &response.links().unwrap()["scaRedirect"];
    assert!(link.href.ends_with("&locale=no-NB, no; q=1.0"));
    let url = link.url.as_deref().unwrap();
    assert!(url.ends_with("&locale=no-NB,%20no;%20q=1.0") && url.parse::<url::Url>().unwrap().as_str() == url);
    assert_eq!(link.verbs, ["GET"]);
    response.set_sca_redirect(url.to_owned());
    assert!(response.sca_redirect.unwrap().starts_with("https://openbanking.swedbank.no/tap?"));
}

/// §1.4: unknown names and methods are kept, methods may be missing, a target may be relative or missing.
#[test]
fn links_in_every_form() {
    let body = json!({"_links": {
        "scaRedirect": {"href": "https://bank.example/tap?a"},
        "self": {"href": "/v1/consents/enc!!A=", "verbs": ["GET", "PATCH"]},
        "status": "/v1/consents/enc!!A=/status",
        "root": {"href": "/tap"},
        "ofTomorrow": {"href": "next?x=1", "verbs": []},
        "broken": {"href": "https://bank.example/a\nb"},
        "none": {"href": 7},
        "curies": [],
    }});
    let mut response = UpdateBankOfferedConsents::decode_response(answer(201, &body.to_string())).unwrap();
    response.resolve_links("https://bank.example/api");
    let seen: Vec<(&str, Option<&str>, Vec<&str>)> = response
        .links
        .iter()
        .map(|(name, link)| (&**name, link.url.as_deref(), link.verbs.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        seen,
        [
            ("broken", None, vec!["GET"]),
            ("ofTomorrow", Some("https://bank.example/api/next?x=1"), vec!["GET"]),
            ("root", Some("https://bank.example/tap"), vec!["GET"]),
            ("scaRedirect", Some("https://bank.example/tap?a"), vec!["GET"]),
            ("self", Some("https://bank.example/api/v1/consents/enc!!A="), vec!["GET", "PATCH"]),
            ("status", Some("https://bank.example/api/v1/consents/enc!!A=/status"), vec!["GET"]),
        ]
    );
}

/// §4.3: a bank may add values; T-130's answer is read with and without its optional members.
#[test]
fn values_of_tomorrow_and_members_that_are_missing() {
    let mut message = answer(
        201,
        r#"{"consentId":"c-1","consentStatus":"received","scaStatus":"psuIdentified","psuMessage":"m","scaMethods":[],"_links":{"self":{"href":"/v1/consents/c-1"}}}"#,
    );
    message.message.headers =
        [("Location", "/bg/v1/consents/c-1"), ("ASPSP-SCA-Approach", "OF_TOMORROW")].into_iter().collect();
    let created = CreateConsent::decode_response(message).unwrap();
    assert_eq!((&*created.consent_id, created.consent_status), ("c-1", ConsentStatus::Received));
    assert_eq!(
        (created.sca_status, created.location.as_deref()),
        (Some(ScaStatus::PsuIdentified), Some("/bg/v1/consents/c-1"))
    );
    assert_eq!(created.sca_approach.as_ref().map(ScaApproach::as_str), Some("OF_TOMORROW"));
    assert!(created.links.contains_key("self"));

    let sparse =
        CreateConsent::decode_response(answer(200, r#"{"consentId":"c","consentStatus":"frozen","_links":null}"#));
    let sparse = sparse.unwrap();
    assert!(matches!(&sparse.consent_status, ConsentStatus::Other(text) if text == "frozen"));
    assert!(!sparse.consent_status.is_final() && sparse.links.is_empty() && sparse.location.is_none());

    for (text, status, is_final) in [
        ("partiallyAuthorised", ConsentStatus::PartiallyAuthorised, false),
        ("revokedByPsu", ConsentStatus::RevokedByPsu, true),
        ("terminatedByTpp", ConsentStatus::TerminatedByTpp, true),
        ("terminatedByAspsp", ConsentStatus::TerminatedByAspsp, true),
        ("expired", ConsentStatus::Expired, true),
    ] {
        let body = json!({"consentStatus": text}).to_string();
        let found = GetConsentStatus::decode_response(answer(200, &body)).unwrap().consent_status;
        assert_eq!((found.is_final(), found.as_wire()), (is_final, text));
        assert_eq!(found, status);
    }
    let consent = json!({"access": {"allPsd2": "allOfTomorrow"}, "recurringIndicator": true, "validUntil": "2026-12-31",
        "frequencyPerDay": 4, "consentStatus": "valid"});
    let consent = GetConsent::decode_response(answer(200, &consent.to_string())).unwrap();
    assert_eq!((consent.last_action_date, consent.access.all_psd2.unwrap().as_str()), (None, "allOfTomorrow"));
}

/// §4.1: an older spelling in the standard itself.
#[test]
fn the_older_name_of_accounts_with_balances_is_read() {
    for name in ["availableAccountsWithBalance", "availableAccountsWithBalances"] {
        let consent = json!({"access": {name: "allAccounts"}, "recurringIndicator": true, "validUntil": "2026-12-31",
            "frequencyPerDay": 4, "consentStatus": "valid"});
        let access = GetConsent::decode_response(answer(200, &consent.to_string())).unwrap().access;
        assert_eq!(access.available_accounts_with_balance, Some(AccountSelection::AllAccounts), "{name}");
    }
}

/// Any success status is accepted (§1.2); T-131's answer has no body.
#[test]
fn every_success_is_one() {
    for status in [200, 201, 202, 299] {
        assert!(VerifyUser::decode_response(answer(status, r#"{"exists":false,"more":1}"#)).is_ok_and(|it| !it.exists));
    }
    for (status, body) in [(204, ""), (200, "{}"), (200, "<p>gone</p>")] {
        assert!(DeleteConsent::decode_response(answer(status, body)).is_ok(), "{body}");
    }
    for body in ["", "{}", "[]", "{", r#"{"exists":"perhaps"}"#, r#"{"exists":true,"exists":false}"#, "<html>"] {
        let error = failed::<VerifyUser>(answer(200, body));
        assert_eq!((error.code(), error.to_json()["outcome"].as_str()), ("peer.protocol", Some("accepted")), "{body}");
    }
}

/// §4.5 as recorded, and P-31: amounts as text or as numbers; inexact amounts are refused.
#[test]
fn accounts() {
    let body = |amount: &str| {
        format!(
            r#"{{"accounts":[{{"resourceId":"enc!!AbC=","bban":"00000000001","iban":"NO0000000000001","currency":"NOK","cashAccountType":"Current",
            "balances":[{{"balanceType":"expected","balanceAmount":{{"currency":"NOK","amount":{amount}}},"referenceDate":"2026-03-03"}}],
            "_links":{{"balances":{{"href":"/v1/accounts/enc!!AbC=/balances","verbs":["GET"]}}}}}},{{}}]}}"#
        )
    };
    for (amount, exact) in [("\"1450.05\"", "1450.05"), ("1450.05", "1450.05"), ("-7", "-7"), ("0.10", "0.1")] {
        let mut response = GetAccounts::decode_response(answer(200, &body(amount))).unwrap();
        assert_eq!(response.accounts[0].balances.as_ref().unwrap()[0].amount.amount.as_str(), exact);
        response.resolve_links("https://bank.example/api");
        let link = &response.accounts[0].links["balances"];
        assert_eq!(link.url.as_deref(), Some("https://bank.example/api/v1/accounts/enc!!AbC=/balances"));
        assert!(LinkedAnswer::links(&response).is_none() && response.accounts[1].links.is_empty());
    }
    for amount in ["1234567890123456.78", "1e300", "true"] {
        assert_eq!(failed::<GetAccounts>(answer(200, &body(amount))).code(), "peer.protocol", "{amount}");
    }
}

/// An unusual date is read if it is unambiguous, and dropped otherwise; the accounts are kept.
#[test]
fn dates_that_banks_write_otherwise() {
    let read = |changed: Value, day: Value| {
        let amount = json!({"currency": "NOK", "amount": "1.00"});
        let balance = json!({"balanceAmount": amount, "lastChangeDateTime": changed, "referenceDate": day});
        let body = json!({"accounts": [{"resourceId": "a", "balances": [balance]}]});
        let accounts = GetAccounts::decode_response(answer(200, &body.to_string())).unwrap().accounts;
        let balance = accounts[0].balances.as_ref().unwrap()[0].clone();
        (balance.last_change.map(|at| at.to_string()), balance.reference_date.map(|day| day.to_string()))
    };
    for (changed, instant) in [
        (json!("2026-03-03T10:15:30.000+0000"), Some("2026-03-03T10:15:30.000+00:00")),
        (json!("2026-03-03T10:15:30-0330"), Some("2026-03-03T10:15:30-03:30")),
        (json!("2026-03-03T10:15:30.000+01:00"), Some("2026-03-03T10:15:30.000+01:00")),
        (json!("2026-03-03T10:15:30"), None),
        (json!("2026-03-03"), None),
        (json!("yesterday"), None),
        (json!("+0000"), None),
        (json!("ø+000"), None),
        (json!(1_772_532_930_000_u64), None),
        (json!(null), None),
    ] {
        assert_eq!(read(changed.clone(), json!(null)), (instant.map(str::to_owned), None), "{changed}");
    }
    for (written, day) in [
        (json!("2026-03-03"), Some("2026-03-03")),
        (json!("2026-03-03T00:00:00"), Some("2026-03-03")),
        (json!("2026-03-02T23:00:00Z"), None),
        (json!("2026-03-03T00:00:00-01:00"), None),
        (json!("03.03.2026"), None),
        (json!(""), None),
        (json!({}), None),
    ] {
        assert_eq!(read(json!(null), written.clone()), (None, day.map(str::to_owned)), "{written}");
    }
    // A required date is never invented.
    let consent = json!({"access": {}, "recurringIndicator": true, "validUntil": "soon", "frequencyPerDay": 4, "consentStatus": "valid"});
    assert_eq!(failed::<GetConsent>(answer(200, &consent.to_string())).code(), "peer.protocol");
}

/// T-125 to T-128 through the codec: each refusal is typed and has its status and outcome.
#[test]
fn refusals() {
    let era = r#"{"id":"5615873375","status":400,"system":"ERA-PSD2","code":"FORMAT_ERROR"}"#;
    let messages = r#"{"tppMessages":[{"category":"ERROR","code":"SIGNATURE_INVALID","text":"V26: header psu-id is sent but not signed"}]}"#;
    let redirect = r#"{"id":"1","system":"ERA-PSD2","status":401,"code":"CONSENT_INVALID","_links":{"scaRedirect":{"href":"https://bank.example/tap?state=1","verbs":["GET"]}}}"#;
    let unknown = r#"{"id":"1","system":"ERA-PSD2","status":403,"code":"CONSENT_UNKNOWN"}"#;
    for (status, body, code, outcome) in [
        (400, era, "nextgen_psd2.format_refused", "refused"),
        (401, messages, "nextgen_psd2.signature_refused", "refused"),
        (401, redirect, "nextgen_psd2.consent_needed", "refused"),
        (403, unknown, "nextgen_psd2.consent_unknown", "refused"),
        (500, "<html>oops</html>", "nextgen_psd2.bank_failed", "unknown"),
        (502, "", "peer.unavailable", "unknown"),
    ] {
        let error = failed::<UpdateBankOfferedConsents>(answer(status, body));
        assert_eq!((error.code(), error.http_status()), (code, Some(status)));
        assert_eq!(error.to_json()["outcome"], outcome, "{status}");
        // A request that asks the customer is not repeated.
        assert_eq!(error.to_json()["retryable"], false, "{status}");
    }
    // Only a caller that knows the bank's address can decide whether the link is safe for a customer.
    let needed = failed::<GetAccounts>(answer(401, redirect));
    assert!(needed.detail("sca_redirect").is_none() && needed.detail("sca_redirect_refused").is_some());
    let busy = InResponse { retry_after_s: Some(7), ..answer(429, era) };
    let busy = failed::<GetAccounts>(busy).to_json();
    assert_eq!((&busy["retryable"], &busy["retry_after_s"]), (&json!(true), &json!(7)));
}
