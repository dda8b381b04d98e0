//! Uploads that were made before.

use std::sync::{Arc, Mutex};

use bankchannel::{CallAnswer, CallOptions, CallOutcome, Content, Error, ws_channel::WsChannel};
use serde_json::{Value, json};

use crate::support::{Act, Server, client, ok, private_key, refused};

async fn upload(client: &WsChannel, content: &str, more: Value, options: CallOptions) -> Result<(), Error> {
    let mut request = json!({
        "bank": "simulator", "file_type": "pain.001.001.09", "file_name": "a.xml", "private_key": private_key(),
        "check": false,
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let options = CallOptions { content: Some(Content::from(content.as_bytes().to_vec())), ..options };
    client.call_json("ws_channel.sign_and_upload", request, options).await.map(drop)
}

#[tokio::test]
async fn the_same_file_is_sent_once() {
    let acts = [
        Act::Answer(refused(400, "Invalid signature format.")),
        Act::Answer(ok(201, json!({}))),
        Act::ResetAfterRequest,
        Act::Answer(ok(201, json!({}))),
        Act::Answer(ok(201, json!({}))),
        Act::Answer(ok(201, json!({}))),
    ];
    let server = Server::in_turn(acts).await;
    let folder = tempfile::tempdir().unwrap();
    let checked = || json!({"reject_repeats": folder.path()});
    // A refused upload does not count; an accepted one does, for every client and process with this folder.
    let payment = bankchannel_iso20022::EXAMPLE_PAIN001;
    let error = upload(&client(&server), payment, checked(), CallOptions::default()).await.unwrap_err();
    assert_eq!(error.outcome(), Some(CallOutcome::Refused));
    upload(&client(&server), payment, checked(), CallOptions::default()).await.unwrap();
    let error = upload(&client(&server), payment, checked(), CallOptions::default()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.category().as_str(), error.outcome(), error.detail("earlier_outcome")),
        ("ws_channel.upload_repeated", "conflict", Some(CallOutcome::NotSent), Some("accepted"))
    );
    assert!(error.message().contains("that upload was accepted") && error.detail("earlier").is_some(), "{error}");
    assert_eq!(server.seen().len(), 2);
    // One whose outcome is unknown counts too.
    let other = payment.replace("250.05", "250.06");
    let error = upload(&client(&server), &other, checked(), CallOptions::default()).await.unwrap_err();
    assert_eq!(error.outcome(), Some(CallOutcome::Unknown));
    assert!(error.detail("message_id").is_some(), "{error:?}");
    let error = upload(&client(&server), &other, checked(), CallOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.detail("earlier_outcome")), ("ws_channel.upload_repeated", Some("unknown")));
    // Beyond the time, and unless asked, it is sent.
    let late = json!({"reject_repeats": folder.path(), "repeats_within_s": 0});
    upload(&client(&server), payment, late.clone(), CallOptions::default()).await.unwrap();
    upload(&client(&server), payment, json!({}), CallOptions::default()).await.unwrap();
    assert_eq!(server.seen().len(), 5);
    // Time says nothing of one that is unknown; somebody does.
    let error = upload(&client(&server), &other, late, CallOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.detail("earlier_outcome")), ("ws_channel.upload_repeated", Some("unknown")));
    let anyway = json!({"reject_repeats": folder.path(), "send_anyway": true});
    upload(&client(&server), &other, anyway, CallOptions::default()).await.unwrap();
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn the_program_is_asked_for_its_own_ledger() {
    let server = Server::in_turn([Act::Answer(ok(201, json!({})))]).await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let asking = |answer: &'static str| {
        let asked = Arc::clone(&asked);
        CallOptions::asking(move |question| {
            let request = question.request.map(|request| request.to_json());
            asked.lock().unwrap().push((question.kind, request.unwrap_or_default()));
            Ok(CallAnswer::from(answer))
        })
    };
    let payment = bankchannel_iso20022::EXAMPLE_PAIN001;
    upload(&client(&server), payment, json!({"ask_repeats": true}), asking("send")).await.unwrap();
    let error = upload(&client(&server), payment, json!({"ask_repeats": true}), asking("repeated")).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("ws_channel.upload_repeated", Some(CallOutcome::NotSent)));
    let error = upload(&client(&server), payment, json!({"ask_repeats": true}), asking("maybe")).await.unwrap_err();
    assert_eq!(error.outcome(), Some(CallOutcome::NotSent));
    assert_eq!(server.seen().len(), 1);
    let asked = asked.lock().unwrap();
    let request: Value = serde_json::from_str(&asked[0].1).unwrap();
    assert_eq!((asked[0].0, &request["bank"], &request["file_name"]), ("upload", &json!("simulator"), &json!("a.xml")));
    assert_eq!((request["sha256"].as_str().unwrap().len(), request["message_id"].is_string()), (64, true));
}
