//! T-070 to T-077, as far as they concern the extension.
#![allow(clippy::unwrap_used)]

use bankchannel_crypto::asn1::encode;

use super::super::vectors::STATEMENTS;
use super::*;

fn example() -> Vec<u8> {
    data_encoding::HEXLOWER.decode(STATEMENTS.as_bytes()).unwrap()
}

fn seq(parts: &[&[u8]]) -> Vec<u8> {
    encode(tag::SEQUENCE, &parts.concat())
}

fn psd2(roles: &[(&[u8], u8, &str)], text_tag: u8) -> Vec<u8> {
    let roles: Vec<Vec<u8>> =
        roles.iter().map(|(id, tag, name)| seq(&[&encode(tag::OID, id), &encode(*tag, name.as_bytes())])).collect();
    let info = seq(&[&encode(tag::SEQUENCE, &roles.concat()), &encode(text_tag, b"NCA"), &encode(text_tag, b"NO-FSA")]);
    seq(&[&encode(tag::OID, PSD2), &info])
}

/// T-077.
#[test]
fn the_published_extension() {
    let read = parse_qc(&example()).unwrap();
    assert!(read.compliance && read.warnings.is_empty());
    assert_eq!(read.types, [QcType::Eseal]);
    let psd2 = read.psd2.unwrap();
    assert_eq!(psd2.roles, [Psd2Role::Ai, Psd2Role::Pi]);
    assert_eq!((psd2.nca_name.as_str(), psd2.nca_id.as_str()), ("Finanstilsynet (sandbox)", "NO-FSA"));
    assert!(psd2.role_names_agree && psd2.utf8_strings);
}

/// T-071.
#[test]
fn a_statement_without_its_list() {
    let whole = example();
    let read = parse_qc(&whole[whole.len() - 0x56..]).unwrap();
    assert_eq!(read.psd2.unwrap().roles, [Psd2Role::Ai, Psd2Role::Pi]);
    assert_eq!((read.compliance, read.types.len(), read.warnings.len()), (false, 0, 1));
}

/// T-073, and duplicate, unknown or missing roles.
#[test]
fn roles() {
    let pi = [ROLE, &[2]].concat();
    let unknown = [ROLE, &[9]].concat();
    let list = [(&pi[..], tag::UTF8, "PSP_AI"), (&unknown, tag::UTF8, "PSP_XX"), (&pi, tag::UTF8, "PSP_PI")];
    let read = parse_qc(&seq(&[&psd2(&list, tag::UTF8)])).unwrap();
    assert_eq!(read.warnings.len(), 2, "{:?}", read.warnings);
    let read = read.psd2.unwrap();
    assert_eq!((read.roles, read.role_names_agree), (vec![Psd2Role::Pi], false));
    let none = parse_qc(&seq(&[&psd2(&[], tag::UTF8)])).unwrap();
    assert_eq!((none.psd2.unwrap().roles.len(), none.warnings.len()), (0, 0));
    for role in Psd2Role::ALL {
        assert_eq!(role.oid().rsplit('.').next(), Some(role.arc().to_string().as_str()));
    }
}

#[test]
fn string_types() {
    let pi = [ROLE, &[2]].concat();
    let read = parse_qc(&seq(&[&psd2(&[(&pi, tag::UTF8, "PSP_PI")], tag::PRINTABLE)])).unwrap();
    assert!(!read.psd2.unwrap().utf8_strings && read.warnings.len() == 1);
    assert!(parse_qc(&seq(&[&psd2(&[(&pi, tag::IA5, "PSP_PI")], tag::UTF8)])).is_err());
}

#[test]
fn other_statements_are_left_alone() {
    let other = seq(&[&encode(tag::OID, b"\x04\x00\x8e\x46\x01\x05"), &seq(&[b"\x02\x01"])]);
    let mut whole = example();
    whole.drain(..2);
    let read = parse_qc(&seq(&[&other, &whole])).unwrap();
    assert_eq!(read.types, [QcType::Eseal]);
}

#[test]
fn what_is_not_strict_der_is_refused() {
    let good = psd2(&[], tag::UTF8);
    assert!(parse_qc(&seq(&[&good, &good])).unwrap_err().0.contains("two"));
    for wrong in [
        [&example()[..], b"\0"].concat(),
        example()[..example().len() - 1].to_vec(),
        b"\x30\x80\0\0".to_vec(),
        b"\x31\x00".to_vec(),
        b"\x30\x81\x00".to_vec(),
        seq(&[&seq(&[&encode(tag::OID, PSD2)])]),
        seq(&[&seq(&[&encode(tag::OID, TYPE)])]),
        seq(&[&seq(&[&encode(tag::OID, COMPLIANCE), b"\x05\0", b"\x05\0"])]),
        vec![],
    ] {
        assert!(parse_qc(&wrong).is_err(), "{wrong:02x?}");
    }
    let many = vec![seq(&[&encode(tag::OID, COMPLIANCE)]); MAX_ITEMS + 1].concat();
    assert!(parse_qc(&seq(&[&many])).is_err());
    let nested = (0..1000).fold(vec![], |inner: Vec<u8>, _| encode(tag::SEQUENCE, &inner));
    assert!(parse_qc(&nested).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        let _ = parse_qc(&bytes);
    }

    #[test]
    fn a_changed_byte_is_answered(index in 0usize..119, value: u8) {
        let mut bytes = example();
        bytes[index] = value;
        let _ = parse_qc(&bytes);
    }
}
