//! Uploads of three customers at the sandbox bank of SEPA Web Services.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use bankchannel::{CallOptions, Content, sepa_web_services::SepaWebServices};
use bankchannel_iso20022::EXAMPLE_PAIN001;
use serde_json::{Value, json};
use tokio::process::Child;

use crate::{moment, rounds, started};

/// Families, the profile of a client, the types of payments and reports.
const FAMILIES: [(&str, &str, &str, &str); 3] = [
    ("nordea", "nordea", "NDCORPAYS", "NDCORPAYL"),
    ("op", "op", "pain.001.001.09", "pain.002.001.10"),
    ("samlink", "saastopankki", "XL", "XP"),
];

/// What clients were told.
#[derive(Default)]
struct Told {
    acknowledged: BTreeSet<String>,
    tried: BTreeSet<String>,
}

async fn start(data: &Path) -> (Child, Value) {
    started("sepa-bank", data, ["--plain", "--control"].map(OsStr::new).into_iter()).await
}

fn client(ready: &Value, (family, bank, ..): (&str, &str, &str, &str)) -> SepaWebServices {
    let (of, customer) = (&ready["families"][family], &ready["families"][family]["customers"][0]);
    let mut settings = json!({
        "bank": bank, "file_url": of["file_url"], "trusted_file": of["anchors_file"],
        "customer_id": customer["customer_id"], "target_id": customer["target_id"],
        "certificate_file": customer["certificate_file"], "private_key_file": customer["key_file"], "retries": 0,
    });
    settings.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    SepaWebServices::from_json(settings).expect("a client")
}

/// Uploads payments with unique message ids until the bank is gone.
async fn upload(client: SepaWebServices, file_type: &'static str, told: Arc<Mutex<Told>>, worker: String) {
    for number in 0.. {
        let id = format!("KILL-{worker}-{number}");
        let payment = EXAMPLE_PAIN001.replace("BANKCHANNEL-EXAMPLE-0001", &id);
        told.lock().expect("not poisoned").tried.insert(id.clone());
        let options = CallOptions { content: Some(Content::from(payment.into_bytes())), ..CallOptions::default() };
        match client.call_json("sepa_web_services.upload_file", json!({"file_type": file_type}), options).await {
            Ok(_) => drop(told.lock().expect("not poisoned").acknowledged.insert(id)),
            Err(error) => {
                let outcome = error.outcome().map(bankchannel::CallOutcome::as_str);
                assert!(matches!(outcome, Some("not_sent" | "unknown")), "a kill gives a transport error: {error:?}");
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t79_what_the_bank_has_acknowledged_is_there_and_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let told = Arc::new(Mutex::new(Told::default()));
    for round in 0..rounds(10) {
        let (mut child, ready) = start(&data).await;
        let before = told.lock().expect("not poisoned").acknowledged.len();
        let tasks: Vec<_> = FAMILIES
            .into_iter()
            .map(|family| {
                let worker = format!("{round}-{}", family.0);
                tokio::spawn(upload(client(&ready, family), family.2, Arc::clone(&told), worker))
            })
            .collect();
        // Every other kill comes in the middle of work, however slow this machine is; the others at any time.
        for _ in 0..2000 {
            if round % 2 == 1 || told.lock().expect("not poisoned").acknowledged.len() > before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(moment()).await;
        child.kill().await.expect("it is there");
        for task in tasks {
            task.await.expect("a client");
        }
    }
    let (mut child, ready) = start(&data).await;
    let told = std::mem::take(&mut *told.lock().expect("clients are gone"));
    let clock = format!("{}/clock", ready["control_url"].as_str().expect("a control URL"));
    let moved = bankchannel_tests::wire::exchange(&clock, "POST", &[], b"{\"advance_s\": 61}").await.expect("answers");
    assert_eq!(moved.status / 100, 2, "{}", moved.text());
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for family in FAMILIES {
        let request = json!({"directory": folder.path().join(family.0), "file_type": family.3, "parse": true});
        let done = client(&ready, family)
            .call_json("sepa_web_services.download_new_files", request, CallOptions::default())
            .await
            .expect("downloads");
        assert_eq!(done.response["failed"], 0, "{}", done.response);
        for file in done.response["files"].as_array().expect("files") {
            let report = &file["report"]["reports"][0];
            *count.entry(report["original_message_id"].as_str().expect("named").to_owned()).or_default() += 1;
        }
    }
    println!("acknowledged before a kill: {} uploads of {}", told.acknowledged.len(), told.tried.len());
    assert!(!told.acknowledged.is_empty(), "the kills came before anything was acknowledged: the test proved nothing");
    let lost: Vec<_> = told.acknowledged.iter().filter(|id| !count.contains_key(*id)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let twice: Vec<_> = count.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "reported more than once: {twice:?}");
    let strange: Vec<_> = count.keys().filter(|id| !told.tried.contains(*id)).collect();
    assert!(strange.is_empty(), "reported and never sent: {strange:?}");
    child.kill().await.expect("it is there");
}
