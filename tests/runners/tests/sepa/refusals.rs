//! Refusals of the bank, and their reasons.

use bankchannel::{Content, sepa_web_services::*};
use serde_json::json;

use crate::world::{World, code_and_message, payment};

#[tokio::test(flavor = "multi_thread")]
async fn t76_locked_and_ended_customers() {
    let world = World::new().await;
    for (id, code) in [("9000000001", "08"), ("9000000002", "10"), ("9000000003", "09"), ("9000000004", "11")] {
        let customer = world.customer("op", Some(id));
        let client = world.client_with(
            "op",
            json!({"customer_id": id, "certificate_file": customer["certificate_file"], "private_key_file": customer["key_file"]}),
        );
        let error = client.list_files(ListBankFilesRequest::new()).await.unwrap_err();
        assert_eq!(code_and_message(&error), ("sepa_web_services.agreement_refused", "refused"), "{error:?}");
        assert_eq!(error.peer().unwrap().code.as_deref(), Some(code));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_s7_s10_somebody_else_s_certificate() {
    let world = World::new().await;
    // The second customer's certificate with the first one's id.
    let second = world.customer("nordea", Some("7700112244"));
    let pair = json!({"certificate_file": second["certificate_file"], "private_key_file": second["key_file"]});
    let mut request = ListBankFilesRequest::new();
    request.file_type = Some("NDCORPAYL".to_owned());
    let error = world.client_with("nordea", pair).list_files(request.clone()).await.unwrap_err();
    assert_eq!(
        (code_and_message(&error).0, error.peer().unwrap().code.as_deref()),
        ("sepa_web_services.signature_refused", Some("03"))
    );
    // Another family's authority.
    let other = world.customer("op", None);
    let pair = json!({"certificate_file": other["certificate_file"], "private_key_file": other["key_file"]});
    let error = world.client_with("nordea", pair).list_files(request.clone()).await.unwrap_err();
    assert_eq!(error.peer().unwrap().code.as_deref(), Some("04"));
    let unknown =
        world.client_with("nordea", json!({"customer_id": "12345678"})).list_files(request).await.unwrap_err();
    assert_eq!(unknown.peer().unwrap().code.as_deref(), Some("07"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a34_a_sender_with_a_pair_of_its_own() {
    let world = World::new().await;
    let sender = json!({"family": "op", "customer_id": "5550001111", "company": "SENDER OY"});
    let added = world.order("sandbox/customers", sender).await;
    let pair = added["customers"][0].clone();
    let by_sender = json!({
        "sender_id": "5550001111",
        "sender_certificate_file": pair["certificate_file"],
        "sender_private_key_file": pair["key_file"],
    });
    let client = world.client_with("op", by_sender);
    let refused = client.list_files(ListBankFilesRequest::new()).await.unwrap_err();
    assert_eq!(refused.peer().unwrap().code.as_deref(), Some("35"), "{refused:?}");
    let customer =
        json!({"family": "op", "customer_id": "1000022211", "company": "ESIMERKKI OY", "senders": ["5550001111"]});
    world.order("sandbox/customers", customer).await;
    client.list_files(ListBankFilesRequest::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_s23_t28_what_is_wrong_is_named() {
    let world = World::new().await;
    let nordea = world.client("nordea");
    // At home, before anything is sent.
    let missing = nordea.list_files(ListBankFilesRequest::new()).await.unwrap_err();
    assert_eq!(
        (code_and_message(&missing), missing.detail("field")),
        (("input.missing_field", "not_sent"), Some("file_type"))
    );
    let long = UploadBankFileRequest::new(Content::from(payment("M")), "x".repeat(41));
    let error = nordea.upload_file(long).await.unwrap_err();
    assert_eq!(
        (code_and_message(&error), error.detail("field")),
        (("input.invalid_field", "not_sent"), Some("file_type"))
    );
    let mut plain = UploadBankFileRequest::new(Content::from(b"T00".to_vec()), "TITO".to_owned());
    plain.compress = Some(true);
    assert_eq!(
        code_and_message(&nordea.upload_file(plain).await.unwrap_err()),
        ("sepa_web_services.content_refused", "not_sent")
    );
    // At the bank.
    let unknown = UploadBankFileRequest::new(Content::from(payment("M")), "NOTHING".to_owned());
    let error = nordea.upload_file(unknown).await.unwrap_err();
    assert_eq!(
        (code_and_message(&error), error.peer().unwrap().code.as_deref()),
        (("sepa_web_services.refused", "refused"), Some("20"))
    );
    let mut totals = UploadBankFileRequest::new(Content::from(payment("M")), "NDCORPAYS".to_owned());
    totals.transaction_count = Some(2);
    let error = nordea.upload_file(totals).await.unwrap_err();
    assert_eq!(error.peer().unwrap().code.as_deref(), Some("23"));
    let transcript = world.bank.control("transcript", json!({})).await.unwrap();
    let why = transcript.as_array().unwrap().last().unwrap()["why"].as_str().unwrap().to_owned();
    assert!(why.contains("TransactionCount"), "the transcript explains: {why}");
    let nobody = world.client_with("nordea", json!({"target_id": "OTHER"}));
    let mut request = ListBankFilesRequest::new();
    request.file_type = Some("NDCORPAYL".to_owned());
    let error = nobody.list_files(request).await.unwrap_err();
    assert_eq!(error.peer().unwrap().code.as_deref(), Some("29"));
}

#[tokio::test(flavor = "multi_thread")]
async fn t72_another_customer_s_file_is_not_there() {
    let world = World::new().await;
    let file =
        json!({"family": "nordea", "customer_id": "7700112244", "file_type": "NDCAMT53L", "content": "<Document/>"});
    let added = world.order("sandbox/files", json!({"files": [file]})).await;
    let mut request = DownloadBankFileRequest::new(added["files"][0].as_str().unwrap().to_owned());
    request.file_type = Some("NDCAMT53L".to_owned());
    let foreign = world.client("nordea").download_file(request.clone()).await.unwrap_err();
    let mut nothing = DownloadBankFileRequest::new("31999999999".to_owned());
    nothing.file_type = request.file_type;
    let nowhere = world.client("nordea").download_file(nothing).await.unwrap_err();
    for error in [&foreign, &nowhere] {
        assert_eq!(code_and_message(error), ("sepa_web_services.file_not_found", "refused"), "{error:?}");
    }
    assert_eq!(foreign.message(), nowhere.message());
}

#[tokio::test(flavor = "multi_thread")]
async fn t95_a_bank_of_the_user_s_own_needs_no_rust() {
    let world = World::new().await;
    let own = json!({
        "name": "my-bank", "bank": "My Bank", "family": "samlink", "receiver_id": "MYBAFIHH", "target_id": "optional",
        "signers": [{"level": "any", "common_name_contains": "SEPAWEBS"}], "compression": "none",
    });
    let client = world.client_with("samlink", json!({"profile": own}));
    assert!(client.list_files(ListBankFilesRequest::new()).await.unwrap().file_descriptors.is_empty());
    // OmaSp has no address here.
    let omasp = SepaWebServices::from_json(json!({"bank": "omasp", "customer_id": "1"})).unwrap();
    let error = omasp.list_files(ListBankFilesRequest::new()).await.unwrap_err();
    assert_eq!(
        (code_and_message(&error), error.detail("field")),
        (("configuration.invalid", "not_sent"), Some("file_url"))
    );
}
