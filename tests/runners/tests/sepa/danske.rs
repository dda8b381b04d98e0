//! What only Danske has: documents that are encrypted both ways, two certificates, a bank that tells its own (§2.9, §5.6).

use std::sync::Arc;

use bankchannel::{CallOutcome, Secret, SystemClock, sepa_web_services::*};
use serde_json::{Value, json};

use crate::{
    identities::{client, code, enrol, files, list, renew, status, upload},
    world::{World, code_and_message},
};

const DAY_S: i64 = 86_400;

/// A client that asks the bank for its certificate for encryption.
fn asking(world: &World, further: Value) -> SepaWebServices {
    let mut all = json!({
        "certificate_url": world.family("danske")["certificate_url"], "bank_encryption_certificate_file": null, "retries": 0,
    });
    all.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    world.client_with("danske", all)
}

/// The messages of an operation that the bank has received.
async fn count(world: &World, operation: &str) -> usize {
    let seen = world.order("transcript", json!({})).await;
    let operation = format!("sepa_web_services.{operation}");
    seen.as_array().unwrap().iter().filter(|one| one["operation"] == *operation).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn t55_the_bank_is_asked_for_its_certificate_once_and_again_after_a_day() {
    let world = World::new().await;
    let clock = Arc::new(SystemClock::default());
    let client = asking(&world, json!({})).with_clock(Arc::clone(&clock) as _).unwrap();
    let (one, two) = tokio::join!(client.list_files(list("danske")), client.list_files(list("danske")));
    one.unwrap();
    two.unwrap();
    client.upload_file(upload("danske", "T55-1")).await.unwrap();
    assert_eq!(count(&world, "get_bank_certificates").await, 1, "of calls at once one asks");
    clock.advance_ms((DAY_S + 60) * 1000);
    world.order("sandbox/time", json!({"advance_s": DAY_S + 60})).await;
    // The bank does not answer: the certificate of before is used, since it holds.
    let order = json!({"fault": "http=503", "operation": "get_bank_certificates"});
    world.order("sandbox/faults", order).await;
    client.list_files(list("danske")).await.unwrap();
    client.list_files(list("danske")).await.unwrap();
    assert_eq!(count(&world, "get_bank_certificates").await, 2, "asked in vain, it rests for five minutes");
    clock.advance_ms(301_000);
    world.order("sandbox/time", json!({"advance_s": 301})).await;
    // Others go on while one asks a service that says nothing.
    world.order("sandbox/faults", json!({"fault": "hold", "operation": "get_bank_certificates"})).await;
    let asks = client.list_files(list("danske"));
    let others = async {
        world.order("sandbox/held", json!({})).await;
        client.list_files(list("danske")).await.unwrap();
        client.upload_file(upload("danske", "T55-3")).await.unwrap();
        world.order("sandbox/release", json!({})).await;
    };
    tokio::join!(asks, others).0.unwrap();
    assert_eq!(count(&world, "get_bank_certificates").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn t55_what_is_wrong_with_the_banks_certificate_stops_everything_before_it_is_sent() {
    let world = World::new().await;
    for (fault, row) in [
        ("sig.inner=bad", "answer_signature"),
        ("sig.missing.inner", "answer_signature"),
        ("cert.signer=customer", "answer_not_trusted"),
        ("cert.signer=wrongca", "answer_not_trusted"),
        ("code=99", "bank_certificate_missing"),
        ("code=20", "bank_certificate_missing"),
    ] {
        let client = asking(&world, json!({}));
        world.order("sandbox/faults", json!({"fault": fault, "operation": "get_bank_certificates"})).await;
        let error = client.upload_file(upload("danske", "T55-2")).await.unwrap_err();
        // The bank's no to the question is none to the call, of which nothing was sent.
        assert_eq!(code_and_message(&error), (&*format!("sepa_web_services.{row}"), "not_sent"), "{fault}: {error:?}");
        assert!(error.peer().is_none_or(|peer| peer.code.is_none()), "{error:?}");
    }
    assert_eq!(world.uploads("danske").await, 0);
}

/// A new root of the bank's, made here, which a person has added before the bank goes over to it.
fn next_root(folder: &std::path::Path) -> String {
    let name = format!("next-{}", std::process::id());
    let (key, root) = (folder.join(format!("{name}.key")), folder.join(format!("{name}.pem")));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "20000", "-subj", "/CN=NEXT ROOT", "-keyout"])
        .arg(key)
        .arg("-out")
        .arg(&root)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    std::fs::read_to_string(root).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_the_bank_does_not_have_yet_stops_nothing() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let next = next_root(folder.path());
    let known = std::fs::read_to_string(world.family("danske")["anchors_file"].as_str().unwrap()).unwrap();
    let trusting = |roots: &str| asking(&world, json!({"trusted_file": null, "trusted": roots}));
    let client = trusting(&format!("{next}{known}"));
    client.upload_file(upload("danske", "ROOTS-1")).await.unwrap();
    assert_eq!(count(&world, "get_bank_certificates").await, 2, "by the new one, then by the other");
    let given = client.get_bank_certificates(GetBankCertificatesRequest::new()).await.unwrap();
    assert_eq!(given.certificates.len(), 3);
    // With the new one alone, the bank's words are told, and nothing was sent.
    let error = trusting(&next).upload_file(upload("danske", "ROOTS-2")).await.unwrap_err();
    assert_eq!(error.outcome(), Some(CallOutcome::NotSent), "{error:?}");
    assert!(error.message().contains("serial number"), "{error}");
    assert_eq!(world.uploads("danske").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_counts_by_the_roots_that_are_trusted_now() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let with = |further: Value| {
        let mut own = json!({"bank_encryption_certificate_file": null});
        own.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        client(&world, "danske", folder.path(), own)
    };
    enrol(&with(json!({})), code(&world, "danske")).await.unwrap();
    with(json!({})).list_files(list("danske")).await.unwrap();
    let before = count(&world, "get_bank_certificates").await;
    // The next process uses the kept one.
    with(json!({})).upload_file(upload("danske", "KEPT-1")).await.unwrap();
    assert_eq!(count(&world, "get_bank_certificates").await, before);
    // One that does not trust the root any more encrypts nothing for its certificate.
    let next = next_root(folder.path().parent().unwrap());
    let distrusting = with(json!({"trusted_file": null, "trusted": next}));
    let error = distrusting.upload_file(upload("danske", "KEPT-2")).await.unwrap_err();
    assert_eq!(error.outcome(), Some(CallOutcome::NotSent), "{error:?}");
    assert_eq!(world.uploads("danske").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_encryption_certificate_of_the_bank_needs_nobody() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock::default());
    let client = client(&world, "danske", folder.path(), json!({"bank_encryption_certificate_file": null}));
    let client = client.with_clock(Arc::clone(&clock) as _).unwrap();
    enrol(&client, code(&world, "danske")).await.unwrap();
    client.list_files(list("danske")).await.unwrap();
    let roll_over = |overlap: i64| json!({"family": "danske", "what": "encryption", "overlap": overlap});
    // Both are taken for two days: within one the client has the new one.
    world.order("sandbox/rollover", roll_over(2 * DAY_S)).await;
    client.list_files(list("danske")).await.unwrap();
    clock.advance_ms((DAY_S + 60) * 1000);
    world.order("sandbox/time", json!({"advance_s": DAY_S + 60})).await;
    client.upload_file(upload("danske", "ROLL-1")).await.unwrap();
    clock.advance_ms(2 * DAY_S * 1000);
    world.order("sandbox/time", json!({"advance_s": 2 * DAY_S})).await;
    client.upload_file(upload("danske", "ROLL-2")).await.unwrap();
    // From one moment to the next: a list asks again by itself, a file was refused and is not there.
    world.order("sandbox/rollover", roll_over(0)).await;
    client.list_files(list("danske")).await.unwrap();
    // Once in five minutes for this reason.
    clock.advance_ms(301_000);
    world.order("sandbox/time", json!({"advance_s": 301})).await;
    world.order("sandbox/rollover", roll_over(0)).await;
    let refused = client.upload_file(upload("danske", "ROLL-3")).await.unwrap_err();
    assert_eq!(refused.outcome(), Some(CallOutcome::Refused), "{refused:?}");
    assert_eq!(refused.peer().unwrap().code.as_deref(), Some("22"));
    assert!(refused.message().contains("is asked for again"), "{refused}");
    client.upload_file(upload("danske", "ROLL-3")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn t60_answers_are_opened_however_the_bank_encrypts_them_and_others_are_not_believed() {
    let world = World::new().await;
    let client = asking(&world, json!({}));
    client.list_files(list("danske")).await.unwrap();
    let order = |fault: &str| json!({"fault": fault, "operation": "list_files"});
    for fault in ["enc=3des", "enc=aes128", "enc=none"] {
        world.order("sandbox/faults", order(fault)).await;
        client.list_files(list("danske")).await.unwrap_or_else(|error| panic!("{fault}: {error:?}"));
    }
    let mut said = Vec::new();
    for fault in ["enc=badpad", "enc=wrongkey", "sig.inner=bad", "sig.missing.inner"] {
        world.order("sandbox/faults", order(fault)).await;
        let error = client.list_files(list("danske")).await.unwrap_err();
        assert_eq!(error.outcome(), Some(CallOutcome::Unknown), "{fault}: {error:?}");
        said.push((fault, error.detail("check").unwrap_or_default().to_owned(), error.message().to_owned()));
    }
    assert!(said.iter().all(|(_, check, _)| check == "V17"), "{said:?}");
    // Who has changed it learns nothing of how far it was opened.
    let texts: std::collections::BTreeSet<&str> =
        said.iter().filter(|(fault, ..)| *fault != "enc=wrongkey").map(|(.., text)| &**text).collect();
    assert_eq!(texts.len(), 1, "{said:?}");
    // An upload whose answer cannot be opened is not known to have arrived.
    world.order("sandbox/faults", json!({"fault": "enc=badpad", "operation": "upload_file"})).await;
    let unknown = client.upload_file(upload("danske", "T60")).await.unwrap_err();
    assert_eq!(unknown.outcome(), Some(CallOutcome::Unknown), "{unknown:?}");
    assert_eq!(world.uploads("danske").await, 1);
}

/// Who runs the bank sees the documents, and no code of a customer.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_encrypted_is_shown_to_who_runs_the_bank() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&world, "danske", folder.path(), json!({}));
    let pin = code(&world, "danske");
    enrol(&client, pin.clone()).await.unwrap();
    client.list_files(list("danske")).await.unwrap();
    let seen = world.order("sandbox/documents", json!({})).await;
    let all = seen["documents"].as_array().unwrap();
    let of = |operation: &str| {
        let operation = format!("sepa_web_services.{operation}");
        let found = all.iter().rfind(|one| one["family"] == "danske" && one["operation"] == *operation);
        found.unwrap_or_else(|| panic!("{operation}: {seen}"))["document"].as_str().unwrap()
    };
    assert!(of("request_certificate").contains("<PIN>...</PIN>"), "{seen}");
    assert!(of("list_files").contains("<Command>DownloadFileList</Command>"), "{seen}");
    assert!(!seen.to_string().contains(&format!("{}<", pin.expose())), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t56_a_pin_is_tried_once_for_each_call_and_locked_after_four() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&world, "danske", folder.path(), json!({}));
    let wrong = || Secret::new("000000".to_owned());
    for round in 1..=4 {
        let error = enrol(&client, wrong()).await.unwrap_err();
        assert_eq!(code_and_message(&error), ("sepa_web_services.certificate_refused", "refused"), "{error:?}");
        assert!(error.detail("advice").unwrap().contains("four wrong tries"), "{error:?}");
        assert_eq!(count(&world, "request_certificate").await, round, "one request a call");
        assert_eq!(status(&client).await.state, BankCertificateState::Stopped);
    }
    let locked = enrol(&client, code(&world, "danske")).await.unwrap_err();
    assert_eq!(locked.peer().unwrap().code.as_deref(), Some("20"), "{locked:?}");
    // The bank sends a new one.
    let enrolled = enrol(&client, crate::rollover::new_code(&world, "danske").await).await.unwrap();
    assert!(enrolled.encryption_certificate.is_some_and(|pem| pem.contains("BEGIN CERTIFICATE")));
    client.list_files(list("danske")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn t58_a_customer_sees_its_certificates_and_revokes_a_pair() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&world, "danske", folder.path(), json!({}));
    enrol(&client, code(&world, "danske")).await.unwrap();
    client.list_files(list("danske")).await.unwrap();
    let all = client.list_own_certificates(ListOwnCertificatesRequest::new()).await.unwrap().own_certificates;
    // The pair of the beginning, and the one that was issued now.
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all.iter().all(|one| one.status == OwnCertificateStatus::Good && one.matching_serial_number.is_some()));
    let signing: Vec<_> = all.iter().filter(|one| one.purpose == OwnCertificatePurpose::Signing).collect();
    assert_eq!(signing.len(), 2);
    let serial = |hex: String| u128::from_str_radix(&hex, 16).unwrap().to_string();
    let own = serial(status(&client).await.serial.unwrap());
    let mut named = ListOwnCertificatesRequest::new();
    named.serial_numbers = Some(vec![own.clone()]);
    let found = client.list_own_certificates(named).await.unwrap().own_certificates;
    assert_eq!(found.iter().map(|one| &*one.serial_number).collect::<Vec<_>>(), [&*own]);
    let mut strange = ListOwnCertificatesRequest::new();
    strange.serial_numbers = Some(vec!["4711".to_owned()]);
    let unknown = client.list_own_certificates(strange).await.unwrap_err();
    assert_eq!(code_and_message(&unknown), ("sepa_web_services.refused", "refused"), "{unknown:?}");

    let nothing = client.revoke_certificate(RevokeCertificateRequest::new(Vec::new())).await.unwrap_err();
    assert_eq!((nothing.code(), nothing.detail("field")), ("input.missing_field", Some("serial_numbers")));
    let mut request = RevokeCertificateRequest::new(vec![own.clone()]);
    request.revocation_reason = Some(RevocationReason::KeyCompromise);
    let revoked = client.revoke_certificate(request).await.unwrap();
    assert_eq!((revoked.serial_numbers.len(), revoked.revocation_time.is_some()), (2, true), "both of the pair");
    let ended = client.list_files(list("danske")).await.unwrap_err();
    assert_eq!(code_and_message(&ended), ("sepa_web_services.signature_refused", "refused"), "{ended:?}");
    // The other pair still shows it.
    let other = asking(&world, json!({}));
    let all = other.list_own_certificates(ListOwnCertificatesRequest::new()).await.unwrap().own_certificates;
    let gone: Vec<_> = all.iter().filter(|one| one.status == OwnCertificateStatus::Revoked).collect();
    assert_eq!(gone.len(), 2);
    assert!(gone.iter().all(|one| one.revocation_reason == Some(RevocationReason::KeyCompromise)));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keys_are_renewed_as_one_and_an_answer_for_the_old_one_opens_still() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock::default());
    let client = client(&world, "danske", folder.path(), json!({"passphrase": "open sesame"}));
    let client = client.with_clock(Arc::clone(&clock) as _).unwrap();
    let pass = async |days: i64| {
        clock.advance_ms(days * DAY_S * 1000);
        world.order("sandbox/time", json!({"advance_s": days * DAY_S})).await;
    };
    enrol(&client, code(&world, "danske")).await.unwrap();
    client.upload_file(upload("danske", "TWO-1")).await.unwrap();
    let key_files = || files(folder.path(), ".key");
    assert_eq!(key_files().len(), 2, "{:?}", key_files());
    pass(680).await;
    assert!(renew(&client, |_| ()).await.unwrap().renewed);
    client.upload_file(upload("danske", "TWO-2")).await.unwrap();
    assert_eq!(key_files().len(), 4);
    // The old key that signs goes after ninety days, the one that decrypts after thirteen months.
    pass(91).await;
    renew(&client, |_| ()).await.unwrap();
    let kept = key_files();
    assert_eq!((kept.len(), kept.iter().filter(|name| name.contains(".encryption.")).count()), (3, 2), "{kept:?}");
    pass(310).await;
    renew(&client, |_| ()).await.unwrap();
    assert_eq!(key_files().len(), 2, "{:?}", key_files());
    client.list_files(list("danske")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_lack_a_half_are_named_before_anything_is_sent() {
    let world = World::new().await;
    let settings = |further: Value| world.settings("danske", further);
    for (further, field) in [
        (json!({"encryption_private_key_file": null}), "encryption_private_key"),
        (json!({"encryption_certificate_file": null}), "encryption_certificate"),
        (json!({"encryption_private_key_file": world.customer("danske", None)["key_file"]}), "encryption_private_key"),
        (
            json!({"bank_encryption_certificate": "no certificate", "bank_encryption_certificate_file": null}),
            "bank_encryption_certificate",
        ),
        (json!({"identity_dir": "/nowhere", "certificate_file": null, "private_key_file": null}), "identity_dir"),
    ] {
        let error = SepaWebServices::from_json(settings(further.clone())).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(field)), "{further}: {error}");
    }
    let without = json!({"encryption_certificate_file": null, "encryption_private_key_file": null});
    let client = SepaWebServices::from_json(settings(without)).unwrap();
    let error = client.list_files(list("danske")).await.unwrap_err();
    assert_eq!(
        (code_and_message(&error), error.detail("field")),
        (("configuration.invalid", "not_sent"), Some("encryption_certificate"))
    );
}

/// Each certificate says what its key is for.
#[tokio::test(flavor = "multi_thread")]
async fn t61_a_pair_in_the_other_ones_place_is_named() {
    let world = World::new().await;
    let customer = world.customer("danske", None);
    let (signing, decrypting) =
        (["certificate_file", "key_file"], ["encryption_certificate_file", "encryption_key_file"]);
    for (pair, settings, field) in [
        (decrypting, ["certificate_file", "private_key_file"], "certificate"),
        (signing, ["encryption_certificate_file", "encryption_private_key_file"], "encryption_certificate"),
    ] {
        let further = json!({settings[0]: customer[pair[0]], settings[1]: customer[pair[1]]});
        let error = SepaWebServices::from_json(world.settings("danske", further)).unwrap_err();
        let named = error.detail("field").unwrap_or_default();
        assert!(error.code() == "configuration.invalid" && named.starts_with(field), "{error:?}");
    }
}
