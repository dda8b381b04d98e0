//! Requests to the bank: signed again each time, repeated only if that is safe.

use bankchannel::{
    CallOutcome,
    nextgen_psd2::{
        GetAccountsRequest, NextGenPsd2, UpdateBankOfferedConsentsRequest, VerifyUserRequest, signing::SigningDialect,
    },
};
use serde_json::{Value, json};

use crate::{
    party::{checked, client, client_with, settings},
    support::{Act, Answer, Server},
};

pub(crate) fn verify_user(client: &NextGenPsd2) -> VerifyUserRequest {
    let hash = "nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8=";
    client.complete(json!({"psu_id": "psu-7f3a91", "psu_personal_identifier": hash})).unwrap()
}

pub(crate) fn offer(client: &NextGenPsd2) -> UpdateBankOfferedConsentsRequest {
    client.complete(json!({"redirect_uri": "https://tpp.example/cb?state=1"})).unwrap()
}

pub(crate) fn list(client: &NextGenPsd2) -> GetAccountsRequest {
    client.complete(json!({"psu_id": "psu-7f3a91", "tpp_session_id": "s"})).unwrap()
}

fn answered(status: u16, body: Value) -> Act {
    Act::Answer(Answer::json(status, &body))
}

#[tokio::test]
async fn a_request_arrives_signed_as_it_was_asked() {
    let server = Server::in_turn([answered(200, json!({"exists": true}))]).await;
    let client = client(&server);
    assert!(client.verify_user(verify_user(&client)).await.unwrap().exists);
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].method.as_str(), seen[0].path.as_str()), (1, "POST", "/v2/v1/user/verification"));
    assert_eq!(
        seen[0].body,
        br#"{"PSU-ID":"psu-7f3a91","PSUPersonalIdentifier":"nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8="}"#
    );
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    // Nothing that the HTTP library adds or changes affects the signed parts.
    let found = checked(&seen[0], SigningDialect::Era);
    assert!(found.is_valid(), "{:?}", found.refusal());
    assert_eq!(found.names, ["date", "digest", "x-request-id"]);
}

/// §5, "new X-Request-ID, new Date, new signature".
#[tokio::test]
async fn a_repeated_request_has_an_id_and_a_signature_of_its_own() {
    let failed = || answered(503, json!({"id": "1", "system": "ERA-PSD2", "code": "SYSTEM_ERROR"}));
    let server = Server::in_turn([failed(), failed(), answered(200, json!({"accounts": []}))]).await;
    let client = client(&server);
    assert_eq!(client.get_accounts(list(&client)).await.unwrap().accounts.len(), 0);
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    let mut ids: Vec<&str> = seen.iter().map(|seen| seen.header("x-request-id").unwrap()).collect();
    for seen in &seen {
        assert!(checked(seen, SigningDialect::Era).is_valid());
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "a bank refuses an id that it has seen");
}

#[tokio::test]
async fn what_has_effects_is_never_repeated() {
    for status in [408, 429, 500, 503] {
        let body = json!({"id": "1", "system": "ERA-PSD2", "code": "SYSTEM_ERROR"});
        let server = Server::in_turn([answered(status, body)]).await;
        let client = client(&server);
        let error = client.update_bank_offered_consents(offer(&client)).await.unwrap_err();
        assert_eq!((server.seen().len(), error.http_status()), (1, Some(status)));
        // After a 408 it is unknown how much of the request was read.
        let outcome = if status == 429 { CallOutcome::Refused } else { CallOutcome::Unknown };
        assert_eq!((error.outcome(), error.retryable()), (Some(outcome), false), "{status}");
    }
    let server = Server::in_turn([Act::ResetAfterRequest]).await;
    let client = client(&server);
    let error = client.update_bank_offered_consents(offer(&client)).await.unwrap_err();
    assert_eq!((server.seen().len(), error.code()), (1, "transport.connection_lost"));
}

/// A request without effects may be repeated, by the client and by the caller.
#[tokio::test]
async fn what_only_reads_may_be_asked_again() {
    for status in [408, 503] {
        let body = json!({"id": "1", "system": "ERA-PSD2", "code": "SYSTEM_ERROR"});
        let server = Server::in_turn((0..3).map(|_| answered(status, body.clone())).collect::<Vec<_>>()).await;
        let client = client(&server);
        let error = client.get_accounts(list(&client)).await.unwrap_err();
        assert_eq!((server.seen().len(), error.outcome(), error.retryable()), (3, Some(CallOutcome::Unknown), true));
    }
}

/// The day's calls are used up: every further request counts too, whatever the status and the bank's wait are.
#[tokio::test]
async fn a_quota_that_is_used_up_ends_the_call() {
    let messages = |code: &str| json!({"tppMessages": [{"category": "ERROR", "code": code, "text": "4 a day"}]});
    let flat = |code: &str| json!({"id": "1", "system": "ERA-PSD2", "status": 429, "code": code});
    for (dialect, status, body) in [
        ("bg", 429, messages("ACCESS_EXCEEDED")),
        ("bg", 503, messages("ACCESS_EXCEEDED")),
        ("bg", 429, json!({"tppMessages": {"code": "ACCESS_EXCEEDED"}})),
        ("bg", 429, json!({"type": "urn:x", "code": "ACCESS_EXCEEDED"})),
        ("era", 429, flat("ACCESS_EXCEEDED")),
        ("era", 500, flat("ACCESS_EXCEEDED")),
    ] {
        for wait in [None, Some("1")] {
            let answer = Answer::json(status, &body);
            let answer = wait.map_or(answer.clone(), |wait| answer.with("retry-after", wait));
            let server = Server::in_turn([Act::Answer(answer)]).await;
            let client = client_with(&server, json!({"signing": {"dialect": dialect}}));
            let error = client.get_accounts(list(&client)).await.unwrap_err();
            assert_eq!((server.seen().len(), error.code()), (1, "nextgen_psd2.access_exceeded"), "{status} {body}");
            let outcome = if status < 500 { CallOutcome::Refused } else { CallOutcome::Unknown };
            let told = (error.outcome(), error.retryable(), error.retry_after_s());
            assert_eq!(told, (Some(outcome), false, wait.map(|_| 1)), "{status} {body}");
        }
    }
    // In a form that no document has, and another code that is final whatever the status says.
    for (body, code) in [
        (json!({"error": {"code": "ACCESS_EXCEEDED"}}), "nextgen_psd2.access_exceeded"),
        (json!({"tppMessages": ["ACCESS_EXCEEDED"]}), "nextgen_psd2.access_exceeded"),
        (messages("CONSENT_EXPIRED"), "nextgen_psd2.consent_invalid"),
        (flat("CERTIFICATE_REVOKED"), "nextgen_psd2.certificate_refused"),
    ] {
        let server = Server::in_turn([answered(429, body.clone())]).await;
        let client = client(&server);
        let error = client.get_accounts(list(&client)).await.unwrap_err();
        assert_eq!((server.seen().len(), error.code(), error.retryable()), (1, code, false), "{body}");
    }
    // Another code with the same status says nothing about the day.
    let server = Server::in_turn([answered(429, messages("TOO_FAST"))]).await;
    let client = client(&server);
    let error = client.get_accounts(list(&client)).await.unwrap_err();
    assert_eq!((server.seen().len(), error.code(), error.retryable()), (3, "peer.rate_limited", true));
}

/// After a wait until "tomorrow" the bank is not asked again within a second: its quota is already used up.
#[tokio::test]
async fn a_long_wait_is_the_answer() {
    let body = json!({"id": "1", "system": "ERA-PSD2", "code": "ACCESS_EXCEEDED"});
    let tomorrow = Answer::json(429, &body).with("retry-after", "86400");
    let server = Server::in_turn([Act::Answer(tomorrow)]).await;
    let client = client(&server);
    let error = client.get_accounts(list(&client)).await.unwrap_err();
    assert_eq!((server.seen().len(), error.retry_after_s(), error.retryable()), (1, Some(86_400), false));
    for (status, code) in [(429, "peer.rate_limited"), (503, "peer.unavailable")] {
        let later = Answer::of(status, "text/html", "<html>later</html>").with("retry-after", "3600");
        let server = Server::in_turn([Act::Answer(later)]).await;
        let client = client_with(&server, json!({}));
        let error = client.get_accounts(list(&client)).await.unwrap_err();
        assert_eq!((server.seen().len(), error.code(), error.retry_after_s()), (1, code, Some(3600)));
    }
}

/// RFC 9110 §8.6: without it, some servers answer 411.
#[tokio::test]
async fn a_request_without_a_body_says_so() {
    let link = json!({"_links": {"scaRedirect": {"href": "/tap?state=1"}}});
    let server = Server::in_turn([answered(201, link), answered(200, json!({"accounts": []}))]).await;
    let client = client(&server);
    client.update_bank_offered_consents(offer(&client)).await.unwrap();
    client.get_accounts(list(&client)).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen[0].header("content-length"), seen[1].header("content-length")), (Some("0"), None));
    assert_eq!(seen[0].head.to_ascii_lowercase().matches("content-length").count(), 1);
}

/// §1.1: following a redirect would send a signature to another host.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::in_turn([answered(200, json!({"exists": true}))]).await;
    let to = elsewhere.base_url.clone();
    let moved = Answer::json(307, &json!({})).with("location", &to);
    let server = Server::in_turn([Act::Answer(moved)]).await;
    let client = client(&server);
    let error = client.verify_user(verify_user(&client)).await.unwrap_err();
    assert_eq!((error.http_status(), elsewhere.seen().len()), (Some(307), 0));
    assert_eq!((error.code(), error.outcome()), ("peer.redirected", Some(CallOutcome::Refused)));
}

#[tokio::test]
async fn path_and_host_may_be_signed_too() {
    let server = Server::in_turn([answered(200, json!({"accounts": []}))]).await;
    let signing = json!({"extra_signed_headers": ["(request-target)", "host"]});
    let client = client_with(&server, json!({"signing": signing}));
    client.get_accounts(list(&client)).await.unwrap();
    let found = checked(&server.seen()[0], SigningDialect::Era);
    assert!(found.is_valid(), "{:?}", found.refusal());
    assert!(found.names.contains(&"host".to_owned()));
    let text = String::from_utf8(found.signing_string.unwrap().bytes).unwrap();
    assert!(text.contains("(request-target): get /v2/v1/accounts"), "{text}");
}

/// A-25: header names that differ from bank to bank.
#[tokio::test]
async fn headers_are_named_as_the_settings_say() {
    let link = json!({"_links": {"scaRedirect": {"href": "/tap?state=1"}}});
    let server = Server::in_turn([answered(201, link)]).await;
    let client = client_with(&server, json!({"header_names": {"psu-context": "X-PSU-Context"}}));
    let request: UpdateBankOfferedConsentsRequest =
        client.complete(json!({"redirect_uri": "https://tpp.example/cb", "psu_context": "private"})).unwrap();
    client.update_bank_offered_consents(request).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen[0].header("x-psu-context"), seen[0].header("psu-context")), (Some("PRIVATE"), None));
}

#[tokio::test]
async fn an_operation_of_the_other_dialect_is_not_sent() {
    let server = Server::in_turn([answered(200, json!({}))]).await;
    let client = client_with(&server, json!({"signing": {"dialect": "bg"}}));
    let error = client.verify_user(verify_user(&client)).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("configuration.invalid", Some(CallOutcome::NotSent)));
    assert!(error.message().contains("dialect"), "{}", error.message());
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_client_without_a_bank_says_what_it_lacks() {
    let client = NextGenPsd2::from_json(settings("http://127.0.0.1:1", json!({"base_url": null}))).unwrap();
    let error = client.verify_user(verify_user(&client)).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("configuration.invalid", Some(CallOutcome::NotSent)));
    assert_eq!(error.context().get("field").map(|field| field.as_str()), Some("base_url"));
}

/// T-147: a key that does not belong to the certificate is detected before anything is sent.
#[test]
fn a_key_of_another_certificate_makes_no_client() {
    let made = NextGenPsd2::from_json(json!({})).unwrap();
    let other = made.make_certificates(made.request(json!({})).unwrap()).unwrap();
    let settings = settings("http://127.0.0.1:1", json!({"private_key": other.qseal_key.expose()}));
    let error = NextGenPsd2::from_json(settings).unwrap_err();
    assert_eq!(error.context().get("field").map(|field| field.as_str()), Some("private_key"));
}
