//! Payments whose payees the bank checks: the order waits, and is released or cancelled (docs/protocols/iso20022.md §10.3).

use std::path::Path;

use bankchannel::{CallOptions, Content, iso20022::OrderWaitsFor, sepa_web_services::*};
use serde_json::{Value, json};

use crate::world::{World, payment, payment_type};

/// A payment to a payee of this name.
fn payment_to(name: &str, message_id: &str) -> Content {
    let text = String::from_utf8(payment(message_id)).unwrap();
    assert!(text.contains("Alpha Supplies Ab"));
    Content::from(text.replace("Alpha Supplies Ab", name).into_bytes())
}

async fn wait(client: &SepaWebServices, content: Content) -> bankchannel::Result<Value> {
    let request = json!({"file_type": payment_type("op"), "wait_for": ["pain.002.001.10"], "poll_interval_s": 0.1, "wait_timeout_s": 3});
    let options = CallOptions { content: Some(content), ..CallOptions::default() };
    client.call_json("sepa_web_services.upload_and_wait", request, options).await.map(|done| done.response)
}

/// The statuses of the reports that are new.
async fn new_statuses(client: &SepaWebServices, folder: &Path) -> Vec<String> {
    let mut request = DownloadNewBankFilesRequest::new(folder.display().to_string());
    request.file_type = Some("pain.002.001.10".to_owned());
    let new = client.download_new_files(request).await.unwrap();
    let reports = new.files.iter().filter_map(|file| file.result.parsed.report.as_ref()).flat_map(|file| &file.reports);
    reports.filter_map(|report| report.status.as_ref()).map(|status| status.code.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_waits_for_release_after_its_payee_check() {
    let world = World::with(json!({ "report_after_s": 0 })).await;
    let client = world.client("op");
    let folder = tempfile::tempdir().unwrap();
    for (id, order, status) in [("VOP-R", "sandbox/release_order", "ACCP"), ("VOP-C", "sandbox/cancel_order", "RJCT")] {
        let done = wait(&client, payment_to("VoP close Alfa Supplies Ab", id)).await.unwrap();
        assert_eq!((&done["verdict"], &done["waits_for"]), (&json!("pending"), &json!("release")), "{done}");
        let batches = &done["answers"][0]["report"]["reports"][0]["batches"];
        let check = &batches[0]["transactions"][0]["payee_check"];
        assert_eq!(check["registered_name"], "Alfa Supplies Ab", "{done}");
        // Nothing follows until somebody decides.
        world.advance_s(3600).await;
        let before = new_statuses(&client, folder.path()).await;
        assert!(before.iter().all(|status| status == "RVCM"), "{before:?}");
        let decided = world.order(order, json!({ "message_id": id })).await;
        assert_eq!(decided["message_ids"], json!([id]));
        assert_eq!(new_statuses(&client, folder.path()).await, [status]);
    }
    assert_eq!(world.uploads("op").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_goes_on_while_the_payees_are_checked() {
    let world = World::with(json!({ "report_after_s": 0 })).await;
    let client = world.client("op");
    let error = wait(&client, payment_to("VoP late Alpha Supplies Ab", "VOP-L")).await.unwrap_err();
    assert_eq!(error.code(), "sepa_web_services.answer_not_found");
    assert_eq!(error.detail("waits_for"), Some("payee_check"), "{error:?}");
    assert!(error.message().contains("nothing is paid"), "{error}");
    world.advance_s(31).await;
    let folder = tempfile::tempdir().unwrap();
    let mut request = SettleBankUploadRequest::new(
        "VOP-L".to_owned(),
        bankchannel::Timestamp::new("2020-01-01T00:00:00Z").unwrap(),
        folder.path().display().to_string(),
    );
    request.file_type = Some("pain.002.001.10".to_owned());
    let settled = client.settle_upload(request).await.unwrap();
    assert_eq!((settled.outcome, settled.waits_for), (BankUploadOutcome::Accepted, Some(OrderWaitsFor::Release)));
    assert_eq!(world.order("sandbox/release_order", json!({})).await["message_ids"], json!(["VOP-L"]));
    // The bank may list the files of one second in any order.
    let statuses = new_statuses(&client, folder.path()).await;
    assert!(statuses.iter().any(|status| status == "ACCP"), "{statuses:?}");
}
