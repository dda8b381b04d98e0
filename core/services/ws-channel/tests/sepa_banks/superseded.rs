//! Renewals that wait are hurried by a person; certificates that the bank has replaced, or that are unfit, are named.

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{CertificateIssuer, CertificatePurpose, NewCertificate, SubjectAttribute},
};
use bankchannel_ws_channel_service::{Channels, operator};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;

use crate::{
    sandbox::BANKS,
    served::{Identity, Served, import_of},
    world::{DAY_S, World},
};
use bankchannel_ws_channel_service::operator::CertificateInfo;

fn all_active(all: &[CertificateInfo]) -> bool {
    !all.is_empty() && all.iter().all(|one| one.state == "active")
}

fn serial(all: &[CertificateInfo], bank: &str) -> Option<String> {
    all.iter().find(|one| one.bank == bank).unwrap().serial.clone()
}

/// The answer of a renewal was lost, and the network is mended: no renewal waits for an hour. Also while the service is
/// stopped.
#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_waits_is_hurried() {
    let world = World::new().await;
    let (who, _) = world.customer("hurried@example.test").await;
    let before = world.wait_until("enrolled", all_active).await;
    for (bank, family, ..) in BANKS {
        let order = json!({"fault": "lost-after-commit", "family": family, "operation": "renew_certificate"});
        world.order("sandbox/faults", order).await;
        world.renew(&who.email, bank).await;
    }
    world.wait_recorded("ws_channel.renew_cert", "failed", BANKS.len()).await;
    let waiting =
        |all: &[CertificateInfo]| all.iter().all(|one| one.state == "renewing" && one.attempt_sent == Some(1));
    world.wait_until("lost", waiting).await;
    // Either order will do.
    world.renew(&who.email, "nordea").await;
    world.resume(&who.email, "sp").await;
    world.renew(&who.email, "danskebank").await;
    let first = |all: &[CertificateInfo]| {
        let done = |bank: &str| {
            let one = all.iter().find(|one| one.bank == bank).unwrap();
            one.state == "active" && one.serial != serial(&before, bank)
        };
        ["nordea", "sp", "danskebank"].into_iter().all(done)
    };
    world.wait_until("hurried", first).await;
    let World { sandbox, served } = world;
    let Served { running, folder, .. } = served;
    running.stop().await;
    let options = bankchannel_ws_channel_service::ServiceOptions {
        data: Some(folder.path().join("data").display().to_string()),
        config: Some(folder.path().join("config.toml").display().to_string()),
        ..Default::default()
    };
    let stopped = operator::ServiceOperator::from_options(&options).unwrap();
    stopped.resume_certificate(&who.email, "osuuspankki").await.unwrap();
    let config = sandbox.config();
    let world = World { served: Served::on(folder, &config, Channels::default()).await, sandbox };
    world
        .wait_until("hurried at the start", |all| {
            all_active(all) && serial(all, "osuuspankki") != serial(&before, "osuuspankki")
        })
        .await;
    // The same request: each bank has issued one.
    assert_eq!(world.recorded("ws_channel.renew_cert", "done").await.len(), BANKS.len());
    for line in world.recorded("operator.resume_certificate", "done").await {
        assert!(line.detail.starts_with("user id ") && !line.object.is_empty(), "{line:?}");
    }
    let refused = world.operator().resume_certificate(&who.email, "sp").await.unwrap_err();
    assert!(refused.message().contains("nothing has stopped"), "{refused}");
}

/// A new certificate that the bank did not take yet is tried at once; a first one is its customer's business.
#[tokio::test(flavor = "multi_thread")]
async fn a_trial_is_hurried_and_a_first_certificate_is_not() {
    let world = World::new().await;
    let (who, _) = world.customer("trial@example.test").await;
    world.wait_until("enrolled", all_active).await;
    let fault = json!({"fault": "code=04", "family": "op", "operation": "list_files"});
    world.order("sandbox/faults", fault).await;
    world.renew(&who.email, "osuuspankki").await;
    let rests = |all: &[CertificateInfo]| all.iter().any(|one| one.state == "switching" && one.next_step_at.is_some());
    world.wait_until("rests", rests).await;
    world.resume(&who.email, "osuuspankki").await;
    world.wait_until("taken", all_active).await;
    let first = world.served.owner("first@example.test").await;
    let fault = json!({"fault": "lost-after-commit", "family": "op", "operation": "request_certificate"});
    world.order("sandbox/faults", fault).await;
    let customer = world.new_customer("op").await;
    assert!(world.enrol(&first, "osuuspankki", "op", &customer).await.status >= 502);
    let operator = world.operator();
    for refused in [
        operator.resume_certificate(&first.email, "osuuspankki").await.unwrap_err(),
        operator.renew_certificate(&first.email, "osuuspankki").await.unwrap_err(),
    ] {
        assert!(refused.message().contains("EnrollCert"), "{refused}");
    }
}

/// A backup of before a renewal, restored: the restore names what may have been replaced, and the bank's first refusal says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_copy_with_replaced_keys_is_named() {
    let world = World::new().await;
    let (who, _) = world.customer("restored@example.test").await;
    let before = world.wait_until("enrolled", all_active).await;
    // At OP a renewal is under way, whose answer was lost.
    let order = json!({"fault": "lost-after-commit", "family": "op", "operation": "renew_certificate"});
    world.order("sandbox/faults", order).await;
    world.renew(&who.email, "osuuspankki").await;
    world.wait_recorded("ws_channel.renew_cert", "failed", 1).await;
    let copy = tempfile::tempdir().unwrap();
    world.operator().backup(&copy.path().join("backup")).await.unwrap();
    world.renew(&who.email, "nordea").await;
    let is_renewed = |all: &[CertificateInfo]| {
        let nordea = all.iter().find(|one| one.bank == "nordea").unwrap();
        nordea.state == "active" && nordea.serial != serial(&before, "nordea")
    };
    world.wait_until("renewed", is_renewed).await;
    let World { sandbox, served } = world;
    served.running.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let restored = operator::restore(&copy.path().join("backup"), &folder.path().join("data")).await.unwrap();
    // None was due since; that one is named.
    let named: Vec<_> = restored.certificates.iter().map(|one| (&*one.email, &*one.bank)).collect();
    assert_eq!(named, [(&*who.email, "osuuspankki")]);
    assert!(restored.certificates[0].person.contains("under way"), "{restored:?}");
    let config = sandbox.config();
    let world = World { served: Served::on(folder, &config, Channels::default()).await, sandbox };
    // An older copy has the sessions, too.
    let listed = world.served.get(&who, "/files/nordea?FileType=NDCORPAYL").await;
    assert_eq!(listed.body["ResponseCode"], "04", "{listed:?}");
    let stopped = |all: &[CertificateInfo]| all.iter().any(|one| one.bank == "nordea" && one.state == "stopped");
    let all = world.wait_until("named", stopped).await;
    let person = all.iter().find(|one| one.bank == "nordea").unwrap().person.clone().unwrap();
    assert!(
        person.starts_with("superseded") && person.contains("newer one") && person.contains("new code"),
        "{person}"
    );
    let told = world.wait_recorded("ws_channel.certificate_alert", "told", 1).await;
    assert!(told[0].object == "nordea" && told[0].detail.contains("superseded"), "{told:?}");
    // The others are as they were; the customer goes on with a new code.
    assert!(all.iter().any(|one| one.bank == "sp" && one.state == "active"), "{all:?}");
    let user = all.iter().find(|one| one.bank == "nordea").unwrap().ws_user_id.clone();
    let customer = json!({"customer_id": user, "company": "ESIMERKKI OY"});
    // What told it may not have given the set back.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let enrolled = loop {
        let answer = world.enrol(&who, "nordea", "nordea", &customer).await;
        let detail = answer.body["ResponseDetail"].as_str().unwrap_or_default();
        if !detail.contains("worked on at this moment") || std::time::Instant::now() > until {
            break answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    enrolled.ok(201);
    world.resume(&who.email, "osuuspankki").await;
    world.wait_until("enrolled anew", all_active).await;
    world.served.get(&who, "/files/nordea?FileType=NDCORPAYL").await.ok(200);
}

/// A bank's certificate is fit, or it is said why not; one that begins later is kept and not used before its day.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_issued_is_fit() {
    let world = World::new().await;
    for (odd, why) in [("ended", "has ended"), ("authority", "an authority"), ("encipherment", "may not sign")] {
        let who = world.served.owner(&format!("{odd}@example.test")).await;
        let fault = json!({"fault": format!("cert.issued={odd}"), "family": "op", "operation": "request_certificate"});
        world.order("sandbox/faults", fault).await;
        let customer = world.new_customer("op").await;
        let answer = world.enrol(&who, "osuuspankki", "op", &customer).await;
        let detail = answer.body["ResponseDetail"].as_str().unwrap_or_default();
        assert!(answer.status == 502 && detail.contains(why), "{odd}: {answer:?}");
        let all = world.certificates().await;
        let one = all.iter().find(|one| one.email == who.email).unwrap();
        assert!(one.state == "stopped" && one.person.as_deref().is_some_and(|text| text.contains(why)), "{one:?}");
    }
    let who = world.served.owner("later@example.test").await;
    let fault = json!({"fault": "cert.issued=later", "family": "op", "operation": "request_certificate"});
    world.order("sandbox/faults", fault).await;
    let customer = world.new_customer("op").await;
    world.enrol(&who, "osuuspankki", "op", &customer).await.ok(201);
    let of_later = |all: &[CertificateInfo]| all.iter().find(|one| one.email == who.email).unwrap().clone();
    let kept = of_later(&world.certificates().await);
    assert!(kept.state == "waiting" && kept.serial.is_some() && kept.next_step_at.is_some(), "{kept:?}");
    assert_eq!(world.served.get(&who, "/files/osuuspankki").await.status, 400);
    world.pass(11 * DAY_S).await;
    world.wait_until("its day", |all| of_later(all).state == "active").await;
}

/// The same of a customer's own certificate.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_brought_along_is_fit() {
    let world = World::new().await;
    let now = Timestamp::now();
    let day = |days: i64| now.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    let issuer = CertificateIssuer::create("CUSTOMER TEST CA", day(-1000), day(4000)).unwrap();
    let key = RsaPrivateKey::generate(2048).unwrap();
    let identity = |begin: i64, end: i64, purpose: CertificatePurpose| {
        let subject = [(SubjectAttribute::Country, "FI"), (SubjectAttribute::CommonName, "1000038023")];
        let new = NewCertificate { purpose, ..NewCertificate::new(&subject, day(begin), day(end)) };
        let certificate = issuer.issue(&new, key.public()).unwrap().to_pem();
        Identity { certificate, private_key: key.to_pkcs8_pem().to_string() }
    };
    let who = world.served.owner("brought@example.test").await;
    for (given, why) in [
        (identity(-100, -1, CertificatePurpose::Messages), "has ended"),
        (identity(-100, 100, CertificatePurpose::Authority(0)), "an authority"),
        (identity(-100, 100, CertificatePurpose::Encipherment), "may not sign"),
    ] {
        let answer = world.served.import(&who, "osuuspankki", import_of(&given)).await;
        answer.refused(400, "Invalid parameter(s): Certificate");
        assert!(answer.body["ResponseDetail"].as_str().unwrap_or_default().contains(why), "{answer:?}");
    }
    world.served.import(&who, "osuuspankki", import_of(&identity(10, 100, CertificatePurpose::Messages))).await.ok(201);
    let all = world.certificates().await;
    assert!(all[0].state == "waiting" && all[0].next_step_at.is_some(), "{all:?}");
    assert_eq!(world.served.data(&who, Method::GET, "/files/osuuspankki", None).await.status, 400);
    world.pass(11 * DAY_S).await;
    world.wait_until("its day", all_active).await;
}
