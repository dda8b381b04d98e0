//! Password reset: L25, L26, L27, S7, S10, S38.

use serde_json::json;

use crate::support::{AUTH_FAILED, Answer, CODE_EXPIRED, CODE_WRONG, LIMIT, OTHER_PASSWORD, PASSWORD, World, other};

async fn reset(world: &World, email: &str, mode: &str, code: &str, password: &str) -> Answer {
    let challenge = world.challenge(email, mode).await;
    let body = json!({ "ChResp": challenge, "Code": code, "Encrypted": world.encrypt(password, &challenge) });
    world.call("POST", &format!("/account/{email}/{mode}/password"), body).await
}

#[tokio::test]
async fn l25_l27_s7_a_reset_replaces_the_password_ends_sessions_and_unlocks() {
    let world = World::start().await;
    let email = "l25@example.test";
    world.account(email).await;
    let (data, admin) = (world.data_session(email).await, world.admin_session(email).await);
    for _ in 0..10 {
        world.login(email, "data", OTHER_PASSWORD).await.is(400, AUTH_FAILED);
    }
    world.login(email, "data", PASSWORD).await.is(400, LIMIT);
    world.get(&format!("/account/{email}/data/password")).await.is(200, "SMS sent");
    let code = world.code(email, "data", "password_reset").await;
    reset(&world, email, "data", &other(&code), OTHER_PASSWORD).await.is(400, CODE_WRONG);
    reset(&world, email, "data", &code, "short").await.is(400, "Invalid parameter(s): Password");
    reset(&world, email, "admin", &code, OTHER_PASSWORD).await.is(400, CODE_WRONG);
    reset(&world, email, "data", &code, OTHER_PASSWORD).await.is(200, "Password reset");
    reset(&world, email, "data", &code, OTHER_PASSWORD).await.is(400, CODE_WRONG);
    world.login(email, "data", PASSWORD).await.is(400, AUTH_FAILED);
    world.login(email, "data", OTHER_PASSWORD).await.is(200, "Login OK");
    assert!(!world.alive(&data).await && world.alive(&admin).await);
    // The other user keeps its password.
    world.login(email, "admin", PASSWORD).await.is(200, "Give SMS code");
}

#[tokio::test]
async fn l26_s10_s38_nothing_is_sent_to_nobody_or_for_a_prefetch() {
    let world = World::start().await;
    world.account("l26@example.test").await;
    let key = world.account("l26-owner@example.test").await;
    world.register("unverified@example.test", "admin", &key).await.is(201, "Created");
    let sent = world.outbox().await.len();
    world.get("/account/nobody@example.test/admin/password").await.is(200, "SMS sent").has_only(&[]);
    world.get("/account/unverified@example.test/admin/password").await.is(200, "SMS sent").has_only(&[]);
    let path = "/account/l26@example.test/admin/password";
    for header in [("purpose", "prefetch"), ("sec-purpose", "prefetch;prerender"), ("x-moz", "prefetch")] {
        assert_eq!(world.send("GET", path, &[header], Vec::new()).await.headers["cache-control"], "no-store");
    }
    assert_eq!(world.outbox().await.len(), sent);
    world.get(path).await.is(200, "SMS sent").has_only(&[]);
    assert_eq!(world.outbox().await.len(), sent + 1);
    reset(&world, "nobody@example.test", "admin", "123456", OTHER_PASSWORD).await.is(400, CODE_WRONG);
}

#[tokio::test]
async fn s8_s9_a_reset_code_lives_a_quarter_of_an_hour_and_five_tries_and_comes_once_a_minute() {
    let world = World::limited("[rate_limit]\nper_address_burst = 1000\n").await;
    let email = "s9@example.test";
    world.account(email).await;
    let ask = async || world.get(&format!("/account/{email}/data/password")).await.is(200, "SMS sent").status;
    ask().await;
    ask().await;
    assert_eq!(world.outbox().await.len(), 1, "once a minute");
    let code = world.code(email, "data", "password_reset").await;
    world.advance(15.0 * 60.0).await;
    reset(&world, email, "data", &code, OTHER_PASSWORD).await.is(400, CODE_EXPIRED);
    ask().await;
    let code = world.code(email, "data", "password_reset").await;
    for _ in 0..5 {
        reset(&world, email, "data", &other(&code), OTHER_PASSWORD).await.is(400, CODE_WRONG);
    }
    reset(&world, email, "data", &code, OTHER_PASSWORD).await.is(400, LIMIT);
    for wanted in [3, 4, 5, 5] {
        world.advance(61.0).await;
        ask().await;
        assert_eq!(world.outbox().await.len(), wanted);
    }
}

#[tokio::test]
async fn a_login_that_races_a_reset_leaves_no_session_of_the_old_password() {
    let world = World::start().await;
    let email = "race@example.test";
    world.account(email).await;
    world.get(&format!("/account/{email}/data/password")).await.is(200, "SMS sent");
    let code = world.code(email, "data", "password_reset").await;
    let logins = futures_util::future::join_all((0..6).map(|_| world.login(email, "data", PASSWORD)));
    let (answers, done) = tokio::join!(logins, reset(&world, email, "data", &code, OTHER_PASSWORD));
    done.is(200, "Password reset");
    for answer in answers.into_iter().filter(|answer| answer.status == 200) {
        let session = crate::support::Session { token: answer.field("IdToken"), api_key: answer.field("ApiKey") };
        assert!(!world.alive(&session).await);
    }
}
