//! Certificates that are kept in a folder, and renew themselves (§6).

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt as _, path::Path};

use bankchannel::{CallOptions, CallOutcome, Content, Secret, sepa_web_services::*};
use bankchannel_crypto::{digest, rsa::RsaPrivateKey};
use serde_json::{Value, json};

use crate::world::{FAMILIES, World, code_and_message, keys_of, payment, payment_type};

const NOBODY: u32 = 65_534;

/// The settings of a client that keeps its pair in this folder.
pub(crate) fn folder_settings(world: &World, family: &str, folder: &Path, further: Value) -> Value {
    let mut all = json!({
        "certificate_file": null, "private_key_file": null, "retries": 0, "identity_dir": folder,
        "encryption_certificate_file": null, "encryption_private_key_file": null,
        "certificate_url": world.family(family)["certificate_url"],
    });
    all.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    all
}

/// A client that keeps its pair in this folder.
pub(crate) fn client(world: &World, family: &str, folder: &Path, further: Value) -> SepaWebServices {
    world.client_with(family, folder_settings(world, family, folder, further))
}

/// SHA-256 of the keys in a folder, hex.
pub(crate) fn keys(folder: &Path) -> BTreeSet<String> {
    let read = |name: String| {
        let key = RsaPrivateKey::from_pem(&fs::read_to_string(folder.join(name)).unwrap()).unwrap();
        digest::hex(&key.public().spki_sha256())
    };
    files(folder, ".key").into_iter().map(read).collect()
}

pub(crate) fn code(world: &World, family: &str) -> Secret {
    Secret::new(world.customer(family, None)["code"].as_str().unwrap().to_owned())
}

pub(crate) async fn enrol(client: &SepaWebServices, code: Secret) -> bankchannel::Result<EnrolResponse> {
    let mut request = EnrolRequest::new(code);
    request.company = Some("ESIMERKKI OY".to_owned());
    client.enrol(request).await
}

pub(crate) async fn renew(
    client: &SepaWebServices,
    change: fn(&mut RenewRequest),
) -> bankchannel::Result<RenewResponse> {
    let mut request = RenewRequest::new();
    request.company = Some("ESIMERKKI OY".to_owned());
    change(&mut request);
    client.renew(request).await
}

pub(crate) async fn status(client: &SepaWebServices) -> CertificateStatusResponse {
    client.certificate_status(CertificateStatusRequest::new()).await.unwrap()
}

pub(crate) fn list(family: &str) -> ListBankFilesRequest {
    let mut request = ListBankFilesRequest::new();
    if family == "nordea" {
        request.file_type = Some("NDCORPAYL".to_owned());
    }
    request
}

pub(crate) fn upload(family: &str, id: &str) -> UploadBankFileRequest {
    UploadBankFileRequest::new(Content::from(payment(id)), payment_type(family).to_owned())
}

/// The names of the files with this ending.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(ending)).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_enrols_works_and_renews_in_every_family() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("identity");
        let client = client(&world, family, &folder, json!({"passphrase": "open sesame"}));
        let none = status(&client).await;
        assert_eq!((none.state, none.person.is_some()), (BankCertificateState::None, true), "{family}: {none:?}");
        let early = client.list_files(list(family)).await.unwrap_err();
        assert_eq!(
            (code_and_message(&early), early.detail("field")),
            (("configuration.invalid", "not_sent"), Some("identity_dir"))
        );
        assert!(!folder.exists(), "a look changes nothing");
        let enrolled = enrol(&client, code(&world, family)).await.unwrap_or_else(|error| panic!("{family}: {error:?}"));
        assert_eq!(enrolled.status.state, BankCertificateState::Switching, "{family}");
        // Everything is private, and the key opens with the passphrase alone.
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for name in [files(&folder, ".key"), files(&folder, ".json"), files(&folder, ".pem")].concat() {
            assert_eq!(fs::metadata(folder.join(&name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
        let key = fs::read_to_string(folder.join(&files(&folder, ".key")[0])).unwrap();
        assert!(key.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{key}");
        client.list_files(list(family)).await.unwrap();
        let active = status(&client).await;
        assert_eq!(
            (active.state, active.person, active.days_left),
            (BankCertificateState::Active, None, None),
            "{family}"
        );
        client.upload_file(upload(family, "ID-1")).await.unwrap();
        // Not due.
        let idle = renew(&client, |_| ()).await.unwrap();
        assert!(!idle.renewed && idle.status.serial == active.serial && idle.status.next_step_at.is_some(), "{idle:?}");
        let renewed = renew(&client, |request| request.now = Some(true)).await;
        let renewed = renewed.unwrap_or_else(|error| panic!("{family}: {error:?}"));
        assert!(renewed.renewed && renewed.status.serial != active.serial, "{family}: {renewed:?}");
        assert_eq!((renewed.status.state, renewed.status.retired), (BankCertificateState::Active, 1), "{family}");
        client.upload_file(upload(family, "ID-2")).await.unwrap();
        // Another passphrase, and none: the settings are named, not the file.
        for other in [json!({"passphrase": "another"}), json!({})] {
            let closed = self::client(&world, family, &folder, other).list_files(list(family)).await.unwrap_err();
            assert_eq!(
                (code_and_message(&closed), closed.detail("field")),
                (("configuration.invalid", "not_sent"), Some("passphrase")),
                "{closed:?}"
            );
        }
        // Another process of the same customer.
        let other = self::client(&world, family, &folder, json!({"passphrase": "open sesame"}));
        other.list_files(list(family)).await.unwrap();
        let again = enrol(&other, code(&world, family)).await.unwrap_err();
        assert_eq!(code_and_message(&again), ("sepa_web_services.already_enrolled", "not_sent"), "{again:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t63_t64_a_lost_answer_is_asked_for_again_with_the_same_request() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let client = client(&world, family, folder.path(), json!({}));
        enrol(&client, code(&world, family)).await.unwrap();
        client.list_files(list(family)).await.unwrap();
        let before = status(&client).await;
        world.order("sandbox/faults", json!({"fault": "lost-after-commit", "operation": "renew_certificate"})).await;
        let lost = renew(&client, |request| request.now = Some(true)).await.unwrap_err();
        assert_eq!(lost.outcome(), Some(CallOutcome::Unknown), "{family}: {lost:?}");
        let pending = status(&client).await;
        assert_eq!((pending.state, pending.attempt_sent), (BankCertificateState::Pending, Some(1)), "{family}");
        // Key and request are there, and the old pair still signs where the bank takes it.
        let (keys, requests) = (files(folder.path(), ".key"), files(folder.path(), ".csr"));
        let of_pair = keys_of(family);
        let found = (keys.len(), requests.len(), files(folder.path(), ".pem").len());
        assert_eq!(found, (2 * of_pair, 2 * of_pair, of_pair), "{family}");
        assert_eq!(pending.serial, before.serial);
        // Later: the same request, the certificate that was issued.
        let idle = renew(&client, |_| ()).await.unwrap();
        assert!(!idle.renewed && idle.status.state == BankCertificateState::Pending, "it rests: {idle:?}");
        let resumed = renew(&client, |request| request.resume = Some(true)).await.unwrap();
        assert!(resumed.renewed, "{family}: {resumed:?}");
        assert_eq!(resumed.status.state, BankCertificateState::Active, "{family}");
        assert_eq!((files(folder.path(), ".key"), files(folder.path(), ".csr")), (keys, requests), "no other key");
        client.list_files(list(family)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t63_key_and_request_are_on_disk_before_the_bank_is_asked() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&world, "op", folder.path(), json!({}));
    let code = code(&world, "op");
    world.fault("lost-after-commit").await;
    let lost = enrol(&client, code.clone()).await.unwrap_err();
    assert_eq!(lost.outcome(), Some(CallOutcome::Unknown), "{lost:?}");
    let (keys, requests) = (files(folder.path(), ".key"), files(folder.path(), ".csr"));
    assert_eq!((keys.len(), requests.len()), (1, 1));
    // The same code once more: the same request, and OP gives the same certificate.
    let enrolled = enrol(&client, code).await.unwrap();
    assert!(enrolled.certificate.contains("BEGIN CERTIFICATE"));
    assert_eq!((files(folder.path(), ".key"), files(folder.path(), ".csr")), (keys, requests));
    // A refusal leaves nothing behind that would be resumed.
    let folder = tempfile::tempdir().unwrap();
    let client = self::client(&world, "samlink", folder.path(), json!({}));
    let refused = enrol(&client, Secret::new("123456789012345678901".to_owned())).await.unwrap_err();
    assert_eq!(code_and_message(&refused), ("sepa_web_services.certificate_refused", "refused"), "{refused:?}");
    let stopped = status(&client).await;
    assert!(stopped.attempt_sent.is_none(), "{stopped:?}");
    enrol(&client, self::code(&world, "samlink")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn t65_files_are_signed_with_the_old_pair_until_the_new_one_has_worked() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&world, "op", folder.path(), json!({}));
    enrol(&client, code(&world, "op")).await.unwrap();
    client.list_files(list("op")).await.unwrap();
    let old = status(&client).await.serial;
    // The bank does not know the new certificate yet: the trial's list is refused.
    world.order("sandbox/faults", json!({"fault": "code=04", "operation": "list_files"})).await;
    let renewed = renew(&client, |request| request.now = Some(true)).await.unwrap();
    assert_eq!((renewed.renewed, renewed.status.state), (true, BankCertificateState::Switching), "{renewed:?}");
    assert_eq!(renewed.status.serial, old, "the new one rests");
    let sent = client.upload_file(upload("op", "T65")).await.unwrap();
    assert_eq!(sent.answer.response_code, "00");
    let taken = renew(&client, |request| request.resume = Some(true)).await.unwrap();
    assert_eq!(taken.status.state, BankCertificateState::Active, "{taken:?}");
    assert_ne!(taken.status.serial, old);
}

#[tokio::test(flavor = "multi_thread")]
async fn t66_of_two_calls_at_once_one_works_and_one_that_is_given_up_is_finished() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (client(&world, "op", folder.path(), json!({})), client(&world, "op", folder.path(), json!({})));
    world.order("sandbox/faults", json!({"fault": "hold", "operation": "request_certificate"})).await;
    let hurried = CallOptions { timeout: Some(std::time::Duration::from_secs(5)), ..CallOptions::default() };
    let code = code(&world, "op");
    let given_up = one.enrol_with(EnrolRequest::new(code.clone()), &hurried).await.unwrap_err();
    assert_eq!(code_and_message(&given_up), ("timeout.deadline", "unknown"), "{given_up:?}");
    let busy = enrol(&two, code.clone()).await.unwrap_err();
    assert_eq!(code_and_message(&busy), ("sepa_web_services.identity_busy", "not_sent"), "{busy:?}");
    world.order("sandbox/release", json!({})).await;
    // It was finished all the same.
    while status(&two).await.state != BankCertificateState::Switching {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    two.list_files(list("op")).await.unwrap();
    assert_eq!(files(folder.path(), ".key").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_that_others_can_change_and_files_that_are_spoilt_are_refused() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
    let client = client(&world, "op", &path, json!({}));
    let open = enrol(&client, code(&world, "op")).await.unwrap_err();
    assert_eq!(code_and_message(&open), ("configuration.invalid", "not_sent"), "{open:?}");
    assert!(open.message().contains("chmod 700"), "{open}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    enrol(&client, code(&world, "op")).await.unwrap();
    client.list_files(list("op")).await.unwrap();
    // Another customer's folder.
    let stranger = self::client(&world, "nordea", &path, json!({}));
    let foreign = stranger.list_files(list("nordea")).await.unwrap_err();
    assert_eq!(
        (code_and_message(&foreign).0, foreign.detail("field")),
        ("configuration.invalid", Some("identity_dir")),
        "{foreign:?}"
    );
    // A key that others can read, one that is damaged, a state that is damaged; a new client each time.
    let key = path.join(&files(&path, ".key")[0]);
    let text = fs::read_to_string(&key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let readable = self::client(&world, "op", &path, json!({})).list_files(list("op")).await.unwrap_err();
    assert!(readable.message().contains("chmod 600"), "{readable}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, &text[..text.len() / 2]).unwrap();
    let damaged = self::client(&world, "op", &path, json!({})).list_files(list("op")).await.unwrap_err();
    assert_eq!(code_and_message(&damaged), ("resource.storage", "not_sent"), "{damaged:?}");
    assert!(!format!("{damaged:?}").contains(&text[100..140]), "no part of the key is repeated");
    fs::write(&key, text).unwrap();
    let state = fs::read_to_string(path.join("state.json")).unwrap();
    fs::write(path.join("state.json"), &state[..state.len() / 2]).unwrap();
    let torn = self::client(&world, "op", &path, json!({})).certificate_status(CertificateStatusRequest::new()).await;
    assert_eq!(code_and_message(&torn.unwrap_err()).0, "resource.storage");
    // A link in the place of the state; a folder of another user.
    let aside = folder.path().join("aside.json");
    fs::write(&aside, &state).unwrap();
    fs::remove_file(path.join("state.json")).unwrap();
    std::os::unix::fs::symlink(&aside, path.join("state.json")).unwrap();
    let linked = renew(&self::client(&world, "op", &path, json!({})), |_| ()).await.unwrap_err();
    assert_eq!(code_and_message(&linked), ("resource.storage", "not_sent"), "{linked:?}");
    assert!(linked.message().contains("link"), "{linked}");
    fs::remove_file(path.join("state.json")).unwrap();
    fs::write(path.join("state.json"), &state).unwrap();
    if std::os::unix::fs::chown(&path, Some(NOBODY), None).is_ok() {
        let foreign = renew(&self::client(&world, "op", &path, json!({})), |_| ()).await.unwrap_err();
        assert_eq!(code_and_message(&foreign), ("configuration.invalid", "not_sent"), "{foreign:?}");
        assert!(foreign.message().contains("chown"), "{foreign}");
        let own = fs::metadata(folder.path()).unwrap();
        std::os::unix::fs::chown(&path, Some(std::os::unix::fs::MetadataExt::uid(&own)), None).unwrap();
    }
    // Keys and certificates without their state are no folder for another enrolment.
    fs::remove_file(path.join("state.json")).unwrap();
    let without = enrol(&self::client(&world, "op", &path, json!({})), code(&world, "op")).await.unwrap_err();
    assert_eq!(code_and_message(&without), ("resource.storage", "not_sent"), "{without:?}");
    assert!(without.message().contains("backup"), "{without}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_no_time_is_used_twice_by_two_processes_after_a_restart_or_when_the_clock_goes_back() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(bankchannel::SystemClock::default());
    // A client has read its folder when it is made: each is as good as a process.
    let process = || client(&world, "op", folder.path(), json!({})).with_clock(clock.clone() as _).unwrap();
    enrol(&process(), code(&world, "op")).await.unwrap();
    let mut times = Vec::new();
    for back_s in [0, 0, 15, 20, 0] {
        bankchannel::SystemClock::advance_ms(&clock, -back_s * 1000);
        for process in [process(), process()] {
            let (one, two) = tokio::join!(process.list_files(list("op")), process.list_files(list("op")));
            times.extend([one, two].map(|listed| listed.unwrap().evidence.unwrap().request_timestamp));
        }
    }
    let milliseconds: BTreeSet<&str> = times.iter().map(|time| &time[..23]).collect();
    assert_eq!(milliseconds.len(), times.len(), "{times:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_of_another_program_is_brought_along_and_renews_itself() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity");
        let client = client(&world, family, &path, json!({"passphrase": "ours"}));
        let customer = world.customer(family, None);
        let read = |name: &str| fs::read_to_string(customer[name].as_str().unwrap()).unwrap();
        let import = |certificate: String, key: String| {
            let mut request = ImportBankCertificateRequest::new(certificate, Secret::new(key));
            if family == "danske" {
                request.encryption_certificate = Some(read("encryption_certificate_file"));
                request.encryption_private_key = Some(Secret::new(read("encryption_key_file")));
            }
            request
        };
        let foreign = world
            .order("sandbox/customers", json!({"family": family, "customer_id": "5550001111", "company": "OTHER OY"}))
            .await;
        let foreign = fs::read_to_string(foreign["customers"][0]["key_file"].as_str().unwrap()).unwrap();
        for (key, field) in [(foreign, "private_key"), ("no key".to_owned(), "private_key")] {
            let refused = client.import_certificate(import(read("certificate_file"), key)).await.unwrap_err();
            assert_eq!(
                (code_and_message(&refused).0, refused.detail("field")),
                ("sepa_web_services.key_unusable", Some(field))
            );
        }
        let imported = client.import_certificate(import(read("certificate_file"), read("key_file"))).await.unwrap();
        assert_eq!(imported.status.state, BankCertificateState::Active, "{family}");
        let key = fs::read_to_string(path.join(&files(&path, ".key")[0])).unwrap();
        assert!(key.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        client.list_files(list(family)).await.unwrap();
        let again = client.import_certificate(import(read("certificate_file"), read("key_file"))).await.unwrap_err();
        assert_eq!(code_and_message(&again).0, "sepa_web_services.already_enrolled");
        let renewed = renew(&client, |request| request.now = Some(true)).await.unwrap();
        assert!(renewed.renewed && renewed.status.serial != imported.status.serial, "{family}: {renewed:?}");
        client.list_files(list(family)).await.unwrap();
    }
}
