//! §11.2: challenge and encryption. E15 and E16 are unit tests of the protocol; E17 is `auth_hashes.rs`.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::support::{AUTH_FAILED, OTHER_PASSWORD, PASSWORD, World};

#[tokio::test]
async fn e01_e02_challenges_look_the_same_for_everybody() {
    let world = World::start().await;
    world.account("known@example.test").await;
    for path in
        ["/session/known@example.test/data", "/session/unknown@example.test/data", "/account/known@example.test/admin"]
    {
        let answer = world.get(path).await;
        answer.is(200, "OK").has_only(&["Challenge"]);
        let challenge = answer.field("Challenge");
        let lengths: Vec<usize> = challenge.split('|').map(str::len).collect();
        assert_eq!((challenge.len(), lengths), (95, vec![44, 13, 36]));
        assert_eq!(&challenge[45..58], challenge.split('|').nth(1).unwrap());
    }
}

#[tokio::test]
async fn e06_e07_passwords_of_every_kind_log_in() {
    let world = World::start().await;
    let longest = format!("Aa1!{}", "x".repeat(195));
    for (at, password) in ["Aa1!||with||bars||in-it", "Aa1! äöå🔐 and then some", &longest].into_iter().enumerate()
    {
        let email = format!("e06-{at}@example.test");
        let seed = json!({ "accounts": [{ "email": email, "password": password }] });
        assert_eq!(world.post_control("seed", seed).await.0, 200);
        world.login(&email, "data", password).await.is(200, "Login OK");
    }
}

#[tokio::test]
async fn e08_e09_e10_e12_s1_s2_a_challenge_is_good_once_for_whom_it_was_made() {
    let world = World::start().await;
    for email in ["a@example.test", "b@example.test"] {
        world.account(email).await;
    }
    let post = async |email: &str, mode: &str, challenge: &str, encrypted: String| {
        let body = json!({ "ChResp": challenge, "Encrypted": encrypted });
        world.call("POST", &format!("/session/{email}/{mode}"), body).await
    };
    // A challenge of another user, or of the other mode.
    for (email, mode) in [("b@example.test", "data"), ("a@example.test", "admin")] {
        let challenge = world.challenge(email, mode).await;
        post("a@example.test", "data", &challenge, world.encrypt(PASSWORD, &challenge)).await.is(400, AUTH_FAILED);
    }
    // Another time stamp in the encrypted text.
    let challenge = world.challenge("a@example.test", "data").await;
    let stamp: u64 = challenge.split('|').nth(1).unwrap().parse().unwrap();
    let plain = format!("{PASSWORD}||{}", stamp + 1);
    let encrypted = STANDARD.encode(world.key.encrypt_oaep_sha1(plain.as_bytes()).unwrap());
    post("a@example.test", "data", &challenge, encrypted).await.is(400, AUTH_FAILED);
    // The failed attempt consumed the challenge; a successful one consumes it too.
    post("a@example.test", "data", &challenge, world.encrypt(PASSWORD, &challenge)).await.is(400, AUTH_FAILED);
    let challenge = world.challenge("a@example.test", "data").await;
    post("a@example.test", "data", &challenge, world.encrypt(PASSWORD, &challenge)).await.is(200, "Login OK");
    post("a@example.test", "data", &challenge, world.encrypt(PASSWORD, &challenge)).await.is(400, AUTH_FAILED);
    // Forged challenges.
    let good = world.challenge("a@example.test", "data").await;
    let flipped = format!("{}{}", if good.starts_with('A') { 'B' } else { 'A' }, &good[1..]);
    for bad in [flipped, format!("{good}|x"), good.rsplit_once('|').unwrap().0.to_owned()] {
        post("a@example.test", "data", &bad, world.encrypt(PASSWORD, &good)).await.is(400, AUTH_FAILED);
    }
    post("a@example.test", "data", &good, world.encrypt(PASSWORD, &good)).await.is(200, "Login OK");
}

#[tokio::test]
async fn e11_s3_a_challenge_lives_five_minutes() {
    let world = World::start().await;
    world.account("e11@example.test").await;
    for (wait, status) in [(295.0, 200), (301.0, 400)] {
        let challenge = world.challenge("e11@example.test", "data").await;
        world.advance(wait).await;
        let body = json!({ "ChResp": challenge, "Encrypted": world.encrypt(PASSWORD, &challenge) });
        assert_eq!(world.call("POST", "/session/e11@example.test/data", body).await.status, status, "{wait}");
    }
}

#[tokio::test]
async fn e13_e14_either_challenge_serves_and_line_breaks_do_not_matter() {
    let world = World::start().await;
    world.account("e13@example.test").await;
    let challenge = world.get("/account/e13@example.test/data").await.field("Challenge");
    let encrypted = world.encrypt(PASSWORD, &challenge);
    for (width, separator) in [(64, "\n"), (76, "\r\n")] {
        let challenge = world.get("/account/e13@example.test/data").await.field("Challenge");
        let encrypted = world.encrypt(PASSWORD, &challenge);
        let lines: Vec<&str> = encrypted.as_bytes().chunks(width).map(|l| std::str::from_utf8(l).unwrap()).collect();
        let body = json!({ "ChResp": challenge, "Encrypted": lines.join(separator) });
        world.call("POST", "/session/e13@example.test/data", body).await.is(200, "Login OK");
    }
    let body = json!({ "ChResp": challenge, "Encrypted": encrypted });
    world.call("POST", "/session/e13@example.test/data", body).await.is(200, "Login OK");
    let login = world.challenge("new@example.test", "admin").await;
    let change = json!({ "ChResp": login, "Encrypted": world.encrypt(PASSWORD, &login) });
    world.register_with("new@example.test", "admin", change, PASSWORD).await.is(201, "Created");
}

#[tokio::test]
async fn s4_what_cannot_be_decrypted_counts_against_the_address_and_not_the_user() {
    let world = World::limited("[rate_limit]\nfailed_logins_per_min = 20\nper_address_burst = 500\n").await;
    world.account("s4@example.test").await;
    for _ in 0..12 {
        let challenge = world.challenge("s4@example.test", "data").await;
        let body = json!({ "ChResp": challenge, "Encrypted": STANDARD.encode([7u8; 256]) });
        world.call("POST", "/session/s4@example.test/data", body).await.is(400, AUTH_FAILED);
    }
    // Twelve wrong passwords would have locked the user.
    world.login("s4@example.test", "data", PASSWORD).await.is(200, "Login OK");
    for _ in 0..8 {
        world.login("nobody@example.test", "data", OTHER_PASSWORD).await.is(400, AUTH_FAILED);
    }
    // Now the address must wait. This does not consume the challenge: it is still valid afterwards.
    let challenge = world.challenge("s4@example.test", "data").await;
    let body = json!({ "ChResp": challenge, "Encrypted": world.encrypt(PASSWORD, &challenge) });
    let refused = world.call("POST", "/session/s4@example.test/data", body.clone()).await;
    assert_eq!(refused.status, 429);
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
    world.advance(60.0).await;
    world.call("POST", "/session/s4@example.test/data", body).await.is(200, "Login OK");
}
