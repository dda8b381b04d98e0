//! The certificates of the specification's worked example, whole and damaged.
#![allow(clippy::unwrap_used)]

use bankchannel_crypto::digest;
use bankchannel_crypto::signature::SigningKey;
use bankchannel_crypto::x509::MAX_DER_BYTES;

use super::vectors::{CA1, CA2, KEY, LEAF1, LEAF2, NOW_S, certificate, der};
use super::*;

#[test]
fn the_published_certificates() {
    let (one, two) = (certificate(LEAF1), certificate(LEAF2));
    assert_eq!(digest::hex(one.serial()), "0b3a91f27c5d4e10");
    // T-042: the high bit is set, so DER adds a zero before it.
    assert_eq!(digest::hex(two.serial()), "d2b04c6e19f7a835");
    let key = SigningKey::from_pem(KEY, None).unwrap();
    for leaf in [&one, &two] {
        assert_eq!((leaf.not_before_s(), leaf.not_after_s()), (1_767_225_600, 2_082_758_400));
        assert!(leaf.not_before_s() <= NOW_S && NOW_S <= leaf.not_after_s());
        assert_eq!(leaf.spki_der(), key.spki_der());
        assert_eq!((leaf.key().unwrap().bits(), leaf.signature_hash()), (2048, CertificateHash::Sha256));
        assert!(leaf.key().unwrap().exponent_is_at_least_65537_and_odd());
        assert!(!leaf.is_ca() && leaf.path_length().is_none());
        let usage = KeyUsage { digital_signature: true, non_repudiation: true, ..KeyUsage::default() };
        assert_eq!(leaf.key_usage(), Some(usage));
        assert_eq!(leaf.organization_identifier(), Some("PSDNO-FSA-987654321"));
        assert_eq!(leaf.authorisation().unwrap().nca_id(), "NO-FSA");
        let statements = leaf.qc().unwrap().unwrap();
        assert_eq!(statements.types, [QcType::Eseal]);
        assert_eq!(statements.psd2.as_ref().unwrap().roles, [Psd2Role::Ai, Psd2Role::Pi]);
        assert_eq!(Certificate::from_pem(&leaf.to_pem()).unwrap(), *leaf);
    }
    let (ca1, ca2) = (certificate(CA1), certificate(CA2));
    for ca in [&ca1, &ca2] {
        assert_eq!((ca.is_ca(), ca.path_length()), (true, Some(0)));
        let usage = KeyUsage { key_cert_sign: true, crl_sign: true, ..KeyUsage::default() };
        assert_eq!(ca.key_usage(), Some(usage));
        assert!(ca.is_issued_by(ca));
        assert_eq!((ca.qc().unwrap(), ca.authorisation()), (None, None), "NTRNO is no PSD2 number");
        assert_eq!(ca.subject_key_id().map(<[u8]>::len), Some(20));
    }
    assert!(one.is_issued_by(&ca1) && two.is_issued_by(&ca2));
    assert!(!one.is_issued_by(&ca2) && !two.is_issued_by(&ca1) && !ca1.is_issued_by(&one));
}

/// T-072.
#[test]
fn authorisations() {
    let parse =
        |text: &str| OrganizationAuthorisation::parse(text).map(|found| (found.country, found.authority, found.number));
    let expected = |a: &str, b: &str, c: &str| Some((a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(parse("PSDDE-BAFIN-12-3"), expected("DE", "BAFIN", "12-3"));
    assert_eq!(parse("PSDNO-FSA-987654321"), expected("NO", "FSA", "987654321"));
    for wrong in ["", "PSD", "PSDNO-FSA", "PSDNO-FSA-", "PSDno-FSA-1", "PSDNO-F-1", "PSDNO-ABCDEFGHI-1", "NTRNO-FSA-1"]
    {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
}

/// T-068 except for keys: an algorithm other than the three accepted ones.
#[test]
fn a_signature_with_sha1_is_told_and_not_believed() {
    let (sha256, sha1) = (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05");
    let mut bytes = der(CA1);
    let places: Vec<usize> =
        (0..bytes.len() - sha256.len()).filter(|&index| bytes[index..].starts_with(sha256)).collect();
    assert_eq!(places.len(), 2);
    for place in &places {
        bytes[*place..place + sha1.len()].copy_from_slice(sha1);
    }
    let read = Certificate::from_der(&bytes).unwrap();
    assert_eq!(read.signature_hash(), CertificateHash::Other("1.2.840.113549.1.1.5".to_owned()));
    assert!(!read.is_issued_by(&certificate(CA1)));
    bytes[places[0]..places[0] + sha256.len()].copy_from_slice(sha256);
    assert!(Certificate::from_der(&bytes).is_err(), "the two places must agree");
}

#[test]
fn what_is_not_one_certificate_is_refused() {
    let whole = der(LEAF1);
    for length in 0..whole.len() {
        assert!(Certificate::from_der(&whole[..length]).is_err(), "{length}");
    }
    assert!(Certificate::from_der(&[&whole[..], b"\0"].concat()).is_err());
    assert!(Certificate::from_der(&[&whole[..], &whole].concat()).is_err());
    assert!(Certificate::from_der(&vec![0x30; MAX_DER_BYTES + 1]).is_err());
    assert!(Certificate::from_pem(KEY).unwrap_err().0.contains("private key"));
    let shown = format!("{:?}", certificate(LEAF1));
    assert!(shown.starts_with("Certificate { sha256: "), "{shown}");
}

#[test]
fn a_byte_changed_anywhere_is_never_signed() {
    let (whole, authority) = (der(LEAF1), certificate(CA1));
    for index in (0..whole.len()).step_by(3) {
        let mut changed = whole.clone();
        changed[index] ^= 1;
        if let Ok(read) = Certificate::from_der(&changed) {
            assert!(!read.is_issued_by(&authority), "{index}");
            let _ = (read.qc(), read.authorisation(), read.key_usage());
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        assert!(Certificate::from_der(&bytes).is_err());
    }
}
