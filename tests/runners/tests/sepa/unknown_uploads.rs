//! An upload whose end is not known, from the lost answer to the last word, and files that no call has reported.

use std::{fs, path::Path};

use bankchannel::{CallOptions, CallOutcome, Content, HandOver, Timestamp, sepa_web_services::*};
use serde_json::{Value, json};

use crate::world::{World, payment, payment_type};

async fn send(client: &SepaWebServices, folder: &Path, anyway: bool) -> bankchannel::Result<Value> {
    let request = json!({
        "file_type": payment_type("op"),
        "wait_for": ["pain.002.001.10"],
        "wait_timeout_s": 0,
        "reject_repeats": folder,
        "send_anyway": anyway,
    });
    let options = CallOptions { content: Some(Content::from(payment("STORY-1"))), ..CallOptions::default() };
    Ok(client.call_json("sepa_web_services.upload_and_wait", request, options).await?.response)
}

fn parts_of_error(error: &bankchannel::Error) -> (&str, Option<CallOutcome>, Option<&str>) {
    (error.code(), error.outcome(), error.detail("earlier_outcome"))
}

/// Sent, unknown, told, refused, asked, settled, already sent.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_upload_is_told_refused_and_settled_by_its_report() {
    let world = World::new().await;
    let client = world.client_with("op", json!({ "retries": 0 }));
    let folder = tempfile::tempdir().unwrap();
    world.order("sandbox/faults", json!({"fault": "lost-after-commit", "operation": "upload_file"})).await;
    let lost = send(&client, folder.path(), false).await.unwrap_err();
    assert_eq!(lost.outcome(), Some(CallOutcome::Unknown), "{lost:?}");
    assert_eq!(lost.detail("message_id"), Some("STORY-1"), "{lost:?}");
    assert!(lost.peer().and_then(|peer| peer.request_id.as_deref()).is_some(), "{lost:?}");
    let uploaded_at = Timestamp::new(lost.detail("request_timestamp").unwrap()).unwrap();
    // The same bytes are refused, and the refusal says what to look for.
    let refused = send(&client, folder.path(), false).await.unwrap_err();
    let repeated = "sepa_web_services.upload_repeated";
    assert_eq!(parts_of_error(&refused), (repeated, Some(CallOutcome::NotSent), Some("unknown")), "{refused:?}");
    assert_eq!(refused.detail("message_id"), Some("STORY-1"));
    assert!(refused.message().contains("send_anyway"), "{refused}");
    assert_eq!(world.uploads("op").await, 1);
    // Before there is a report nothing is settled, and after a week nothing else is true.
    let settle = || {
        let directory = folder.path().display().to_string();
        client.settle_upload(SettleBankUploadRequest::new("STORY-1".to_owned(), uploaded_at.clone(), directory))
    };
    let open = settle().await.unwrap();
    assert_eq!((open.outcome, open.record_settled), (BankUploadOutcome::Unknown, false), "{open:?}");
    let refused = send(&client, folder.path(), false).await.unwrap_err();
    assert_eq!(parts_of_error(&refused).2, Some("unknown"), "{refused:?}");
    world.advance_s(61).await;
    let settled = settle().await.unwrap();
    assert_eq!((settled.outcome, settled.record_settled), (BankUploadOutcome::Accepted, true), "{settled:?}");
    let refused = send(&client, folder.path(), false).await.unwrap_err();
    assert_eq!(parts_of_error(&refused), (repeated, Some(CallOutcome::NotSent), Some("accepted")), "{refused:?}");
    assert_eq!(world.uploads("op").await, 1, "nothing was sent again");
    // Somebody says so.
    let sent = send(&client, folder.path(), true).await.unwrap_err();
    assert_eq!((sent.code(), sent.outcome()), ("sepa_web_services.answer_not_found", Some(CallOutcome::Accepted)));
    assert_eq!(sent.detail("message_id"), Some("STORY-1"), "{sent:?}");
    assert!(sent.detail("request_timestamp").is_some(), "{sent:?}");
    assert_eq!(world.uploads("op").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_lists_one_type_at_a_time_is_asked_for_each_type_of_its_profile() {
    let world = World::new().await;
    let client = world.client("nordea");
    let customer = world.customer("nordea", None)["customer_id"].clone();
    for file_type in ["NDCAMT53L", "NDCAMT54L", "NDCORPAYL"] {
        let file = json!({"family": "nordea", "customer_id": customer, "file_type": file_type, "content": "<a/>"});
        world.order("sandbox/files", json!({ "files": [file] })).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let request = || DownloadNewBankFilesRequest::new(folder.path().display().to_string());
    let new = client.download_new_files(request()).await.unwrap();
    let mut types: Vec<&str> = new.files.iter().map(|file| &*file.file_type).collect();
    types.sort_unstable();
    assert_eq!((new.downloaded, types), (3, vec!["NDCAMT53L", "NDCAMT54L", "NDCORPAYL"]), "{new:?}");
    assert!(client.download_new_files(request()).await.unwrap().files.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_sandbox_lists_it_hands_out_whatever_its_type() {
    let world = World::new().await;
    for family in ["op", "nordea"] {
        let client = world.client(family);
        let customer = world.customer(family, None)["customer_id"].clone();
        let file = |file_type: &str| json!({"files": [{"family": family, "customer_id": customer, "file_type": file_type, "content": "hello"}]});
        world.order("sandbox/files", file("INFO")).await;
        let folder = tempfile::tempdir().unwrap();
        let mut request = DownloadNewBankFilesRequest::new(folder.path().display().to_string());
        request.file_type = Some("INFO".to_owned());
        let new = client.download_new_files(request).await.unwrap();
        assert_eq!((new.downloaded, new.failed), (1, 0), "{family}: {new:?}");
        // A type that does not exist is still none.
        let mut request = DownloadNewBankFilesRequest::new(folder.path().display().to_string());
        request.file_type = Some("NOSUCHTYPE".to_owned());
        assert_eq!(
            client.download_new_files(request).await.unwrap_err().code(),
            "sepa_web_services.refused",
            "{family}"
        );
    }
}

/// A process that dies before it passes a result on is told again; two at once do not fail because of each other.
#[tokio::test(flavor = "multi_thread")]
async fn files_count_as_reported_once_they_were_handed_over() {
    let world = World::new().await;
    let client = world.client("op");
    let customer = world.customer("op", None)["customer_id"].clone();
    let files: Vec<Value> = (0..20)
        .map(
            |at| json!({"family": "op", "customer_id": customer, "file_type": "INFO", "content": format!("file {at}")}),
        )
        .collect();
    world.order("sandbox/files", json!({ "files": files })).await;
    let folder = tempfile::tempdir().unwrap();
    let call = |hand_over: Option<HandOver>| {
        let request = json!({"directory": folder.path(), "file_type": "INFO"});
        let options = CallOptions { hand_over, ..CallOptions::default() };
        let client = client.clone();
        async move {
            let done = client.call_json("sepa_web_services.download_new_files", request, options).await;
            let counted = |response: &Value, name: &str| response[name].as_u64().unwrap();
            done.map(|done| ["downloaded", "existing", "failed"].map(|name| counted(&done.response, name))).unwrap()
        }
    };
    let dropped = HandOver::default();
    assert_eq!(call(Some(dropped.clone())).await, [20, 0, 0]);
    // Not handed over yet: the call counts as running.
    assert_eq!(call(None).await[0], 0);
    drop(dropped);
    let kept = HandOver::default();
    assert_eq!(call(Some(kept.clone())).await, [20, 0, 0], "the first one was never handed over");
    kept.done();
    assert_eq!(call(None).await, [0, 0, 0]);
    let left = fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.starts_with('.')).count(), 0, "nothing of the ledger is left");
    // Two at once: each file is in the folder, and no call has failed.
    world.order("sandbox/files", json!({ "files": files })).await;
    let both = tokio::join!(call(None), call(None));
    assert_eq!((both.0[2], both.1[2]), (0, 0), "{both:?}");
    assert!(both.0[0] + both.1[0] >= 20, "{both:?}");
}
