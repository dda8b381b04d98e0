//! A given authority must be valid; an error names the field at fault.
#![allow(clippy::unwrap_used)]

use bankchannel_foundation::clock::FixedClock;

use super::*;

/// 2026-03-03T10:15:30Z.
const NOW_S: i64 = 1_772_532_930;

fn make(certificate: &str, key: &str) -> Result<MakeCertificatesResponse, Error> {
    let asked = MakeCertificatesRequest {
        authority_certificate: Some(certificate.to_owned()),
        authority_key: Some(Secret::new(key)),
        common_name: None,
        organization: None,
        country: None,
        supervisor: None,
        supervisor_name: None,
        authorisation_number: None,
        roles: None,
        days: None,
        key_bits: None,
        defects: None,
    };
    MakeCertificates::run(asked, LocalContext::new(&FixedClock::at_ms(NOW_S * 1000)))
}

/// The error's code, the field at fault and the text.
fn refused(certificate: &str, key: &str) -> (&'static str, String, String) {
    let error = make(certificate, key).unwrap_err();
    (error.code(), error.detail("field").unwrap().to_owned(), error.to_string())
}

#[test]
fn an_authority_that_was_given_is_looked_at() {
    let authority = TestAuthority::create(&AuthorityOptions::new("Root", NOW_S)).unwrap();
    let (certificate, key) = (authority.certificate().to_pem(), authority.private_key_pem());
    assert_eq!(make(&certificate, &key).unwrap().authority_certificate, certificate);
    let other = RsaPrivateKey::generate(2048).unwrap().to_pkcs8_pem();
    let locked = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (key, word) in [
        ("", "no PEM block"),
        (&certificate, "certificate"),
        (&other, "not the private key"),
        (&locked, "without a passphrase"),
    ] {
        let (code, field, why) = refused(&certificate, key);
        assert_eq!((code, field.as_str()), ("nextgen_psd2.key_unusable", "authority_key"));
        assert!(why.contains(word), "{why}");
    }
    let old = AuthorityOptions { not_after_s: NOW_S - 1, ..AuthorityOptions::new("Old", NOW_S - 86_400) };
    let old = TestAuthority::create(&old).unwrap();
    // CA:TRUE, but its key must not sign certificates.
    let order =
        IssueOptions { defects: vec![PlantedDefect::CaTrue], ..IssueOptions::new(CertificateKind::Qseal, NOW_S) };
    let middle = authority.issue(&order).unwrap();
    let leaf = authority.issue(&IssueOptions::new(CertificateKind::Qseal, NOW_S)).unwrap();
    for (certificate, key, word) in [
        ("", &key, "no PEM block"),
        (&old.certificate().to_pem(), &old.private_key_pem(), "expired"),
        (&middle.certificate_pem, &middle.private_key_pem, "keyCertSign"),
        (&leaf.certificate_pem, &leaf.private_key_pem, "CA:TRUE"),
    ] {
        let (code, field, why) = refused(certificate, key);
        assert_eq!((code, field.as_str()), ("nextgen_psd2.certificate_unusable", "authority_certificate"));
        assert!(why.contains(word), "{why}");
    }
}
