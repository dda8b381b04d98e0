//! Tests of the control interface.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Session, World};

#[tokio::test]
async fn the_transcript_shows_requests_without_what_is_secret() {
    let world = World::start().await;
    world.account("seen@example.test").await;
    world.data_session("seen@example.test").await;
    let text = reqwest::Client::builder().no_proxy().build().unwrap();
    let text = text.get(format!("{}/transcript", world.control)).send().await.unwrap().text().await.unwrap();
    let lines: Vec<Value> = serde_json::from_str(&text).unwrap();
    let last = lines.last().unwrap();
    assert_eq!((&last["method"], &last["status"]), (&json!("POST"), &json!(200)));
    assert_eq!(last["operation"], "ws_channel.login");
    assert_eq!(last["request_id"].as_str().unwrap().len(), 36);
    assert!(last["ms"].is_number());
    assert!(!text.contains("seen@example.test") && last["path"].as_str().unwrap().ends_with("/data"));
}

#[tokio::test]
async fn seeds_are_accounts_ready_to_use() {
    let world = World::start().await;
    let seed = json!({ "accounts": [
        { "email": "Owner@example.test", "password": PASSWORD, "api_key": "seeded-key-seeded-key-1", "sessions": true,
          "certificates": ["simulator"],
          "files": [{ "file_type": "camt.053.001.02", "content": STANDARD.encode("<x/>"), "reference": "ref-1" }] },
        { "email": "customer@example.test", "password": PASSWORD, "api_key": "seeded-key-seeded-key-1", "modes": ["admin"], "verified": false },
    ] });
    let (status, answer) = world.post_control("seed", seed).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["accounts"][1]["api_key"], "seeded-key-seeded-key-1");
    let token = |mode: &str| answer["accounts"][0]["id_tokens"][mode].as_str().unwrap().to_owned();
    let session = |mode: &str| Session { token: token(mode), api_key: "seeded-key-seeded-key-1".into() };
    assert!(world.alive(&session("admin")).await);
    let listed = world
        .protected("GET", "/files/simulator?Status=NEW&FileType=camt.053.001.02", &session("data"), Value::Null)
        .await;
    let references = listed.body["FileDescriptors"].as_array().unwrap();
    assert!(references.iter().any(|file| file["FileReference"] == "ref-1"), "{listed:?}");
    let accounts = world.protected("GET", "/integrator/accounts", &session("admin"), Value::Null).await;
    assert_eq!(accounts.body["Accounts"].as_array().unwrap().len(), 2, "{accounts:?}");
    world.login("customer@example.test", "admin", PASSWORD).await.is(200, crate::support::VERIFY_PHONE);
    for bad in [
        json!({ "accounts": [{ "email": "owner@example.test", "password": PASSWORD }] }),
        json!({ "accounts": [{ "email": "x@example.test", "password": "weak" }] }),
        json!({ "accounts": [{ "email": "x@example.test", "password": PASSWORD, "modes": ["data"] }] }),
        json!({ "account": [] }),
    ] {
        let (status, answer) = world.post_control("seed", bad).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"]["message"].is_string());
    }
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_keys() {
    let world = World::start().await;
    world.account("gone@example.test").await;
    let session = world.data_session("gone@example.test").await;
    world.register("new@example.test", "admin", "0").await.is(201, "Created");
    world.advance(5000.0).await;
    world.post_control("limits", json!({ "per_address_burst": 1 })).await;
    assert_eq!(world.post_control("reset", json!({})).await.0, 200);
    assert!(world.outbox().await.is_empty());
    assert!(!world.alive(&session).await);
    world.login("gone@example.test", "data", PASSWORD).await.is(400, crate::support::AUTH_FAILED);
    world.account("gone@example.test").await;
    world.data_session("gone@example.test").await;
    let (_, clock) = world.post_control("clock", json!({ "advance_s": 0 })).await;
    let now = bankchannel_foundation::model::Timestamp::new(clock["now"].as_str().unwrap()).unwrap().as_ms();
    let real = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    assert!((now - real).abs() < 60_000);
}

#[tokio::test]
async fn clock_limits_and_faults_do_as_they_are_told() {
    let world = World::start().await;
    let (_, clock) = world.post_control("clock", json!({ "now": "2031-05-06T07:08:09Z" })).await;
    assert!(clock["now"].as_str().unwrap().starts_with("2031-05-06T07:08:0"), "{clock}");
    assert!(world.challenge("a@example.test", "data").await.split('|').nth(1).unwrap().starts_with("19358"));
    for bad in
        [json!({}), json!({ "now": "x" }), json!({ "advance_s": 1, "now": "2031-05-06T07:08:09Z" }), json!({ "x": 1 })]
    {
        assert_eq!(world.post_control("clock", bad).await.0, 400);
    }
    let (status, rates) =
        world.post_control("limits", json!({ "per_address_burst": 2, "per_address_per_min": 1 })).await;
    assert_eq!((status, &rates["enabled"], &rates["per_address_burst"]), (200, &json!(true), &json!(2)));
    assert_eq!(world.get("/session/a@example.test/data").await.status, 200);
    assert_eq!(world.get("/session/a@example.test/data").await.status, 200);
    assert_eq!(world.get("/session/a@example.test/data").await.status, 429);
    world.post_control("limits", json!({ "enabled": false })).await;
    let fault = json!({ "operation": "ws_channel.init_login", "status": 502, "count": 2 });
    assert_eq!(world.post_control("fail_next", fault).await.0, 200);
    for status in [502, 502, 200] {
        assert_eq!(world.get("/session/a@example.test/data").await.status, status);
    }
    assert_eq!(world.post_control("fail_next", json!({ "operation": "init_login", "status": 200 })).await.0, 400);
    let (status, why) = world.post_control("fail_next", json!({ "operation": "initLogin", "status": 502 })).await;
    assert_eq!((status, &why["error"]["context"]["field"]), (400, &json!("operation")));
}

#[tokio::test]
async fn it_is_closed_unless_asked_for_and_refuses_browsers() {
    let world = World::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/outbox", world.control);
    assert_eq!(http.get(&url).header("origin", "http://evil.example").send().await.unwrap().status(), 403);
    assert_eq!(http.post(&url).send().await.unwrap().status(), 405);
    assert_eq!(http.get(format!("{}/nothing", world.control)).send().await.unwrap().status(), 404);
    let closed = World::with("", |options| options.control = None).await;
    assert!(closed.running().readiness()["control_url"].is_null());
}
