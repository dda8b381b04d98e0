//! Password reset: L25, L26, L27, S7, S10, S38; strangers learn nothing from it and cannot use up the user's quota.

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
    // The other user's password is unchanged.
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

/// To strangers, an unknown address, a registered but unverified one and a known one answer alike.
#[tokio::test]
async fn tries_of_strangers_do_not_tell_known_addresses_from_unknown_ones() {
    let world = World::start().await;
    let key = world.account("known@example.test").await;
    world.register("unverified@example.test", "admin", &key).await.is(201, "Created");
    let mut seen = Vec::new();
    for email in ["known@example.test", "unverified@example.test", "nobody@example.test"] {
        let mut answers = Vec::new();
        let mut tries = async |count: usize| {
            for _ in 0..count {
                let answer = reset(&world, email, "admin", "000000", OTHER_PASSWORD).await;
                answers.push((answer.status, answer.body["ResponseText"].clone()));
            }
        };
        tries(7).await;
        world.get(&format!("/account/{email}/admin/password")).await.is(200, "SMS sent");
        tries(7).await;
        world.get(&format!("/account/{email}/admin/password")).await.is(200, "SMS sent");
        tries(1).await;
        world.advance(16.0 * 60.0).await;
        tries(1).await;
        world.get(&format!("/account/{email}/admin/password")).await.is(200, "SMS sent");
        tries(6).await;
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[2]);
    assert_eq!(seen[1], seen[2]);
    assert_eq!(seen[0].iter().filter(|(_, text)| text == LIMIT).count(), 2 + 2 + 1, "{:?}", seen[0]);
}

#[tokio::test]
async fn a_wrong_phone_does_not_use_up_the_right_ones_code() {
    let world = World::start().await;
    let key = world.account("owner@example.test").await;
    world.register("phone@example.test", "admin", &key).await.is(201, "Created");
    let code = world.code("phone@example.test", "admin", "verify_phone").await;
    let body = || json!({ "Code": other(&code) });
    let mut seen = Vec::new();
    for email in ["phone@example.test", "nobody@example.test"] {
        let mut answers = Vec::new();
        for _ in 0..7 {
            let answer = world.call("POST", &format!("/account/{email}/admin/%2B358409999999"), body()).await;
            answers.push((answer.status, answer.body["ResponseText"].clone()));
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].iter().filter(|(_, text)| text == CODE_WRONG).count(), 5);
    world.verify_phone("phone@example.test", "admin", &code).await.is(200, "Phone confirmation successful.");
    // For someone who knows the phone of an unverified registration, the answers are those for an unknown address, even
    // if its code is too old.
    world.register("right@example.test", "admin", &key).await.is(201, "Created");
    for _ in 0..2 {
        let mut counts = Vec::new();
        for email in ["right@example.test", "nobody@example.test"] {
            let mut wrong = 0;
            for _ in 0..7 {
                let answer = world.verify_phone(email, "admin", "000000").await;
                wrong += usize::from(answer.body["ResponseText"] == CODE_WRONG);
            }
            counts.push(wrong);
        }
        assert_eq!(counts, [5, 5]);
        world.advance(25.0 * 3600.0).await;
    }
}

/// Strangers can use up the daily messages of a phone; one more message is reserved for addresses from which the user
/// has logged in.
#[tokio::test]
async fn a_message_stays_in_reserve_for_the_user() {
    let world = World::limited("trusted_proxy = [\"127.0.0.1\"]\n[rate_limit]\nper_address_burst = 1000\n").await;
    let email = "reserve@example.test";
    world.account(email).await;
    let ask = async |source: &str| {
        let path = format!("/account/{email}/data/password");
        let answer = world.send("GET", &path, &[("x-forwarded-for", source)], Vec::new()).await;
        answer.is(200, "SMS sent");
        let sent = world.outbox().await.len();
        world.advance(61.0).await;
        sent
    };
    let challenge = world.challenge(email, "data").await;
    let body = json!({ "ChResp": challenge, "Encrypted": world.encrypt(PASSWORD, &challenge) }).to_string();
    let at_home = [("x-forwarded-for", "198.51.100.9"), ("content-type", "application/json")];
    let path = format!("/session/{email}/data");
    world.send("POST", &path, &at_home, body.into_bytes()).await.is(200, "Login OK");
    for (asked, wanted) in [1, 2, 3, 4, 5, 5, 5].into_iter().enumerate() {
        assert_eq!(ask(&format!("203.0.113.{asked}")).await, wanted);
    }
    assert_eq!(ask("198.51.100.9").await, 6);
    assert_eq!(ask("198.51.100.9").await, 6, "one");
}

/// The resets per source and hour are limited, for all accounts together: the answers are the same for known and
/// unknown addresses.
#[tokio::test]
async fn a_source_asks_for_so_many_resets() {
    let world = World::limited("resets_per_ip = 3\n[rate_limit]\nper_address_burst = 1000\n").await;
    world.account("known@example.test").await;
    for email in ["a@example.test", "b@example.test", "known@example.test"] {
        world.get(&format!("/account/{email}/data/password")).await.is(200, "SMS sent");
    }
    for email in ["known@example.test", "c@example.test"] {
        let refused = world.get(&format!("/account/{email}/data/password")).await;
        assert_eq!(refused.status, 429, "{refused:?}");
        assert!(refused.headers.contains_key("retry-after"));
    }
    world.advance(3600.0).await;
    world.get("/account/known@example.test/data/password").await.is(200, "SMS sent");
}

/// Quotas reveal nothing either: with an exhausted quota, a user or phone gets the same answers as an unknown address.
#[tokio::test]
async fn quotas_do_not_tell_known_addresses_from_unknown_ones() {
    let world = World::limited("resets_per_ip = 1000\n[rate_limit]\nper_address_burst = 1000\n").await;
    world.account("first@example.test").await;
    // The same phone: messages to either account count for both.
    world.account("second@example.test").await;
    let mut seen = Vec::new();
    for email in ["first@example.test", "second@example.test", "nobody@example.test"] {
        let mut answers = Vec::new();
        for mode in ["data", "data", "data", "data", "data", "data", "admin", "admin"] {
            world.get(&format!("/account/{email}/{mode}/password")).await.is(200, "SMS sent");
            for _ in 0..6 {
                let answer = reset(&world, email, mode, "000000", OTHER_PASSWORD).await;
                answers.push((answer.status, answer.body["ResponseText"].clone()));
            }
            world.advance(61.0).await;
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[2]);
    assert_eq!(seen[1], seen[2]);
}
