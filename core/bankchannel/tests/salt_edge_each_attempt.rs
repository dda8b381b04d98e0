//! Salt Edge's protocol: each fault at each attempt of three, for an operation that may be repeated and one that may not.
#![allow(clippy::unwrap_used)]

#[path = "support/mod.rs"]
mod support;

use bankchannel::salt_edge_hub::SaltEdgeHub;
use serde_json::{Value, json};
use support::{
    Answer,
    each_attempt::{PeerAnswers, assert_table, table},
    key,
};

fn hub(base_url: &str) -> SaltEdgeHub {
    let key = key().to_pkcs8_pem();
    SaltEdgeHub::from_json(json!({
        "base_url": base_url, "provider_code": "demobank", "private_key": *key, "client_id": 1, "retry_backoff_s": 0,
    }))
    .unwrap()
}

fn answers(good: Value) -> PeerAnswers {
    let refused = |status| Answer::json(status, &json!({"error_class": "Refused", "error_message": "no"}));
    PeerAnswers {
        good: Answer::json(200, &good),
        refused: refused(400),
        limited: refused(429),
        unavailable: refused(503),
    }
}

#[tokio::test]
async fn each_fault_at_each_attempt() {
    let (accounts, none) = (answers(json!({"data": []})), answers(json!({"data": {}})));
    let secrets = json!({"access_token": "token-of-the-test", "session_secret": "s"});
    let fetches = table("fetch_accounts", &accounts, |base_url, options| {
        let secrets = secrets.clone();
        async move { hub(&base_url).call_json("salt_edge_hub.fetch_accounts", secrets, options).await.map(drop) }
    });
    let refreshes = table("refresh_accounts", &none, |base_url, options| {
        let secrets = secrets.clone();
        async move { hub(&base_url).call_json("salt_edge_hub.refresh_accounts", secrets, options).await.map(drop) }
    });
    let (fetches, refreshes) = tokio::join!(fetches, refreshes);
    assert_table("salt_edge_each_attempt.txt", &format!("{fetches}{refreshes}"));
}
