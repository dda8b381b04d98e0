//! A client of tests does not become a client of the real bank, and an order that nothing can fulfil is refused.

use bankchannel::sepa_web_services::{FileStatusFilter, ListBankFilesRequest, SepaWebServices};
use serde_json::{Value, json};

use super::world::World;

/// The banks that one has settings for.
const BANKS: [&str; 7] = ["nordea", "op", "samlink", "saastopankki", "pop", "aktia", "omasp"];

#[tokio::test]
async fn the_settings_of_each_bank_are_complete() {
    for plain in [true, false] {
        let world = World::with(json!({ "plain": plain })).await;
        for bank in BANKS {
            let settings = world.bank.client_settings_of(bank).unwrap();
            assert_eq!(settings.get("ca_file").is_none(), plain, "{settings}");
            let client = SepaWebServices::from_json(settings.clone()).unwrap();
            let url = settings["file_url"].as_str().unwrap();
            assert_eq!(client.file_url(), Some(url));
            assert!(format!("{client:?}").contains(url), "{client:?}");
            let file_type = match bank {
                "nordea" => "NDCAMT53L",
                "op" => "camt.053.001.02",
                _ => "XT",
            };
            let request = ListBankFilesRequest::builder().file_type(file_type).status(FileStatusFilter::All);
            client.list_files(request).await.unwrap();
        }
        let unknown = world.bank.client_settings_of("danske").unwrap_err();
        assert!(BANKS.iter().all(|bank| unknown.message().contains(bank)), "{unknown}");
    }
}

/// What is left of the settings when an address is misspelt, and what goes on being there.
#[tokio::test]
async fn what_a_sandbox_made_is_not_used_at_a_real_bank() {
    let world = World::with(json!({ "plain": false })).await;
    for bank in ["nordea", "op", "saastopankki", "pop", "aktia"] {
        let whole = world.bank.client_settings_of(bank).unwrap();
        for kept in [&["trusted_file"][..], &["ca_file"], &["certificate_file", "private_key_file"]] {
            let mut settings = json!({ "bank": bank, "customer_id": whole["customer_id"] });
            for name in kept {
                settings[name] = whole[name].clone();
            }
            let refused = |settings: Value| {
                let error = SepaWebServices::from_json(settings).unwrap_err();
                assert_eq!(
                    (error.code(), error.detail("field")),
                    ("configuration.invalid", Some("file_url")),
                    "{error}"
                );
                assert!(error.message().contains("Sandbox"), "{error}");
            };
            refused(settings.clone());
            // Nor does the address of its certificate service alone make it one of one's own.
            settings["certificate_url"] = whole["certificate_url"].clone();
            refused(settings.clone());
            settings["file_url"] = whole["file_url"].clone();
            settings["trusted_file"] = whole["trusted_file"].clone();
            SepaWebServices::from_json(settings).unwrap();
        }
    }
    // The real address, written out.
    let mut settings = world.bank.client_settings_of("op").unwrap();
    settings["file_url"] = "https://wsk.op.fi/services/CorporateFileService".into();
    assert_eq!(SepaWebServices::from_json(settings).unwrap_err().detail("field"), Some("file_url"));
    // What cannot send may verify what a sandbox has signed.
    let anchors = world.family("op")["anchors_file"].clone();
    SepaWebServices::from_json(json!({ "bank": "op", "trusted_file": anchors })).unwrap();
}

#[tokio::test]
async fn recordings_are_refused_with_the_reason() {
    let world = World::new().await;
    for setting in ["record_to", "replay_from"] {
        let mut settings = world.bank.client_settings_of("op").unwrap();
        settings[setting] = "answers.jsonl".into();
        let error = SepaWebServices::from_json(settings).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(setting)));
        assert!(error.message().contains("signed for one request"), "{error}");
    }
}

#[tokio::test]
async fn orders_that_nothing_can_fulfil_are_refused_by_name() {
    let world = World::new().await;
    for (order, request, named) in [
        ("faults", json!({"fault": "hold", "family": "danske"}), "family"),
        ("faults", json!({"fault": "hold", "operation": "list_file"}), "list_files"),
        ("faults", json!([{"fault": "hold"}, {"fault": "hold", "operations": "list_files"}]), "operations"),
        ("faults", json!({"fault": "hold", "operations": "list_files"}), "operations"),
        ("customers", json!({"family": "op", "customer_id": "1", "company": "A", "stnding": "locked"}), "stnding"),
        ("certificates", json!({"family": "op"}), "family"),
        ("uploads", json!({"family": "op"}), "family"),
        ("load", json!({"forgets": true}), "forgets"),
        ("outbox", json!({"since": 1}), "since"),
        ("transcript", json!({"since": 1}), "since"),
        ("reset", json!({"only": "files"}), "only"),
        ("fail_next", json!({"operation": "list_file", "status": 503}), "list_files"),
        ("clock", json!({"advance": 1}), "advance"),
    ] {
        let error = world.bank.control(order, request).await.unwrap_err();
        assert!(error.to_json().to_string().contains(named), "{order}: {error}");
    }
    // The operation with its protocol is the same one.
    let order = json!({"fault": "http=500", "family": "op", "operation": "sepa_web_services.list_files"});
    world.order("faults", order).await;
    let client = SepaWebServices::from_json(world.bank.client_settings_of("op").unwrap()).unwrap();
    client.list_files(ListBankFilesRequest::new()).await.unwrap_err();
}
