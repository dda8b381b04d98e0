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

/// The largest resident set of this process so far, in KiB.
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
    let before = peak_kib();
    up.upload_file(upload(Content::from(path.as_path()))).await.unwrap();
    let seen = server.seen();
    assert!(seen[1].complete && seen[1].body_bytes > SIZE / 3 * 4);
    let added = peak_kib() - before;
    assert!(added < ADDED_MAX_KIB, "sending {SIZE} bytes added {added} KiB");

    // The answer is made by the server before it is measured: what counts is what receiving adds.
    let answer = ok(200, json!({"Content": "QUFB".repeat(SIZE / 3)}));
    let server = Server::in_turn([Act::Answer(answer.clone()), Act::Answer(answer)]).await;
    let down = client(&server);
    let request = || -> DownloadFileRequest {
        bankchannel::model::read_boundary(json!({"bank": "nordea", "file_type": "VA", "file_reference": "1"})).unwrap()
    };
    let to =
        |name: &str| CallOptions { destination: Destination::File(folder.path().join(name)), ..CallOptions::default() };
    down.exchange::<DownloadFile>(request(), &to("first")).await.unwrap();
    let before = peak_kib();
    down.exchange::<DownloadFile>(request(), &to("second")).await.unwrap();
    let added = peak_kib() - before;
    assert!(added < ADDED_MAX_KIB, "receiving {SIZE} bytes added {added} KiB");
    assert_eq!(std::fs::metadata(folder.path().join("second")).unwrap().len(), (SIZE / 3 * 3) as u64);
}
