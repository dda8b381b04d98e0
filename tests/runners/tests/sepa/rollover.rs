//! Months and years in one test: certificates that become due, banks that replace theirs (§6.2, §6.6).

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use bankchannel::{CallOutcome, Clock as _, Secret, SystemClock, sepa_web_services::*};
use bankchannel_crypto::x509::{Certificate, NameStyle};
use serde_json::{Value, json};

use crate::{
    identities::{code, enrol, folder_settings, list, renew, status, upload},
    world::{FAMILIES, World, code_and_message},
};

const DAY_S: i64 = 86_400;

/// A bank and a customer's client, whose clocks move together.
struct CustomerYears<'w> {
    world: &'w World,
    clock: Arc<SystemClock>,
    client: SepaWebServices,
    family: &'static str,
}

impl<'w> CustomerYears<'w> {
    /// A client that trusts the family's root alone.
    fn new(world: &'w World, family: &'static str, folder: &Path) -> Self {
        Self::at(world, family, folder, Arc::new(SystemClock::default()))
    }

    /// The same in step with another.
    fn beside(&self, folder: &Path) -> Self {
        Self::at(self.world, self.family, folder, Arc::clone(&self.clock))
    }

    fn at(world: &'w World, family: &'static str, folder: &Path, clock: Arc<SystemClock>) -> Self {
        let anchors = world.family(family)["anchors_file"].as_str().unwrap().to_owned();
        let root = Path::new(&anchors).with_file_name("root.pem");
        let settings = folder_settings(
            world,
            family,
            folder,
            json!({ "trusted_file": root, "bank_encryption_certificate_file": null }),
        );
        let client = world.client_with(family, settings).with_clock(Arc::clone(&clock) as _).unwrap();
        Self { world, clock, client, family }
    }

    async fn pass(&self, days: i64) {
        self.clock.advance_ms(days * DAY_S * 1000);
        self.world.order("sandbox/time", json!({ "advance_s": days * DAY_S })).await;
    }

    async fn roll_over(&self, what: &str, overlap_days: i64) -> Value {
        let order = json!({"family": self.family, "what": what, "overlap": overlap_days * DAY_S});
        self.world.order("sandbox/rollover", order).await
    }

    async fn list(&self) -> bankchannel::Result<ListBankFilesResponse> {
        self.client.list_files(list(self.family)).await
    }

    /// Renews, as a job does every day. Returns whether there is a new certificate.
    async fn renew(&self) -> bool {
        let done = renew(&self.client, |_| ()).await;
        done.unwrap_or_else(|error| panic!("{}: {error:?}", self.family)).renewed
    }

    /// Lists and sends files until every pair of old and new signers has answered.
    async fn work(&self, id: &str) {
        for _ in 0..4 {
            self.list().await.unwrap_or_else(|error| panic!("{} {id}: {error:?}", self.family));
        }
        let sent = self.client.upload_file(upload(self.family, id)).await;
        sent.unwrap_or_else(|error| panic!("{} {id}: {error:?}", self.family));
    }
}

/// The issuer of the certificate that signs.
async fn issuer(client: &SepaWebServices, folder: &Path) -> String {
    let serial = status(client).await.serial.unwrap();
    let mut found = None;
    for file in fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()) {
        let is_pair = file.extension().is_some_and(|ending| ending == "pem")
            && file.file_name().unwrap().to_str().unwrap().starts_with("pair-");
        if is_pair {
            let certificate = Certificate::from_pem(&fs::read_to_string(&file).unwrap()).unwrap();
            if certificate.serial_hex() == serial {
                found = Some(certificate.issuer().to_text(NameStyle::Rfc2253));
            }
        }
    }
    found.unwrap()
}

/// A new code of the bank, as a person orders it.
pub(crate) async fn new_code(world: &World, family: &str) -> Secret {
    let order = json!({"family": family, "customer_id": world.customer(family, None)["customer_id"]});
    let sent = world.order("sandbox/code", order).await;
    Secret::new(sent["code"].as_str().unwrap().to_owned())
}

/// The anchors beside those of the real bank, which the shipped profile has.
async fn list_anchors(client: &SepaWebServices) -> Vec<BankAnchor> {
    let all = client.list_anchors(ListBankAnchorsRequest::new()).await.unwrap().anchors;
    assert!(all.iter().any(|anchor| anchor.source == BankAnchorSource::Profile), "{all:?}");
    all.into_iter().filter(|anchor| anchor.source != BankAnchorSource::Profile).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn t62_t67_r21_a_renewal_is_due_in_time_and_what_was_missed_is_said() {
    for (family, _) in FAMILIES {
        let world = World::new().await;
        let folder = tempfile::tempdir().unwrap();
        let years = CustomerYears::new(&world, family, folder.path());
        enrol(&years.client, code(&world, family)).await.unwrap();
        years.work("T62-1").await;
        // Two years less the profile's window: not due some days before, due some days after.
        let window = match family {
            "op" => 55,
            _ => 60,
        };
        years.pass(730 - window - 3).await;
        assert!(!years.renew().await, "{family}: it is early");
        assert_eq!(status(&years.client).await.days_left, None);
        years.pass(7).await;
        let lost = json!({"fault": "lost-after-commit", "operation": "renew_certificate"});
        world.order("sandbox/faults", lost).await;
        let failed = renew(&years.client, |_| ()).await.unwrap_err();
        assert_eq!(failed.outcome(), Some(CallOutcome::Unknown), "{family}: {failed:?}");
        let pending = status(&years.client).await;
        assert_eq!(pending.state, BankCertificateState::Pending, "{family}: {failed:?}");
        // No call until the last week.
        years.pass(window - 10).await;
        let late = status(&years.client).await;
        assert!(late.days_left.is_some_and(|days| days <= 7), "{family}: {late:?}");
        assert!(late.warnings.iter().any(|warning| warning.contains("the certificate ends in")), "{family}: {late:?}");
        assert!(years.renew().await, "{family}: the same request, weeks later");
        years.work("T62-2").await;
        // No call for two years.
        years.pass(740).await;
        let ended = status(&years.client).await;
        assert_eq!(ended.state, BankCertificateState::Ended, "{family}: {ended:?}");
        assert!(ended.person.as_deref().is_some_and(|why| why.contains("new code")), "{family}: {ended:?}");
        let refused = renew(&years.client, |_| ()).await.unwrap_err();
        assert_eq!(code_and_message(&refused), ("sepa_web_services.person_needed", "not_sent"), "{family}");
        let unsigned = years.list().await.unwrap_err();
        assert_eq!(code_and_message(&unsigned), ("configuration.invalid", "not_sent"), "{family}: {unsigned:?}");
        // The next step as it was said. The bank's own signers have ended meanwhile, too.
        years.roll_over("signer", 0).await;
        let enrolled = enrol(&years.client, new_code(&world, family).await).await;
        enrolled.unwrap_or_else(|error| panic!("{family}: {error:?}"));
        years.work("T62-3").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t92_r15_op_replaces_its_authorities_and_nobody_touches_anything() {
    let world = World::new().await;
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let years = CustomerYears::new(&world, "op", one.path());
    enrol(&years.client, code(&world, "op")).await.unwrap();
    years.work("T92-1").await;
    assert!(issuer(&years.client, one.path()).await.contains("WS CA V3"));
    // The first renewal, before anything changes.
    years.pass(680).await;
    assert!(years.renew().await);
    years.work("T92-2").await;
    assert!(issuer(&years.client, one.path()).await.contains("WS CA V3"));
    // V4 beside V3, for a year. The process goes on, and another one begins.
    years.roll_over("intermediate", 365).await;
    years.work("T92-3").await;
    let signers = status(&years.client).await.bank_signers;
    assert_eq!(signers.len(), 4, "an old and a new one for envelopes and for documents: {signers:?}");
    years.beside(one.path()).work("T92-4").await;
    // A customer's certificate of V3, and one of V4 that is enrolled now: the same customer in another folder.
    let other = years.beside(two.path());
    enrol(&other.client, new_code(&world, "op").await).await.unwrap();
    other.work("T92-5").await;
    assert!(issuer(&other.client, two.path()).await.contains("WS CA V4"));
    assert!(issuer(&years.client, one.path()).await.contains("WS CA V3"));
    // The second renewal, into V4.
    years.pass(340).await;
    years.work("T92-6").await;
    years.pass(340).await;
    years.roll_over("signer", 30).await;
    assert!(years.renew().await);
    years.work("T92-7").await;
    assert!(issuer(&years.client, one.path()).await.contains("WS CA V4"));
    // The third one; V3 has ended meanwhile, and nothing stops.
    years.pass(675).await;
    assert!(years.renew().await);
    years.work("T92-8").await;
    years.pass(600).await;
    years.roll_over("signer", 0).await;
    years.work("T92-9").await;
    assert!(!years.renew().await, "the daily job: it is not due");
    assert_eq!(status(&years.client).await.warnings, Vec::<String>::new());
}

/// Of callers at once one learns the bank's new authorities, and all of them believe its answers.
#[tokio::test(flavor = "multi_thread")]
async fn t92_callers_at_once_all_learn_of_a_new_authority() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let years = CustomerYears::new(&world, "op", folder.path());
    enrol(&years.client, code(&world, "op")).await.unwrap();
    years.work("T92-ONE").await;
    years.roll_over("intermediate", 0).await;
    let lists: Vec<_> = (0..32)
        .map(|_| {
            let client = years.client.clone();
            tokio::spawn(async move { client.list_files(list("op")).await })
        })
        .collect();
    for listed in lists {
        listed.await.unwrap().unwrap();
    }
    years.work("T92-TWO").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t68_r16_r20_signers_are_replaced_under_the_same_authority_and_others_are_refused() {
    for (family, _) in FAMILIES {
        let world = World::new().await;
        let folder = tempfile::tempdir().unwrap();
        let years = CustomerYears::new(&world, family, folder.path());
        enrol(&years.client, code(&world, family)).await.unwrap();
        years.work("T68-1").await;
        let before = status(&years.client).await.bank_signers;
        years.roll_over("signer", 30).await;
        years.work("T68-2").await;
        let after = status(&years.client).await.bank_signers;
        assert_eq!(after.len(), 2 * before.len(), "{family}: {after:?}");
        assert!(before.iter().all(|one| after.contains(one)));
        // Another process knows them, too.
        let settings = fs::read_to_string(folder.path().join("signers.json")).unwrap();
        assert!(after.iter().all(|one| settings.contains(&one.sha256)), "{family}");
        for fault in ["cert.signer=wrongca", "cert.signer=customer", "cert.signer=expired"] {
            world.fault(fault).await;
            let refused = years.list().await.unwrap_err();
            assert_eq!(
                code_and_message(&refused).0,
                "sepa_web_services.answer_not_trusted",
                "{family} {fault}: {refused:?}"
            );
        }
        assert_eq!(status(&years.client).await.bank_signers, after, "{family}: what was refused is not remembered");
        years.work("T68-3").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_root_is_trusted_by_one_command_and_never_by_itself() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let years = CustomerYears::new(&world, family, folder.path());
        enrol(&years.client, code(&world, family)).await.unwrap();
        years.work("ROOT-1").await;
        let roots = list_anchors(&years.client).await;
        assert_eq!((roots.len(), roots[0].source), (1, BankAnchorSource::Setting), "{family}: {roots:?}");
        let ordered = years.roll_over("root", 0).await;
        for _ in 0..3 {
            let refused = years.list().await.unwrap_err();
            assert_eq!(code_and_message(&refused).0, "sepa_web_services.answer_not_trusted", "{family}: {refused:?}");
        }
        assert_eq!(list_anchors(&years.client).await, roots, "{family}: nothing from the wire is trusted");
        let root = fs::read_to_string(ordered["root_file"].as_str().unwrap()).unwrap();
        let added = years.client.add_anchor(AddBankAnchorRequest::new(root.clone())).await.unwrap();
        assert_eq!((added.added, added.anchors.len()), (1, 1), "{family}: {added:?}");
        let again = years.client.add_anchor(AddBankAnchorRequest::new(root)).await.unwrap();
        assert_eq!((again.added, again.anchors.len()), (0, 1), "{family}: {again:?}");
        years.work("ROOT-2").await;
        let all = list_anchors(&years.client).await;
        assert_eq!(all.len(), 2);
        assert_eq!((all[1].source, all[1].file.is_some()), (BankAnchorSource::Folder, true));
        // The old pair still signs, and the next certificate comes from the new root.
        let renewed = renew(&years.client, |request| request.now = Some(true)).await.unwrap();
        assert!(renewed.renewed);
        // Removed, it is trusted no longer; one of the settings cannot be removed.
        let digest = all[1].sha256.to_uppercase();
        let removed = years.client.remove_anchor(RemoveBankAnchorRequest::new(digest.clone())).await.unwrap();
        assert_eq!((removed.removed.sha256, removed.still_trusted), (all[1].sha256.clone(), false));
        let refused = years.list().await.unwrap_err();
        assert_eq!(code_and_message(&refused).0, "sepa_web_services.answer_not_trusted", "{family}");
        for wrong in [digest, all[0].sha256.clone(), "12".to_owned()] {
            let error = years.client.remove_anchor(RemoveBankAnchorRequest::new(wrong)).await.unwrap_err();
            assert_eq!((code_and_message(&error).0, error.detail("field")), ("input.invalid_field", Some("sha256")));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_an_anchor_is_refused_and_a_spoilt_file_leaves_the_others() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let years = CustomerYears::new(&world, "op", folder.path());
    let customer = fs::read_to_string(world.customer("op", None)["certificate_file"].as_str().unwrap()).unwrap();
    let anchors = world.family("op")["anchors_file"].as_str().unwrap().to_owned();
    let both = fs::read_to_string(&anchors).unwrap() + &customer;
    for (pem, why) in [(customer, "CA:TRUE"), (both, "CA:TRUE"), ("no certificate".to_owned(), "certificate")] {
        let error = years.client.add_anchor(AddBankAnchorRequest::new(pem)).await.unwrap_err();
        assert_eq!(
            (code_and_message(&error).0, error.detail("field")),
            ("sepa_web_services.certificate_unusable", Some("certificate"))
        );
        assert!(error.message().contains(why), "{error}");
    }
    assert!(!folder.path().join("anchors").exists(), "nothing half-done");
    // The anchor alone, from the folder; then a file beside it that is none.
    let root = fs::read_to_string(Path::new(&anchors).with_file_name("root.pem")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("anchors");
    let settings = json!({"trusted_file": null, "anchors_dir": place, "retries": 0,
        "certificate_url": world.family("op")["certificate_url"]});
    let client = world.client_with("op", settings.clone());
    assert_eq!(
        code_and_message(&client.list_files(list("op")).await.unwrap_err()).0,
        "sepa_web_services.answer_not_trusted"
    );
    client.add_anchor(AddBankAnchorRequest::new(root)).await.unwrap();
    client.list_files(list("op")).await.unwrap();
    fs::write(place.join("other.pem"), "-----BEGIN CERTIFICATE-----").unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    client.list_files(list("op")).await.unwrap();
    let broken = client.list_anchors(ListBankAnchorsRequest::new()).await.unwrap_err();
    assert!(broken.message().contains("other.pem"), "{broken}");
    let error = SepaWebServices::from_json(world.settings("op", settings)).unwrap_err();
    assert_eq!(code_and_message(&error).0, "configuration.invalid", "{error:?}");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).unwrap();
    fs::remove_file(place.join("other.pem")).unwrap();
    let open = client.list_anchors(ListBankAnchorsRequest::new()).await.unwrap_err();
    assert!(open.message().contains("chmod 700"), "{open}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t69_an_anchor_that_ends_is_told_ninety_days_before() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let years = CustomerYears::new(&world, "nordea", folder.path());
    let root = &list_anchors(&years.client).await[0];
    // Half a day from where a number of days changes.
    let left = root.not_after.as_ms() - SystemClock::default().now_ms();
    years.clock.advance_ms(left - 91 * DAY_S * 1000 - DAY_S * 500);
    let warned = async || {
        let all = status(&years.client).await.warnings;
        all.into_iter().filter(|one| one.contains("Sandbox")).collect::<Vec<_>>()
    };
    assert!(warned().await.is_empty());
    assert_eq!(list_anchors(&years.client).await[0].days_left, None);
    years.clock.advance_ms(3 * DAY_S * 1000);
    let soon = warned().await;
    assert!(soon.len() == 1 && soon[0].contains("in 88 days") && soon[0].contains("add_anchor"), "{soon:?}");
    assert_eq!(list_anchors(&years.client).await[0].days_left, Some(88));
    years.clock.advance_ms(90 * DAY_S * 1000);
    let over = warned().await;
    assert!(over.len() == 1 && over[0].contains("has ended"), "{over:?}");
}
