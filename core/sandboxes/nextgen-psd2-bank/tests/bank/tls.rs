//! Client certificates: T-076, and connections that TLS itself refuses.

use std::os::unix::fs::PermissionsExt;

use bankchannel_crypto::signature::{Hash, SigningKey};
use bankchannel_nextgen_psd2::{
    certificates::{Certificate, CertificateKind, IssueOptions, PlantedDefect, Psd2Certificate, QcType},
    http::Request,
    operations::verification::verify_request::Strictness,
};
use serde_json::json;

use super::support::{NOW_S, Tpp, VECTOR_A, VERIFY, World, parsed};

/// V22 with the QWAC of the same organisation; HTTP/2 and HTTP/1.1.
#[tokio::test]
async fn with_the_own_certificate() {
    let world = World::tls().await;
    assert!(world.ready("base_url").starts_with("https://127.0.0.1:") && world.ready("base_url").ends_with("/api"));
    let tpp = world.tpp(1);
    let answer = world.call(&tpp, "POST", VERIFY, &[], world.question()).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "exists": true })));
    // The specification's leaf certificate belongs to the same organisation.
    let answer = world.send_by(&world.client(Some("tpp1-qwac")), &parsed(VECTOR_A)).await;
    assert_eq!((answer.status, &*answer.text), (200, r#"{"exists":true}"#));
}

/// T-076.
#[tokio::test]
async fn with_somebody_elses_certificate() {
    let world = World::tls().await;
    let request = world.sign(&world.tpp(1), "POST", VERIFY, &[], &world.question().to_string());
    let answer = world.send_by(&world.client(Some("tpp2-qwac")), &request).await;
    answer.is_refused(401, "CERTIFICATE_INVALID", "V22");
    // The id was not consumed.
    assert_eq!(world.send_by(&world.client(Some("tpp1-qwac")), &request).await.status, 200);
}

/// V22: no client certificate at all.
#[tokio::test]
async fn without_a_certificate() {
    let world = World::tls().await;
    let request = world.sign(&world.tpp(1), "POST", VERIFY, &[], &world.question().to_string());
    let answer = world.send_by(&world.client(None), &request).await;
    answer.is_refused(401, "CERTIFICATE_MISSING", "V22");
    assert!(answer.message().contains("present the QWAC"), "{}", answer.message());
    // Earlier checks fail first.
    let mut request = request;
    request.headers.remove("signature");
    world.send_by(&world.client(None), &request).await.is_refused(401, "SIGNATURE_MISSING", "V07");
    // A customer's browser has none, and can still open pages.
    assert_ne!(world.page("/requests.json").await.status, 401);
}

/// A new signed request of `verify_user` for PSU 1.
fn asked(world: &World) -> Request {
    world.sign(&world.tpp(1), "POST", VERIFY, &[], &world.question().to_string())
}

/// A TLS client certificate from the bank's authority with its key, PEM.
fn issued(world: &World, change: impl FnOnce(&mut IssueOptions)) -> String {
    let mut options = IssueOptions::new(CertificateKind::Qwac, NOW_S);
    change(&mut options);
    let issued = world.authority().issue(&options).unwrap();
    format!("{}{}", issued.certificate_pem, *issued.private_key_pem)
}

/// V22 as V18 and V19: a revoked or blocked certificate is also refused on existing connections.
#[tokio::test]
async fn a_revoked_or_blocked_certificate() {
    for (list, code) in [("revoke", "CERTIFICATE_REVOKED"), ("block", "CERTIFICATE_BLOCKED")] {
        let world = World::tls().await;
        let client = world.client(Some("tpp1-qwac"));
        assert_eq!(world.send_by(&client, &asked(&world)).await.status, 200);
        let serial = Certificate::from_pem(&world.read("tpp1-qwac.pem")).unwrap().serial().to_vec();
        let serial: String = serial.iter().map(|byte| format!("{byte:02x}")).collect();
        let listed = world.control(&format!("sandbox/certs/{serial}/{list}"), json!(null)).await;
        assert_eq!(listed.status, 200, "{}", listed.text);
        for client in [&client, &world.client(Some("tpp1-qwac"))] {
            let answer = world.send_by(client, &asked(&world)).await;
            answer.is_refused(401, code, "V22");
            assert!(answer.message().contains("TLS client certificate (QWAC)"), "{}", answer.message());
        }
        // The customer's pages need no certificate.
        assert_eq!(client.get(format!("{}/requests.json", world.origin())).send().await.unwrap().status(), 200);
    }
}

/// V22 as V16: TLS checks validity when connecting, the bank with each request.
#[tokio::test]
async fn a_certificate_that_ends_while_connected() {
    let mut world = World::tls().await;
    let client = world.client_showing(Some(&issued(&world, |options| options.not_after_s = NOW_S + 60)));
    assert_eq!(world.send_by(&client, &asked(&world)).await.status, 200);
    world.advance(61).await;
    world.send_by(&client, &asked(&world)).await.is_refused(401, "CERTIFICATE_EXPIRED", "V22");
}

/// V22 as V20 and V21: a QSEAL is not valid for connections, nor is a certificate without QC statements; in every mode.
#[tokio::test]
async fn a_certificate_for_another_use() {
    for mode in [Strictness::Strict, Strictness::Normal, Strictness::Lenient] {
        let world = World::with(|options| options.mode = Some(mode)).await;
        let answer = world.send_by(&world.client(Some("tpp1-qseal")), &asked(&world)).await;
        answer.is_refused(401, "CERTIFICATE_INVALID", "V22");
        assert!(answer.message().contains("QSEAL"), "{}", answer.message());
        let plain = issued(&world, |options| options.defects = vec![PlantedDefect::NoQc]);
        let answer = world.send_by(&world.client_showing(Some(&plain)), &asked(&world)).await;
        answer.is_refused(401, "CERTIFICATE_INVALID", "V22");
        assert_eq!(world.send_by(&world.client(Some("tpp1-qwac")), &asked(&world)).await.status, 200);
    }
    // QC statements without the type: `strict` refuses them, `normal` warns (V20).
    for (mode, status) in [(Strictness::Strict, 401), (Strictness::Normal, 200), (Strictness::Lenient, 200)] {
        let world = World::with(|options| options.mode = Some(mode)).await;
        let bare = issued(&world, |options| options.defects = vec![PlantedDefect::BareQc]);
        let types: Vec<QcType> = Certificate::from_pem(&bare).unwrap().qc().unwrap().unwrap().types.clone();
        assert!(types.is_empty());
        let answer = world.send_by(&world.client_showing(Some(&bare)), &asked(&world)).await;
        assert_eq!(answer.status, status, "{mode:?}: {}", answer.text);
    }
}

/// Strict DER: TLS accepts unused bits that are set.
#[tokio::test]
async fn a_certificate_that_is_not_strict() {
    const KEY_USAGE: &[u8] = b"\x03\x02\x05\xa0";
    let world = World::tls().await;
    let pem = issued(&world, |_| {});
    let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE KEY").unwrap());
    let mut der = Certificate::from_pem(certificate).unwrap().der().to_vec();
    let at = der.windows(KEY_USAGE.len()).position(|part| part == KEY_USAGE).unwrap();
    der[at + 3] |= 1;
    // The signed part follows a header of 4 bytes, and has one too; the signature is the last 256 bytes.
    let length = 4 + usize::from(der[6]) * 256 + usize::from(der[7]);
    let authority = std::fs::read_to_string(world.data().join("ca.key")).unwrap();
    let signature = SigningKey::from_pem(&authority, None).unwrap().sign_pkcs1(Hash::Sha256, &der[4..4 + length]);
    let place = der.len() - 256;
    der[place..].copy_from_slice(&signature.unwrap());
    assert!(Certificate::from_der(&der).is_err());
    let identity = format!("{}{key}", bankchannel_crypto::pem::encode("CERTIFICATE", &der));
    let answer = world.send_by(&world.client_showing(Some(&identity)), &asked(&world)).await;
    answer.is_refused(401, "CERTIFICATE_INVALID", "V22");
    assert!(answer.message().contains("unused bits"), "{}", answer.message());
}

/// A certificate from an unknown issuer, or one that is not valid at the bank's clock: the connection fails.
#[tokio::test]
async fn tls_refuses() {
    let (world, stranger) = (World::tls().await, World::with(|options| options.data = None).await);
    let pem = format!("{}{}", stranger.read("tpp1-qwac.pem"), stranger.read("tpp1-qwac.key"));
    std::fs::write(world.data().join("certificates/foreign.pem"), &pem).unwrap();
    std::fs::write(world.data().join("certificates/foreign.key"), "").unwrap();
    let client = world.client(Some("foreign"));
    assert!(client.get(format!("{}/requests", world.origin())).send().await.is_err());

    let ends_s = world.tpp(1).certificate.not_after_s();
    let client = world.client(Some("tpp1-qwac"));
    assert!(client.get(format!("{}/requests.json", world.origin())).send().await.is_ok());
    let answer = world.control("clock", json!({ "advance_s": ends_s - NOW_S + 1 })).await;
    assert_eq!(answer.status, 200);
    let client = world.client(Some("tpp1-qwac"));
    assert!(client.get(format!("{}/requests.json", world.origin())).send().await.is_err());
    assert!(world.client(None).get(format!("{}/requests.json", world.origin())).send().await.is_ok());
}

/// §4.6: the folder's files, their modes and subjects; kept over a restart, created again when unusable.
#[tokio::test]
async fn the_data_folder() {
    let world = World::tls().await;
    let folder = world.data().join("certificates");
    assert_eq!(std::path::Path::new(world.ready("certificates_dir")), folder.canonicalize().unwrap());
    for (number, org, roles) in [(1, "987654321", "AI,PI"), (2, "123456789", "PI"), (3, "555555555", "AI")] {
        for kind in ["qseal", "qwac"] {
            let certificate = Certificate::from_pem(&world.read(&format!("tpp{number}-{kind}.pem"))).unwrap();
            assert_eq!(certificate.organization_identifier().unwrap(), format!("PSDNO-FSA-{org}"));
            let psd2 = certificate.qc().unwrap().unwrap().psd2.clone().unwrap();
            let found: Vec<&str> = psd2.roles.iter().map(|role| role.name().trim_start_matches("PSP_")).collect();
            assert_eq!(found.join(","), roles);
            let key = folder.join(format!("tpp{number}-{kind}.key"));
            assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    for key in ["ca.key", "server.key"] {
        assert_eq!(world.data().join(key).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let files = ["tpp1-qseal.pem", "tpp1-qseal.key", "tpp2-qwac.pem", "tpp3-qwac.key", "ca.pem"];
    let before = files.map(|file| world.read(file));
    let world = world.restart().await;
    assert_eq!(files.map(|file| world.read(file)), before);

    std::fs::remove_file(folder.join("tpp1-qseal.key")).unwrap();
    std::fs::write(folder.join("tpp3-qwac.key"), world.read("tpp1-qwac.key")).unwrap();
    let world = world.restart().await;
    let after = files.map(|file| world.read(file));
    let changed: Vec<bool> = before.iter().zip(&after).map(|(before, after)| before != after).collect();
    assert_eq!(changed, [true, true, false, true, false]);
    let answer = world.call(&world.tpp(1), "POST", VERIFY, &[], world.question()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let _ = Tpp::of_the_sheet();
}
