//! §11.3: registration and verification.

use serde_json::json;

use crate::support::{CODE_EXPIRED, CODE_WRONG, LIMIT, PASSWORD, Session, VERIFY_EMAIL, VERIFY_PHONE, World, other};

#[tokio::test]
async fn r01_r02_r03_r04_r08_r18_s13_who_may_register() {
    let world = World::start().await;
    world.register("owner@example.test", "data", "0").await.is(400, "Admin account must be registered first");
    let registered = world.register("owner@example.test", "admin", "0").await;
    registered.is(201, "Created").has_only(&["ApiKey"]);
    let key = registered.field("ApiKey");
    assert!(key.len() == 40 && key.bytes().all(|b| b.is_ascii_alphanumeric()));
    world.register("owner@example.test", "data", "0").await.is(400, "Invalid API key");
    world.register("owner@example.test", "data", "01234567890123456789").await.is(400, "Invalid API key");
    let phone = json!({ "ApiKey": key, "Phone": "+358409999999" });
    world.register_with("owner@example.test", "data", phone, PASSWORD).await.is(400, "Invalid parameter(s): Phone");
    assert_eq!(world.register("owner@example.test", "data", &key).await.is(201, "Created").field("ApiKey"), key);
    world.register("owner@example.test", "admin", &key).await.is(400, "User already exists");
    world.register("owner@example.test", "data", &key).await.is(400, "User already exists");
    world.register("stranger@example.test", "admin", "98765432109876543210").await.is(400, "Invalid API key");
    world.register("customer@example.test", "admin", &key).await.is(201, "Created");
}

#[tokio::test]
async fn r05_r06_r07_what_a_registration_must_have() {
    let world = World::start().await;
    for password in ["Aa1!567890123456789", "Aaaaaaaaaaaaaaaaaaa!", "Aaaaaaaaaaaaaaaaaaa1"] {
        let answer = world.register_with("r05@example.test", "admin", json!({}), password).await;
        answer.is(400, "Invalid parameter(s): Password");
    }
    for (change, text) in [
        (json!({ "Phone": "358401234567" }), "Invalid parameter(s): Phone"),
        (json!({ "Company": null }), "Missing parameter(s): Company"),
        (json!({ "Company": "", "Name": "" }), "Missing parameter(s): Company, Name"),
        (json!({ "ApiKey": 0 }), "Invalid parameter(s): ApiKey"),
        (json!({ "Name": "a\u{7}b" }), "Invalid parameter(s): Name"),
    ] {
        world.register_with("r05@example.test", "admin", change, PASSWORD).await.is(400, text);
    }
    assert!(world.outbox().await.is_empty());
}

#[tokio::test]
async fn r09_to_r16_l28_s15_each_prompt_comes_once_and_ends_authenticated() {
    let world = World::start().await;
    let email = "whole@example.test";
    let key = world.register(email, "admin", "0").await.field("ApiKey");
    world.register(email, "data", &key).await.is(201, "Created");
    for mode in ["data", "admin"] {
        world.login(email, mode, PASSWORD).await.is(200, VERIFY_PHONE).has_only(&[]);
        let code = world.code(email, mode, "verify_phone").await;
        world.verify_phone(email, mode, &other(&code)).await.is(400, CODE_WRONG);
        for form in ["12345", "12a456", "1234567"] {
            world.verify_phone(email, mode, form).await.is(400, "Invalid parameter(s): Code");
        }
        let path = format!("/account/{email}/{mode}/+358401234567");
        world.call("POST", &path, json!({ "Code": code })).await.is(400, CODE_WRONG);
        world.verify_phone(email, mode, &code).await.is(200, "Phone confirmation successful.");
        world.verify_phone(email, mode, &code).await.is(400, CODE_WRONG);

        let asked = world.login(email, mode, PASSWORD).await;
        asked.is(200, VERIFY_EMAIL).has_only(&["AccessToken"]);
        let token = asked.field("AccessToken");
        let session = Session { token: token.clone(), api_key: key.clone() };
        assert!(!world.alive(&session).await, "a token for verification is no session");
        let code = world.code(email, mode, "verify_email").await;
        world.verify_email(email, mode, &token, &other(&code)).await.is(400, CODE_WRONG);
        world.verify_email(email, mode, &token, "12345").await.is(400, "Invalid parameter(s): EmailCode");
        let foreign = if mode == "data" { "admin" } else { "data" };
        world.verify_email(email, foreign, &token, &code).await.is(400, "Invalid parameter(s): AccessToken");
        world.verify_email("x@example.test", mode, &token, &code).await.is(400, "Invalid parameter(s): AccessToken");
        world.verify_email(email, mode, &token, &code).await.is(200, "Email verification successful.");
        world.verify_email(email, mode, &token, &code).await.is(400, "Invalid parameter(s): AccessToken");
    }
    assert!(world.alive(&world.data_session(email).await).await);
    assert!(world.alive(&world.admin_session(email).await).await);
}

#[tokio::test]
async fn r17_a_waiver_lets_new_users_in_at_once() {
    let world = World::start().await;
    let options = world.options();
    let mut world = world;
    world.stop().await;
    let operator = bankchannel_ws_channel_service::operator::ServiceOperator::from_options(&options).unwrap();
    let key = operator
        .create_key(bankchannel_ws_channel_service::operator::NewApiKey {
            waiver: true,
            transfer: true,
            ..Default::default()
        })
        .await
        .unwrap()
        .api_key;
    let world = world.restart_stopped().await;
    world.register("r17@example.test", "admin", &key).await.is(201, "Created");
    world.register("r17@example.test", "data", &key).await.is(201, "Created");
    world.login("r17@example.test", "data", PASSWORD).await.is(200, "Login OK");
    assert!(world.outbox().await.is_empty());
}

#[tokio::test]
async fn s12_an_unverified_registration_gives_way_after_a_day() {
    let world = World::start().await;
    let squatter = world.register("wanted@example.test", "admin", "0").await.field("ApiKey");
    world.advance(23.9 * 3600.0).await;
    world.register("wanted@example.test", "admin", "0").await.is(400, "User already exists");
    world.advance(0.2 * 3600.0).await;
    let owner = world.register("wanted@example.test", "admin", "0").await.is(201, "Created").field("ApiKey");
    assert_ne!(squatter, owner);
}

#[tokio::test]
async fn s8_a_phone_code_survives_five_wrong_tries_and_a_day() {
    let world = World::start().await;
    world.register("s8@example.test", "admin", "0").await.is(201, "Created");
    let code = world.code("s8@example.test", "admin", "verify_phone").await;
    for _ in 0..5 {
        world.verify_phone("s8@example.test", "admin", &other(&code)).await.is(400, CODE_WRONG);
    }
    world.verify_phone("s8@example.test", "admin", &code).await.is(400, LIMIT);
    world.login("s8@example.test", "admin", PASSWORD).await.is(200, VERIFY_PHONE);
    let code = world.code("s8@example.test", "admin", "verify_phone").await;
    world.advance(24.1 * 3600.0).await;
    world.verify_phone("s8@example.test", "admin", &code).await.is(400, CODE_EXPIRED);
}

#[tokio::test]
async fn s9_codes_to_a_phone_once_a_minute_and_five_times_a_day() {
    let world = World::limited("[rate_limit]\nper_address_burst = 1000\n").await;
    world.register("s9@example.test", "admin", "0").await.is(201, "Created");
    let sent = async || world.outbox().await.len();
    assert_eq!(sent().await, 1);
    world.login("s9@example.test", "admin", PASSWORD).await.is(200, VERIFY_PHONE);
    assert_eq!(sent().await, 1, "not a minute old");
    for wanted in [2, 3, 4, 5, 5, 5] {
        world.advance(61.0).await;
        world.login("s9@example.test", "admin", PASSWORD).await.is(200, VERIFY_PHONE);
        assert_eq!(sent().await, wanted);
    }
    let again = world.register("s9-other@example.test", "admin", "0").await;
    again.is(400, LIMIT);
    again.is_of_quota(true);
    assert!(!again.headers.contains_key("retry-after"), "when others registered with a phone is nobody's business");
    world.advance(24.0 * 3600.0).await;
    world.register("s9-other@example.test", "admin", "0").await.is(201, "Created");
}

#[tokio::test]
async fn s13_where_invitations_are_needed_a_stranger_has_no_key() {
    let world = World::configured("registration_requires_invite = true").await;
    let key = world.register("owner@example.test", "admin", "0").await.is(201, "Created").field("ApiKey");
    world.register("guest@example.test", "admin", &key).await.is(400, "Invalid API key");
    let options = world.options();
    let mut world = world;
    world.stop().await;
    let operator = bankchannel_ws_channel_service::operator::ServiceOperator::from_options(&options).unwrap();
    operator.invite(&key, "Guest@example.test").await.unwrap();
    let world = world.restart_stopped().await;
    world.register("guest@example.test", "admin", &key).await.is(201, "Created");
}

#[tokio::test]
async fn s39_of_many_registrations_at_the_same_moment_one_wins() {
    let world = World::start().await;
    let tries = (0..8).map(|_| world.register("race@example.test", "admin", "0"));
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(answers.iter().filter(|answer| answer.status != 201).all(|answer| answer.text() == "User already exists"));
    assert_eq!(world.outbox().await.len(), 1);
    let code = world.code("race@example.test", "admin", "verify_phone").await;
    let tries = (0..8).map(|_| world.verify_phone("race@example.test", "admin", &code));
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}
