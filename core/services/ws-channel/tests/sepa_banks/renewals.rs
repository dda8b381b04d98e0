//! Certificates that renew themselves in the service.

use std::collections::HashMap;

use bankchannel_crypto::{rsa::RsaPrivateKey, x509::Certificate};
use bankchannel_openpgp::decrypt;
use bankchannel_ws_channel_service::{Channels, operator::CertificateInfo};
use reqwest::Method;
use serde_json::json;
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::{
    sandbox::{BANKS, Sandbox},
    served::{PASSWORD, Served, Signer, payment},
    world::{DAY_S, World, serials},
};

/// The serial numbers by account and bank.
fn by_place(all: &[CertificateInfo]) -> HashMap<(String, String), String> {
    all.iter().map(|one| ((one.email.clone(), one.bank.clone()), one.serial.clone().unwrap_or_default())).collect()
}

/// Whether all of these banks are in use with another certificate than before.
fn renewed(before: &[CertificateInfo], now: &[CertificateInfo], banks: &[&str]) -> bool {
    let old = by_place(before);
    let of = |one: &&CertificateInfo| banks.contains(&one.bank.as_str());
    now.iter().filter(of).all(|one| {
        let was = &old[&(one.email.clone(), one.bank.clone())];
        one.state == "active" && one.serial.as_ref() != Some(was)
    })
}

/// Twenty accounts at each bank for six years, in which OP replaces its authorities: no person touches anything.
#[tokio::test(flavor = "multi_thread")]
async fn t92_twenty_accounts_renew_three_times_through_a_roll_over() {
    let world = World::with("[banks.simulator]\npayments = \"store\"").await;
    for number in 0..20 {
        let (bank, family, ..) = BANKS[number % BANKS.len()];
        let who = world.served.owner(&format!("years{number}@example.test")).await;
        world.enrol(&who, bank, family, &world.new_customer(family).await).await.ok(201);
    }
    let is_active = |all: &[CertificateInfo]| all.len() == 20 && all.iter().all(|one| one.state == "active");
    let mut before = world.wait_until("enrolled", is_active).await;
    let all_banks = BANKS.map(|(bank, ..)| bank);
    for round in 0..3 {
        if round == 1 {
            let order = json!({"family": "op", "what": "intermediate", "overlap": 900 * DAY_S});
            world.order("sandbox/rollover", order).await;
        }
        // The banks' own signers are replaced in each round, and the certificate for which Danske's customers encrypt.
        let order = json!({"family": "danske", "what": "encryption", "overlap": 30 * DAY_S});
        world.order("sandbox/rollover", order).await;
        for (_, family, ..) in BANKS {
            let order = json!({"family": family, "what": "signer", "overlap": 30 * DAY_S});
            world.order("sandbox/rollover", order).await;
        }
        world.pass(680 * DAY_S).await;
        before = world.wait_until("all", |now| renewed(&before, now, &all_banks)).await;
    }
    let issuers: Vec<&str> =
        before.iter().filter(|one| one.bank == "osuuspankki").filter_map(|one| one.issuer.as_deref()).collect();
    assert!(issuers.len() == 20 / BANKS.len() && issuers.iter().all(|issuer| issuer.contains("V4")), "{issuers:?}");
    assert!(
        before.iter().all(|one| one.person.is_none() && one.days_left.is_some_and(|days| days > 300)),
        "{before:#?}"
    );
    assert!(world.recorded("ws_channel.certificate_alert", "told").await.is_empty(), "nobody was needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn t62_t64_an_answer_that_is_lost_is_asked_for_again_with_the_same_request() {
    let world = World::new().await;
    let (who, _) = world.customer("lost@example.test").await;
    let is_active = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "active");
    let before = world.wait_until("enrolled", is_active).await;
    for (_, family, ..) in BANKS {
        let order = json!({"fault": "lost-after-commit", "family": family, "operation": "renew_certificate"});
        world.order("sandbox/faults", order).await;
    }
    for (bank, ..) in BANKS {
        let ordered = world.renew(&who.email, bank).await;
        assert!(ordered.next_step_at.is_some(), "{ordered:?}");
    }
    let pending =
        |all: &[CertificateInfo]| all.iter().all(|one| one.state == "renewing" && one.attempt_sent == Some(1));
    let pending = world.wait_until("lost", pending).await;
    // The pause counts from when a failure is noted, which is after the request was sent.
    world.wait_recorded("ws_channel.renew_cert", "failed", BANKS.len()).await;
    assert_eq!(by_place(&pending), by_place(&before), "the old ones sign");
    // An hour later: no person has done anything.
    world.pass(3700).await;
    let after = world.wait_until("asked again", |now| renewed(&before, now, &BANKS.map(|(bank, ..)| bank))).await;
    assert!(after.iter().all(|one| one.attempt_sent.is_none()));
    // One for each that was issued: the samlink and OP banks give the same certificate for the same key.
    assert_eq!(world.recorded("ws_channel.renew_cert", "done").await.len(), BANKS.len());
    assert_eq!(world.recorded("ws_channel.renew_cert", "failed").await.len(), BANKS.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_in_whose_middle_a_renewal_ends_gives_the_new_pair() {
    let world = World::new().await;
    let (who, _) = world.customer("exported@example.test").await;
    let is_active = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "active");
    let before = world.wait_until("enrolled", is_active).await;
    let key = Signer::new(&who.email);
    world.served.register_key(&who, &key, "export").await.ok(201);
    // Held where the old pair is encrypted already, and the export about to be recorded.
    let order = json!({"operation": "export_cert"});
    world.served.control("sandbox/hold", order.clone()).await;
    let path = format!("/certs/nordea?PgpKeyId={}", key.short_id);
    let renewing = async {
        world.served.control("sandbox/held", order.clone()).await;
        world.renew(&who.email, "nordea").await;
        let renewed = world.wait_until("renewed", |now| renewed(&before, now, &["nordea"])).await;
        world.served.control("sandbox/release", order.clone()).await;
        by_place(&renewed)[&(who.email.clone(), "nordea".to_owned())].clone()
    };
    let (exported, serial) = tokio::join!(world.served.admin(&who, Method::GET, &path, None), renewing);
    let exported = exported.ok(200)["CertsAndKeys"].as_array().unwrap().clone();
    assert_eq!(exported.len(), 1);
    let certificate = Certificate::from_pem(exported[0]["Certificate"].as_str().unwrap()).unwrap();
    assert_eq!(certificate.serial_hex(), serial);
    let message = exported[0]["EncryptedPrivateKey"].as_str().unwrap();
    let opened = decrypt(&key.private, message.as_bytes(), std::time::SystemTime::now()).unwrap();
    let private = RsaPrivateKey::from_pem(std::str::from_utf8(&opened).unwrap()).unwrap();
    assert!(certificate.matches_private_key(&private));
    assert_eq!(world.recorded("ws_channel.export_cert", "done").await.len(), 1, "what was given away is recorded once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_goes_on_with_its_key_and_only_for_its_user() {
    let world = World::new().await;
    let served = &world.served;
    let who = served.owner("open@example.test").await;
    let customer = world.customers("op")[0].clone();
    world.order("sandbox/faults", json!({"fault": "lost-after-commit", "operation": "request_certificate"})).await;
    let body = world.enrolment("op", &customer).await;
    let enrol = |body: serde_json::Value| served.admin(&who, Method::POST, "/certs/osuuspankki", Some(body));
    let lost = enrol(body.clone()).await;
    assert!(lost.status >= 502, "{}: {}", lost.status, lost.text());
    let pending = world.certificates().await;
    assert_eq!((&*pending[0].state, pending[0].attempt_sent), ("pending", Some(1)), "{pending:?}");
    assert!(pending[0].person.as_deref().is_some_and(|why| why.contains("EnrollCert")), "{pending:?}");
    // It is no certificate yet: neither listed, nor shared, nor retired, nor used.
    assert_eq!(served.get(&who, "/certs").await.ok(200)["Certs"], json!([]));
    served
        .get(&who, "/files/osuuspankki")
        .await
        .refused(400, "No available valid bank certificates, no linked account");
    served
        .admin(&who, Method::DELETE, "/certs/osuuspankki", None)
        .await
        .refused(400, "No certificate(s) for this bank,");
    let mut other = body.clone();
    other["WsUserId"] = "1000099999".into();
    enrol(other).await.refused(400, "Bank certificate(s) already exists");
    // A restart loses nothing of it.
    let world = world.again("").await;
    let served = &world.served;
    served.admin(&who, Method::POST, "/certs/osuuspankki", Some(body)).await.ok(201);
    let is_active = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "active");
    world.wait_until("the trial", is_active).await;
    served.get(&who, "/files/osuuspankki").await.ok(200);
    // A code that cannot be right is not spent; a wrong one is refused with the bank's code.
    let another = served.owner("wrong@example.test").await;
    let mut body = world.enrolment("op", &customer).await;
    let right = body["Code"].clone();
    body["Code"] = "1234567890123456".into();
    let path = "/certs/osuuspankki";
    served.admin(&another, Method::POST, path, Some(body.clone())).await.refused(400, "Invalid parameter(s): Code");
    body["Code"] = right;
    body["WsUserId"] = "12345678901234567".into();
    served.admin(&another, Method::POST, path, Some(body)).await.refused(400, "Invalid parameter(s): WsUserId");
    assert_eq!(world.certificates().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_ends_with_its_account_or_its_certificate() {
    let world = World::new().await;
    let (who, _) = world.customer("ends@example.test").await;
    let served = &world.served;
    let is_active = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "active");
    world.wait_until("enrolled", is_active).await;
    // Retired while the bank is asked.
    let hold = |family: &str| json!({"fault": "hold", "operation": "renew_certificate", "family": family});
    world.order("sandbox/faults", hold("op")).await;
    world.renew(&who.email, "osuuspankki").await;
    world.order("sandbox/held", json!({})).await;
    let busy = world.operator().renew_certificate(&who.email, "osuuspankki").await.unwrap_err();
    assert_eq!((busy.code(), busy.retryable()), ("peer.unavailable", true), "{busy:?}");
    served.admin(&who, Method::DELETE, "/certs/osuuspankki", None).await.ok(200);
    served
        .get(&who, "/files/osuuspankki")
        .await
        .refused(400, "No available valid bank certificates, no linked account");
    // It can be enrolled again at once, and the late answer changes nothing of that.
    world.enrol(&who, "osuuspankki", "op", &world.customers("op")[0]).await.ok(201);
    let listed = serials(&served.get(&who, "/certs").await.ok(200));
    world.order("sandbox/release", json!({})).await;
    let until = std::time::Instant::now() + std::time::Duration::from_secs(3);
    while std::time::Instant::now() < until {
        assert_eq!(serials(&served.get(&who, "/certs").await.ok(200)), listed);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    // An account goes while another request is open.
    let gone = served.person("gone@example.test", Some(&who.key)).await;
    world.enrol(&gone, "sp", "samlink", &world.new_customer("samlink").await).await.ok(201);
    let of_gone = |one: &&CertificateInfo| one.email == "gone@example.test";
    world.wait_until("enrolled", |all| all.iter().find(of_gone).is_some_and(|one| one.state == "active")).await;
    world.order("sandbox/faults", hold("samlink")).await;
    world.renew(&gone.email, "sp").await;
    world.order("sandbox/held", json!({})).await;
    let confirm = json!({"Confirm": gone.email});
    served.admin(&who, Method::DELETE, &format!("/account/{}", gone.email), Some(confirm)).await.ok(200);
    assert!(world.certificates().await.iter().find(of_gone).is_none());
    world.order("sandbox/release", json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    assert!(world.certificates().await.iter().find(of_gone).is_none(), "a late answer brings nothing back");
}

#[tokio::test(flavor = "multi_thread")]
async fn t67_somebody_is_told_in_time_and_a_stop_is_one_of_the_alerts() {
    let world = World::new().await;
    let (who, _) = world.customer("told@example.test").await;
    let is_active = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "active");
    world.wait_until("enrolled", is_active).await;
    // OP refuses every renewal for its certificate, so trying again is pointless.
    world.order("sandbox/faults", json!({"fault": "code=04", "operation": "renew_certificate", "family": "op"})).await;
    world.pass(676 * DAY_S).await;
    let stopped = |all: &[CertificateInfo]| all.iter().any(|one| one.bank == "osuuspankki" && one.state == "stopped");
    let all = world.wait_until("stopped", stopped).await;
    let op = all.iter().find(|one| one.bank == "osuuspankki").unwrap();
    assert!(op.person.as_deref().is_some_and(|why| why.contains("04")), "{op:?}");
    world.served.until_metric(r#"bankchannel_renewals_total{bank="osuuspankki",result="stopped"} 1"#, true).await;
    let told = async || {
        let of = world.recorded("ws_channel.certificate_alert", "told").await;
        of.into_iter().filter(|line| line.object == "osuuspankki").map(|line| line.detail).collect::<Vec<_>>()
    };
    world.wait_recorded("ws_channel.certificate_alert", "told", 1).await;
    assert_eq!(told().await.len(), 1, "{:?}", told().await);
    for (days, count) in [(25, 2), (15, 3), (7, 4), (4, 5), (2, 6)] {
        world.pass(days * DAY_S).await;
        let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while told().await.len() < count && std::time::Instant::now() < until {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    let all = told().await;
    assert_eq!(all.len(), 6, "{all:#?}");
    for (line, days) in all[1..].iter().zip(["30", "14", "7", "3", "1"]) {
        assert!(line.contains(&format!("ends in {days} days")), "{line}");
    }
    // The outbox has them for the mail gateway.
    let outbox = std::fs::read_to_string(world.served.folder.path().join("data/outbox.jsonl")).unwrap();
    let mails = outbox.lines().filter(|line| line.contains("certificate_alert") && line.contains(&who.email));
    assert!(
        mails.clone().count() >= 6 && mails.clone().all(|line| line.contains("\"text\"") && !line.contains("\"code\""))
    );
    // The operator was told of the stop alone.
    let operators = outbox.lines().filter(|line| line.contains("certificate_alert") && line.contains("\"operator\""));
    assert_eq!(operators.clone().count(), 1, "{:?}", operators.collect::<Vec<_>>());
    // A person has acted: it goes on.
    let resumed = world.resume(&who.email, "osuuspankki").await;
    assert_eq!(resumed.state, "active");
    let is_renewed = |all: &[CertificateInfo]| {
        all.iter().any(|one| one.bank == "osuuspankki" && one.state == "active" && one.days_left > Some(300))
    };
    world.wait_until("resumed", is_renewed).await;
    // The new certificate is shown before its set is given back.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let refused = loop {
        let refused = world.operator().resume_certificate(&who.email, "osuuspankki").await.unwrap_err();
        if refused.code() != "peer.unavailable" || std::time::Instant::now() > until {
            break refused;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert!(refused.message().contains("nothing has stopped"), "{refused}");
    let refused = world.operator().discard_certificate(&who.email, "osuuspankki").await.unwrap_err();
    assert!(refused.message().contains("no attempt"), "{refused}");
    let refused = world.operator().renew_certificate("nobody@example.test", "osuuspankki").await.unwrap_err();
    assert_eq!(refused.code(), "input.invalid_field");
}

/// A service that ends between a stop and its alert tells it when it runs again; one that has told it does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_told_by_the_next_start_if_it_was_not() {
    let world = World::new().await;
    let (who, _) = world.customer("untold@example.test").await;
    let is_active = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "active");
    world.wait_until("enrolled", is_active).await;
    world.order("sandbox/faults", json!({"fault": "code=04", "operation": "renew_certificate", "family": "op"})).await;
    world.renew(&who.email, "osuuspankki").await;
    let told =
        async |world: &World, count: usize| world.wait_recorded("ws_channel.certificate_alert", "told", count).await;
    assert_eq!(told(&world, 1).await.len(), 1);
    // As a service leaves it that is killed right after the stop.
    let World { sandbox, served: Served { running, folder, .. } } = world;
    running.stop().await;
    let database = SqliteConnectOptions::new().filename(folder.path().join("data/service.sqlite"));
    let mut connection = database.connect().await.unwrap();
    let sql = "UPDATE cert_set SET life = REPLACE(life, ',\"is_told\":true', ''), due = 0 \
               WHERE bank = 'osuuspankki' AND life LIKE '%,\"is_told\":true%'";
    assert_eq!(sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected(), 1);
    connection.close().await.unwrap();
    let served = Served::on(folder, &sandbox.config(), Channels::default()).await;
    let world = World { sandbox, served };
    let all = told(&world, 2).await;
    assert!(all.iter().all(|line| line.detail.contains("04")), "{all:#?}");
    // Once: a start that finds nothing new tells nothing.
    let world = world.again("").await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(told(&world, 2).await.len(), 2);
}

/// A bank that does not take a new certificate yet is found out by a list, never by a file: the old one signs until then. At
/// Nordea, where the old one has ended, the new one signs at once.
#[tokio::test(flavor = "multi_thread")]
async fn t65_files_are_signed_with_the_old_certificate_until_the_new_one_has_worked() {
    let world = World::new().await;
    let (who, signer) = world.customer("trial@example.test").await;
    let is_active = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "active");
    let before = world.wait_until("enrolled", is_active).await;
    let faults = BANKS.map(|(_, family, ..)| json!({"fault": "code=04", "family": family, "operation": "list_files"}));
    world.order("sandbox/faults", json!(faults)).await;
    for (bank, ..) in BANKS {
        world.renew(&who.email, bank).await;
    }
    let tried = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "switching");
    let resting = world.wait_until("tried", tried).await;
    for (bank, family, payments, _) in BANKS {
        let serial = |all: &[CertificateInfo]| all.iter().find(|one| one.bank == bank).unwrap().serial.clone();
        assert_eq!(serial(&resting) == serial(&before), bank != "nordea", "{resting:?}");
        assert_eq!(world.uploads(family).await, 0, "{bank}: no file tries it");
        let mut body = signer.signed(payment());
        body["FileType"] = payments.into();
        world.served.data(&who, Method::PUT, &format!("/files/{bank}"), Some(body)).await.ok(201);
        assert_eq!(world.uploads(family).await, 1, "{bank}");
    }
    // It is tried again later, and taken.
    world.pass(2 * 3600).await;
    world.wait_until("taken", |now| renewed(&before, now, &BANKS.map(|(bank, ..)| bank))).await;
}

/// Many are due at once, and the bank is asked by as many as it allows: for certificates, and for the lists that try them.
#[tokio::test(flavor = "multi_thread")]
async fn a_bank_is_never_asked_by_more_at_once_than_it_allows() {
    let sandbox = Sandbox::new().await;
    let config = sandbox.config_of(&["osuuspankki"]) + "certificates_at_once = 3\n";
    let served = Served::with(&config, Channels::default()).await;
    let world = World { sandbox, served };
    for number in 0..12 {
        let who = world.served.owner(&format!("many{number}@example.test")).await;
        world.enrol(&who, "osuuspankki", "op", &world.new_customer("op").await).await.ok(201);
    }
    let is_active = |all: &[CertificateInfo]| all.len() == 12 && all.iter().all(|one| one.state == "active");
    let before = world.wait_until("enrolled", is_active).await;
    let faults = [("hold", "renew_certificate"), ("delay=300", "list_files")]
        .map(|(fault, operation)| json!({"fault": fault, "family": "op", "operation": operation, "count": 12}));
    world.order("sandbox/faults", json!(faults)).await;
    world.order("sandbox/load", json!({"forget": true})).await;
    world.pass(705 * DAY_S).await;
    for _ in 0..4 {
        // As many as may be: they are not worked off one by one.
        world.order("sandbox/held", json!({"count": 3})).await;
        world.order("sandbox/release", json!({})).await;
    }
    world.wait_until("renewed", |now| renewed(&before, now, &["osuuspankki"])).await;
    let max = world.order("sandbox/load", json!({})).await["most_at_once"].clone();
    let (certificates, lists) = (max["op/certificates"].as_u64().unwrap(), max["op/files"].as_u64().unwrap());
    assert!(certificates == 3 && (1..=3).contains(&lists), "{max}");
}

/// The clock goes ahead by years and back again: nothing is renewed twice for it, nothing waits for a time that was noted ahead.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_and_forth_renews_nothing_twice() {
    let world = World::new().await;
    world.customer("clock@example.test").await;
    let is_active = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "active");
    let first = world.wait_until("enrolled", is_active).await;
    let all_banks = BANKS.map(|(bank, ..)| bank);
    let issued = async || {
        let all = world.order("sandbox/certificates", json!({})).await;
        all["certificates"].as_array().unwrap().len()
    };
    // An attempt fails in the future, whose next one would be there.
    let faults =
        BANKS.map(|(_, family, ..)| json!({"fault": "close", "family": family, "operation": "renew_certificate"}));
    world.order("sandbox/faults", json!(faults)).await;
    world.pass(705 * DAY_S).await;
    let failed = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "renewing" && one.attempt_sent == Some(1));
    world.wait_until("failed ahead", failed).await;
    world.wait_recorded("ws_channel.renew_cert", "failed", BANKS.len()).await;
    let given = issued().await;
    // Back: the requests that are open go on at once, and not in two years.
    world.pass(-705 * DAY_S).await;
    let second = world.wait_until("renewed", |now| renewed(&first, now, &all_banks)).await;
    assert_eq!(issued().await - given, BANKS.len());
    // Forth and back where nothing is due: nothing happens.
    for days in [30, -30, 400, -400] {
        world.pass(days * DAY_S).await;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    }
    assert_eq!(by_place(&world.certificates().await), by_place(&second));
    world.pass(705 * DAY_S).await;
    world.wait_until("renewed again", |now| renewed(&second, now, &all_banks)).await;
    assert_eq!(issued().await - given, 2 * BANKS.len());
    assert_eq!(world.recorded("ws_channel.renew_cert", "done").await.len(), 2 * BANKS.len());
}

/// A borrower's calls sign with the renewed certificate, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_shared_certificate_is_renewed_for_all_that_use_it() {
    let world = World::new().await;
    let (owner, _) = world.customer("lender@example.test").await;
    let served = &world.served;
    let borrower = served.person("borrower@example.test", Some(&owner.key)).await;
    served.admin(&owner, Method::PUT, &format!("/certs/shared/{}", borrower.email), None).await.ok(201);
    let is_active = |all: &[CertificateInfo]| all.iter().all(|one| one.state == "active");
    let before = world.wait_until("enrolled", is_active).await;
    served.get(&borrower, "/files/nordea").await.ok(200);
    // Calls go on while it is renewed: at Nordea each ends with the certificate with which it began.
    let calls = async {
        for _ in 0..40 {
            let answer = served.get(&borrower, "/files/nordea?FileType=NDCORPAYL").await;
            answer.ok(200);
        }
    };
    let order = async { world.renew(&owner.email, "nordea").await };
    let (_, _) = tokio::join!(calls, order);
    world.wait_until("renewed", |now| renewed(&before, now, &["nordea"])).await;
    served.get(&borrower, "/files/nordea").await.ok(200);
    assert!(!PASSWORD.is_empty() && Signer::new(&borrower.email).signed(b"x").is_object());
}
