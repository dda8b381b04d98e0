//! Downloads of a call that failed or was killed: the next one reports them (docs/protocols/ws-channel.md §8.4).

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use bankchannel::{
    CallOptions,
    ws_channel::{DownloadNewFilesResponse, DownloadedFile},
};
use serde_json::{Value, json};

use crate::{
    bank::Bank,
    downloads::{names, run, unreadable},
    support::{Act, Server, client, refused},
};

/// Three files, and the server's act instead of sending the second one.
async fn three(instead: Act) -> Server {
    let bank = Bank::holding(&[("VA", "1", b"one"), ("VA", "2", b"two"), ("VA", "3", b"three")]);
    let times = AtomicUsize::new(0);
    Server::start(move |seen, _| {
        let is_first = seen.path.ends_with("/2") && times.fetch_add(1, Ordering::SeqCst) == 0;
        if is_first { instead.clone() } else { bank.act(seen) }
    })
    .await
}

fn statuses(files: &[DownloadedFile]) -> Vec<String> {
    files.iter().map(|file| format!("{:?}", file.result.status)).collect()
}

/// However a call ends: its error has what arrived, and the next call reports everything, once.
#[tokio::test]
async fn what_a_failed_call_has_downloaded_is_reported_by_the_next_one() {
    for ending in ["session", "time", "cancelled"] {
        let server =
            three(if ending == "session" { Act::Answer(refused(401, "Unauthorized")) } else { Act::Stall }).await;
        let folder = tempfile::tempdir().unwrap();
        let request = json!({"bank": "nordea", "directory": folder.path()});
        let mut options = CallOptions::default();
        if ending == "time" {
            options.timeout = Some(Duration::from_secs(1));
        }
        let cancel = options.cancel.clone();
        let call = {
            let (client, request) = (client(&server), request.clone());
            tokio::spawn(async move { client.call_json("ws_channel.download_new_files", request, options).await })
        };
        // The listing, the first file, the second one.
        server.wait_for(3).await;
        if ending == "cancelled" {
            cancel.cancel();
        }
        let error = call.await.unwrap().unwrap_err();
        let partial: DownloadNewFilesResponse = error.partial_response().unwrap();
        assert_eq!(statuses(&partial.files), ["Downloaded", "Failed", "NotTried"], "{ending}");
        assert_eq!((partial.downloaded, partial.failed, partial.not_tried), (1, 1, 1));
        assert_eq!(error.detail("downloaded"), Some("1"), "{ending}");
        let next = run(&server, request.clone()).await.unwrap();
        assert_eq!((&next["downloaded"], &next["existing"]), (&json!(3), &json!(0)), "{ending}: {next}");
        assert_eq!(run(&server, request).await.unwrap()["files"], json!([]), "{ending}");
        assert_eq!(names(folder.path()).len(), 3);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "the ledger is empty");
    }
}

/// A call that was killed: its downloads are reported too.
#[tokio::test]
async fn what_a_killed_call_has_downloaded_is_reported_by_the_next_one() {
    let server = three(Act::Stall).await;
    let folder = tempfile::tempdir().unwrap();
    let request = json!({"bank": "nordea", "directory": folder.path()});
    let call = {
        let (client, request) = (client(&server), request.clone());
        tokio::spawn(
            async move { client.call_json("ws_channel.download_new_files", request, CallOptions::default()).await },
        )
    };
    server.wait_for(3).await;
    // While it runs, its file is its own to report.
    let beside = run(&server, request.clone()).await.unwrap();
    let of_first =
        &beside["files"].as_array().unwrap().iter().find(|file| file["file_reference"] == "1").unwrap()["status"];
    assert_eq!(of_first, "exists");
    call.abort();
    let _ = call.await;
    let next = run(&server, request).await.unwrap();
    let first = next["files"].as_array().unwrap().iter().find(|file| file["file_reference"] == "1").unwrap();
    assert_eq!((&first["status"], &first["bytes"]), (&json!("downloaded"), &json!(3)));
}

/// A disk that takes no more: said of the file and of the rest, and nothing is asked of the bank.
#[tokio::test]
async fn a_full_disk_is_said_of_each_file() {
    let bank = Bank::holding(&[("VA", "1", b"one"), ("VA", "2", b"two"), ("VA", "3", b"three")]);
    let parent = tempfile::tempdir().unwrap();
    let (folder, aside) = (parent.path().join("statements"), parent.path().join("aside"));
    let (from, to) = (folder.clone(), aside.clone());
    let server = Server::start(move |seen, _| {
        let sent = bank.act(seen);
        if seen.path.ends_with("/2") && from.exists() {
            fs::rename(&from, &to).unwrap();
        }
        sent
    })
    .await;
    let request = json!({"bank": "nordea", "directory": folder});
    let answer = run(&server, request.clone()).await.unwrap();
    let of = |name: &str| -> Vec<Value> {
        answer["files"].as_array().unwrap().iter().map(|file| file.get(name).cloned().unwrap_or_default()).collect()
    };
    assert_eq!(of("status"), [json!("downloaded"), json!("failed"), json!("not_tried")]);
    assert_eq!(of("error")[1..], [json!("resource.storage"), json!("resource.storage")]);
    assert_eq!((&answer["failed"], &answer["not_tried"]), (&json!(1), &json!(1)));
    assert!(!server.seen().iter().any(|seen| seen.path.ends_with("/3")), "the third one stays new");
    // With room again, the second one comes although it is no longer new.
    fs::rename(&aside, &folder).unwrap();
    assert_eq!(run(&server, request).await.unwrap()["downloaded"], 2);
}

#[tokio::test]
async fn a_file_that_the_bank_no_longer_lists_is_said_once() {
    let bank = Bank::holding(&[("VA", "1", b"one")]);
    let at_bank = bank.clone();
    let server =
        Server::start(move |seen, _| if seen.path.ends_with("/1") { unreadable() } else { at_bank.act(seen) }).await;
    let folder = tempfile::tempdir().unwrap();
    let request = json!({"bank": "nordea", "directory": folder.path()});
    assert_eq!(run(&server, request.clone()).await.unwrap()["failed"], 1);
    bank.remove("1");
    let next = run(&server, request.clone()).await.unwrap();
    assert_eq!((&next["failed"], &next["files"][0]["error"]), (&json!(1), &json!("ws_channel.file_gone")));
    assert_eq!(run(&server, request).await.unwrap()["files"], json!([]));
}
