//! Chains of the specification's worked example, and of certificates issued here.
#![allow(clippy::unwrap_used)]

use bankchannel_crypto::asn1::{self, Reader, SliceReader, tag};

use super::vectors::{CA1, CA2, LEAF1, LEAF2, NOW_S, certificate, exchanged};
use super::*;

/// The result for a certificate and a whole list of trusted ones.
fn found<'a>(leaf: &Certificate, anchors: &'a [Certificate], now_s: i64) -> Result<&'a Certificate, &'static str> {
    trusted_issuer(anchors.iter().filter(|anchor| leaf.is_issued_by(anchor)), now_s)
}

#[test]
fn both_leaves_find_their_authority() {
    let anchors = [certificate(CA1), certificate(CA2)];
    for (index, leaf) in [LEAF1, LEAF2].into_iter().enumerate() {
        let found = found(&certificate(leaf), &anchors, NOW_S).unwrap();
        assert_eq!(found, &anchors[index]);
    }
    for anchors in [&anchors[1..], &[]] {
        let why = found(&certificate(LEAF1), anchors, NOW_S).unwrap_err();
        assert!(why.contains("no trusted issuer has signed"), "{why}");
    }
}

#[test]
fn validity_of_the_authority() {
    let anchors = [certificate(CA1)];
    let leaf = certificate(LEAF1);
    assert!(found(&leaf, &anchors, anchors[0].not_before_s()).is_ok());
    assert!(found(&leaf, &anchors, anchors[0].not_after_s()).is_ok());
    for (now, word) in [(anchors[0].not_before_s() - 1, "not yet"), (anchors[0].not_after_s() + 1, "expired")] {
        assert!(found(&leaf, &anchors, now).unwrap_err().contains(word));
    }
}

/// T-066.
#[test]
fn a_namesake_does_not_vouch_and_does_not_hide_the_right_one() {
    let options = AuthorityOptions { organization_identifier: String::new(), ..AuthorityOptions::new("Same", NOW_S) };
    let (right, wrong) = (TestAuthority::create(&options).unwrap(), TestAuthority::create(&options).unwrap());
    let leaf = right.issue(&IssueOptions::new(CertificateKind::Qseal, NOW_S)).unwrap().certificate;
    let wrong = wrong.certificate().clone();
    assert!(leaf.names_issuer(&wrong) && !leaf.is_issued_by(&wrong));
    assert!(found(&leaf, std::slice::from_ref(&wrong), NOW_S).unwrap_err().contains("no trusted issuer"));
    assert!(why_unissued(&leaf, std::slice::from_ref(&wrong)).contains("has this name"));
    assert!(why_unissued(&leaf, &[certificate(CA1)]).contains("add its CA certificate"));
    let anchors = [wrong, right.certificate().clone()];
    assert_eq!(found(&leaf, &anchors, NOW_S).unwrap(), right.certificate());
}

/// RFC 5280 §7.1: the same parts in another order are a different name.
#[test]
fn an_authority_whose_name_is_turned_round_is_another_one() {
    let (anchor, leaf) = (certificate(CA1), certificate(LEAF1));
    let mut parts = SliceReader::new(asn1::only(anchor.subject_der(), tag::SEQUENCE).unwrap()).unwrap();
    let mut turned = Vec::new();
    while !parts.is_finished() {
        turned.splice(0..0, parts.tlv_bytes().unwrap().iter().copied());
    }
    let turned = asn1::encode(tag::SEQUENCE, &turned);
    // The subject follows the issuer, which has the same name.
    let mut bytes = anchor.der().to_vec();
    let at = bytes.windows(turned.len()).rposition(|part| part == anchor.subject_der()).unwrap();
    bytes[at..at + turned.len()].copy_from_slice(&turned);
    let other = Certificate::from_der(&bytes).unwrap();
    assert!(leaf.issuer().matches(other.subject()) && leaf.is_signed_by(&other));
    assert!(!leaf.names_issuer(&other) && !leaf.is_issued_by(&other) && leaf.is_issued_by(&anchor));
}

/// RFC 5280 §4.2.
#[test]
fn an_authority_with_a_critical_extension_that_nobody_understands_does_not_vouch() {
    let anchor = certificate(CA1);
    assert_eq!(anchor.unknown_critical_extension(), None);
    // Its subjectKeyIdentifier becomes a critical nameConstraints, one byte shorter to make room for the critical flag.
    let constrained = exchanged(
        &anchor,
        b"\x30\x1d\x06\x03\x55\x1d\x0e\x04\x16\x04\x14\x58\x4d\xf5",
        b"\x30\x1d\x06\x03\x55\x1d\x1e\x01\x01\xff\x04\x13\x04\x11",
    );
    assert_eq!(constrained.unknown_critical_extension(), Some("2.5.29.30"));
    // The leaf's signature was made with the same key.
    let leaf = certificate(LEAF1);
    assert!(leaf.is_issued_by(&constrained));
    let why = found(&leaf, std::slice::from_ref(&constrained), NOW_S).unwrap_err();
    assert!(why.contains("nameConstraints"), "{why}");
    assert_eq!(found(&leaf, &[constrained, anchor.clone()], NOW_S), Ok(&anchor));
}

#[test]
fn who_is_no_authority_does_not_vouch() {
    let authority = TestAuthority::create(&AuthorityOptions::new("Root", NOW_S)).unwrap();
    // CA:TRUE, but its key must not sign certificates.
    let options =
        IssueOptions { defects: vec![PlantedDefect::CaTrue], ..IssueOptions::new(CertificateKind::Qseal, NOW_S) };
    let middle = authority.issue(&options).unwrap();
    let middle_authority = TestAuthority::from_pem(&middle.certificate_pem, &middle.private_key_pem).unwrap();
    let leaf = middle_authority.issue(&IssueOptions::new(CertificateKind::Qseal, NOW_S)).unwrap().certificate;
    let anchors = [middle.certificate];
    assert!(leaf.is_issued_by(&anchors[0]));
    let why = found(&leaf, &anchors, NOW_S).unwrap_err();
    assert!(why.contains("keyCertSign"), "{why}");
}
