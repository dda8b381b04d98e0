//! Registration and password reset.

use std::sync::Arc;

use bankchannel::{
    CallOptions, CallOutcome,
    ws_channel::{Mode, WsChannel},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{Act, Answers, PASSWORD, PHONE, Seen, Server, key, ok, people::API_KEY, settings};

pub(crate) const CHALLENGE: &str =
    "9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde";

/// The password that a request carries.
pub(crate) fn password_in(seen: &Seen) -> String {
    let cipher = STANDARD.decode(seen.json()["Encrypted"].as_str().unwrap().as_bytes()).unwrap();
    let plain = key().decrypt_oaep_sha1(&cipher).unwrap();
    bankchannel::ws_channel::challenge::open_password(&plain, "1494962070679").unwrap().expose().to_owned()
}

fn register() -> Value {
    json!({"mode": "admin", "name": "Example User", "company": "Example Company Oy", "phone": PHONE, "password": PASSWORD})
}

#[tokio::test]
async fn registration_fetches_the_challenge_encrypts_and_keeps_the_key() {
    let server = Server::in_turn([
        Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))),
        Act::Answer(ok(201, json!({"ApiKey": API_KEY}))),
    ])
    .await;
    let client = WsChannel::new(settings(&server)).unwrap();
    let answer =
        client.call_json("ws_channel.register_account", register(), CallOptions::default()).await.unwrap().response;
    assert_eq!(answer["api_key"], API_KEY);
    let seen = server.seen();
    assert_eq!(
        (seen[0].path.as_str(), seen[1].path.as_str()),
        ("/v2/account/user%40example.test/admin", "/v2/account/user%40example.test/admin")
    );
    let sent = seen[1].json();
    assert_eq!((&sent["ApiKey"], &sent["ChResp"], &sent["Phone"]), (&json!("0"), &json!(CHALLENGE), &json!(PHONE)));
    assert_eq!(password_in(&seen[1]), PASSWORD);
    assert!(seen[1].header("authorization").is_none() && seen[1].header("x-api-key").is_none());
    assert_eq!(client.session().api_key.unwrap().expose(), API_KEY);
}

#[tokio::test]
async fn a_password_that_the_service_would_refuse_is_told_here() {
    let server = Server::in_turn([Act::Stall]).await;
    let client = WsChannel::new(settings(&server)).unwrap();
    let mut request = register();
    request["password"] = json!("too short");
    let error = client.call_json("ws_channel.register_account", request, CallOptions::default()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.detail("field"), error.outcome()),
        ("input.invalid_field", Some("password"), Some(CallOutcome::NotSent))
    );
    assert!(!error.to_string().contains("too short") && server.connections() == 0);
}

#[tokio::test]
async fn a_reset_asks_for_the_code_and_ends_the_own_session() {
    let server = Server::in_turn([
        Act::Answer(ok(200, json!({"ResponseText": "SMS sent"}))),
        Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))),
        Act::Answer(ok(200, json!({"ResponseText": "Password reset"}))),
    ])
    .await;
    let client = crate::support::client(&server);
    let answers = Arc::new(Answers::new(&[("reset_code", &["12 34", "654321"])]));
    let options = CallOptions { asker: Some(answers.clone()), ..CallOptions::default() };
    let request = json!({"mode": "data", "new_password": "Another_..123456789012345"});
    client.call_json("ws_channel.reset_password", request, options).await.unwrap();
    assert_eq!(answers.kinds(), ["reset_code", "reset_code"], "what is no code is asked for again");
    let seen = server.seen();
    assert_eq!(
        (seen[2].json()["Code"].as_str(), password_in(&seen[2]).as_str()),
        (Some("654321"), "Another_..123456789012345")
    );
    assert!(!client.session().is_logged_in());
}

#[tokio::test]
async fn a_reset_with_a_code_at_hand_has_none_sent() {
    let server =
        Server::in_turn([Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))), Act::Answer(ok(200, json!({})))]).await;
    let client = crate::support::client(&server);
    let request = json!({"mode": "admin", "new_password": "Another_..123456789012345", "code": "654321"});
    client.call_json("ws_channel.reset_password", request, CallOptions::default()).await.unwrap();
    assert_eq!(server.seen().len(), 2);
    assert_eq!(client.session().mode, Some(Mode::Data), "another user's session is untouched");
}
