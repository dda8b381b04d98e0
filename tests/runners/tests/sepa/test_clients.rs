//! A client of tests does not become a client of the real bank, and an order that nothing can fulfil is refused.

use std::sync::Arc;

use bankchannel::{
    SystemClock,
    model::read_boundary,
    sepa_web_services::{
        CustomerSigningPair, EnrolRequest, FileStatusFilter, ListBankFilesRequest, MakeCertificateRequestRequest,
        RenewBankCertificateRequest, SepaWebServices, SepaWebServicesBank, SharedBankCustomer,
    },
};
use serde_json::{Value, json};

use super::world::World;

/// The banks that one has settings for.
const BANKS: [&str; 8] = ["nordea", "op", "samlink", "saastopankki", "pop", "aktia", "omasp", "danske"];

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
                "op" | "danske" => "camt.053.001.02",
                _ => "XT",
            };
            let request = ListBankFilesRequest::builder().file_type(file_type).status(FileStatusFilter::All);
            client.list_files(request).await.unwrap();
        }
        // Which of the banks is meant was not said.
        SepaWebServices::from_json(world.bank.client_settings()).unwrap_err();
        let unknown = world.bank.client_settings_of("alandsbanken").unwrap_err();
        assert!(BANKS.iter().all(|bank| unknown.message().contains(bank)), "{unknown}");
    }
}

/// The settings without an address that is misspelt, and those that remain.
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
    // The real address, however it is written, in either setting; the fault names the setting.
    for setting in ["file_url", "certificate_url"] {
        for address in
            ["https://wsk.op.fi/services", "https://wsk.op.fi./services", "https:\\\\wsk.op.fi", "https:wsk.op.fi"]
        {
            let mut settings = world.bank.client_settings_of("op").unwrap();
            settings[setting] = address.into();
            assert_eq!(SepaWebServices::from_json(settings).unwrap_err().detail("field"), Some(setting), "{address}");
        }
    }
    // Several banks share a host: the fault names the one that was meant.
    for bank in ["pop", "saastopankki", "aktia"] {
        let whole = world.bank.client_settings_of(bank).unwrap();
        let named = bankchannel::sepa_web_services::named(bank).unwrap().bank.clone().unwrap();
        let settings = json!({ "bank": bank, "customer_id": "1", "trusted_file": whole["trusted_file"] });
        let error = SepaWebServices::from_json(settings).unwrap_err();
        assert!(error.message().contains(&format!("is that of {named} itself")), "{error}");
    }
    // The address of a profile of one's own is that of its bank, too.
    let mut settings = world.bank.client_settings_of("omasp").unwrap();
    for name in ["profile_file", "file_url", "certificate_url"] {
        settings.as_object_mut().unwrap().remove(name);
    }
    let profile = |url: &str| json!({ "extends": "omasp", "file_url": { "production": url } });
    settings["profile"] = profile("https://files.bank.example.test/");
    assert_eq!(SepaWebServices::from_json(settings.clone()).unwrap_err().detail("field"), Some("file_url"));
    settings["profile"] = profile(world.family("samlink")["file_url"].as_str().unwrap());
    SepaWebServices::from_json(settings).unwrap();
    // A printed client shows where it would send to, also before it can.
    let client = SepaWebServices::from_json(json!({ "bank": "op" })).unwrap();
    assert!(format!("{client:?}").contains("https://wsk.op.fi/"), "{client:?}");
    // A client that cannot send may verify a sandbox's messages.
    let anchors = world.family("op")["anchors_file"].clone();
    SepaWebServices::from_json(json!({ "bank": "op", "trusted_file": anchors })).unwrap();
}

/// A service for many customers, and a folder with pairs, have the certificates later than the address.
#[tokio::test]
async fn a_pair_that_comes_later_is_not_used_at_a_real_bank_either() {
    let world = World::new().await;
    let customer = world.customer("op", None);
    let text = |name: &str| std::fs::read_to_string(customer[name].as_str().unwrap()).unwrap();
    let pair = CustomerSigningPair::from_pem(&text("certificate_file"), &text("key_file").into()).unwrap();
    let customer_of = |bank: &SepaWebServicesBank| {
        bank.customer(SharedBankCustomer {
            customer_id: customer["customer_id"].as_str().unwrap().to_owned(),
            target_id: None,
            pair: Some(pair.clone()),
        })
    };
    let bank = |settings: Value| {
        SepaWebServicesBank::new(read_boundary(settings).unwrap(), Arc::new(SystemClock::default())).unwrap()
    };
    let error = customer_of(&bank(json!({ "bank": "op" }))).err().unwrap();
    assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some("file_url")), "{error}");
    let mut sandbox = world.settings("op", json!({}));
    for name in ["customer_id", "certificate_file", "private_key_file"] {
        sandbox.as_object_mut().unwrap().remove(name);
    }
    customer_of(&bank(sandbox)).unwrap().list_files(ListBankFilesRequest::new()).await.unwrap();
    // The folder was filled at the sandbox.
    let folder = tempfile::tempdir().unwrap();
    let identity = folder.path().join("identity").display().to_string();
    let mut settings = world.bank.client_settings_of("op").unwrap();
    for name in ["certificate_file", "private_key_file"] {
        settings.as_object_mut().unwrap().remove(name);
    }
    settings["identity_dir"] = identity.into();
    let client = SepaWebServices::from_json(settings.clone()).unwrap();
    client.enrol(EnrolRequest::new(customer["code"].as_str().unwrap().into())).await.unwrap();
    for name in ["file_url", "certificate_url", "trusted_file"] {
        settings.as_object_mut().unwrap().remove(name);
    }
    let client = SepaWebServices::from_json(settings).unwrap();
    let error = client.list_files(ListBankFilesRequest::new()).await.unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some("file_url")), "{error}");
}

#[tokio::test]
async fn answers_are_recorded_and_a_recording_answers_nothing() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("answers.jsonl").display().to_string();
    let mut settings = world.bank.client_settings_of("op").unwrap();
    settings["record_to"] = recording.clone().into();
    let client = SepaWebServices::from_json(settings.clone()).unwrap();
    client.list_files(ListBankFilesRequest::new()).await.unwrap();
    // Of both services, in the order of the answers.
    let wanted = MakeCertificateRequestRequest::builder().customer_id(settings["customer_id"].as_str().unwrap());
    let made = client.make_certificate_request(wanted.bank("op")).unwrap().certificate_request;
    client.renew_certificate(RenewBankCertificateRequest::new(made)).await.unwrap();
    let recorded = std::fs::read_to_string(&recording).unwrap();
    assert_eq!(recorded.lines().filter(|line| line.contains("Envelope")).count(), 2, "{recorded}");
    settings.as_object_mut().unwrap().remove("record_to");
    settings["replay_from"] = recording.into();
    let error = SepaWebServices::from_json(settings).unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some("replay_from")));
    assert!(error.message().contains("signed for one request"), "{error}");
}

#[tokio::test]
async fn orders_that_nothing_can_fulfil_are_refused_by_name() {
    let world = World::new().await;
    for (order, request, named) in [
        ("faults", json!({"fault": "hold", "family": "alandsbanken"}), "family"),
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
        ("faults", json!({"fault": "hold", "family": "op", "operation": "get_user_info"}), "delete_file"),
        ("faults", json!({"fault": "hold", "family": "samlink", "operation": "get_bank_certificates"}), "list_files"),
        ("faults", json!([]), "empty"),
        ("customers", json!([]), "empty"),
        ("files", json!({"files": []}), "files"),
        ("seed", json!({"files": []}), "files"),
        ("seed", json!({}), "files"),
        ("fault", json!({"fault": "hold"}), "`fault` is not known"),
        ("sandbox/fault", json!({"fault": "hold"}), "sandbox/faults"),
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
