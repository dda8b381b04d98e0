//! Uploads and registrations at the WS Channel service. With `BANKCHANNEL_SERVICE_POSTGRES` the data is in that server, in
//! a schema for each fresh folder; the server is not killed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use bankchannel::{CallOptions, Content, ws_channel::WsChannel};
use bankchannel_iso20022::{EXAMPLE_PAIN001, read_status_report};
use bankchannel_openpgp as openpgp;
use bankchannel_tests::{
    peers::ws_channel::{POSTGRES, schema_of_its_own},
    world::pgp_key,
};
use serde_json::{Value, json};
use tokio::process::Child;

use crate::{moment, rounds, started};

const EMAIL: &str = "kill@example.test";
const PASSWORD: &str = "Kill_minus_nine_12345";
/// The service's balance allows some 6,800 example payments: a fresh folder after this many rounds.
const ROUNDS_PER_FOLDER: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_and_nothing_twice() {
    let mut left = rounds(25);
    let mut seen = (0, 0);
    while left > 0 {
        let rounds = left.min(ROUNDS_PER_FOLDER);
        let counted = rounds_on_one_folder(rounds).await;
        seen = (seen.0 + counted.0, seen.1 + counted.1);
        left -= rounds;
    }
    println!("acknowledged before a kill: {} uploads, {} registrations", seen.0, seen.1);
    assert!(seen.0 > 0 && seen.1 > 0, "the kills came before anything was acknowledged: the test proved nothing");
}

/// The acknowledgements received by clients.
#[derive(Default)]
struct Acknowledged {
    uploads: BTreeSet<String>,
    tried: BTreeSet<String>,
    registered: BTreeSet<String>,
}

async fn rounds_on_one_folder(rounds: usize) -> (usize, usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let database = std::env::var(POSTGRES).ok().map(|url| schema_of_its_own(&url).expect("a schema"));
    let config = database.map_or_else(String::new, |url| format!("postgres_url = {url:?}\n"));
    std::fs::write(folder.path().join("service.toml"), config).expect("a file");
    let told = Arc::new(Mutex::new(Acknowledged::default()));
    let mut account = Value::Null;
    for round in 0..rounds {
        let (mut child, ready) = start(&data).await;
        if account.is_null() {
            account = seed(&ready).await;
        }
        let mut tasks = Vec::new();
        for worker in 0..3 {
            tasks.push(tokio::spawn(upload(client(&ready, &account), Arc::clone(&told), format!("{round}-{worker}"))));
        }
        tasks.push(tokio::spawn(register(client(&ready, &account), Arc::clone(&told), round)));
        // Every other kill comes in the middle of work, however slow this machine is; the others at any time.
        if round % 2 == 0 {
            first_acknowledged(&told, round).await;
        }
        tokio::time::sleep(moment()).await;
        child.kill().await.expect("it is there");
        for task in tasks {
            task.await.expect("a client");
        }
    }
    let (mut child, ready) = start(&data).await;
    let told = std::mem::take(&mut *told.lock().expect("clients are gone"));
    check(client(&ready, &account), &told).await;
    child.kill().await.expect("it is there");
    (told.uploads.len(), told.registered.len())
}

/// Waits until an upload and a registration of this round are acknowledged, for at most ten seconds.
async fn first_acknowledged(told: &Mutex<Acknowledged>, round: usize) {
    let (upload, registration) = (format!("KILL-{round}-"), format!("r{round}-"));
    for _ in 0..1000 {
        let begun = {
            let told = told.lock().expect("not poisoned");
            told.uploads.iter().any(|id| id.starts_with(&upload))
                && told.registered.iter().any(|email| email.starts_with(&registration))
        };
        if begun {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn start(data: &std::path::Path) -> (Child, Value) {
    let config = data.with_file_name("service.toml");
    let options = ["--no-limits", "--control", "--config"].map(std::ffi::OsStr::new);
    started("ws-channel", data, options.into_iter().chain([config.as_os_str()])).await
}

async fn seed(ready: &Value) -> Value {
    let body = json!({"accounts": [{
        "email": EMAIL, "password": PASSWORD, "company": "Kill", "name": "Kill", "sessions": true, "certificates": ["simulator"],
        "pgp_keys": [{"key": pgp_key("kill").public().to_armored().expect("armor"), "purpose": "authorize"}],
    }]});
    let url = format!("{}/seed", ready["control_url"].as_str().expect("a control URL"));
    let answer =
        bankchannel_tests::wire::exchange(&url, "POST", &[], body.to_string().as_bytes()).await.expect("answers");
    assert_eq!(answer.status / 100, 2, "{}", answer.text());
    serde_json::from_slice::<Value>(&answer.body).expect("JSON")["accounts"][0].clone()
}

fn client(ready: &Value, account: &Value) -> WsChannel {
    WsChannel::from_json(json!({
        "base_url": ready["base_url"], "public_key_file": ready["public_key_file"], "email": EMAIL, "mode": "data",
        "api_key": account["api_key"], "id_token": account["id_tokens"]["data"], "bank": "simulator",
    }))
    .expect("a client")
}

/// Uploads payments with unique message ids until the service is gone.
async fn upload(client: WsChannel, told: Arc<Mutex<Acknowledged>>, worker: String) {
    for number in 0.. {
        let id = format!("KILL-{worker}-{number}");
        let payment = EXAMPLE_PAIN001.replace("BANKCHANNEL-EXAMPLE-0001", &id);
        assert!(payment.contains(&id), "the example's message id is known here");
        let now = SystemTime::now();
        let signer = pgp_key("kill").signer(now).expect("an unlocked key");
        let signature =
            openpgp::sign_detached(&[&signer], payment.as_bytes(), openpgp::HashAlgorithm::Sha256, now).expect("signs");
        told.lock().expect("not poisoned").tried.insert(id.clone());
        let request = json!({"file_name": "payment.xml", "file_type": "pain.001.001.09", "signature": signature});
        let options = CallOptions { content: Some(Content::from(payment.into_bytes())), ..CallOptions::default() };
        match client.call_json("ws_channel.upload_file", request, options).await {
            Ok(_) => drop(told.lock().expect("not poisoned").uploads.insert(id)),
            Err(error) => {
                let outcome = error.outcome().map(bankchannel::CallOutcome::as_str);
                assert!(
                    matches!(outcome, Some("not_sent" | "unknown" | "accepted")),
                    "a kill gives a transport error: {error}"
                );
                if outcome == Some("accepted") {
                    told.lock().expect("not poisoned").uploads.insert(id);
                }
                return;
            }
        }
    }
}

/// Registers accounts until the service is gone.
async fn register(client: WsChannel, told: Arc<Mutex<Acknowledged>>, round: usize) {
    for number in 0.. {
        let email = format!("r{round}-{number}@example.test");
        let request = json!({
            "email": email, "mode": "admin", "name": "R", "company": "R", "phone": format!("+35840{round:04}{number:04}"),
            "password": PASSWORD, "api_key": "0",
        });
        match client.call_json("ws_channel.register_account", request, CallOptions::default()).await {
            Ok(_) => drop(told.lock().expect("not poisoned").registered.insert(email)),
            Err(_) => return,
        }
    }
}

async fn check(client: WsChannel, told: &Acknowledged) {
    let call = |name: &'static str, request: Value| {
        let client = client.clone();
        async move { client.call_json(name, request, CallOptions::default()).await }
    };
    // Files acknowledged before the last kill may still be in processing.
    let mut reports = BTreeMap::new();
    for _ in 0..100 {
        let listed =
            call("ws_channel.list_files", json!({"file_type": "pain.002.001.10"})).await.expect("lists").response;
        let files = listed["file_descriptors"].as_array().expect("a list").clone();
        for file in &files {
            let reference = file["file_reference"].as_str().expect("a reference").to_owned();
            if reports.contains_key(&reference) {
                continue;
            }
            let request = json!({"file_type": "pain.002.001.10", "file_reference": reference});
            let done = call("ws_channel.download_file", request).await.expect("downloads");
            let Some(Content::Bytes(bytes)) = done.content else { panic!("content in memory") };
            reports.insert(reference, original(&bytes));
        }
        let found: BTreeSet<&String> = reports.values().collect();
        if told.uploads.iter().all(|id| found.contains(id)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for id in reports.values() {
        *count.entry(id).or_default() += 1;
    }
    let lost: Vec<_> = told.uploads.iter().filter(|id| !count.contains_key(id.as_str())).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let twice: Vec<_> = count.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "booked more than once: {twice:?}");
    let strange: Vec<_> = count.keys().filter(|id| !told.tried.contains(**id)).collect();
    assert!(strange.is_empty(), "booked and never sent: {strange:?}");
    for email in &told.registered {
        let request = json!({
            "email": email, "mode": "admin", "name": "R", "company": "R", "phone": "+358401234567", "password": PASSWORD, "api_key": "0",
        });
        let error = call("ws_channel.register_account", request).await.map(|done| done.response);
        let code = error.as_ref().err().map(bankchannel::Error::code);
        assert_eq!(code, Some("ws_channel.user_exists"), "{email} was acknowledged: {error:?}");
    }
}

/// The message id of the payment file that a status report is about.
fn original(report: &[u8]) -> String {
    let read = read_status_report(report).expect("a status report");
    read.reports[0].original_message_id.clone().expect("the payment file is named")
}
