//! The caller's request id in Salt Edge's protocol, on both sides: every attempt is sent with it.
#![allow(clippy::unwrap_used)]

#[path = "support/mod.rs"]
mod support;

use bankchannel::{CallOptions, CallOutcome, salt_edge_connector::SaltEdgeConnector, salt_edge_hub::SaltEdgeHub};
use bankchannel_crypto::rsa::RsaPrivateKey;
use serde_json::{Value, json};
use support::{Act, Answer, Server, key};

const ID: &str = "bank-day:2026-11-20";

fn with(id: &str) -> CallOptions {
    CallOptions { request_id: Some(id.to_owned()), ..CallOptions::default() }
}

fn settings(server: &Server, more: Value) -> Value {
    let mut settings = json!({
        "base_url": server.base_url, "provider_code": "demobank", "private_key": pem(key()),
        "retry_backoff_s": 0,
    });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    settings
}

fn pem(key: &RsaPrivateKey) -> String {
    key.to_pkcs8_pem().to_string()
}

fn unavailable() -> Act {
    Act::Answer(Answer::json(503, &json!({"error_class": "Unavailable", "error_message": "later"})))
}

fn ids(server: &Server) -> Vec<String> {
    server.seen().iter().map(|seen| seen.header("x-request-id").unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn the_hub_sends_it_with_every_attempt() {
    let server = Server::in_turn([unavailable()]).await;
    let hub = SaltEdgeHub::from_json(settings(&server, json!({"client_id": 1}))).unwrap();
    let request = json!({"access_token": "token-of-the-test", "session_secret": "s"});
    let error = hub.call_json("salt_edge_hub.fetch_accounts", request.clone(), with(ID)).await.unwrap_err();
    assert_eq!((error.http_status(), error.detail("request_id")), (Some(503), Some(ID)), "{error}");
    assert_eq!(ids(&server), [ID; 3]);
    let error = hub.call_json("salt_edge_hub.fetch_accounts", request, with("a b")).await.unwrap_err();
    assert_eq!((error.detail("field"), error.outcome()), (Some("request_id"), Some(CallOutcome::NotSent)), "{error}");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn the_connector_sends_it_with_every_attempt() {
    let server = Server::in_turn([unavailable()]).await;
    let given = json!({"app_id": "app", "app_secret": "secret-of-the-test"});
    let connector = SaltEdgeConnector::from_json(settings(&server, given)).unwrap();
    let name = "salt_edge_connector.get_client_info";
    let error = connector.call_json(name, json!({"client_id": 1}), with(ID)).await.unwrap_err();
    assert_eq!((error.http_status(), error.detail("request_id")), (Some(503), Some(ID)), "{error}");
    assert_eq!(ids(&server), [ID; 3]);
    // Without a hub nothing is sent; the error has the id all the same.
    let without = SaltEdgeConnector::from_json(json!({})).unwrap();
    let error = without.call_json(name, json!({"client_id": 1}), with(ID)).await.unwrap_err();
    assert_eq!((error.code(), error.detail("request_id")), ("configuration.invalid", Some(ID)), "{error}");
}
