//! Files sent, listed, fetched, deleted: in every family's dialect.

use bankchannel::{CallOptions, Content, ContentDestination, sepa_web_services::*};
use serde_json::json;

use crate::world::{FAMILIES, World, code_and_message, payment, payment_type};

fn upload(family: &str, id: &str) -> UploadBankFileRequest {
    UploadBankFileRequest::new(Content::from(payment(id)), payment_type(family).to_owned())
}

/// A list of a family needs what its bank demands.
fn list(family: &str, file_type: &str) -> ListBankFilesRequest {
    let mut request = ListBankFilesRequest::new();
    if family == "nordea" {
        request.file_type = Some(file_type.to_owned());
    }
    request
}

fn report_type(family: &str) -> &'static str {
    match family {
        "nordea" => "NDCORPAYL",
        "op" => "pain.002.001.10",
        "danske" => "pain.002.001.03",
        _ => "XP",
    }
}

pub(crate) fn bytes(content: Content) -> Vec<u8> {
    match content {
        Content::Bytes(bytes) => bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t75_t77_t85_a_file_goes_to_the_bank_and_its_report_comes_back() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let client = world.client(family);
        let none = client.list_files(list(family, report_type(family))).await.unwrap();
        assert!(none.file_descriptors.is_empty(), "{family}: {none:?}");
        assert_eq!(none.answer.response_code, "24", "an empty list is an answer");
        let sent = client.upload_file(upload(family, &format!("MSG-{family}"))).await.unwrap();
        assert_eq!(sent.answer.response_code, "00");
        let evidence = sent.evidence.unwrap();
        assert_eq!(
            (evidence.request_id.len(), evidence.request_sha256.len(), evidence.signer_serials.len()),
            (if family == "danske" { 10 } else { 32 }, 64, 2)
        );
        match family {
            "nordea" => assert_eq!((sent.amount_total.unwrap().as_str(), sent.transaction_count), ("12.50", Some(1))),
            "samlink" => assert_eq!(sent.file_descriptors[0].status, BankFileStatus::WaitingForProcessing),
            _ => assert!(sent.file_descriptors.is_empty()),
        }
        // An upload is not listed, and its report needs a minute.
        assert!(client.list_files(list(family, report_type(family))).await.unwrap().file_descriptors.is_empty());
        world.advance_s(61).await;
        let listed = client.list_files(list(family, report_type(family))).await.unwrap().file_descriptors;
        let report = listed.iter().find(|file| file.file_type == report_type(family)).unwrap();
        assert_eq!(report.status, BankFileStatus::New);
        let mut wanted = DownloadBankFileRequest::new(report.file_reference.clone());
        wanted.file_type = Some(report.file_type.clone());
        let fetched = client.download_file(wanted.clone()).await.unwrap();
        let text = String::from_utf8(bytes(fetched.content)).unwrap();
        assert!(text.contains(&format!("<OrgnlMsgId>MSG-{family}</OrgnlMsgId>")) && text.contains("ACCP"), "{text}");
        // T73: it is no longer new, and may be fetched again.
        let mut new = list(family, report_type(family));
        new.status = Some(FileStatusFilter::New);
        let left = client.list_files(new).await.unwrap().file_descriptors;
        assert!(left.iter().all(|file| file.file_reference != report.file_reference), "{left:?}");
        let mut old = list(family, report_type(family));
        old.status = Some(FileStatusFilter::Downloaded);
        let old = client.list_files(old).await.unwrap().file_descriptors;
        assert_eq!((old.len(), &old[0].status), (1, &BankFileStatus::Downloaded));
        assert_eq!(String::from_utf8(bytes(client.download_file(wanted).await.unwrap().content)).unwrap(), text);
        assert_eq!(world.uploads(family).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t35_t86_bytes_come_as_they_are_and_a_file_appears_only_when_all_of_it_is_believed() {
    let world = World::new().await;
    let odd: Vec<u8> = (0..=255u8).cycle().take(300_001).collect();
    let folder = tempfile::tempdir().unwrap();
    for (family, _) in FAMILIES {
        let customer = world.customer(family, None)["customer_id"].clone();
        let content = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &odd);
        let added = world
            .order("sandbox/files", json!({"files": [{"family": family, "customer_id": customer, "file_type": "TITO", "content_base64": content}]}))
            .await;
        let reference = added["files"][0].as_str().unwrap().to_owned();
        let path = folder.path().join(family);
        let client = world.client(family);
        let into_file =
            || CallOptions { destination: ContentDestination::File(path.clone()), ..CallOptions::default() };
        let wanted = || {
            let mut wanted = DownloadBankFileRequest::new(reference.clone());
            wanted.file_type = Some("TITO".to_owned());
            wanted
        };
        if family == "nordea" {
            // A type must be named there; one that was ordered is handed out.
            let given = client.download_file(wanted()).await.unwrap();
            assert_eq!(given.file_type.as_deref(), Some("TITO"));
            continue;
        }
        let wanted = DownloadBankFileRequest::new(reference.clone());
        world.fault("sig.inner=bad").await;
        let refused = client.download_file_with(wanted.clone(), &into_file()).await.unwrap_err();
        let row = if family == "danske" { "answer_not_decrypted" } else { "answer_signature" };
        assert_eq!(code_and_message(&refused), (&*format!("sepa_web_services.{row}"), "unknown"), "{refused}");
        assert!(!path.exists() && folder.path().read_dir().unwrap().next().is_none(), "nothing half-done stays");
        client.download_file_with(wanted, &into_file()).await.unwrap();
        assert!(std::fs::read(&path).unwrap() == odd, "{family}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t38_t74_what_a_user_may_do_and_what_is_deleted() {
    let world = World::new().await;
    let info = world.client("nordea").get_user_info(GetUserInfoRequest::new()).await.unwrap();
    let types: Vec<&str> = info.user_file_types.iter().filter_map(|one| one.file_type.as_deref()).collect();
    assert_eq!(types, ["NDCORPAYS", "NDCORPAYL", "NDCAMT53L", "NDCAMT54L", "NDCAMT52L", "VKEUR"]);
    assert!(info.user_file_types.iter().all(|one| one.target_id.as_deref() == Some("7700112233B1")));
    for (family, code) in [("op", "get_user_info"), ("samlink", "get_user_info")] {
        let refused = world.client(family).get_user_info(GetUserInfoRequest::new()).await.unwrap_err();
        assert_eq!(code_and_message(&refused), ("sepa_web_services.not_offered", "not_sent"), "{code}");
    }
    let client = world.client("op");
    let customer = world.customer("op", None)["customer_id"].clone();
    let mut added = Vec::new();
    for deletable in [true, false] {
        let file = json!({"family": "op", "customer_id": customer, "file_type": "INFO", "content": "x", "deletable": deletable});
        let references = world.order("sandbox/files", json!({"files": [file]})).await;
        added.push(references["files"][0].as_str().unwrap().to_owned());
    }
    let deleted = client.delete_file(DeleteBankFileRequest::new(added[0].clone())).await.unwrap();
    assert_eq!(deleted.file_descriptors[0].status, BankFileStatus::Deleted);
    let gone = client.delete_file(DeleteBankFileRequest::new(added[0].clone())).await.unwrap_err();
    assert_eq!(code_and_message(&gone), ("sepa_web_services.file_not_found", "refused"));
    let kept = client.delete_file(DeleteBankFileRequest::new(added[1].clone())).await.unwrap_err();
    assert_eq!(
        (code_and_message(&kept), kept.peer().unwrap().code.as_deref()),
        (("sepa_web_services.refused", "refused"), Some("27"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn t30_a_hundred_at_once_each_get_their_own_answer() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let client = world.client(family);
        let calls = (0..100).map(|number| {
            let client = client.clone();
            let mut request = list(family, report_type(family));
            request.execution_serial = Some(format!("RUN-{number}"));
            tokio::spawn(async move { client.list_files(request).await })
        });
        for call in calls.collect::<Vec<_>>() {
            let answer = call.await.unwrap().unwrap();
            assert_eq!(answer.answer.response_code, "24");
        }
    }
}
