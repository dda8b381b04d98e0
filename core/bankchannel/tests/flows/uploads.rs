//! A file signed and sent: what is signed is what is sent.

use std::{fs, sync::Arc, time::Duration};

use bankchannel::{CallOptions, CallOutcome, Content, model::ContentPieces};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{Act, Server, client, ok, private_key, refused};

pub(crate) const PAYMENT: &[u8] = b"<Document>\r\npayment\n</Document>";

pub(crate) fn sign(more: Value) -> Value {
    let mut request =
        json!({"bank": "simulator", "file_type": "pain.001.001.09", "private_key": private_key(), "check": false});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

pub(crate) fn with(content: impl Into<Content>) -> CallOptions {
    CallOptions { content: Some(content.into()), ..CallOptions::default() }
}

fn verified(sent: &Value, bytes: &[u8]) -> bool {
    let generated = json!({"private_key": private_key()});
    let public =
        bankchannel_openpgp::OpenPgpPrivateKey::from_armored(generated["private_key"].as_str().unwrap().as_bytes())
            .unwrap()
            .public();
    let request = json!({"public_key": public.to_armored().unwrap(), "signature": sent["Signature"]});
    bankchannel::call_local("ws_channel.verify_file", request, Some(bytes.to_vec().into())).unwrap()["good"] == true
}

#[tokio::test]
async fn what_is_signed_is_what_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.xml");
    fs::write(&path, PAYMENT).unwrap();
    let mut left = Some(PAYMENT);
    let pieces = ContentPieces::new(move || Ok(left.take().map(Into::into)));
    for (content, name) in [
        (Content::from(path.as_path()), None),
        (Content::from(PAYMENT.to_vec()), Some("a.xml")),
        (Content::Pieces(pieces), Some("b.xml")),
    ] {
        let server = Server::in_turn([Act::Answer(ok(201, json!({})))]).await;
        let request = sign(json!({"file_name": name}));
        let done =
            client(&server).call_json("ws_channel.sign_and_upload", request, with(content)).await.unwrap().response;
        assert_eq!(
            (&done["file_name"], &done["bytes"]),
            (&json!(name.unwrap_or("payments.xml")), &json!(PAYMENT.len()))
        );
        let seen = server.seen();
        let sent = seen[0].json();
        assert_eq!(STANDARD.decode(sent["FileContents"].as_str().unwrap().as_bytes()).unwrap(), PAYMENT);
        assert!(seen[0].header("content-length").is_some(), "the length is known");
        assert!(verified(&sent, PAYMENT) && !verified(&sent, b"other bytes"));
    }
}

#[tokio::test]
async fn what_cannot_be_signed_is_not_sent() {
    let server = Server::in_turn([Act::Stall]).await;
    let cases = [
        (sign(json!({"file_name": "a.xml", "private_key": "nonsense"})), PAYMENT, "ws_channel.pgp_key_refused"),
        (sign(json!({"file_name": "a.xml"})), b"" as &[u8], "ws_channel.content_empty"),
        (sign(json!({})), PAYMENT, "input.missing_field"),
    ];
    for (request, bytes, code) in cases {
        let error =
            client(&server).call_json("ws_channel.sign_and_upload", request, with(bytes.to_vec())).await.unwrap_err();
        assert_eq!((error.code(), error.outcome()), (code, Some(CallOutcome::NotSent)), "{error}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn after_429_the_same_bytes_are_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.xml");
    fs::write(&path, PAYMENT).unwrap();
    let server =
        Server::in_turn([Act::Answer(refused(429, "Too many requests")), Act::Answer(ok(201, json!({})))]).await;
    client(&server).call_json("ws_channel.sign_and_upload", sign(json!({})), with(path.as_path())).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen.len(), &seen[0].body), (2, &seen[1].body));
}

/// On a runtime with one thread, the file is read without blocking that thread's connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_key_in_a_file_is_read_where_it_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.asc");
    fs::write(&path, private_key()).unwrap();
    let server = Server::in_turn([Act::Answer(ok(201, json!({})))]).await;
    let client = client(&server);
    let request =
        |path: &std::path::Path| sign(json!({"file_name": "a.xml", "private_key": {"file": path.to_str().unwrap()}}));
    let there = request(&path);
    let upload = tokio::spawn({
        let client = client.clone();
        async move { client.call_json("ws_channel.sign_and_upload", there, with(PAYMENT.to_vec())).await }
    });
    upload.await.unwrap().unwrap();
    assert!(verified(&server.seen()[0].json(), PAYMENT));
    let missing = request(&folder.path().join("other.asc"));
    let upload =
        tokio::spawn(
            async move { client.call_json("ws_channel.sign_and_upload", missing, with(PAYMENT.to_vec())).await },
        );
    let error = upload.await.unwrap().unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("private_key")));
}

#[tokio::test]
async fn a_file_that_changes_between_signing_and_sending_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.xml");
    let size = 24 * 1024 * 1024;
    fs::write(&path, vec![b'a'; size]).unwrap();
    let go_on = Arc::new(Notify::new());
    let server = Server::in_turn([Act::Hold(Arc::clone(&go_on), ok(201, json!({})))]).await;
    let (client, content) = (client(&server), with(path.as_path()));
    let call =
        tokio::spawn(async move { client.call_json("ws_channel.sign_and_upload", sign(json!({})), content).await });
    server.wait_for(1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    // The size and all bytes already sent stay the same: only the last byte changes.
    use std::os::unix::fs::FileExt as _;
    fs::OpenOptions::new().write(true).open(&path).unwrap().write_all_at(b"b", size as u64 - 1).unwrap();
    go_on.notify_one();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("input.content_unreadable", Some(CallOutcome::NotSent)), "{error}");
    assert!(!server.seen()[0].complete);
}
