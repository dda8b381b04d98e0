//! E17: an unknown user, a wrong password and undecryptable input cost exactly one password hash each; S10: a reset
//! costs the same whether or not the account exists. Counted, not timed. In a separate test binary because the counter
//! is per process.
#![allow(clippy::unwrap_used)]

#[path = "auth/support.rs"]
mod support;

use std::time::{Duration, Instant};

use bankchannel_crypto::password::hashes_run;
use bankchannel_ws_channel_service::operator::ServiceOperator;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use support::{AUTH_FAILED, OTHER_PASSWORD, PASSWORD, World};

/// The counter is per process: one test at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn e17_s10_every_refused_login_costs_one_hash() {
    let _alone = ALONE.lock().await;
    let world = World::start().await;
    world.account("known@example.test").await;
    world.account("disabled@example.test").await;
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    operator.disable_account("disabled@example.test", "a test").await.unwrap();
    for (email, password) in [
        ("known@example.test", OTHER_PASSWORD),
        ("disabled@example.test", OTHER_PASSWORD),
        ("disabled@example.test", PASSWORD),
        ("unknown@example.test", OTHER_PASSWORD),
        ("unknown@example.test", PASSWORD),
    ] {
        let before = hashes_run();
        world.login(email, "data", password).await.is(400, AUTH_FAILED);
        assert_eq!(hashes_run() - before, 1, "{email}");
    }
    for email in ["known@example.test", "disabled@example.test", "unknown@example.test"] {
        let challenge = world.challenge(email, "data").await;
        let before = hashes_run();
        let body = json!({ "ChResp": challenge, "Encrypted": STANDARD.encode([1u8; 256]) });
        world.call("POST", &format!("/session/{email}/data"), body).await.is(400, AUTH_FAILED);
        assert_eq!(hashes_run() - before, 1, "{email}");
    }
    let before = hashes_run();
    world.login("known@example.test", "data", PASSWORD).await.is(200, "Login OK");
    assert_eq!(hashes_run() - before, 1);
}

/// The minimum duration of every answer to a reset (`InitPasswordReset`'s own): differences are hidden within it.
const LEAST_TIME: Duration = Duration::from_millis(60);

/// Resets for an unknown address, an unverified one and a known one, and one repeated too soon: no hash, one record,
/// one text, and no answer before the minimum duration.
#[tokio::test]
async fn s10_a_reset_costs_the_same_whoever_is_asked_for() {
    let _alone = ALONE.lock().await;
    let world = World::limited("[rate_limit]\nper_address_burst = 1000\n").await;
    let key = world.account("reset@example.test").await;
    world.register("unverified@example.test", "admin", &key).await.is(201, "Created");
    let operator = ServiceOperator::from_options(&world.options()).unwrap();
    world.account("disabled@example.test").await;
    operator.disable_account("disabled@example.test", "a test").await.unwrap();
    let records = async || operator.audit(Default::default()).await.unwrap();
    let sent = world.outbox().await.len();
    let mut shapes = Vec::new();
    for (email, messages) in [
        ("nobody@example.test", 0),
        ("unverified@example.test", 0),
        ("disabled@example.test", 0),
        ("reset@example.test", 1),
        ("reset@example.test", 1),
    ] {
        let (before, hashes, begun) = (records().await.len(), hashes_run(), Instant::now());
        let answer = world.get(&format!("/account/{email}/admin/password")).await;
        let took = begun.elapsed();
        assert!(took >= LEAST_TIME, "{email}: {took:?}");
        assert_eq!(hashes_run(), hashes, "{email}");
        let all = records().await;
        assert_eq!(all.len() - before, 1, "{email}: {:?}", &all[before..]);
        let last = all.last().unwrap();
        assert_eq!((&*last.operation, &*last.email), ("ws_channel.init_password_reset", email));
        assert_eq!(world.outbox().await.len() - sent, messages, "{email}");
        let names: Vec<String> = answer.body.as_object().unwrap().keys().cloned().collect();
        shapes.push((answer.status, answer.text().to_owned(), names));
    }
    shapes.dedup();
    assert_eq!(shapes.len(), 1, "{shapes:?}");
}
