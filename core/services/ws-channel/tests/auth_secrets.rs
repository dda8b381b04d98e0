//! S32: no secret reaches the log, at any level, from any crate: the test plants secrets and searches the whole log.
#![allow(clippy::unwrap_used)]

#[path = "../../../../tests/support/log.rs"]
mod log;
#[path = "auth/support.rs"]
mod support;

use log::Log;
use serde_json::json;
use support::{OTHER_PASSWORD, PASSWORD, PHONE, World, other};

#[tokio::test(flavor = "multi_thread")]
async fn s24_s32_s36_no_secret_is_logged() {
    let log = Log::begin();
    let world = World::start().await;
    let email = "planted@example.test";
    let mut secrets: Vec<String> = vec![PASSWORD.into(), OTHER_PASSWORD.into(), email.into(), PHONE.into()];
    let key = world.register(email, "admin", "0").await.field("ApiKey");
    world.login(email, "admin", PASSWORD).await;
    let code = world.code(email, "admin", "verify_phone").await;
    world.verify_phone(email, "admin", &other(&code)).await;
    world.verify_phone(email, "admin", &code).await;
    let token = world.login(email, "admin", PASSWORD).await.field("AccessToken");
    let mail = world.code(email, "admin", "verify_email").await;
    world.verify_email(email, "admin", &token, &mail).await;
    world.login(email, "admin", OTHER_PASSWORD).await;
    let step = world.login(email, "admin", PASSWORD).await.field("Session");
    let sms = world.code(email, "admin", "mfa").await;
    let answer = world.mfa(email, &step, &sms, json!({ "SetupTOTP": true })).await;
    answer.is(200, "Login OK");
    world.get(&format!("/account/{email}/admin/password")).await;
    let reset = world.code(email, "admin", "password_reset").await;
    world.call("GET", "/nowhere?token=query-secret-query-secret", json!(null)).await;
    secrets.extend([key, code, token, mail, step, sms, reset, "query-secret".into()]);
    secrets.extend(["SecretCode", "AccessToken", "IdToken", "OtpauthUri"].map(|name| answer.field(name)));
    let mut world = world;
    let data = world.data();
    world.stop().await;
    for name in ["vault.keys", "challenge.key"] {
        let text = std::fs::read_to_string(data.join("keys").join(name)).unwrap();
        secrets.push(text.split_whitespace().nth(1).unwrap().to_owned());
    }
    let log = log.text();
    assert!(log.contains("refused"), "the service does log");
    // The log lines of the client's own HTTP library are not the service's.
    let service = log.lines().filter(|line| !line.contains("reqwest") && !line.contains("hyper_util::client"));
    for line in service {
        for secret in &secrets {
            // Six digits may occur in a number by chance: only a code as a separate word counts.
            let found = if secret.len() == 6 {
                line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == secret)
            } else {
                line.contains(secret.as_str())
            };
            assert!(!found, "{secret} in: {line}");
        }
    }
}
