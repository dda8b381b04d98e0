//! Start and restart, and the requirements of a start.

use std::os::unix::fs::PermissionsExt;

use bankchannel_ws_channel_service::{RunningService, ServiceOptions, operator};
use serde_json::json;

use crate::support::{PASSWORD, World};

#[tokio::test]
async fn a_restart_finds_accounts_keys_sessions_and_pending_codes() {
    let world = World::start().await;
    let email = "restart@example.test";
    let key = world.register(email, "admin", "0").await.field("ApiKey");
    let code = world.code(email, "admin", "verify_phone").await;
    world.account("seeded@example.test").await;
    let session = world.data_session("seeded@example.test").await;
    let challenge = world.challenge("seeded@example.test", "data").await;
    let used = world.challenge("seeded@example.test", "data").await;
    let body = |challenge: &str, encrypted: String| json!({ "ChResp": challenge, "Encrypted": encrypted });
    let login = "/session/seeded@example.test/data";
    world.call("POST", login, body(&used, world.encrypt(PASSWORD, &used))).await.is(200, "Login OK");
    let public = world.key.to_spki_pem();
    let world = world.restart().await;
    assert_eq!(world.key.to_spki_pem(), public);
    assert!(world.alive(&session).await);
    world.call("POST", login, body(&challenge, world.encrypt(PASSWORD, &challenge))).await.is(200, "Login OK");
    assert_eq!(
        world.call("POST", login, body(&used, world.encrypt(PASSWORD, &used))).await.status,
        400,
        "a used one stays used"
    );
    world.verify_phone(email, "admin", &code).await.is(200, "Phone confirmation successful.");
    world.register(email, "data", &key).await.is(201, "Created");
    let outbox = std::fs::metadata(world.data().join("outbox.jsonl")).unwrap();
    assert_eq!(outbox.permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(world.data()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn the_complete_flow_passes_with_the_default_limits() {
    let world = World::limited("").await;
    let email = "flow@example.test";
    // Thirty calls without a session within two seconds, then the whole registration of §8.2.
    for _ in 0..30 {
        world.challenge("somebody@example.test", "data").await;
    }
    let key = world.register(email, "admin", "0").await.is(201, "Created").field("ApiKey");
    world.register(email, "data", &key).await.is(201, "Created");
    for mode in ["data", "admin"] {
        world.login(email, mode, PASSWORD).await;
        let code = world.code(email, mode, "verify_phone").await;
        world.verify_phone(email, mode, &code).await.is(200, "Phone confirmation successful.");
        let token = world.login(email, mode, PASSWORD).await.field("AccessToken");
        let code = world.code(email, mode, "verify_email").await;
        world.verify_email(email, mode, &token, &code).await.is(200, "Email verification successful.");
    }
    world.data_session(email).await;
    world.admin_session(email).await;
}

#[tokio::test]
async fn a_flood_is_told_to_wait() {
    let world = World::limited("").await;
    let answers = futures_util::future::join_all((0..120).map(|_| world.get("/session/flood@example.test/data"))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty() && answers.iter().filter(|answer| answer.status == 200).count() >= 60);
    assert!(refused.iter().all(|answer| answer.headers.contains_key("retry-after")));
}

#[tokio::test]
async fn a_verification_code_is_every_code() {
    let world = World::with("", |options| options.verification_code = Some("271828".into())).await;
    world.register("fixed@example.test", "admin", "0").await.is(201, "Created");
    assert_eq!(world.code("fixed@example.test", "admin", "verify_phone").await, "271828");
}

#[tokio::test]
async fn what_is_for_tests_is_refused_beyond_loopback_and_in_production() {
    let folder = tempfile::tempdir().unwrap();
    let production = folder.path().join("production.toml");
    std::fs::write(&production, "flavour = \"production\"").unwrap();
    let strange = folder.path().join("strange.toml");
    std::fs::write(&strange, "delivery = \"pigeon\"").unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let base = || ServiceOptions { data: Some(data.clone()), ..ServiceOptions::default() };
    let weak: [fn(&mut ServiceOptions); 3] = [
        |options| options.verification_code = Some("123456".into()),
        |options| options.no_limits = Some(true),
        |options| options.control = Some(true),
    ];
    for weaken in weak {
        let mut wide = ServiceOptions { listen: Some("0.0.0.0:0".into()), ..base() };
        weaken(&mut wide);
        let mut real = ServiceOptions { config: Some(production.to_str().unwrap().into()), ..base() };
        weaken(&mut real);
        for options in [wide, real] {
            let error = RunningService::start(options).await.err().expect("refused");
            assert_eq!(error.code(), "configuration.invalid");
        }
    }
    for (options, word) in [
        (ServiceOptions { listen: Some("0.0.0.0:0".into()), ..base() }, "TLS"),
        (ServiceOptions { listen: Some("nonsense".into()), ..base() }, "listen"),
        (ServiceOptions { tls_cert: Some("x.pem".into()), ..base() }, "tls_key"),
        (ServiceOptions { config: Some(strange.to_str().unwrap().into()), ..base() }, "delivery"),
        (ServiceOptions { config: Some("/nowhere.toml".into()), ..base() }, "nowhere"),
    ] {
        let error = RunningService::start(options).await.err().expect("refused");
        assert!(error.message().contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_second_process_a_damaged_key_and_a_damaged_database_are_named() {
    let mut world = World::start().await;
    let options = world.options();
    let error = RunningService::start(options.clone()).await.err().expect("locked");
    assert!(error.message().contains("in use by another process"), "{error}");
    // `--check` next to a running service: checks its configuration before a restart.
    let address = world.base.split('/').nth(2).unwrap().to_owned();
    let beside = ServiceOptions { listen: Some(address), ..options.clone() };
    let findings = operator::check(&beside).await;
    assert!(findings.iter().all(|finding| finding.ok), "{findings:?}");
    assert_eq!(findings.iter().filter(|finding| finding.text.contains("is running")).count(), 2, "{findings:?}");
    let elsewhere = ServiceOptions { data: None, ..beside };
    assert!(operator::check(&elsewhere).await.iter().any(|finding| finding.subject == "listen" && !finding.ok));
    world.stop().await;
    let key = world.data().join("keys/login-rsa.pem");
    let good = std::fs::read(&key).unwrap();
    std::fs::write(&key, "nonsense").unwrap();
    let error = RunningService::start(options.clone()).await.err().expect("damaged");
    assert!(error.message().contains("login-rsa.pem"), "{error}");
    let findings = operator::check(&options).await;
    assert!(findings.iter().any(|finding| finding.subject == "keys" && !finding.ok), "{findings:?}");
    std::fs::write(&key, good).unwrap();
    std::fs::write(world.data().join("service.sqlite"), "this is not a database").unwrap();
    let error = RunningService::start(options).await.err().expect("damaged");
    assert!(error.message().contains("damaged"), "{error}");
}

#[tokio::test]
async fn a_call_that_was_told_to_fail_does_nothing() {
    let world = World::start().await;
    let (status, _) = world.post_control("fail_next", json!({ "operation": "register", "status": 503 })).await;
    assert_eq!(status, 200);
    assert_eq!(world.register("told@example.test", "admin", "0").await.status, 503);
    world.register("told@example.test", "admin", "0").await.is(201, "Created");
}

#[tokio::test]
async fn codes_that_cannot_be_delivered_fail_the_call_unless_that_would_tell_who_exists() {
    let world = World::start().await;
    world.account("known@example.test").await;
    // The outbox can no longer be written.
    let outbox = world.data().join("outbox.jsonl");
    std::fs::remove_file(&outbox).unwrap();
    std::fs::create_dir(&outbox).unwrap();
    world.register("new@example.test", "admin", "0").await.is(500, "Internal server processing side error");
    // The registration is kept; an undelivered code is not.
    world.register("new@example.test", "admin", "0").await.is(400, "User already exists");
    world.login("new@example.test", "admin", PASSWORD).await.is(500, "Internal server processing side error");
    world.login("known@example.test", "admin", PASSWORD).await.is(500, "Internal server processing side error");
    world.get("/account/known@example.test/data/password").await.is(200, "SMS sent");
    world.get("/account/nobody@example.test/data/password").await.is(200, "SMS sent");
    world.login("known@example.test", "data", PASSWORD).await.is(200, "Login OK");
}

#[tokio::test]
async fn while_clients_change_over_the_previous_key_is_accepted() {
    let mut world = World::start().await;
    world.account("rotate@example.test").await;
    let old = world.key.clone();
    world.stop().await;
    let keys = world.data().join("keys");
    std::fs::rename(keys.join("login-rsa.pem"), keys.join("login-rsa-previous.pem")).unwrap();
    let mut world = world.restart_stopped().await;
    assert_ne!(old, world.key);
    world.login("rotate@example.test", "data", PASSWORD).await.is(200, "Login OK");
    let new = std::mem::replace(&mut world.key, old.clone());
    world.login("rotate@example.test", "data", PASSWORD).await.is(200, "Login OK");
    world.stop().await;
    std::fs::remove_file(keys.join("login-rsa-previous.pem")).unwrap();
    let mut world = world.restart_stopped().await;
    assert_eq!(world.key, new);
    world.key = old;
    world.login("rotate@example.test", "data", PASSWORD).await.is(400, crate::support::AUTH_FAILED);
}

/// Not timed here: the work of a start on an existing folder must not grow with its contents. `tests/benchmarks`
/// measures the time.
#[tokio::test]
async fn upkeep_is_not_part_of_a_start() {
    let world = World::start().await;
    world.account("start@example.test").await;
    let world = world.restart().await;
    assert!(!world.data().join("audit-heads.jsonl").exists(), "the trail is checked later");
    world.login("start@example.test", "data", PASSWORD).await.is(200, "Login OK");
}
