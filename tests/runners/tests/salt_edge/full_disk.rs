//! A store that cannot be written: the hub must retry later, and acknowledged requests are still there when the store
//! is writable again.

use std::process::{Command, Stdio};

use bankchannel::{
    CallOptions,
    salt_edge_connector::{HandleRequestRequest, SaltEdgeConnector, WorkRequest},
};
use serde_json::{Value, json};

use crate::{bank::Bank, world::World};

/// Set in the process with limited file size: its settings as JSON, and the URL that makes requests.
const CONNECTOR: &str = "BANKCHANNEL_TEST_FULL_DISK";
const NAME: &str = "full_disk::what_was_acknowledged_before_the_disk_was_full_is_there";
/// The maximum file size, in the shell's blocks of 512 bytes.
const BLOCKS: u32 = 1200;
/// More sessions than files of that size can hold.
const MANY: usize = 4000;

#[tokio::test]
async fn a_store_that_cannot_be_opened_puts_the_hub_off() {
    let world = World::new(Bank::usual()).await;
    let file = world.place.folder.path().join("no-folder");
    std::fs::write(&file, "").unwrap();
    // The other place allows no new folder, not even for root.
    for (store, word) in [(file.as_path(), "no-folder"), ("/sys/no-folder".as_ref(), "no-folder")] {
        let connector = world.with(json!({"store": store}));
        let request = world.made(json!({"operation": "create_token"})).await;
        let handled = connector.handle_request_with(request, &world.options()).await.unwrap();
        put_off(
            handled.answer.status,
            &handled.answer.headers.iter().map(|header| header.name.as_str()).collect::<Vec<_>>(),
        );
        assert!(!handled.answer.body.contains(word), "the path is nobody else's: {}", handled.answer.body);
        let fault = connector.work_with(WorkRequest::builder(), &world.options()).await.unwrap_err();
        assert_eq!(fault.code(), "resource.storage");
    }
}

fn put_off(status: u32, headers: &[&str]) {
    assert_eq!(status, 503);
    assert!(headers.contains(&"Retry-After"), "{headers:?}");
}

/// SQLite only: the files of a PostgreSQL server are outside this process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_the_disk_was_full_is_there() {
    if let Ok(told) = std::env::var(CONNECTOR) {
        return fill(serde_json::from_str(&told).unwrap()).await;
    }
    let world = World::in_folder(Bank::usual()).await;
    let control = world.hub.readiness()["control_url"].as_str().unwrap().to_owned();
    let told = json!({"settings": crate::world::settings(&world.hub, &world.place, json!({})), "control": control});
    // A write beyond the limit fails as on a full disk if the signal for it is ignored.
    let script = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" --exact {NAME} --nocapture");
    let filled = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(CONNECTOR, told.to_string())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let said = String::from_utf8(filled.stdout).unwrap();
    assert!(filled.status.success(), "{said}");
    let told =
        |word: &str| said.lines().filter_map(|line| Some(line.split_once(word)?.1.to_owned())).collect::<Vec<_>>();
    let (acknowledged, refused) = (told("acknowledged "), told("refused "));
    assert!(!acknowledged.is_empty() && !refused.is_empty(), "{said}");
    // With space again, work continues, and the hub's repeated requests are accepted.
    for secret in &refused {
        let credentials = json!({"authorization_type": "login_password", "login": "minna", "password": "right"});
        let order = json!({"operation": "create_token", "session_secret": secret, "credentials": credentials});
        assert_eq!(world.answer(order).await.0, 200);
    }
    let options = CallOptions { timeout: Some(std::time::Duration::from_secs(120)), ..world.options() };
    let worked = world.connector.work_with(WorkRequest::builder(), &options).await.unwrap();
    assert_eq!(worked.asked as usize, acknowledged.len() + refused.len(), "{worked:?}");
    for secret in acknowledged.iter().chain(&refused) {
        assert_eq!(world.session(secret).await["status"], "success", "{secret}");
    }
    println!("a full disk: {} sessions acknowledged before", acknowledged.len());
}

/// The process with limited file size: handles requests until the disk is full.
async fn fill(told: Value) {
    let connector = SaltEdgeConnector::from_json(told["settings"].clone()).unwrap();
    let requests = format!("{}/sandbox/requests", told["control"].as_str().unwrap());
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let options = CallOptions::default().with_bank(Bank::usual());
    let credentials = json!({"authorization_type": "login_password", "login": "minna", "password": "right"});
    let (mut refused, mut number) = (0, 0);
    while refused < 3 {
        assert!(number < MANY, "the disk was never full");
        let secret = format!("full-{number}");
        number += 1;
        let order = json!({"operation": "create_token", "session_secret": secret, "credentials": credentials});
        let made: Value = http.post(&requests).json(&order).send().await.unwrap().json().await.unwrap();
        let request = json!({"method": made["method"], "target": made["target"], "headers": made["headers"]});
        let request: HandleRequestRequest = bankchannel::model::read_boundary(request).unwrap();
        let handled = connector.handle_request_with(request, &options).await.unwrap();
        if handled.answer.status == 200 {
            println!("acknowledged {secret}");
            continue;
        }
        let headers: Vec<&str> = handled.answer.headers.iter().map(|header| header.name.as_str()).collect();
        put_off(handled.answer.status, &headers);
        println!("refused {secret}");
        refused += 1;
    }
}
