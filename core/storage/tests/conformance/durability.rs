//! Acknowledged changes survive `kill -9`. The test starts its own binary as the process to be killed.

use crate::samples::*;
use bankchannel_storage::ws_channel::*;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

const FOLDER_VARIABLE: &str = "BANKCHANNEL_STORAGE_TEST_CHILD";
const ROUNDS: u64 = 5;

/// Not a separate test: the process that `acknowledged_verbs_survive_a_kill` starts and kills.
#[test]
fn the_process_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER_VARIABLE) else {
        return;
    };
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = WsChannelStore::open_sqlite(&folder).await.unwrap();
        let round = std::process::id();
        let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(write_for_ever(store.clone(), round))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });

    async fn write_for_ever(store: WsChannelStore, round: u32) {
        loop {
            let id = format!("{round}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
            let entry =
                AuditEntry { at: NOW, operation: "upload".to_owned(), object: id.clone(), ..AuditEntry::default() };
            assert!(store.consume_challenge(&id, i64::MAX).await.unwrap());
            store.with_audit(entry).record_upload(upload(&id, OWNER)).await.unwrap();
            // One write for the whole line: a kill leaves all of it or nothing. `eprintln!` would write it in pieces.
            std::io::stderr().write_all(format!("acknowledged {id}\n").as_bytes()).unwrap();
        }
    }
}

#[test]
fn acknowledged_verbs_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "durability::the_process_that_is_killed", "--nocapture"])
            .env(FOLDER_VARIABLE, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut seen = 0;
        for line in lines.by_ref() {
            if let Some(id) = line.unwrap().strip_prefix("acknowledged ") {
                acknowledged.push(id.to_owned());
                seen += 1;
            }
            if seen == 50 + 37 * round {
                break;
            }
        }
        child.kill().unwrap();
        // Lines written to the pipe before the kill were acknowledged too.
        let rest = lines.map_while(Result::ok);
        acknowledged.extend(rest.filter_map(|line| line.strip_prefix("acknowledged ").map(str::to_owned)));
        child.wait().unwrap();
    }
    assert!(acknowledged.len() as u64 > 50 * ROUNDS);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = WsChannelStore::open_sqlite(folder.path()).await.unwrap();
        store.check_integrity().await.unwrap();
        let records = match store.verify_audit().await.unwrap() {
            AuditVerdict::Intact { records, .. } => records,
            broken => panic!("{broken:?}"),
        };
        let journal = store.uploads_in_state(UploadState::Received, i64::MAX).await.unwrap();
        assert_eq!(journal.len() as i64, records, "an upload and its audit record are one");
        for id in &acknowledged {
            assert!(!store.consume_challenge(id, i64::MAX).await.unwrap(), "challenge {id} was lost");
            assert!(store.upload(id).await.unwrap().is_some(), "upload {id} was lost");
        }
    });
}
