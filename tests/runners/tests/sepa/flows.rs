//! New files with the ledger, and uploads without an answer settled (§6.5, §6.7).

use std::{fs, path::Path};

use bankchannel::{CallOptions, Content, Timestamp, sepa_web_services::*};
use serde_json::{Value, json};

use crate::world::{World, code_and_message, payment, payment_of, payment_type};

fn new_files(folder: &Path) -> DownloadNewBankFilesRequest {
    let mut request = DownloadNewBankFilesRequest::new(folder.display().to_string());
    request.file_type = Some("pain.002.001.10".to_owned());
    request
}

async fn upload(client: &SepaWebServices, message_id: &str) -> bankchannel::Result<UploadBankFileResponse> {
    let content = Content::from(payment(message_id));
    client.upload_file(UploadBankFileRequest::new(content, payment_type("op").to_owned())).await
}

fn dat_files(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".dat")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn t93_a_file_whose_answer_is_lost_is_fetched_by_the_next_call_and_reported_once() {
    let world = World::new().await;
    let client = world.client_with("op", json!({ "retries": 0 }));
    for message_id in ["T93-1", "T93-2"] {
        upload(&client, message_id).await.unwrap();
    }
    world.advance_s(61).await;
    let folder = tempfile::tempdir().unwrap();
    // The list is answered; the answer with the first file is lost, and the bank has marked the file as downloaded.
    world.order("sandbox/faults", json!([{"fault": "lost-after-commit", "operation": "download_file"}])).await;
    let first = client.download_new_files(new_files(folder.path())).await.unwrap();
    assert_eq!((first.downloaded, first.failed, dat_files(folder.path())), (1, 1, 1), "{first:?}");
    // Another customer's or target's calls have nothing to do with it.
    let failed = first.files.iter().find(|file| file.result.status == DownloadStatus::Failed).unwrap();
    assert!(failed.result.error.is_some() && failed.path.is_none(), "{failed:?}");
    let second = client.download_new_files(new_files(folder.path())).await.unwrap();
    assert_eq!((second.downloaded, second.failed, second.existing), (1, 0, 0), "{second:?}");
    assert_eq!(second.files[0].file_reference, failed.file_reference);
    let named = |files: &[DownloadedBankFile]| -> Vec<String> {
        let reports = files.iter().filter_map(|file| file.result.parsed.report.as_ref()).flat_map(|file| &file.reports);
        reports.filter_map(|report| report.original_message_id.clone()).collect()
    };
    let mut all = [named(&first.files), named(&second.files)].concat();
    all.sort();
    assert_eq!(all, ["T93-1", "T93-2"]);
    let third = client.download_new_files(new_files(folder.path())).await.unwrap();
    assert!(third.files.is_empty(), "{third:?}");
    assert_eq!(dat_files(folder.path()), 2);
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 2, "nothing of the ledger is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn t93_a_file_that_the_bank_has_no_more_is_reported_once() {
    let world = World::new().await;
    let client = world.client_with("op", json!({ "retries": 0 }));
    let folder = tempfile::tempdir().unwrap();
    // The remains of a killed call: an entry for a file that was begun. Its run holds no lock any more.
    upload(&client, "T93-3").await.unwrap();
    world.advance_s(61).await;
    world.order("sandbox/faults", json!([{"fault": "lost-after-commit", "operation": "download_file"}])).await;
    let first = client.download_new_files(new_files(folder.path())).await.unwrap();
    assert_eq!((first.downloaded, first.failed), (0, 1), "{first:?}");
    for name in fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().path()) {
        let text = fs::read_to_string(&name).unwrap_or_default();
        if text.contains(&first.files[0].file_reference) {
            fs::write(&name, text.replace(&first.files[0].file_reference, "NO-SUCH-FILE")).unwrap();
        }
    }
    let second = client.download_new_files(new_files(folder.path())).await.unwrap();
    assert_eq!((second.failed, second.files.len()), (1, 1), "{second:?}");
    assert_eq!(second.files[0].result.error.as_deref(), Some("sepa_web_services.file_not_found"), "{second:?}");
    assert_eq!(second.files[0].file_reference, "NO-SUCH-FILE");
}

#[tokio::test(flavor = "multi_thread")]
async fn t93_a_file_that_the_bank_refuses_with_code_24_stays_in_the_ledger_with_its_reason() {
    let world = World::new().await;
    let client = world.client_with("op", json!({ "retries": 0 }));
    let folder = tempfile::tempdir().unwrap();
    upload(&client, "T93-24").await.unwrap();
    world.advance_s(61).await;
    world.order("sandbox/faults", json!([{"fault": "code=24", "operation": "download_file"}])).await;
    let first = client.download_new_files(new_files(folder.path())).await.unwrap();
    assert_eq!((first.failed, first.files.len()), (1, 1), "{first:?}");
    assert_eq!(first.files[0].result.error.as_deref(), Some("sepa_web_services.file_not_found"), "{first:?}");
    let entries = || -> Vec<Value> {
        let paths = fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().path());
        paths.filter_map(|path| serde_json::from_slice(&fs::read(path).unwrap()).ok()).collect()
    };
    let kept = entries();
    let [entry] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!(entry["file_reference"], first.files[0].file_reference.as_str(), "{entry}");
    assert!(entry["lost"].as_str().unwrap().contains("24"), "{entry}");
    // It was reported; the bank lists it no more, and only the entry is left of it.
    let second = client.download_new_files(new_files(folder.path())).await.unwrap();
    assert!(second.files.is_empty(), "{second:?}");
    assert_eq!(entries(), kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn t90_a_report_settles_an_upload_whose_answer_is_lost_and_nothing_else_does() {
    let world = World::new().await;
    let client = world.client_with("op", json!({ "retries": 0 }));
    world.fault("lost-after-commit").await;
    let lost = upload(&client, "T90-LOST").await.unwrap_err();
    assert_eq!(lost.outcome(), Some(bankchannel::CallOutcome::Unknown));
    assert_eq!(lost.detail("message_id"), Some("T90-LOST"), "{lost:?}");
    let uploaded_at = Timestamp::new(lost.detail("request_timestamp").unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request = |message_id: &str| {
        SettleBankUploadRequest::new(message_id.to_owned(), uploaded_at.clone(), folder.path().display().to_string())
    };
    let before = client.settle_upload(request("T90-LOST")).await.unwrap();
    assert_eq!((before.outcome, before.files_read), (BankUploadOutcome::Unknown, 0), "{before:?}");
    world.advance_s(61).await;
    let other = client.settle_upload(request("T90-OTHER")).await.unwrap();
    assert_eq!((other.outcome, other.files_read), (BankUploadOutcome::Unknown, 1), "{other:?}");
    // The report lies in the folder now; the same is said again, and the next call still returns it.
    for _ in 0..2 {
        let settled = client.settle_upload(request("T90-LOST")).await.unwrap();
        assert_eq!(settled.outcome, BankUploadOutcome::Accepted, "{settled:?}");
        assert_eq!((settled.reports.len(), settled.not_read.len()), (1, 0), "{settled:?}");
        assert!(Path::new(&settled.reports[0].path).is_file());
    }
    let new = client.download_new_files(new_files(folder.path())).await.unwrap();
    assert_eq!(new.downloaded, 1, "{new:?}");
    assert_eq!(world.uploads("op").await, 1, "nothing was sent again");
    // A report that is older than the upload is of another one.
    let mut later = request("T90-LOST");
    later.uploaded_at = Timestamp::new("2099-01-01T00:00:00Z").unwrap();
    assert_eq!(client.settle_upload(later).await.unwrap().outcome, BankUploadOutcome::Unknown);
    let error = client.settle_upload(request(" ")).await.unwrap_err();
    assert_eq!(error.code(), "input.invalid_field");
}

/// Sends a payment of this amount and waits for its report.
async fn wait(client: SepaWebServices, message_id: String, amount: &'static str) -> bankchannel::Result<Value> {
    let content = Some(Content::from(payment_of(&message_id, amount)));
    let request = json!({"file_type": payment_type("op"), "wait_for": ["pain.002.001.10"], "poll_interval_s": 0.1});
    let options = CallOptions { content, ..CallOptions::default() };
    client.call_json("sepa_web_services.upload_and_wait", request, options).await.map(|done| done.response)
}

#[tokio::test(flavor = "multi_thread")]
async fn t75_each_of_eight_waits_gets_the_answer_to_its_own_file() {
    let world = World::with(json!({ "report_after_s": 1 })).await;
    let client = world.client("op");
    let mut waits = Vec::new();
    for number in 0..8u32 {
        // Every other one is more than the account has.
        let amount = if number % 2 == 0 { "12.50" } else { "99999999.00" };
        let client = client.clone();
        waits.push(tokio::spawn(async move { wait(client, format!("T75-{number}"), amount).await }));
    }
    for (number, waiting) in waits.into_iter().enumerate() {
        let done = waiting.await.unwrap().unwrap();
        assert_eq!(done["verdict"], if number % 2 == 0 { "accepted" } else { "rejected" }, "{number}: {done}");
        assert_eq!((done["answers"].as_array().map(Vec::len), &done["others"]), (Some(1), &json!([])), "{done}");
        let report = &done["answers"][0]["report"]["reports"][0];
        assert_eq!(report["original_message_id"], format!("T75-{number}"));
    }
    assert_eq!(world.uploads("op").await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn t75_a_bank_that_fails_while_an_upload_waits_does_not_end_the_wait() {
    let world = World::with(json!({ "report_after_s": 1 })).await;
    let client = world.client_with("op", json!({ "retries": 0 }));
    let waiting = tokio::spawn(wait(client, "T75-PATIENT".to_owned(), "12.50"));
    while world.uploads("op").await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for fault in ["code=26", "fault", "http=503", "close"] {
        world.order("sandbox/faults", json!([{"fault": fault, "operation": "list_files"}])).await;
    }
    let done = waiting.await.unwrap().unwrap();
    assert_eq!((&done["verdict"], done["answers"].as_array().map(Vec::len)), (&json!("accepted"), Some(1)), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_checked_with_the_rules_of_the_bank_that_it_goes_to() {
    let world = World::new().await;
    let own = |rules: Value| json!({ "profile": { "extends": "op", "payments": rules } });
    for (family, settings, is_refused) in [
        ("nordea", json!({}), false),
        ("op", json!({}), true),
        // A bank of the user's own.
        ("op", own(json!({ "characters": "latin1" })), false),
        ("op", own(json!({ "base": "nordea" })), false),
        ("op", own(json!({ "base": "nordea", "characters": "strict" })), true),
    ] {
        let client = world.client_with(family, settings.clone());
        // A letter that ISO-8859-1 has, and that has no other form.
        let id = format!("RULES-{}", world.uploads(family).await);
        let payment = String::from_utf8(payment(&id)).unwrap().replace("Alpha Supplies Ab", "§");
        let content = Content::from(payment.into_bytes());
        let before = world.uploads(family).await;
        let report = if family == "nordea" { "NDCORPAYL" } else { "pain.002.001.10" };
        let request = json!({ "file_type": payment_type(family), "wait_for": [report], "wait_timeout_s": 0 });
        let options = CallOptions { content: Some(content), ..CallOptions::default() };
        // The report appears when the bank's clock says so: nothing comes here.
        let error = client.call_json("sepa_web_services.upload_and_wait", request, options).await.unwrap_err();
        let sent = world.uploads(family).await - before;
        let expected = if is_refused {
            ("iso20022.payment_refused", "not_sent")
        } else {
            ("sepa_web_services.answer_not_found", "accepted")
        };
        assert_eq!(
            (code_and_message(&error), sent),
            (expected, u64::from(!is_refused)),
            "{family} {settings}: {error}"
        );
    }
}
