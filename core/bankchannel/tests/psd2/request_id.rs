//! The caller's request id: the first attempt is sent and signed with it, a repeated one with an id of its own.

use bankchannel::{CallLog, CallOptions, CallOutcome, nextgen_psd2::signing::SigningDialect};
use serde_json::{Value, json};

use crate::{
    party::{checked, client},
    sending::list,
    support::{Act, Answer, Server},
};

const ID: &str = "0d5c2a3e-6f0b-4c1d-9a77-3f2b8e51c604";

fn with(id: &str) -> CallOptions {
    CallOptions { request_id: Some(id.to_owned()), ..CallOptions::default() }
}

fn answered(status: u16, body: Value) -> Act {
    Act::Answer(Answer::json(status, &body))
}

#[tokio::test]
async fn the_first_attempt_is_signed_with_the_given_id_and_the_next_with_its_own() {
    let unavailable = json!({"id": "1", "system": "ERA-PSD2", "code": "SYSTEM_ERROR"});
    let server = Server::in_turn([answered(503, unavailable)]).await;
    let client = client(&server);
    let log = CallLog::new();
    let options = CallOptions { log: Some(log.clone()), ..with(ID) };
    let error = client.get_accounts_with(list(&client), &options).await.unwrap_err();
    assert_eq!(error.detail("request_id"), Some(ID), "{error}");
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for attempt in &seen {
        let found = checked(attempt, SigningDialect::Era);
        assert!(found.is_valid() && found.names.iter().any(|name| name == "x-request-id"), "{:?}", found.refusal());
        assert_eq!(attempt.head.to_ascii_lowercase().matches("\nx-request-id:").count(), 1);
    }
    let mut ids: Vec<&str> = seen.iter().map(|seen| seen.header("x-request-id").unwrap()).collect();
    assert_eq!(ids[0], ID);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "no id is sent twice");
    let lines: Vec<String> = log.drain().into_iter().map(|record| record.line.text).collect();
    let begins = format!("nextgen_psd2.get_accounts: X-Request-ID {ID}, signed in ");
    assert_eq!(lines.iter().filter(|line| line.starts_with(&begins)).count(), 1, "{lines:?}");
    assert!(lines.last().unwrap().ends_with(&format!(", X-Request-ID {ID}")), "{lines:?}");
}

#[tokio::test]
async fn an_id_that_is_no_uuid_in_lower_case_is_refused_before_anything_is_sent() {
    let server = Server::in_turn([]).await;
    let client = client(&server);
    for id in ["payroll-7", &ID.to_uppercase(), "0d5c2a3e6f0b4c1d9a773f2b8e51c604", "a b"] {
        let error = client.get_accounts_with(list(&client), &with(id)).await.unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("request_id")), "{error}");
        assert_eq!((error.outcome(), error.detail("request_id")), (Some(CallOutcome::NotSent), None), "{error}");
        assert!(!error.message().contains(id), "{error}");
        assert_eq!(error.message().contains("UUID"), id != "a b", "{error}");
    }
    assert!(server.seen().is_empty());
    // An operation that sends nothing has no need of a UUID.
    let hashed = json!({"personal_identifier": "00000000000"});
    client.call_json("nextgen_psd2.hash_identifier", hashed, with("payroll-7")).await.unwrap();
}
