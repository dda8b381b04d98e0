//! Enrolment, import, retirement, renewal (§11.6).

use bankchannel_crypto::x509::Certificate;
use bankchannel_storage::ws_channel::AuditFilter;
use bankchannel_ws_channel_service::{Channels, ServiceOptions, operator::ServiceOperator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::served::{Served, enrolment, identity, import_of};

const EXISTS: &str = "Bank certificate(s) already exists";
const NONE: &str = "No certificate(s) for this bank,";

#[tokio::test(flavor = "multi_thread")]
async fn c01_c02_c08_enrolment_at_the_simulator() {
    let served = Served::start().await;
    let who = served.owner("c01@example.test").await;
    served.enrol(&who).await.ok(201);
    let by_data = served.get(&who, "/certs").await.ok(200);
    let by_admin = served.admin(&who, Method::GET, "/certs/", None).await.ok(200);
    assert_eq!(by_data, by_admin);
    let cert = &by_data["Certs"][0];
    assert_eq!(cert["CertName"], "simulator_customer_signing_cert");
    assert_eq!(cert["Issuer"], "Simulator Test CA");
    assert_eq!(cert["Subject"], "SIM-0123456789ab");
    let expires = cert["Expires"].as_str().unwrap();
    assert!(is_openssl_time(expires), "{expires}");
    let serial = cert["Serial"].as_str().unwrap();
    assert!(!serial.is_empty() && serial.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)), "{serial}");
    let pem = Certificate::from_pem(cert["PEM"].as_str().unwrap()).unwrap();
    assert_eq!((pem.serial_hex().as_str(), pem.expires_text().as_str()), (serial, expires));
    let connection = json!([{"Bank": "simulator", "Access": "direct",
        "Certificates": [{"Purpose": "signing", "Expires": expires}]}]);
    assert_eq!(by_data["Connections"], connection);
    assert!(by_data.get("Retired").is_none());
    served.enrol(&who).await.refused(400, EXISTS);
}

/// `Nov 20 06:00:00 2028 GMT`, the day padded with a space.
fn is_openssl_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|c| match c {
            '0'..='9' => '9',
            'A'..='Z' => 'A',
            'a'..='z' => 'a',
            other => other,
        })
        .collect();
    ["Aaa 99 99:99:99 9999 AAA", "Aaa  9 99:99:99 9999 AAA"].contains(&shape.as_str()) && text.ends_with(" GMT")
}

#[tokio::test(flavor = "multi_thread")]
async fn c03_the_simulators_rules_of_enrolment() {
    let served = Served::start().await;
    let who = served.owner("c03@example.test").await;
    for (field, value) in [
        ("Code", json!("123456789012345")),
        ("Code", json!("123456789012345678901234567890123")),
        ("Code", json!("1234567890 123456")),
        ("WsUserId", json!("12345678901234567")),
        ("WsUserId", json!("näin")),
        ("Company", json!("Another Company Oy")),
    ] {
        let mut body = enrolment();
        body[field] = value;
        let answer = served.admin(&who, Method::POST, "/certs/simulator", Some(body)).await;
        answer.refused(400, &format!("Invalid parameter(s): {field}"));
    }
    let missing = served.admin(&who, Method::POST, "/certs/simulator", Some(json!({"Code": "1234567890123456"}))).await;
    missing.refused(400, "Missing parameter(s): Company, WsUserId");
    assert_eq!(served.get(&who, "/certs").await.ok(200)["Certs"], json!([]));
    // Refused enrolments have reserved nothing.
    served.enrol(&who).await.ok(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn c04_banks_by_their_ids() {
    let served = Served::start().await;
    let who = served.owner("c04@example.test").await;
    let enrol = |bank: &str| {
        let (served, who, path) = (&served, &who, format!("/certs/{bank}"));
        async move { served.admin(who, Method::POST, &path, Some(enrolment())).await }
    };
    enrol("nosuchbank").await.refused(400, "Invalid parameter bank");
    enrol("SEB").await.refused(400, "Invalid parameter bank");
    enrol("NORDEA").await.refused(400, "No channel configured for this bank");
    served.get(&who, "/files/nosuchbank").await.refused(400, "Invalid parameter bank");
    served.get(&who, "/files/seb").await.refused(400, "No available valid bank certificates, no linked account");
    served.import(&who, "seb", import_of(&identity(100))).await.ok(201);
    assert_eq!(served.get(&who, "/certs").await.ok(200)["Certs"][0]["CertName"], "SEB_customer_signing_cert");
    served.get(&who, "/files/seb").await.refused(400, "No channel configured for this bank");
    let retired = served.admin(&who, Method::DELETE, "/certs/seb", None).await.ok(200);
    assert_eq!(retired["Bank"], "SEB");
}

#[tokio::test(flavor = "multi_thread")]
async fn c05_c06_import() {
    let served = Served::start().await;
    let who = served.owner("c05@example.test").await;
    let (good, other, old) = (identity(100), identity(100), identity(-2));
    let with = |field: &str, value: &str| {
        let mut body = import_of(&good);
        body[field] = value.into();
        body
    };
    let public = bankchannel_crypto::rsa::RsaPrivateKey::from_pem(&good.private_key).unwrap().public().to_spki_pem();
    for (body, text) in [
        (with("Certificate", "not PEM"), "Certificate PEM format validation failed!"),
        (with("Certificate", &good.certificate.replace("MII", "XYZ")), "Certificate PEM format validation failed!"),
        (with("PrivateKey", "not PEM"), "Certificate PEM format validation failed!"),
        (with("PrivateKey", &public), "RSA Key is not private key!"),
        (with("PrivateKey", &good.certificate), "RSA Key is not private key!"),
        (with("PrivateKey", &other.private_key), "Invalid parameter(s): PrivateKey"),
        (import_of(&old), "Invalid parameter(s): Certificate"),
        (with("Company", ""), "Missing parameter(s): Company"),
    ] {
        served.import(&who, "nordea", body).await.refused(400, text);
    }
    served.import(&who, "nordea", import_of(&good)).await.ok(201);
    let listed = served.get(&who, "/certs").await.ok(200);
    assert_eq!(listed["Certs"].as_array().unwrap().len(), 1);
    assert_eq!(listed["Certs"][0]["Serial"], "11A05D");
    assert_eq!(listed["Certs"][0]["Issuer"], "CUSTOMER TEST CA");
    served.import(&who, "nordea", import_of(&other)).await.refused(400, EXISTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn c07_danske_bank_needs_two_pairs() {
    let served = Served::start().await;
    let who = served.owner("c07@example.test").await;
    let (signing, encryption) = (identity(100), identity(100));
    let import = |extra: Value| {
        let mut body = import_of(&signing);
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let (served, who) = (&served, &who);
        async move { served.import(who, "danskebank", body).await }
    };
    import(json!({})).await.refused(400, "Missing parameter(s): EncCertificate, EncPrivatekey");
    let cert = &encryption.certificate;
    import(json!({"EncCertificate": cert, "EncPrivateKey": cert}))
        .await
        .refused(400, "RSA Enc.Key is not private key!");
    let other = &signing.private_key;
    import(json!({"EncCertificate": cert, "EncPrivateKey": other}))
        .await
        .refused(400, "Invalid parameter(s): EncPrivatekey");
    // One client's spelling; the specification writes a small k.
    import(json!({"EncCertificate": cert, "EncPrivateKey": encryption.private_key})).await.ok(201);
    let listed = served.get(&who, "/certs").await.ok(200);
    let names: Vec<&str> =
        listed["Certs"].as_array().unwrap().iter().map(|c| c["CertName"].as_str().unwrap()).collect();
    assert_eq!(names, ["danskebank_customer_signing_cert", "danskebank_customer_encryption_cert"]);
    let retired = served.admin(&who, Method::DELETE, "/certs/danskebank", None).await.ok(200);
    assert_eq!(retired["RetiredCertNames"].as_array().unwrap().len(), 1);
    let listed = served.get(&who, "/certs").await.ok(200);
    assert_eq!(listed["Retired"].as_array().unwrap().len(), 2);
    // With other banks, a second pair is ignored.
    let mut body = import_of(&signing);
    body["EncCertificate"] = "not PEM".into();
    served.import(&who, "aktia", body).await.ok(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn c17_c18_retire_and_enrol_again() {
    let served = Served::start().await;
    let owner = served.owner("c17@example.test").await;
    let customer = served.person("c17b@example.test", Some(&owner.key)).await;
    let stranger = served.owner("c17c@example.test").await;
    for who in [&owner, &customer, &stranger] {
        served.enrol(who).await.ok(201);
    }
    let retire = |who, query: &str| {
        let (served, path) = (&served, format!("/certs/simulator{query}"));
        async move { served.admin(who, Method::DELETE, &path, None).await }
    };
    let of = |email: &str| format!("?Account={email}");
    retire(&customer, &of("c17%40example.test")).await.refused(403, "Only the API key owner may call this operation");
    retire(&stranger, &of("c17b%40example.test")).await.refused(400, "User does not exist!");
    let name = retire(&owner, "").await.ok(200)["RetiredCertNames"][0].as_str().unwrap().to_owned();
    let suffix = name.strip_prefix("simulator.REMOVED.").unwrap();
    assert!(suffix.len() == 8 && suffix.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()), "{name}");
    retire(&owner, "").await.refused(400, NONE);
    retire(&owner, &of("C17B%40example.test")).await.ok(200);
    retire(&owner, &of("c17b%40example.test")).await.refused(400, NONE);
    let listed = served.get(&owner, "/certs").await.ok(200);
    assert_eq!(listed["Certs"], json!([]));
    assert_eq!(listed["Retired"][0]["CertName"], format!("{name}_customer_signing_cert"));
    assert_eq!(listed["Retired"][0]["Bank"], "simulator");
    let gone = "No available valid bank certificates, no linked account";
    served.get(&owner, "/files/simulator").await.refused(400, gone);
    served.enrol(&owner).await.ok(201);
    assert_eq!(served.references(&owner, "camt.053.001.02", "NEW").await.len(), 2, "one fresh opening statement more");
}

/// The simulator's certificates are valid for 730 days, and renewed thirty days before.
const DUE_S: i64 = 700 * 86_400;

/// The renewals of an account that the audit trail has.
async fn renewals(served: &Served, email: &str) -> usize {
    let data = served.folder.path().join("data");
    let options = ServiceOptions { data: Some(data.display().to_string()), ..ServiceOptions::default() };
    let operator = ServiceOperator::from_options(&options).unwrap();
    let renewal = AuditFilter {
        operation: Some("ws_channel.renew_cert".into()),
        email: Some(email.to_owned()),
        outcome: Some("done".into()),
        ..AuditFilter::default()
    };
    operator.audit(renewal).await.unwrap().len()
}

async fn wait_for_renewal(served: &Served, email: &str) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while renewals(served, email).await == 0 {
        assert!(std::time::Instant::now() < until, "not renewed");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c19_renewal_when_it_is_due() {
    let served = Served::start().await;
    let who = served.owner("c19@example.test").await;
    served.enrol(&who).await.ok(201);
    // A bank without a channel cannot renew; its certificate stays unchanged.
    served.import(&who, "nordea", import_of(&identity(720))).await.ok(201);
    let before = serials(&served.get(&who, "/certs").await.ok(200));
    served.control("clock", json!({"advance_s": DUE_S - 86_400})).await;
    served.running.renew_due().await.unwrap();
    assert_eq!(renewals(&served, &who.email).await, 0, "not due");
    served.control("clock", json!({"advance_s": 86_400 + 60})).await;
    wait_for_renewal(&served, &who.email).await;
    assert_eq!(served.running.renew_due().await.unwrap(), 0, "once");
    // Back at a time at which the session counts: renewals stay.
    served.control("clock", json!({"advance_s": -DUE_S})).await;
    let after = serials(&served.get(&who, "/certs").await.ok(200));
    assert_eq!(before[0], after[0], "nordea's");
    assert_eq!((before[1].0.as_str(), before.len()), ("simulator_customer_signing_cert", 2));
    assert!(after[1].0 == before[1].0 && after[1].1 != before[1].1 && after.len() == 2);
    // The bookings and files of the connection are kept.
    assert_eq!(served.references(&who, "camt.053.001.02", "ALL").await.len(), 1);
}

fn serials(listed: &Value) -> Vec<(String, String)> {
    let text = |c: &Value, name: &str| c[name].as_str().unwrap().to_owned();
    listed["Certs"].as_array().unwrap().iter().map(|c| (text(c, "CertName"), text(c, "Serial"))).collect()
}

/// A clock that is set back binds nothing to a date that is far ahead.
#[tokio::test(flavor = "multi_thread")]
async fn c19_renewals_go_on_after_a_reset() {
    let served = Served::start().await;
    served.control("clock", json!({"advance_s": 2 * DUE_S})).await;
    served.running.renew_due().await.unwrap();
    served.control("reset", json!({})).await;
    let who = served.owner("c19c@example.test").await;
    served.enrol(&who).await.ok(201);
    served.control("clock", json!({"advance_s": DUE_S + 60})).await;
    wait_for_renewal(&served, &who.email).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_not_used_and_stands_in_the_way_until_retired() {
    let served = Served::with("token_ttl_s = 86400", Channels::default()).await;
    served.control("clock", json!({"advance_s": 18 * 3600})).await;
    let who = served.owner("old@example.test").await;
    served.import(&who, "simulator", import_of(&identity(1))).await.ok(201);
    served.get(&who, "/files/simulator").await.ok(200);
    served.control("clock", json!({"advance_s": 7 * 3600})).await;
    let gone = "No available valid bank certificates, no linked account";
    // Immediately, before any job has checked it.
    served.get(&who, "/files/simulator").await.refused(400, gone);
    assert_eq!(served.running.renew_due().await.unwrap(), 0, "an expired certificate proves nothing to a bank");
    served.get(&who, "/files/simulator").await.refused(400, gone);
    // Who is on call sees it, and is told.
    let expired = r#"bankchannel_certificates{bank="simulator",state="expired"} 1"#;
    served.until_metric(expired, true).await;
    let told = served.until_told("operator_certificates_ended").await;
    assert!(told.len() == 1 && told[0].contains("simulator") && told[0].contains("cert-list"), "{told:?}");
    served.enrol(&who).await.refused(400, EXISTS);
    served.admin(&who, Method::DELETE, "/certs/simulator", None).await.ok(200);
    served.enrol(&who).await.ok(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn s39_of_many_enrolments_and_retirements_at_once_one_wins() {
    let served = Served::start().await;
    let who = served.owner("s39@example.test").await;
    let enrolments = futures_util::future::join_all((0..6).map(|_| served.enrol(&who))).await;
    let statuses: Vec<u16> = enrolments.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    enrolments.iter().filter(|a| a.status != 201).for_each(|a| a.refused(400, EXISTS));
    let retire = || served.admin(&who, Method::DELETE, "/certs/simulator", None);
    let retirements = futures_util::future::join_all((0..6).map(|_| retire())).await;
    assert_eq!(retirements.iter().filter(|answer| answer.status == 200).count(), 1);
    retirements.iter().filter(|a| a.status != 200).for_each(|a| a.refused(400, NONE));
    let listed = served.get(&who, "/certs").await.ok(200);
    assert_eq!((listed["Certs"].clone(), listed["Retired"].as_array().unwrap().len()), (json!([]), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_entitlement_the_simulator_is_shut() {
    let served = Served::with("simulator_entitlement_required = true", Channels::default()).await;
    let who = served.owner("ent@example.test").await;
    let denied = "Bank Simulator access is not enabled for this tenant";
    served.enrol(&who).await.refused(400, denied);
    served.get(&who, "/files/simulator").await.refused(400, denied);
    // Other banks do not need it.
    served.import(&who, "nordea", import_of(&identity(100))).await.ok(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_certificates_books_and_the_authority() {
    let served = Served::start().await;
    let (who, signer) = served.customer("again@example.test").await;
    let before = served.get(&who, "/certs").await.ok(200);
    let served = served.again("").await;
    assert_eq!(served.get(&who, "/certs").await.ok(200), before);
    served.upload(&who, signer.signed(crate::served::payment())).await.ok(201);
    served.new_file(&who, "pain.002.001.10").await;
    let other = served.owner("again2@example.test").await;
    served.enrol(&other).await.ok(201);
    assert_eq!(served.get(&other, "/certs").await.ok(200)["Certs"][0]["Issuer"], "Simulator Test CA");
}
