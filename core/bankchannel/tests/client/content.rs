//! Content that is sent and received.

use std::{fs, io::Write as _, sync::Arc, time::Duration};

use bankchannel::{
    CallOptions, CallOutcome, Content, ContentDestination,
    model::ContentPieces,
    ws_channel::{DownloadFile, DownloadFileRequest, UploadFile, UploadFileRequest},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use tokio::sync::{Notify, mpsc};

use crate::{
    repeats::upload,
    support::{Act, Server, client, ok, refused},
};

/// Bytes without a pattern, which could hide a mistake.
fn sample(size: usize) -> Vec<u8> {
    (0..size).map(|at| ((at * 31 + at / 251) % 256) as u8).collect()
}

fn of(content: Content) -> UploadFileRequest {
    let mut request = upload(b"");
    request.content = content;
    request
}

#[tokio::test]
async fn bytes_files_and_pieces_arrive_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for size in [1, 2, 3, 98_303, 98_304, 98_305, 1_000_003] {
        let bytes = sample(size);
        let path = folder.path().join("file");
        fs::write(&path, &bytes).unwrap();
        let mut rest = bytes.clone();
        let pieces = ContentPieces::new(move || {
            let take = rest.len().min(40_001);
            let piece: Vec<u8> = rest.drain(..take).collect();
            Ok((!piece.is_empty()).then(|| piece.into()))
        });
        for content in [Content::from(bytes.clone()), Content::from(path.as_path()), Content::Pieces(pieces)] {
            let server = Server::in_turn([Act::Answer(ok(201, json!({})))]).await;
            client(&server).upload_file(of(content)).await.unwrap();
            let sent = server.seen()[0].json();
            assert_eq!(STANDARD.decode(sent["FileContents"].as_str().unwrap().as_bytes()).unwrap(), bytes, "{size}");
            assert_eq!(sent["FileName"], "payments.xml");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_noticed_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::in_turn([Act::Stall]).await;
    for path in [folder.path().join("missing"), folder.path().to_owned()] {
        let error = client(&server).upload_file(of(Content::from(path.as_path()))).await.unwrap_err();
        assert_eq!((error.code(), error.outcome()), ("input.content_unreadable", Some(CallOutcome::NotSent)));
        assert!(error.message().contains(&path.display().to_string()));
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_sent_is_never_sent_whole() {
    let changes: [fn(&std::path::Path); 2] = [
        |path| fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap(),
        |path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(1000).unwrap(),
    ];
    for change in changes {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        // More than all buffers on the path can hold.
        fs::write(&path, sample(24 * 1024 * 1024)).unwrap();
        let go_on = Arc::new(Notify::new());
        let server = Server::in_turn([Act::Hold(Arc::clone(&go_on), ok(201, json!({})))]).await;
        let client = client(&server);
        let request = of(Content::from(path.as_path()));
        let call = tokio::spawn(async move { client.upload_file(request).await });
        server.wait_for(1).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        change(&path);
        go_on.notify_one();
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(
            (error.code(), error.outcome()),
            ("input.content_unreadable", Some(CallOutcome::NotSent)),
            "{error}"
        );
        let seen = server.seen();
        assert_eq!((seen.len(), seen[0].complete), (1, false));
    }
}

#[tokio::test]
async fn a_source_that_fails_ends_the_upload_with_its_own_error() {
    let server = Server::in_turn([Act::Answer(ok(201, json!({})))]).await;
    let mut given = false;
    let pieces = ContentPieces::new(move || {
        if std::mem::replace(&mut given, true) {
            return Err(bankchannel::Error::invalid_field("content", "is broken"));
        }
        Ok(Some(vec![1; 500_000].into()))
    });
    let error = client(&server).upload_file(of(Content::Pieces(pieces))).await.unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("content")));
    // The error may arrive before the server has read anything; it must never receive the whole body.
    assert!(server.seen().iter().all(|seen| !seen.complete));
}

pub(crate) fn download() -> DownloadFileRequest {
    bankchannel::model::read_boundary(json!({"bank": "nordea", "file_type": "VA", "file_reference": "1"})).unwrap()
}

#[tokio::test]
async fn a_download_goes_to_memory_a_file_or_a_receiver() {
    let bytes = sample(1_000_003);
    let answer = ok(200, json!({"Content": STANDARD.encode(&bytes)}));
    let server = Server::in_turn([Act::Answer(answer)]).await;
    let client = client(&server);
    let got = client.download_file(download()).await.unwrap().content;
    assert!(matches!(got, Content::Bytes(got) if got == bytes));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let to = |destination| CallOptions { destination, ..CallOptions::default() };
    let got = client.exchange::<DownloadFile>(download(), &to(ContentDestination::File(path.clone()))).await.unwrap();
    assert_eq!((got.content.known_size(), fs::read(&path).unwrap()), (Some(bytes.len() as u64), bytes.clone()));
    // The file exists now: it is not overwritten, and no request is sent to the bank.
    let before = server.seen().len();
    let error =
        client.exchange::<DownloadFile>(download(), &to(ContentDestination::File(path.clone()))).await.unwrap_err();
    assert_eq!(
        (error.code(), error.outcome(), server.seen().len()),
        ("input.invalid_field", Some(CallOutcome::NotSent), before)
    );
    client.exchange::<DownloadFile>(download(), &to(ContentDestination::ReplaceFile(path.clone()))).await.unwrap();

    let (sender, mut receiver) = mpsc::channel::<bytes::Bytes>(1);
    let taken = tokio::spawn(async move {
        let mut all = Vec::new();
        while let Some(piece) = receiver.recv().await {
            all.extend_from_slice(&piece);
        }
        all
    });
    client.exchange::<DownloadFile>(download(), &to(ContentDestination::Pieces(sender))).await.unwrap();
    assert_eq!(taken.await.unwrap(), bytes);
}

#[tokio::test]
async fn a_download_that_fails_leaves_nothing_behind() {
    let whole = ok(200, json!({"Content": STANDARD.encode(sample(300_000))})).bytes();
    let cut = Act::Raw(whole[..whole.len() / 2].to_vec());
    let damaged = Act::Answer(ok(200, json!({"Content": "not base64 at all!"})));
    for act in [cut, damaged, Act::Answer(refused(400, "Invalid parameter(s): FileReference"))] {
        let server = Server::in_turn([act]).await;
        let folder = tempfile::tempdir().unwrap();
        let options =
            CallOptions { destination: ContentDestination::File(folder.path().join("file")), ..CallOptions::default() };
        client(&server).exchange::<DownloadFile>(download(), &options).await.unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn a_download_is_tried_again_from_its_beginning() {
    let bytes = sample(200_000);
    let answer = ok(200, json!({"Content": STANDARD.encode(&bytes)}));
    let whole = answer.bytes();
    let server = Server::in_turn([Act::Raw(whole[..whole.len() / 2].to_vec()), Act::Answer(answer)]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let options = CallOptions { destination: ContentDestination::File(path.clone()), ..CallOptions::default() };
    client(&server).exchange::<DownloadFile>(download(), &options).await.unwrap();
    assert_eq!((fs::read(&path).unwrap(), server.seen().len()), (bytes, 2));
}

#[tokio::test]
async fn progress_is_told_in_bytes() {
    let server = Server::in_turn([Act::Answer(ok(201, json!({})))]).await;
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let options = CallOptions {
        progress: Some(bankchannel::ProgressWatcher::new(move |progress| {
            told.lock().unwrap().push((progress.bytes, progress.total));
        })),
        ..CallOptions::default()
    };
    client(&server).exchange::<UploadFile>(of(Content::from(sample(400_000))), &options).await.unwrap();
    let length: u64 = server.seen()[0].header("content-length").unwrap().parse().unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.contains(&(length, Some(length))), "{seen:?}");
    assert!(seen.windows(2).any(|two| two[0].0 < two[1].0));
}
