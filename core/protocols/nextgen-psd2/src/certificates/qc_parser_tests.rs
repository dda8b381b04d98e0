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
    psd2_of(&encode(tag::SEQUENCE, &roles.concat()), text_tag)
}

/// A PSD2 statement with this list of roles.
fn psd2_of(roles: &[u8], text_tag: u8) -> Vec<u8> {
    seq(&[&encode(tag::OID, PSD2), &seq(&[roles, &encode(text_tag, b"NCA"), &encode(text_tag, b"NO-FSA")])])
}

/// A list of statements: for sealing, and this one.
fn beside_seal(statement: &[u8]) -> QcStatements {
    let seal = encode(tag::OID, &[TYPE, &[2]].concat());
    let types = seq(&[&encode(tag::OID, TYPE), &seq(&[&seal])]);
    parse_qc(&seq(&[statement, &types])).unwrap()
}

/// T-077.
#[test]
fn the_published_extension() {
    let read = parse_qc(&example()).unwrap();
    assert!(read.compliance && read.oddities.is_empty());
    assert_eq!(read.types, [QcType::Eseal]);
    let psd2 = read.psd2.unwrap();
    assert_eq!(psd2.roles, [Psd2Role::Ai, Psd2Role::Pi]);
    assert_eq!((psd2.nca_name.as_str(), psd2.nca_id.as_str()), ("Finanstilsynet (sandbox)", "NO-FSA"));
}

/// T-071.
#[test]
fn a_statement_without_its_list() {
    let whole = example();
    let read = parse_qc(&whole[whole.len() - 0x56..]).unwrap();
    assert_eq!(read.psd2.unwrap().roles, [Psd2Role::Ai, Psd2Role::Pi]);
    assert_eq!((read.compliance, read.types.len(), read.oddities.len()), (false, 0, 1));
    assert_eq!(read.oddities[0].tolerance, QcTolerance::Every);
}

/// T-073, and duplicate, unknown or missing roles.
#[test]
fn roles() {
    let pi = [ROLE, &[2]].concat();
    let unknown = [ROLE, &[9]].concat();
    let list = [(&pi[..], tag::UTF8, "PSP_AI"), (&unknown, tag::UTF8, "PSP_XX"), (&pi, tag::UTF8, "PSP_PI")];
    let read = parse_qc(&seq(&[&psd2(&list, tag::UTF8)])).unwrap();
    let tolerances: Vec<_> = read.oddities.iter().map(|oddity| oddity.tolerance).collect();
    assert_eq!(tolerances, [QcTolerance::UnlessStrict, QcTolerance::Every], "{:?}", read.oddities);
    assert_eq!(read.psd2.unwrap().roles, [Psd2Role::Pi]);
    let none = parse_qc(&seq(&[&psd2(&[], tag::UTF8)])).unwrap();
    assert_eq!((none.psd2.unwrap().roles.len(), none.oddities.len()), (0, 0));
    for role in Psd2Role::ALL {
        assert_eq!(role.oid().rsplit('.').next(), Some(role.arc().to_string().as_str()));
    }
}

#[test]
fn string_types() {
    let pi = [ROLE, &[2]].concat();
    let read = parse_qc(&seq(&[&psd2(&[(&pi, tag::UTF8, "PSP_PI")], tag::PRINTABLE)])).unwrap();
    assert!(read.psd2.is_some() && read.oddities.len() == 1);
    assert_eq!(read.oddities[0].tolerance, QcTolerance::Lenient);
    let other = parse_qc(&seq(&[&psd2(&[(&pi, tag::IA5, "PSP_PI")], tag::UTF8)])).unwrap();
    assert!(other.psd2.is_none() && other.is_broken(QcStatementKind::Psd2), "{other:?}");
}

/// Encodings of roles that authorities have issued: the roles are read, and the statement is named.
#[test]
fn roles_in_other_encodings() {
    let pair =
        |arc: u8, name: &str| [encode(tag::OID, &[ROLE, &[arc]].concat()), encode(tag::UTF8, name.as_bytes())].concat();
    let (pi, ai) = (pair(2, "PSP_PI"), pair(3, "PSP_AI"));
    let role = |pair: &[u8]| encode(tag::SEQUENCE, pair);
    for (roles, found, how) in [
        (seq(&[&encode(0xa0, &role(&ai))]), vec![Psd2Role::Ai], "with an explicit tag around each"),
        (seq(&[&encode(0xa0, &role(&pi)), &encode(0xa1, &role(&ai))]), vec![Psd2Role::Pi, Psd2Role::Ai], "around each"),
        (seq(&[&encode(0xa0, &ai)]), vec![Psd2Role::Ai], "around each"),
        (encode(0xa0, &seq(&[&role(&ai)])), vec![Psd2Role::Ai], "with an explicit tag around them"),
        (seq(&[&ai]), vec![Psd2Role::Ai], "flat, without a SEQUENCE for each role"),
        (seq(&[&pi, &ai]), vec![Psd2Role::Pi, Psd2Role::Ai], "flat"),
        (seq(&[&role(&[pi.as_slice(), &ai].concat())]), vec![Psd2Role::Pi, Psd2Role::Ai], "several in one SEQUENCE"),
        (seq(&[&seq(&[&role(&pi)]), &role(&ai)]), vec![Psd2Role::Pi, Psd2Role::Ai], "lists inside of the list"),
        (encode(tag::SET, &role(&ai)), vec![Psd2Role::Ai], "no SEQUENCE"),
    ] {
        let read = beside_seal(&psd2_of(&roles, tag::UTF8));
        assert_eq!((read.types.as_slice(), read.oddities.len()), (&[QcType::Eseal][..], 1), "{:?}", read.oddities);
        let QcOddity { statement, tolerance, text } = &read.oddities[0];
        assert_eq!((*statement, *tolerance), (QcStatementKind::Psd2, QcTolerance::Lenient), "{how}");
        assert!(text.contains(how) && text.contains("PSD2 statement (0.4.0.19495.2)"), "{text}");
        assert_eq!(read.psd2.unwrap().roles, found, "{how}");
    }
    // A name is missing: no standard permits that, so only `lenient` accepts it.
    let unnamed = beside_seal(&psd2_of(&seq(&[&role(&encode(tag::OID, &[ROLE, &[3]].concat()))]), tag::UTF8));
    assert_eq!((unnamed.oddities.len(), unnamed.oddities[0].tolerance), (1, QcTolerance::Lenient), "{unnamed:?}");
    assert!(unnamed.oddities[0].text.contains("without a name"), "{unnamed:?}");
    assert_eq!(unnamed.psd2.unwrap().roles, [Psd2Role::Ai]);
    // An identifier that is none.
    for id in [&b""[..], b"\x80", b"\x04\x80"] {
        let pair = [encode(tag::OID, id), encode(tag::UTF8, b"PSP_AI")].concat();
        let read = beside_seal(&psd2_of(&seq(&[&role(&pair), &role(&ai)]), tag::UTF8));
        assert!(read.psd2.is_none() && read.is_broken(QcStatementKind::Psd2), "{id:02x?}: {read:?}");
        assert_eq!(read.types, [QcType::Eseal]);
    }
}

/// Statements whose information is no list: read and named, and accepted by no verifier.
#[test]
fn information_in_other_encodings() {
    let seal = encode(tag::OID, &[TYPE, &[2]].concat());
    for (info, oddities) in
        [(seq(&[&seal]), 0), (seal.clone(), 1), (encode(tag::SET, &seal), 1), (encode(0xa0, &seq(&[&seal])), 1)]
    {
        let read = parse_qc(&seq(&[&seq(&[&encode(tag::OID, TYPE), &info])])).unwrap();
        assert_eq!((read.types.as_slice(), read.oddities.len()), (&[QcType::Eseal][..], oddities), "{info:02x?}");
        assert!(read.oddities.iter().all(|oddity| oddity.tolerance == QcTolerance::Nobody), "{:?}", read.oddities);
    }
    let ai = seq(&[&seq(&[&encode(tag::OID, &[ROLE, &[3]].concat()), &encode(tag::UTF8, b"PSP_AI")])]);
    let parts = [ai, encode(tag::UTF8, b"NCA"), encode(tag::UTF8, b"NO-FSA")].concat();
    for info in [encode(tag::SET, &parts), encode(0xa0, &encode(tag::SEQUENCE, &parts))] {
        let read = beside_seal(&seq(&[&encode(tag::OID, PSD2), &info]));
        assert!(read.is_broken(QcStatementKind::Psd2) && read.oddities.len() == 1, "{:?}", read.oddities);
        assert!(read.oddities[0].text.contains("is not a SEQUENCE"), "{:?}", read.oddities);
        assert_eq!(read.psd2.unwrap().roles, [Psd2Role::Ai], "{info:02x?}");
    }
}

/// One statement that cannot be read is named, and hides no other.
#[test]
fn a_broken_statement_hides_no_other() {
    let ai = seq(&[&seq(&[&encode(tag::OID, &[ROLE, &[3]].concat()), &encode(tag::UTF8, b"PSP_AI")])]);
    let deep = (0..8).fold(encode(tag::OID, b"\x04"), |inner: Vec<u8>, _| seq(&[&inner]));
    for (info, why) in [
        (vec![], "without its list"),
        (encode(tag::UTF8, b"PSP_AI"), "without its list"),
        (seq(&[]), "its roles are missing"),
        (seq(&[&encode(tag::UTF8, b"PSP_AI"), &ai]), "not a SEQUENCE"),
        (seq(&[&seq(&[&encode(tag::UTF8, b"PSP_AI")])]), "a value of another type"),
        (seq(&[&deep, &ai]), "nested too deep"),
        (seq(&[&ai]), "the authority's name is missing"),
        (seq(&[&ai, &encode(tag::UTF8, b"NCA")]), "the authority's identifier is missing"),
        (
            seq(&[&ai, &encode(tag::OID, b"\x04"), &encode(tag::UTF8, b"NCA")]),
            "the authority's name is of another type",
        ),
        (seq(&[&ai, &encode(tag::UTF8, b"\xff"), &encode(tag::UTF8, b"NCA")]), "bytes that are no text"),
        (seq(&[&ai, &encode(tag::UTF8, b"N"), &encode(tag::UTF8, b"N"), &ai]), "more than roles"),
        ([seq(&[&ai]), seq(&[&ai])].concat(), "more than its identifier and its information"),
    ] {
        let read = beside_seal(&seq(&[&encode(tag::OID, PSD2), &info]));
        assert_eq!((read.types.as_slice(), &read.psd2), (&[QcType::Eseal][..], &None), "{why}");
        assert!(read.is_broken(QcStatementKind::Psd2) && read.oddities.len() == 1, "{why}: {:?}", read.oddities);
        let text = &read.oddities[0].text;
        assert!(text.contains(why) && text.contains("PSD2 statement (0.4.0.19495.2)"), "{why}: {text}");
    }
    let whole = example();
    for (statement, kind) in [
        (seq(&[&encode(tag::OID, TYPE)]), QcStatementKind::Type),
        (seq(&[&encode(tag::OID, TYPE), &seq(&[&encode(tag::UTF8, b"eseal")])]), QcStatementKind::Type),
        (seq(&[&encode(tag::OID, COMPLIANCE), b"\x05\0", b"\x05\0"]), QcStatementKind::Compliance),
        (seq(&[&encode(tag::UTF8, b"x")]), QcStatementKind::Other),
        (encode(tag::UTF8, b"x"), QcStatementKind::Other),
    ] {
        let read = parse_qc(&seq(&[&statement, &whole[2..]])).unwrap();
        assert_eq!(read.types, [QcType::Eseal], "{kind:?}");
        assert_eq!(read.psd2.as_ref().unwrap().roles, [Psd2Role::Ai, Psd2Role::Pi], "{kind:?}");
        assert!(read.is_broken(kind) && read.oddities.len() == 1, "{kind:?}: {:?}", read.oddities);
    }
    // A statement that is longer than the list: those before it are kept.
    let (before, beyond) = (whole[2..].to_vec(), b"\x30\x7f\x06");
    let read = parse_qc(&seq(&[&before, beyond])).unwrap();
    assert!(read.psd2.is_some() && read.oddities[0].text.contains("the rest of it"), "{:?}", read.oddities);
    let good = psd2(&[], tag::UTF8);
    let twice = beside_seal(&[good.as_slice(), &good].concat());
    assert!(twice.psd2.is_none() && twice.oddities[0].text.contains("two PSD2 statements"), "{twice:?}");
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
    for wrong in [
        [&example()[..], b"\0"].concat(),
        example()[..example().len() - 1].to_vec(),
        b"\x30\x80\0\0".to_vec(),
        b"\x31\x00".to_vec(),
        b"\x30\x81\x00".to_vec(),
        vec![],
    ] {
        assert!(parse_qc(&wrong).is_err(), "{wrong:02x?}");
    }
    let many = vec![seq(&[&encode(tag::OID, COMPLIANCE)]); MAX_ITEMS + 1].concat();
    assert!(parse_qc(&seq(&[&many])).is_err());
    let nested = (0..1000).fold(vec![], |inner: Vec<u8>, _| encode(tag::SEQUENCE, &inner));
    assert!(parse_qc(&nested).is_ok_and(|read| read.is_broken(QcStatementKind::Other)));
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
