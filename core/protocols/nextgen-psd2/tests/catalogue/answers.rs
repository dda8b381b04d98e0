//! A client's reading of banks' answers.

use bankchannel_foundation::{Error, message::InResponse, operation::Exchange};
use bankchannel_nextgen_psd2::{
    model::{AccountSelection, ConsentStatus, LinkedAnswer, ScaApproach, ScaStatus, UnreadMember},
    operations::{
        accounts::get_accounts::GetAccounts,
        authorisations::{
            get_authorisation_status::GetAuthorisationStatus, list_authorisations::ListAuthorisations,
            start_authorisation::StartAuthorisation,
        },
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

pub(crate) fn failed<O: Exchange>(message: InResponse) -> Error {
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

/// Some banks write a list of links by name, or of links with their names inside; HAL has a list for each name.
#[test]
fn links_in_lists() {
    let links = |links: Value| {
        let body = json!({ "_links": links }).to_string();
        let mut response = UpdateBankOfferedConsents::decode_response(answer(201, &body)).unwrap();
        response.resolve_links("https://bank.example/api");
        let found: Vec<(String, String)> =
            response.links.iter().map(|(name, link)| (name.clone(), link.url.clone().unwrap())).collect();
        (found, unread(response.unread))
    };
    let both = [("scaRedirect", "https://bank.example/tap"), ("self", "https://bank.example/api/v1/consents/1")];
    let both: Vec<_> = both.iter().map(|(name, url)| ((*name).to_owned(), (*url).to_owned())).collect();
    for written in [
        json!([{"scaRedirect": {"href": "/tap"}}, {"self": {"href": "/v1/consents/1"}}]),
        json!([{"scaRedirect": {"href": "/tap"}, "self": "/v1/consents/1"}]),
        json!([{"rel": "scaRedirect", "href": "/tap"}, {"rel": "self", "href": "/v1/consents/1"}]),
        json!([{"name": "scaRedirect", "href": "/tap", "verbs": ["GET"]}, {"name": "self", "href": "/v1/consents/1"}]),
        json!({"ScaRedirect": [{"href": "/tap"}], "self": [{"href": "/v1/consents/1"}]}),
    ] {
        assert_eq!(links(written.clone()), (both.clone(), vec![]), "{written}");
    }
    let pair = |path: &str, value: Value| (path.to_owned(), value.to_string());
    for (written, found, left) in [
        (json!([{"href": "/tap"}]), 0, pair("/_links/0", json!({"href": "/tap"}))),
        (json!(["/tap"]), 0, pair("/_links/0", json!("/tap"))),
        (json!("/tap"), 0, pair("/_links", json!("/tap"))),
        (json!({"scaRedirect": {"url": "/tap"}}), 0, pair("/_links/scaRedirect", json!({"url": "/tap"}))),
        (json!([{"a": "/a"}, {"a": "/b"}]), 1, pair("/_links/1/a", json!("/b"))),
        (json!({"a": {"href": "/a", "title": "t"}}), 1, pair("/_links/a/title", json!("t"))),
        (json!({"rel": "a", "href": "/a", "type": "GET"}), 1, pair("/_links/type", json!("GET"))),
    ] {
        let (read, unread) = links(written.clone());
        assert_eq!((read.len(), unread), (found, vec![left]), "{written}");
    }
    for nothing in [json!(null), json!([]), json!({}), json!("")] {
        assert_eq!(links(nothing), (vec![], vec![]));
    }
}

/// The standard's members are in fields, and everything else of an answer is listed.
#[test]
fn nothing_of_an_answer_vanishes() {
    let account = json!({
        "resourceId": "a", "iban": "NO0000000000001", "maskedPan": "5409xxxxxx0000", "msisdn": "+47 99 99 99 99",
        "displayName": "Ferie", "status": "blocked", "usage": "PRIV", "details": "d", "linkedAccounts": "NO1",
        "creditLimit": {"currency": "NOK", "amount": "100.00"}, "debitAccounting": true, "branchCode": "0042",
        "balances": {"balanceType": "expected", "balanceAmount": {"currency": "NOK", "amount": "1.00", "sign": "+"},
            "lastCommittedTransaction": "t-1", "creditLimitIncluded": "perhaps"},
        "_links": {"self": {"href": "/v1/accounts/a"}},
    });
    let body = json!({"accounts": [account, {"details": ["a", "b"]}], "cardAccounts": [], "page": {"number": 1}});
    let read = GetAccounts::decode_response(answer(200, &body.to_string())).unwrap();
    let account = &read.accounts[0];
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    assert_eq!((text(&account.masked_pan), text(&account.msisdn)), ("5409xxxxxx0000".into(), "+47 99 99 99 99".into()));
    assert_eq!((text(&account.display_name), text(&account.status)), ("Ferie".into(), "blocked".into()));
    assert_eq!((text(&account.usage), text(&account.details)), ("PRIV".into(), "d".into()));
    assert_eq!((text(&account.linked_accounts), account.debit_accounting), ("NO1".into(), Some(true)));
    assert_eq!(account.credit_limit.as_ref().unwrap().amount.as_str(), "100.00");
    let balance = &account.balances.as_ref().unwrap()[0];
    assert_eq!((text(&balance.last_committed_transaction), balance.credit_limit_included), ("t-1".into(), None));
    let pair = |path: &str, value: Value| (path.to_owned(), value.to_string());
    assert_eq!(
        unread(read.unread),
        [
            pair("/accounts/0/branchCode", json!("0042")),
            pair("/accounts/0/balances/0/balanceAmount/sign", json!("+")),
            pair("/accounts/0/balances/0/creditLimitIncluded", json!("perhaps")),
            pair("/accounts/1/details", json!(["a", "b"])),
            pair("/page", json!({"number": 1})),
        ]
    );
    // A bank's own member with the name of a field that does not travel is not that field.
    let body = json!({"accounts": [], "unread": "x", "request_id": 7});
    let read = GetAccounts::decode_response(answer(200, &body.to_string())).unwrap();
    assert_eq!(unread(read.unread), [pair("/unread", json!("x")), pair("/request_id", json!(7))]);
}

/// The same for every other answer of this protocol.
#[test]
fn every_answer_lists_what_is_in_no_field() {
    let consent = json!({"consentId": "c", "consentStatus": "received", "scaStatus": "received",
        "authorisationId": "a", "psuMessage": 7, "validUntil": "2026-12-31", "frequencyPerDay": 4, "exists": true,
        "authorisationIds": ["a"], "access": {"allPsd2": "allAccounts", "colour": "red"}, "recurringIndicator": true,
        "tppMessages": {"category": "WARNING", "code": "W", "text": "t"}, "trustedBeneficiaryFlag": true,
        "chosenScaMethod": {"authenticationType": "PUSH_OTP", "authenticationMethodId": "m"},
        "scaMethods": [{"authenticationType": "SMS_OTP", "name": "SMS", "colour": "blue"}],
        "challengeData": {"data": "1234", "otpMaxLength": 6}, "_links": {"scaStatus": {"href": "/v1/x"}}, "newer": 1});
    let message = || answer(200, &consent.to_string());
    let has = |found: Option<Vec<UnreadMember>>, paths: &[&str]| {
        let found = unread(found);
        for path in paths {
            assert!(found.iter().any(|(own, _)| own == path), "{path}: {found:?}");
        }
        found.len()
    };
    let created = CreateConsent::decode_response(message()).unwrap();
    assert_eq!(created.tpp_messages.unwrap()[0].code.as_deref(), Some("W"));
    assert_eq!(created.sca_methods.unwrap()[0].name.as_deref(), Some("SMS"));
    assert_eq!(created.chosen_sca_method.unwrap().authentication_method_id.as_deref(), Some("m"));
    let challenge = created.challenge_data.unwrap();
    assert_eq!((challenge.data.unwrap(), challenge.otp_max_length), (vec!["1234".to_owned()], Some(6)));
    has(created.unread, &["/newer", "/psuMessage", "/scaMethods/0/colour", "/access"]);
    let started = StartAuthorisation::decode_response(message()).unwrap();
    assert_eq!(started.tpp_messages.unwrap()[0].text.as_deref(), Some("t"));
    has(started.unread, &["/newer", "/consentId", "/psuMessage"]);
    let status = GetAuthorisationStatus::decode_response(message()).unwrap();
    assert!(status.links.unwrap().contains_key("scaStatus") && status.trusted_beneficiary == Some(true));
    has(status.unread, &["/newer", "/scaMethods"]);
    let read = GetConsent::decode_response(message()).unwrap();
    has(read.unread, &["/newer", "/access/colour", "/tppMessages"]);
    has(GetConsentStatus::decode_response(message()).unwrap().unread, &["/newer", "/_links"]);
    has(ListAuthorisations::decode_response(message()).unwrap().unread, &["/newer", "/_links"]);
    has(VerifyUser::decode_response(message()).unwrap().unread, &["/newer", "/consentId"]);
    has(UpdateBankOfferedConsents::decode_response(message()).unwrap().unread, &["/newer", "/consentId"]);
    has(UpdateConsents::decode_response(message()).unwrap().response.unread, &["/newer"]);
    let deleted = DeleteConsent::decode_response(message()).unwrap().unread;
    assert_eq!(has(deleted, &["/newer", "/consentStatus"]), 18);
    let text = DeleteConsent::decode_response(answer(200, "gone")).unwrap().unread;
    assert_eq!(unread(text), [("/".to_owned(), "\"gone\"".to_owned())]);
    assert!(DeleteConsent::decode_response(answer(204, "")).unwrap().unread.is_none());
}

/// A page of a gateway or a login with status 200 is named, also where an answer needs no content.
#[test]
fn a_web_page_is_no_answer() {
    let page = "<!DOCTYPE html><html><body>Please log in, support ID 4711</body></html>";
    let with = |media_type: &'static str, body: &str| {
        let mut message = answer(200, body);
        message.message.headers = [("content-type", media_type)].into_iter().collect();
        message
    };
    for message in [
        with("text/html; charset=utf-8", page),
        with("application/json", page),
        with("TEXT/HTML", "Please log in, support ID 4711"),
        answer(200, "\u{feff}<head><title>Please log in, support ID 4711</title>"),
        answer(200, "<!-- support ID 4711 --><p>Please log in</p>"),
        answer(200, &format!("\n {page}")),
    ] {
        for error in [failed::<VerifyUser>(message.clone()), failed::<DeleteConsent>(message.clone())] {
            assert_eq!((error.code(), error.to_json()["outcome"].as_str()), ("peer.protocol", Some("unknown")));
            assert!(error.message().contains("a web page (text/html)"), "{error}");
            assert!(error.peer().unwrap().text.as_deref().is_some_and(|text| text.contains("support ID 4711")));
        }
    }
    // What begins as JSON is no page, whatever its media type is; neither is any other text where none is needed.
    let cut = failed::<VerifyUser>(with("text/html", r#"{"exists":tr"#));
    assert!(cut.code() == "peer.protocol" && !cut.message().contains("a web page"), "{cut}");
    for text in ["<p>gone</p>", "gone", "[1", "{"] {
        assert!(DeleteConsent::decode_response(answer(200, text)).is_ok(), "{text}");
    }
    assert!(DeleteConsent::decode_response(with("text/html", "")).is_ok());
    // The media type alone says nothing about what can be read.
    assert!(VerifyUser::decode_response(with("text/html", r#"{"exists":true}"#)).is_ok_and(|it| it.exists));
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
        // Another server's page says nothing of the bank's action.
        let outcome = if body == "<html>" { "unknown" } else { "accepted" };
        assert_eq!((error.code(), error.to_json()["outcome"].as_str()), ("peer.protocol", Some(outcome)), "{body}");
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

/// Path and value of each member that is in no field.
pub(crate) fn unread(found: Option<Vec<UnreadMember>>) -> Vec<(String, String)> {
    let found = found.unwrap_or_default().into_iter();
    found.map(|member| (member.path, member.value.unwrap_or_else(|| format!("{} members", member.count)))).collect()
}

/// An unusual date is read if it is unambiguous, and kept as it was written otherwise; the accounts are kept.
#[test]
fn dates_that_banks_write_otherwise() {
    let read = |changed: Value, day: Value| {
        let amount = json!({"currency": "NOK", "amount": "1.00"});
        let balance = json!({"balanceAmount": amount, "lastChangeDateTime": changed, "referenceDate": day});
        let body = json!({"accounts": [{"resourceId": "a", "balances": [balance]}]});
        let response = GetAccounts::decode_response(answer(200, &body.to_string())).unwrap();
        let balance = response.accounts[0].balances.as_ref().unwrap()[0].clone();
        let unread = unread(response.unread);
        let day = balance.reference_date.map(|day| day.to_string());
        (balance.last_change.map(|at| at.to_string()), balance.last_change_as_written, day, unread)
    };
    let changed_at = "/accounts/0/balances/0/lastChangeDateTime";
    for (changed, instant, written) in [
        (json!("2026-03-03T10:15:30.000+0000"), Some("2026-03-03T10:15:30.000+00:00"), None),
        (json!("2026-03-03T10:15:30-0330"), Some("2026-03-03T10:15:30-03:30"), None),
        (json!("2026-03-03T10:15:30.000+01:00"), Some("2026-03-03T10:15:30.000+01:00"), None),
        (json!("2026-03-03T10:15:30"), None, Some("2026-03-03T10:15:30")),
        (json!("2026-03-03T10:15"), None, Some("2026-03-03T10:15")),
        (json!("2026-03-03"), None, Some("2026-03-03")),
        (json!("yesterday"), None, Some("yesterday")),
        (json!("+0000"), None, Some("+0000")),
        (json!("ø+000"), None, Some("ø+000")),
        (json!(null), None, None),
        (json!(""), None, None),
    ] {
        let found = read(changed.clone(), json!(null));
        assert_eq!(found, (instant.map(str::to_owned), written.map(str::to_owned), None, vec![]), "{changed}");
    }
    let found = read(json!(1_772_532_930_000_u64), json!(null));
    assert_eq!(found, (None, None, None, vec![(changed_at.to_owned(), "1772532930000".to_owned())]));

    for (written, day, is_unread) in [
        (json!("2026-03-03"), Some("2026-03-03"), false),
        (json!("2026-03-03T00:00:00"), Some("2026-03-03"), false),
        (json!("2026-03-03T10:15:30"), Some("2026-03-03"), true),
        (json!("2026-03-02T23:00:00Z"), None, true),
        (json!("2026-03-03T00:00:00-01:00"), None, true),
        (json!("03.03.2026"), None, true),
        (json!(""), None, false),
        (json!({}), None, false),
    ] {
        let day_at = "/accounts/0/balances/0/referenceDate".to_owned();
        let unread = if is_unread { vec![(day_at, written.to_string())] } else { Vec::new() };
        let found = read(json!(null), written.clone());
        assert_eq!(found, (None, None, day.map(str::to_owned), unread), "{written}");
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
    // A code that is known is final, also with a status that alone says "later".
    for (body, retryable) in [(&*era.replace("FORMAT_ERROR", "TOO_FAST"), true), ("", true), (era, false)] {
        let busy = InResponse { retry_after_s: Some(7), ..answer(429, body) };
        let busy = failed::<GetAccounts>(busy).to_json();
        assert_eq!((&busy["retryable"], &busy["retry_after_s"]), (&json!(retryable), &json!(7)), "{body}");
    }
}
