//! A large file is never held: what it adds to the process's memory is measured.
#![allow(clippy::unwrap_used)]

mod support;

use bankchannel::{
    CallOptions, Content, Destination,
    ws_channel::operations::files::{
        download_file::{DownloadFile, DownloadFileRequest},
        upload_file::UploadFileRequest,
    },
};
use serde_json::json;
use support::{Act, Server, client, ok};

/// A sample of the 100 MiB that the whole proof sends.
const SIZE: usize = 32 * 1024 * 1024;
/// The most that may be added, in KiB: far below the file, and room for buffers and the test's own server.
const ADDED_MAX_KIB: u64 = 12 * 1024;

/// How much the largest resident set grows while this runs, in KiB.
async fn added_kib<T>(work: impl Future<Output = T>) -> (u64, T) {
    // Sets the peak back to what is resident now (proc(5)).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak_kib();
    let done = work.await;
    (peak_kib().saturating_sub(before), done)
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn upload(content: Content) -> UploadFileRequest {
    let request = json!({"bank": "nordea", "file_name": "a.xml", "file_type": "KTL", "signature": "x", "file_contents": {"base64": ""}});
    UploadFileRequest { file_contents: content, ..bankchannel::model::read_boundary(request).unwrap() }
}

#[tokio::test]
async fn thirty_two_mib_add_little() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big");
    std::fs::File::create(&path).unwrap().set_len(SIZE as u64).unwrap();
    let server = Server::in_turn([Act::Swallow(ok(201, json!({})))]).await;
    let up = client(&server);
    // Once with little, so that connections, keys and buffers are there already.
    up.upload_file(upload(vec![0; 300_000].into())).await.unwrap();
    let (added, sent) = added_kib(up.upload_file(upload(Content::from(path.as_path())))).await;
    sent.unwrap();
    let seen = server.seen();
    assert!(seen[1].complete && seen[1].body_bytes > SIZE / 3 * 4);
    assert!(added < ADDED_MAX_KIB, "sending {SIZE} bytes added {added} KiB");

    // The answer is made before it is measured: what counts is what receiving adds.
    let server = Server::in_turn([Act::Answer(ok(200, json!({"Content": "QUFB".repeat(SIZE / 3)})))]).await;
    let down = client(&server);
    let to = |destination| CallOptions { destination, ..CallOptions::default() };
    let file = folder.path().join("down");
    let (added, got) = added_kib(down.exchange::<DownloadFile>(download(), &to(Destination::File(file.clone())))).await;
    got.unwrap();
    assert!(added < ADDED_MAX_KIB, "receiving {SIZE} bytes added {added} KiB");
    assert_eq!(std::fs::metadata(file).unwrap().len(), (SIZE / 3 * 3) as u64);
    // The measure sees what is held.
    let (added, got) = added_kib(down.exchange::<DownloadFile>(download(), &to(Destination::Memory))).await;
    got.unwrap();
    assert!(added > 2 * ADDED_MAX_KIB, "holding {SIZE} bytes added only {added} KiB");
}

fn download() -> DownloadFileRequest {
    bankchannel::model::read_boundary(json!({"bank": "nordea", "file_type": "VA", "file_reference": "1"})).unwrap()
}
