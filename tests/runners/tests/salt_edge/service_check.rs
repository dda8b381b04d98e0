//! `serve salt-edge-connector --check` finds the same problems that a start refuses, and creates nothing.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use bankchannel_counterparts::{EmbeddedServer, ServerFinding, counterpart};
use serde_json::{Value, json};

/// The findings of a check, by subject.
async fn looked(options: &Value) -> Vec<ServerFinding> {
    let check = counterpart("salt-edge-connector").unwrap().check.unwrap();
    check(options.clone().into()).unwrap().await
}

async fn starts(options: &Value) -> Result<(), String> {
    let started = EmbeddedServer::start("salt-edge-connector", options.clone()).await;
    match started {
        Ok(running) => {
            running.stop().await;
            Ok(())
        }
        Err(error) => Err(error.message().to_owned()),
    }
}

fn file(folder: &Path, name: &str, text: &str, mode: u32) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_serve_is_refused_by_both() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "planted-secret-0123456789-0123456789";
    let [open, private, empty] = [("open", secret, 0o644), ("private", secret, 0o600), ("empty", "\n", 0o600)]
        .map(|(name, text, mode)| file(folder.path(), name, text, mode));
    let hub = "https://hub.example";
    for (options, named) in [
        (json!({"hub_url": hub}), "app_id"),
        (json!({"hub_url": hub, "app_id": " ", "app_secret_file": private}), "app_id"),
        (json!({"hub_url": hub, "app_id": "id"}), "app_secret"),
        (json!({"hub_url": hub, "app_id": "id", "app_secret_file": empty}), "app_secret"),
        (json!({"hub_url": hub, "app_id": "id", "app_secret_file": open}), "chmod 600"),
        (json!({"provider_code": ""}), "provider_code"),
        (json!({"bank_secret_file": open}), "chmod 600"),
        (json!({"bank_secret_file": folder.path().join("absent")}), "no such file"),
        (json!({"private_key": open}), "chmod 600"),
    ] {
        // With an existing data folder, and with a missing one.
        for name in ["data", "absent-data"] {
            let data = folder.path().join(name);
            if name == "data" {
                fs::create_dir_all(&data).unwrap();
                fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
            }
            let mut options = options.clone();
            options["data"] = json!(data);
            let bad: Vec<String> =
                looked(&options).await.into_iter().filter(|found| !found.ok).map(|found| found.text).collect();
            assert!(bad.iter().any(|text| text.contains(named)), "{options}: {bad:?}");
            assert!(!data.exists() || fs::read_dir(&data).unwrap().next().is_none(), "{options}: something was made");
            let why = starts(&options).await.expect_err("it does not start");
            assert!(why.contains(named), "{options}: {why}");
            assert!(!bad.concat().contains(secret) && !why.contains(secret), "{options}");
            fs::remove_dir_all(&data).unwrap_or_default();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_makes_no_store_and_a_given_key_leaves_the_pair_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(
        folder.path(),
        "connector.toml",
        &format!("[connector]\nstore = {:?}\n", folder.path().join("mistyped")),
        0o600,
    );
    let data = folder.path().join("data");
    let found = looked(&json!({"data": data, "config": config})).await;
    assert!(found.iter().all(|found| found.ok), "{:?}", found.iter().map(|found| &found.text).collect::<Vec<_>>());
    assert!(found.iter().any(|found| found.subject == "store" && found.text.contains("will be made")));
    assert!(!folder.path().join("mistyped").exists() && !data.exists());

    starts(&json!({ "data": data })).await.unwrap();
    let read = |name: &str| fs::read_to_string(data.join(name)).unwrap();
    let pair = (read("connector.key.pem"), read("connector.public.pem"));
    let other = bankchannel_crypto::rsa::RsaPrivateKey::generate(2048).unwrap();
    let given = file(folder.path(), "given.pem", &other.to_pkcs8_pem(), 0o600);
    starts(&json!({"data": data, "private_key": given})).await.unwrap();
    assert_eq!((read("connector.key.pem"), read("connector.public.pem")), pair);
    assert_ne!(read("given-key.public.pem"), pair.1);
    // An existing store is opened.
    let found = looked(&json!({ "data": data })).await;
    assert!(found.iter().any(|found| found.subject == "store" && found.text.contains("it opens; schema version")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_running_connector_the_rest_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let running = EmbeddedServer::start("salt-edge-connector", json!({"data": data})).await.unwrap();
    let told = running.readiness();
    let address = |name: &str| told[name].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let listen = address("base_url");
    let findings = looked(&json!({"data": data, "listen": listen})).await;
    assert!(findings.iter().all(|found| found.ok), "{findings:?}");
    assert!(
        findings.iter().any(|found| found.subject == "listen" && found.text.contains("is running")),
        "{findings:?}"
    );
    // A service with another folder could not start at this address.
    let findings = looked(&json!({"data": folder.path().join("other"), "listen": listen})).await;
    assert!(findings.iter().any(|found| found.subject == "listen" && !found.ok), "{findings:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_server_is_seeded_and_a_controlled_one_takes_orders() {
    let start = |kind: &'static str, options: Value| async move { EmbeddedServer::start(kind, options).await.unwrap() };
    let plain = start("ws-channel", json!({})).await;
    let account = json!({"email": "a@example.test", "password": "Example-Password-2026", "sessions": true});
    let seeded = plain.seed(json!({"accounts": [account]})).await.unwrap();
    assert_eq!(seeded["accounts"][0]["email"], "a@example.test");
    assert!(seeded["accounts"][0]["id_tokens"]["data"].is_string(), "{seeded}");
    let again = plain.seed(json!({"accounts": [account]})).await.unwrap_err();
    assert!(again.code().starts_with("input.") && !again.to_string().contains("Example-Password"), "{again}");
    let refused = plain.control("clock", json!({"advance_s": 5})).await.unwrap_err();
    assert_eq!((refused.code(), refused.detail("field")), ("configuration.invalid", Some("control")));
    plain.stop().await;
    let bank = start("nextgen-psd2-bank", json!({"control": true})).await;
    assert!(bank.control("clock", json!({"now": "2026-03-03T10:15:30Z"})).await.unwrap()["now"].is_string());
    assert_eq!(bank.control("outbox", json!({})).await.unwrap(), json!([]));
    let unknown = bank.control("nonsense", json!({})).await.unwrap_err();
    assert_eq!(unknown.detail("field"), Some("order"));
    // The counterpart's own orders, with or without the prefix.
    for order in ["psu", "sandbox/psu"] {
        let refused = bank.control(order, json!({})).await.unwrap_err();
        assert!(refused.code().starts_with("input.") && refused.detail("field") != Some("order"), "{refused}");
    }
    bank.stop().await;
    let connector = start("salt-edge-connector", json!({})).await;
    assert_eq!(connector.seed(json!({"customers": []})).await.unwrap(), json!({"customers": 0}));
    connector.stop().await;
}
