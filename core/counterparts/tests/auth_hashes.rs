//! E17: an unknown user, a wrong password and what cannot be decrypted cost exactly one password hash each. Counted, not
//! timed; alone in its process, because the count is the process's.
#![allow(clippy::unwrap_used)]

#[path = "auth/support.rs"]
mod support;

use bankchannel_crypto::password::hashes_run;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use support::{AUTH_FAILED, OTHER_PASSWORD, PASSWORD, World};

#[tokio::test]
async fn e17_s10_every_refused_login_costs_one_hash() {
    let world = World::start().await;
    world.account("known@example.test").await;
    for (email, password) in [
        ("known@example.test", OTHER_PASSWORD),
        ("unknown@example.test", OTHER_PASSWORD),
        ("unknown@example.test", PASSWORD),
    ] {
        let before = hashes_run();
        world.login(email, "data", password).await.is(400, AUTH_FAILED);
        assert_eq!(hashes_run() - before, 1, "{email}");
    }
    for email in ["known@example.test", "unknown@example.test"] {
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
