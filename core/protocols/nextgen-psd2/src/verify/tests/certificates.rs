//! Certificates that no authority would issue: each defect is found by the check made for it.

use super::*;
use crate::certificates::vectors::exchanged;

/// A request that is valid except for its certificate.
fn under(certificate: &Certificate) -> Request {
    let party = party();
    set(&party.signed(request()), CERTIFICATE, &certificate_header(certificate, Default::default()))
}

const CERTIFICATE: &str = "TPP-Signature-Certificate";

fn found(verified: &VerifiedRequest, id: &str) -> (CheckStatus, String) {
    let check = verified.checks.iter().find(|check| check.rule.id == id).unwrap();
    (check.status, check.text.clone().into_owned())
}

/// T-068. Made with openssl 3: `openssl req -x509 -newkey …` with `rsa:1024`, with `-pkeyopt rsa_keygen_pubexp:3`, with
/// `-sha1`.
#[test]
fn weak_keys_and_hashes() {
    for (name, pem, why) in [
        ("1024 bits", include_str!("vectors/rsa-1024.pem"), "has 1024 bits"),
        ("e = 3", include_str!("vectors/exponent-3.pem"), "smaller than 65537"),
        ("SHA-1", include_str!("vectors/sha1.pem"), "SHA-256 or better is needed"),
    ] {
        let signed = under(&Certificate::from_pem(pem).unwrap());
        let verified = party().verifier().verify(&signed, &policy(&signed));
        assert_eq!(verified.refusal().map(|check| check.rule.id), Some("V14"), "{name}");
        assert!(found(&verified, "V14").1.contains(why), "{name}: {:?}", found(&verified, "V14"));
        assert_eq!(verified.refusal().unwrap().code, "CERTIFICATE_INVALID");
    }
    let curve = party_options(|options| options.key = crate::certificates::NewCertificateKey::EcP256);
    assert_eq!(party().plain(&under(&curve)), "V14");
}

fn party_options(change: impl FnOnce(&mut IssueOptions)) -> Certificate {
    let mut options = IssueOptions::new(CertificateKind::Qseal, NOW);
    change(&mut options);
    authority().issue(&options).unwrap().certificate
}

/// T-070.
#[test]
fn what_is_no_psd2_certificate() {
    let sound = party_options(|_| {});
    let statement = b"\x06\x06\x04\x00\x81\x98\x27\x02";
    for (certificate, why) in [
        (exchanged(&sound, b"PSDNO-FSA-987654321", b"NTRNO-FSA-987654321"), "not of the form PSDcc-AUTHORITY-NUMBER"),
        (exchanged(&sound, statement, b"\x06\x06\x04\x00\x81\x98\x27\x03"), "no PSD2 statement"),
    ] {
        let signed = under(&certificate);
        let (status, text) = found(&party().verifier().verify(&signed, &policy(&signed)), "V21");
        assert_eq!(status, CheckStatus::Failed, "{why}");
        assert!(text.contains(why), "{text}");
    }
}

/// V20: a certificate that states a purpose other than sealing.
#[test]
fn a_certificate_for_signatures_of_persons() {
    let (seal, person) = (b"\x06\x07\x04\x00\x8e\x46\x01\x06\x02", b"\x06\x07\x04\x00\x8e\x46\x01\x06\x01");
    let signed = under(&exchanged(&party_options(|_| {}), seal, person));
    for mode in [VerificationMode::Lenient, VerificationMode::Normal, VerificationMode::Strict] {
        let (status, text) = found(&party().verifier().verify(&signed, &Policy { mode, ..policy(&signed) }), "V20");
        assert_eq!((status, text.contains("for another use")), (CheckStatus::Failed, true), "{text}");
    }
}

/// T-073.
#[test]
fn a_role_with_the_number_of_another() {
    let options =
        IssueOptions { defects: vec![PlantedDefect::WrongRoleOid], ..IssueOptions::new(CertificateKind::Qseal, NOW) };
    let party = party_of(authority(), &options);
    let signed = party.signed(request());
    let verified = party.verifier().verify(&signed, &policy(&signed));
    assert!(verified.is_valid());
    let (status, text) = found(&verified, "V21");
    assert!(status == CheckStatus::Warning && text.contains("disagree"), "{text}");
    assert_eq!(party.verdict(&signed, |policy| policy.mode = VerificationMode::Strict), "V21");
}

/// T-042: twenty octets, the first with its highest bit set, so that DER has a zero before them.
#[test]
fn the_longest_serial_number() {
    let serial = vec![0xd2; 20];
    let party =
        party_of(authority(), &IssueOptions { serial: Some(serial), ..IssueOptions::new(CertificateKind::Qseal, NOW) });
    let good = party.signed(request());
    let digits = "D2".repeat(20);
    assert!(good.headers.text("signature").unwrap().contains(&format!("\"SN={digits},CA=")));
    assert_eq!(party.plain(&good), "ok");
    let by = |serial: String| with_signature(&good, |text| text.replace(&digits, &serial));
    assert_eq!(party.plain(&by(format!("00{digits}"))), "ok");
    assert_eq!(party.plain(&by(digits.replacen("D2", "52", 1))), "V23");
}

/// RFC 5280 §4.2: keyUsage, which is critical, is replaced by something else.
#[test]
fn a_critical_extension_that_nobody_understands() {
    let (usage, other) = (b"\x06\x03\x55\x1d\x0f\x01\x01\xff", b"\x06\x03\x55\x1d\x24\x01\x01\xff");
    let signed = under(&exchanged(&party_options(|_| {}), usage, other));
    let verified = party().verifier().verify(&signed, &policy(&signed));
    let (status, text) = found(&verified, "V17");
    assert!(status == CheckStatus::Failed && text.contains("critical") && text.contains("(2.5.29.36)"), "{text}");
    assert_eq!(verified.refusal().map(|check| check.code), Some("CERTIFICATE_INVALID"));
}

/// V17 reports the actual fault: it does not ask for a CA that is already listed.
#[test]
fn a_listed_authority_that_did_not_sign() {
    let party = party();
    let signed = party.signed(request());
    let text = |anchors: Vec<Certificate>, request: &Request| {
        let (status, text) = found(&RequestVerifier::new(anchors).verify(request, &policy(request)), "V17");
        assert_eq!(status, CheckStatus::Failed);
        text
    };
    let namesake = authority().certificate().clone();
    assert!(text(vec![namesake.clone()], &signed).contains("a trusted CA has this name"));
    assert!(text(vec![], &signed).contains("add its CA certificate"));
    // ecdsa-with-SHA256 in both places; it is shorter than RSA's identifier, and the rest becomes the parameters.
    let rsa = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
    let ecdsa = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x04\x01\x00";
    let mut der = party.certificate.der().to_vec();
    let places: Vec<usize> = (0..der.len() - rsa.len()).filter(|&at| der[at..].starts_with(rsa)).collect();
    for &at in &places {
        der[at..at + ecdsa.len()].copy_from_slice(ecdsa);
    }
    let curve = Certificate::from_der(&der).unwrap();
    assert_eq!((places.len(), curve.signature_hash()), (2, crate::certificates::CertificateHash::Sha256));
    for anchors in [vec![], vec![party.authority.certificate().clone()]] {
        assert!(text(anchors, &under(&curve)).contains("not signed with RSA"));
    }
}

/// V14: a damaged RSA key is not reported as another kind of key.
#[test]
fn a_damaged_rsa_key() {
    let sound = party_options(|_| {});
    let modulus = sound.spki_der().windows(5).find(|part| part.starts_with(b"\x02\x82\x01\x01\x00")).unwrap().to_vec();
    let negative = [&modulus[..4], b"\xff"].concat();
    let signed = under(&exchanged(&sound, &modulus, &negative));
    let verified = party().verifier().verify(&signed, &policy(&signed));
    assert_eq!(verified.refusal().map(|check| check.rule.id), Some("V14"));
    let text = found(&verified, "V14").1;
    assert!(text.contains("damaged") && !text.contains("not an RSA key"), "{text}");
}

/// §7.3, T-071, T-073: faults that V21 refuses in the strict mode, and its warnings in each mode.
#[test]
fn oddities_of_the_statements() {
    let v21 = |certificate: &Certificate, mode| {
        let signed = under(certificate);
        found(&party().verifier().verify(&signed, &Policy { mode, ..policy(&signed) }), "V21")
    };
    let modes = [VerificationMode::Lenient, VerificationMode::Normal, VerificationMode::Strict];
    let bare = party_options(|options| options.defects = vec![PlantedDefect::BareQc]);
    let unknown = exchanged(&party_options(|_| {}), b"\x81\x98\x27\x01\x02", b"\x81\x98\x27\x01\x09");
    for (certificate, word) in [(bare, "not in a list"), (unknown, "grants nothing")] {
        for mode in modes {
            let (status, text) = v21(&certificate, mode);
            assert!(status == CheckStatus::Warning && text.contains(word), "{mode:?}: {text}");
        }
    }
    let named = party_options(|options| {
        options.roles = vec![Psd2Role::Ai];
        options.defects = vec![PlantedDefect::WrongRoleOid];
    });
    let elsewhere = party_options(|options| options.nca_id = Some("NO-XYZ".to_owned()));
    for (certificate, word) in [(named, "disagree"), (elsewhere, "the authority of organizationIdentifier")] {
        for (mode, wanted) in modes.into_iter().zip([CheckStatus::Warning, CheckStatus::Warning, CheckStatus::Failed]) {
            let (status, text) = v21(&certificate, mode);
            assert!(status == wanted && text.matches(word).count() == 1, "{mode:?}: {text}");
            assert!(!text.contains("; name"), "one text for one fact: {text}");
        }
    }
}

/// RFC 5280 §4.2.1.12: basicConstraints, which is critical, is replaced by an extendedKeyUsage that allows nothing here.
#[test]
fn a_key_that_is_reserved_for_something_else() {
    let (constraints, purposes) = (b"\x06\x03\x55\x1d\x13\x01\x01\xff", b"\x06\x03\x55\x1d\x25\x01\x01\xff");
    let reserved = exchanged(&party_options(|_| {}), constraints, purposes);
    assert!(reserved.is_reserved_for_others());
    let signed = under(&reserved);
    for mode in [VerificationMode::Lenient, VerificationMode::Normal, VerificationMode::Strict] {
        let (status, text) = found(&party().verifier().verify(&signed, &Policy { mode, ..policy(&signed) }), "V20");
        assert_eq!((status, text.contains("extendedKeyUsage")), (CheckStatus::Failed, true), "{text}");
    }
}

/// Bytes of a certificate's statements, replaced by others of the same length.
fn v20_and_v21(from: &[u8], to: &[u8], mode: VerificationMode) -> [(CheckStatus, String); 2] {
    let signed = under(&exchanged(&party_options(|options| options.roles = vec![Psd2Role::Ai]), from, to));
    let verified = party().verifier().verify(&signed, &Policy { mode, ..policy(&signed) });
    ["V20", "V21"].map(|id| found(&verified, id))
}

/// A statement that cannot be read is refused by its name, and the other one counts.
#[test]
fn statements_that_cannot_be_read() {
    // The name of the role becomes a number; the purpose becomes one.
    let (name, number) = (b"\x0c\x06PSP_AI", b"\x02\x06PSP_AI");
    let (seal, text) = (b"\x06\x07\x04\x00\x8e\x46\x01\x06\x02", b"\x0c\x07\x04\x00\x8e\x46\x01\x06\x02");
    for mode in [VerificationMode::Lenient, VerificationMode::Normal, VerificationMode::Strict] {
        let [sealing, psd2] = v20_and_v21(name, number, mode);
        assert_eq!((sealing.0, psd2.0), (CheckStatus::Ok, CheckStatus::Failed), "{mode:?}: {sealing:?} {psd2:?}");
        assert!(psd2.1.contains("PSD2 statement (0.4.0.19495.2)"), "{psd2:?}");
        let [sealing, psd2] = v20_and_v21(seal, text, mode);
        assert_eq!((sealing.0, psd2.0), (CheckStatus::Failed, CheckStatus::Failed), "{mode:?}");
        assert!(sealing.1.contains("QcType") && psd2.1.contains("QcType (0.4.0.1862.1.6)"), "{sealing:?} {psd2:?}");
    }
}

/// A role in a value with an explicit tag in place of its SEQUENCE: read, but only lenient banks take it.
#[test]
fn roles_in_another_encoding() {
    let (role, tagged) =
        (b"\x30\x11\x06\x07\x04\x00\x81\x98\x27\x01\x03", b"\xa0\x11\x06\x07\x04\x00\x81\x98\x27\x01\x03");
    for (mode, wanted) in [
        (VerificationMode::Lenient, CheckStatus::Warning),
        (VerificationMode::Normal, CheckStatus::Failed),
        (VerificationMode::Strict, CheckStatus::Failed),
    ] {
        let [sealing, psd2] = v20_and_v21(role, tagged, mode);
        assert_eq!((sealing.0, psd2.0), (CheckStatus::Ok, wanted), "{mode:?}: {psd2:?}");
        assert!(
            psd2.1.contains("with an explicit tag around each") && !psd2.1.contains("organizationIdentifier"),
            "{psd2:?}"
        );
    }
}

/// An authority's identifier without its country is named as such, and not as another authority.
#[test]
fn an_authority_without_its_country() {
    for (id, word) in [("FSA", "CC-AUTHORITY"), ("no-FSA", "CC-AUTHORITY"), ("SE-FI", "is not that of")] {
        let certificate = party_options(|options| options.nca_id = Some(id.to_owned()));
        let signed = under(&certificate);
        let (status, text) = found(&party().verifier().verify(&signed, &policy(&signed)), "V21");
        assert!(status == CheckStatus::Warning && text.contains(word) && !text.contains("; "), "{id}: {text}");
        let strict = Policy { mode: VerificationMode::Strict, ..policy(&signed) };
        assert_eq!(found(&party().verifier().verify(&signed, &strict), "V21").0, CheckStatus::Failed, "{id}");
    }
}
