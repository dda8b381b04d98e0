//! Waiting callbacks: sent, compared with a loop that signs and posts; and taking the next of many, compared with the
//! next of few.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bankchannel::{
    CallOptions, Error,
    salt_edge_connector::{
        SaltEdgeConnector,
        envelope::{UnsignedEnvelope, sign},
        {HandleRequestRequest, WorkRequest},
    },
};
use bankchannel_crypto::{rsa::RsaPrivateKey, signature::SigningKey};
use bankchannel_foundation::Secret;
use bankchannel_storage::salt_edge_connector::ConnectorStore;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    bare::Bare,
    connector::{now_s, token_request},
    memory::status,
    table::{Bound, Table},
};

const MANY: usize = 100_000;
const FEW: usize = 10;
/// The number of posts of the loop; its rate is compared with that of many callbacks.
const POSTED: usize = 20_000;
/// The number that the outbox sends at once.
const CONNECTIONS: usize = 16;
/// The number of requests handled at once, and of workers that ask the bank.
const AT_ONCE: usize = 64;
const WORKERS: usize = 16;
/// The most that sending may add, in KiB.
const ALLOWED_KIB: f64 = 32.0 * 1024.0;
const TAKEN: usize = 200;
const ROUNDS: usize = 9;
const LONG: Duration = Duration::from_secs(1800);

pub(crate) fn measure(table: &mut Table) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let key = RsaPrivateKey::generate(2048).expect("a key").to_pkcs8_pem();
    let (few, many) = (folder.path().join("few"), folder.path().join("many"));
    runtime.block_on(waiting(&few, &key, FEW));
    runtime.block_on(waiting(&many, &key, MANY));
    claimed(table, &runtime, &few, &many);
    let hub = Bare::start(b"{}");
    let key_file = folder.path().join("key.pem");
    std::fs::write(&key_file, &*key).expect("a file");
    let (rate, added_kib) = in_child(&many, &key_file, &hub.address);
    let posted = runtime.block_on(post(&hub.address, &SigningKey::from_pem(&key, None).expect("a key")));
    table.ratio(
        "outbox, 100,000 callbacks sent, per second",
        &format!("{rate:.0}/s"),
        &format!("a loop that signs and posts, reqwest, 16 connections {posted:.0}/s"),
        rate / posted,
        Bound::AtLeast(0.6),
    );
    let ours = format!("{:.1} MiB", added_kib / 1024.0);
    table.ratio("memory added by sending them", &ours, "32 MiB", added_kib / ALLOWED_KIB, Bound::AtMost(1.0));
}

fn client(store: &Path, key: &str, further: &Value) -> SaltEdgeConnector {
    let own = SaltEdgeConnector::from_json(json!({"private_key": key})).expect("a client");
    // The hub signs with the same key.
    let public = own.public_key().expect("its public half");
    let mut settings = json!({
        "store": store, "hub_public_key": public, "private_key": key, "provider_code": "demobank", "app_id": "a", "app_secret": "s",
    });
    for (name, value) in further.as_object().expect("settings") {
        settings[name] = value.clone();
    }
    SaltEdgeConnector::from_json(settings).expect("a client")
}

/// Options with a bank that is never asked.
fn not_asked() -> CallOptions {
    CallOptions::asking(|_| Err(Error::invalid_field("bank", "nothing is asked of it here")))
}

/// A store with this many waiting callbacks: sessions that the bank has approved.
async fn waiting(store: &Path, key: &str, count: usize) {
    let client = client(store, key, &json!({}));
    let signing = Arc::new(SigningKey::from_pem(key, None).expect("a key"));
    let number = Arc::new(AtomicUsize::new(0));
    let handling = (0..AT_ONCE).map(|_| {
        let (client, signing, number) = (client.clone(), Arc::clone(&signing), Arc::clone(&number));
        tokio::spawn(async move {
            loop {
                let number = number.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return;
                }
                let data = token_request(&format!("session-{number}"));
                let jwt = UnsignedEnvelope::new(&data, now_s() + 60).signed(&signing).expect("signs");
                let request: HandleRequestRequest = bankchannel::model::read_boundary(json!({
                    "method": "POST", "target": "/api/priora/v1/tokens/create",
                    "headers": [{"name": "Client-Id", "value": "771"}, {"name": "Authorization", "value": format!("Bearer {jwt}")}],
                }))
                .expect("a request");
                let handled = client.handle_request_with(request, &not_asked()).await.expect("is handled");
                assert_eq!(handled.answer.status, 200, "{}", handled.answer.body);
            }
        })
    });
    for task in handling.collect::<Vec<_>>() {
        task.await.expect("handles");
    }
    let approved = || CallOptions {
        timeout: Some(LONG),
        ..CallOptions::asking(|_| Ok(Secret::new(r#"{"outcome":"approved","user_id":"u"}"#)))
    };
    let asking = (0..WORKERS.min(count)).map(|_| {
        let (client, options) = (client.clone(), approved());
        tokio::spawn(async move { client.work_with(WorkRequest::builder(), &options).await.expect("works").asked })
    });
    let mut asked = 0;
    for task in asking.collect::<Vec<_>>() {
        asked += task.await.expect("asks") as usize;
    }
    assert_eq!(asked, count);
}

/// The next callback of many and of few, alternating. A taken one is due again at once.
fn claimed(table: &mut Table, runtime: &Runtime, few: &Path, many: &Path) {
    let stores = [few, many].map(|folder| runtime.block_on(ConnectorStore::open_sqlite(folder)).expect("a store"));
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let [few, many] = [&stores[0], &stores[1]].map(|store| {
            runtime.block_on(async {
                let begun = Instant::now();
                for _ in 0..TAKEN {
                    let now = now_s() * 1000;
                    let taken = store.take_callbacks(now, now, 1).await.expect("takes");
                    assert_eq!(taken.len(), 1);
                }
                begun.elapsed().as_secs_f64() / TAKEN as f64
            })
        });
        if round > 0 {
            ratios.push((many / few, many, few));
        }
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, many, few) = ratios[ratios.len() / 2];
    table.ratio(
        "outbox, the next of 100,000 taken",
        &format!("{:.0} µs", many * 1e6),
        &format!("the next of ten {:.0} µs", few * 1e6),
        ratio,
        Bound::AtMost(1.2),
    );
}

fn in_child(store: &Path, key: &Path, hub: &str) -> (f64, f64) {
    let output = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["child", "outbox"])
        .args([store, key])
        .arg(hub)
        .output()
        .expect("a child");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    let (rate, added) = said.trim().split_once(' ').expect("two numbers");
    (rate.parse().expect("a rate"), added.parse().expect("KiB"))
}

/// Sends all waiting callbacks: prints the number per second, and the growth of the process in KiB.
pub(crate) fn child(store: &str, key: &str, hub: &str) {
    let key = std::fs::read_to_string(key).expect("the key");
    let runtime = Runtime::new().expect("a runtime");
    let client = client(Path::new(store), &key, &json!({"base_url": format!("http://{hub}")}));
    let (rate, added) = runtime.block_on(async {
        client.open_store().await.expect("opens");
        let before = status("self", "VmHWM");
        let begun = Instant::now();
        let options = CallOptions { timeout: Some(LONG), ..not_asked() };
        let worked = client.work_with(WorkRequest::builder(), &options).await.expect("works");
        let took = begun.elapsed().as_secs_f64();
        assert_eq!(worked.delivered as usize, MANY);
        (MANY as f64 / took, status("self", "VmHWM") - before)
    });
    println!("{rate} {added}");
}

/// A typical hand-written loop: each report signed and posted, several at once; returns the number per second.
async fn post(address: &str, key: &SigningKey) -> f64 {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("http://{address}/api/connectors/v1/sessions/success");
    let data = r#"{"session_secret":"session-12345","user_id":"u","token":"b7k-QxC3vdA-M48pexiSb7k-QxC3vdA-M48pexiS","token_expires_at":"2027-01-01T00:00:00.000Z"}"#;
    let data = match bankchannel::model::Value::from(serde_json::from_str::<Value>(data).expect("JSON")) {
        bankchannel::model::Value::Object(members) => members,
        _ => unreachable!("an object"),
    };
    let (key, number) = (Arc::new(key.clone()), Arc::new(AtomicUsize::new(0)));
    let begun = Instant::now();
    let posting = (0..CONNECTIONS).map(|_| {
        let (http, url, data) = (http.clone(), url.clone(), data.clone());
        let (key, number) = (Arc::clone(&key), Arc::clone(&number));
        tokio::spawn(async move {
            while number.fetch_add(1, Ordering::Relaxed) < POSTED {
                let jwt = sign(data.clone(), now_s() + 60, &key).expect("signs");
                let request = http.post(&url).header("App-Id", "a").header("App-Secret", "s");
                let answer = request.bearer_auth(jwt).send().await.expect("is answered");
                assert!(answer.status().is_success());
                answer.bytes().await.expect("a body");
            }
        })
    });
    for task in posting.collect::<Vec<_>>() {
        task.await.expect("posts");
    }
    POSTED as f64 / begun.elapsed().as_secs_f64()
}
