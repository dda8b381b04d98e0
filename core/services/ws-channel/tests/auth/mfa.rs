//! §11.4: second factors.

use bankchannel_crypto::totp;
use serde_json::{Value, json};

use crate::support::{CODE_EXPIRED, CODE_WRONG, LIMIT, PASSWORD, Session, World, other};

async fn asked(world: &World, email: &str) -> String {
    world.login(email, "admin", PASSWORD).await.is(200, "Give SMS code").field("Session")
}

/// Enrols an authenticator and moves the clock to a later time step.
async fn enrolled(world: &World, email: &str) -> totp::TotpKey {
    let session = asked(world, email).await;
    let code = world.code(email, "admin", "mfa").await;
    let answer = world.mfa(email, &session, &code, json!({ "SetupTOTP": true })).await;
    let secret = totp::TotpKey::from_base32(&answer.field("SecretCode")).unwrap();
    let path = format!("/session/{email}/admin/verifytotp");
    let body = json!({ "AccessToken": answer.field("AccessToken"), "Code": current(world, &secret, 0).await });
    world.call("PUT", &path, body).await.is(200, "TOTP enabled");
    world.advance(90.0).await;
    secret
}

/// The code of the service's current time step, or of a step next to it.
async fn current(world: &World, secret: &totp::TotpKey, offset: i64) -> String {
    let (_, clock) = world.post_control("clock", json!({ "advance_s": 0 })).await;
    let now = bankchannel_foundation::model::Timestamp::new(clock["now"].as_str().unwrap()).unwrap().as_ms();
    let step = (now / 30_000 + offset) as u64;
    totp::code_at_counter(secret, step)
}

#[tokio::test]
async fn l02_l03_l15_l16_s16_an_admin_gives_the_code_from_the_sms() {
    let world = World::start().await;
    world.account("l02@example.test").await;
    let answer = world.login("l02@example.test", "admin", PASSWORD).await;
    answer.is(200, "Give SMS code").has_only(&["Session", "ChallengeName"]);
    assert_eq!(answer.body["ChallengeName"], "SMS_MFA");
    let session = answer.field("Session");
    let code = world.code("l02@example.test", "admin", "mfa").await;
    let other_name = json!({ "ChallengeName": "SOFTWARE_TOKEN_MFA" });
    world.mfa("l02@example.test", &session, &code, other_name).await.is(400, "Invalid parameter(s): ChallengeName");
    let on_data =
        world.call("PUT", "/session/l02@example.test/data/mfacode", json!({ "Code": code, "Session": session })).await;
    on_data.is(400, "Invalid parameter(s): Mode");
    // A code sent to another user's path counts as wrong, and costs the session a try.
    world.mfa("x@example.test", &session, &code, json!({})).await.is(400, CODE_WRONG);
    let done = world.mfa("l02@example.test", &session, &code, json!({})).await;
    done.is(200, "Login OK").has_only(&["IdToken", "ApiKey", "ExpiresIn"]);
    world.mfa("l02@example.test", &session, &code, json!({})).await.is(400, CODE_EXPIRED);
}

#[tokio::test]
async fn l29_extra_fields_burn_no_challenge() {
    let world = World::start().await;
    world.account("l29@example.test").await;
    let session = asked(&world, "l29@example.test").await;
    let code = world.code("l29@example.test", "admin", "mfa").await;
    let challenge = world.challenge("l29@example.test", "admin").await;
    let encrypted = world.encrypt(PASSWORD, &challenge);
    let body = json!({ "ChResp": challenge, "Encrypted": encrypted, "Company": "x" });
    world.mfa("l29@example.test", &session, &code, body.clone()).await.is(200, "Login OK");
    world.call("POST", "/session/l29@example.test/admin", body).await.is(200, "Give SMS code");
}

#[tokio::test]
async fn l04_l05_s8_a_session_allows_five_wrong_codes_and_three_minutes() {
    let world = World::start().await;
    world.account("l04@example.test").await;
    let session = asked(&world, "l04@example.test").await;
    let code = world.code("l04@example.test", "admin", "mfa").await;
    for _ in 0..5 {
        world.mfa("l04@example.test", &session, &other(&code), json!({})).await.is(400, CODE_WRONG);
    }
    world.mfa("l04@example.test", &session, &code, json!({})).await.is(400, CODE_EXPIRED);
    let session = asked(&world, "l04@example.test").await;
    let code = world.code("l04@example.test", "admin", "mfa").await;
    world.advance(181.0).await;
    world.mfa("l04@example.test", &session, &code, json!({})).await.is(400, CODE_EXPIRED);
}

#[tokio::test]
async fn ten_wrong_codes_in_an_hour_lock_the_user_for_one() {
    let world = World::start().await;
    world.account("ten@example.test").await;
    for _ in 0..2 {
        let session = asked(&world, "ten@example.test").await;
        let code = world.code("ten@example.test", "admin", "mfa").await;
        for _ in 0..5 {
            world.mfa("ten@example.test", &session, &other(&code), json!({})).await.is(400, CODE_WRONG);
        }
    }
    let sent = world.outbox().await.len();
    let locked = world.login("ten@example.test", "admin", PASSWORD).await;
    locked.is(400, LIMIT);
    locked.is_of_quota(false);
    assert_eq!(world.outbox().await.len(), sent, "no code goes out while locked");
    world.advance(3601.0).await;
    assert!(world.alive(&world.admin_session("ten@example.test").await).await);
}

#[tokio::test]
async fn l06_l07_s36_an_authenticator_is_enrolled_with_its_secret_shown_once() {
    let world = World::start().await;
    for (email, flag) in [("l06@example.test", json!(true)), ("l06b@example.test", json!("true"))] {
        world.account(email).await;
        let session = asked(&world, email).await;
        let code = world.code(email, "admin", "mfa").await;
        let answer = world.mfa(email, &session, &code, json!({ "SetupTOTP": flag })).await;
        answer.is(200, "Login OK").has_only(&[
            "IdToken",
            "ApiKey",
            "ExpiresIn",
            "SecretCode",
            "OtpauthUri",
            "AccessToken",
        ]);
        let secret = answer.field("SecretCode");
        assert_eq!(secret.len(), 32);
        let label = email.replace('@', "%40");
        assert_eq!(
            answer.field("OtpauthUri"),
            format!("otpauth://totp/ISECure:{label}?secret={secret}&issuer=ISECure")
        );
        let path = format!("/session/{email}/admin/verifytotp");
        let secret = totp::TotpKey::from_base32(&secret).unwrap();
        let code = current(&world, &secret, 0).await;
        let token = answer.field("AccessToken");
        world
            .call("PUT", &path, json!({ "AccessToken": "x", "Code": code }))
            .await
            .is(400, "Invalid parameter(s): AccessToken");
        world.call("PUT", &path, json!({ "AccessToken": token, "Code": other(&code) })).await.is(400, CODE_WRONG);
        world.call("PUT", &path, json!({ "AccessToken": token, "Code": code })).await.is(200, "TOTP enabled");
        world
            .call("PUT", &path, json!({ "AccessToken": token, "Code": code }))
            .await
            .is(400, "Invalid parameter(s): AccessToken");
        // The session of the enrolment stays valid.
        assert!(world.alive(&Session { token: answer.field("IdToken"), api_key: answer.field("ApiKey") }).await);
        let next = world.login(email, "admin", PASSWORD).await;
        next.is(200, "Give authenticator code");
        assert_eq!(next.body["ChallengeName"], "SOFTWARE_TOKEN_MFA");
    }
}

#[tokio::test]
async fn l08_an_enrolment_that_fails_changes_nothing() {
    let world = World::start().await;
    world.account("l08@example.test").await;
    let session = asked(&world, "l08@example.test").await;
    let code = world.code("l08@example.test", "admin", "mfa").await;
    let answer = world.mfa("l08@example.test", &session, &code, json!({ "SetupTOTP": true })).await;
    let secret = totp::TotpKey::from_base32(&answer.field("SecretCode")).unwrap();
    let wrong = other(&current(&world, &secret, 0).await);
    let path = "/session/l08@example.test/admin/verifytotp";
    for _ in 0..5 {
        world
            .call("PUT", path, json!({ "AccessToken": answer.field("AccessToken"), "Code": wrong }))
            .await
            .is(400, CODE_WRONG);
    }
    let right = current(&world, &secret, 0).await;
    let dead = world.call("PUT", path, json!({ "AccessToken": answer.field("AccessToken"), "Code": right })).await;
    dead.is(400, "Invalid parameter(s): AccessToken");
    asked(&world, "l08@example.test").await;
}

#[tokio::test]
async fn l09_l10_s8_each_step_counts_once_and_its_neighbours_too() {
    let world = World::start().await;
    let email = "l09@example.test";
    world.account(email).await;
    let secret = enrolled(&world, email).await;
    let factor = json!({ "ChallengeName": "SOFTWARE_TOKEN_MFA" });
    let try_code = async |code: String| {
        let session = world.login(email, "admin", PASSWORD).await.is(200, "Give authenticator code").field("Session");
        world.mfa(email, &session, &code, factor.clone()).await
    };
    for offset in [-2, 2] {
        try_code(current(&world, &secret, offset).await).await.is(400, CODE_WRONG);
    }
    let code = current(&world, &secret, -1).await;
    try_code(code.clone()).await.is(200, "Login OK");
    try_code(code).await.is(400, CODE_WRONG);
    try_code(current(&world, &secret, 1).await).await.is(200, "Login OK");
    // An older step than the last one used is refused.
    try_code(current(&world, &secret, 0).await).await.is(400, CODE_WRONG);
}

#[tokio::test]
async fn l11_l12_l13_l14_the_factor_is_chosen_and_the_sms_sent_only_then() {
    let world = World::configured("mfa_choice = \"always\"").await;
    let email = "l11@example.test";
    world.account(email).await;
    let select = async |session: &str, factor: &str| {
        let body = json!({ "MfaType": factor, "Session": session });
        world.call("PUT", &format!("/session/{email}/admin/selectmfa"), body).await
    };
    // With SMS alone, no factor can be selected.
    let session = asked(&world, email).await;
    select(&session, "SOFTWARE_TOKEN_MFA").await.is(400, "Invalid parameter(s): MfaType");
    select(&session, "EMAIL").await.is(400, "Invalid parameter(s): MfaType");
    enrolled(&world, email).await;
    let sent = world.outbox().await.len();
    let choice = world.login(email, "admin", PASSWORD).await;
    choice.is(200, "Select MFA type").has_only(&["Session", "ChallengeName", "MfaOptions", "SmsDestination"]);
    assert_eq!(choice.body["MfaOptions"], json!(["SMS_MFA", "SOFTWARE_TOKEN_MFA"]));
    assert_eq!(choice.body["SmsDestination"], "+*****5507");
    let first = choice.field("Session");
    world.mfa(email, &first, "123456", json!({})).await.is(400, "Invalid parameter(s): ChallengeName");
    assert_eq!(world.outbox().await.len(), sent);
    let totp = select(&first, "SOFTWARE_TOKEN_MFA").await;
    totp.is(200, "Give authenticator code").has_only(&["Session", "ChallengeName"]);
    select(&first, "SMS_MFA").await.is(400, CODE_EXPIRED);
    // From the authenticator to SMS, then login.
    let sms = select(&totp.field("Session"), "SMS_MFA").await;
    sms.is(200, "Give SMS code").has_only(&["Session", "ChallengeName"]);
    assert_eq!(world.outbox().await.len(), sent + 1);
    let code = world.code(email, "admin", "mfa").await;
    world.mfa(email, &totp.field("Session"), &code, json!({})).await.is(400, CODE_EXPIRED);
    world.mfa(email, &sms.field("Session"), &code, json!({})).await.is(200, "Login OK");
}

#[tokio::test]
async fn s9_thirty_codes_an_hour() {
    let world = World::limited("mfa_codes_per_account = 3\n[rate_limit]\nper_address_burst = 1000\n").await;
    world.account("s9@example.test").await;
    for _ in 0..3 {
        asked(&world, "s9@example.test").await;
    }
    let refused = world.login("s9@example.test", "admin", PASSWORD).await;
    refused.is(400, LIMIT);
    refused.is_of_quota(true);
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3600).contains(&wait), "{wait}");
    world.advance(3601.0).await;
    asked(&world, "s9@example.test").await;
}

#[tokio::test]
async fn s39_of_many_right_codes_at_the_same_moment_one_is_let_in() {
    let world = World::start().await;
    world.account("race@example.test").await;
    let session = asked(&world, "race@example.test").await;
    let code = world.code("race@example.test", "admin", "mfa").await;
    let tries = (0..8).map(|_| world.mfa("race@example.test", &session, &code, json!({})));
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test]
async fn s15_a_token_for_one_step_serves_no_other() {
    let world = World::start().await;
    let email = "s15@example.test";
    let key = world.account(email).await;
    let session = asked(&world, email).await;
    let code = world.code(email, "admin", "mfa").await;
    let path = format!("/session/{email}/admin/verifytotp");
    world
        .call("PUT", &path, json!({ "AccessToken": session, "Code": code }))
        .await
        .is(400, "Invalid parameter(s): AccessToken");
    world.verify_email(email, "admin", &session, &code).await.is(400, "Invalid parameter(s): AccessToken");
    let as_token = Session { token: session.clone(), api_key: key };
    world.protected("GET", "/pgp", &as_token, Value::Null).await.is(401, "Unauthorized");
    let answer = world.mfa(email, &session, &code, json!({ "SetupTOTP": true })).await;
    let enrol = answer.field("AccessToken");
    world.mfa(email, &enrol, &code, json!({})).await.is(400, CODE_EXPIRED);
}
