//! T-043 to T-049, as far as they depend on names.
#![allow(clippy::unwrap_used)]

use super::super::vectors::{CA2, LEAF1, LEAF2, certificate};
use super::super::{NameFault, NameStyle};
use super::*;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

fn parse(text: &str) -> DistinguishedName {
    DistinguishedName::parse(text).unwrap_or_else(|fault: NameFault| panic!("{text:?}: {fault}"))
}

#[test]
fn issuers_as_the_published_key_ids_have_them() {
    let (one, two) = (certificate(LEAF1), certificate(LEAF2));
    let text = "CN=Sandbox QSEAL CA 1,2.5.4.97=#0c0f4e54524e4f2d303030303030303030,O=Sandbox Trust AS,L=Trondheim,C=NO";
    assert_eq!(one.issuer().to_text(NameStyle::Rfc2253), text);
    assert_eq!(one.issuer().to_text(NameStyle::Pct20), text.replace(' ', "%20"));
    assert_eq!(
        one.issuer().to_text(NameStyle::Rfc2253Named),
        "CN=Sandbox QSEAL CA 1,organizationIdentifier=NTRNO-000000000,O=Sandbox Trust AS,L=Trondheim,C=NO"
    );
    assert_eq!(
        one.issuer().to_text(NameStyle::Forward),
        "C=NO,L=Trondheim,O=Sandbox Trust AS,2.5.4.97=#0c0f4e54524e4f2d303030303030303030,CN=Sandbox QSEAL CA 1"
    );
    assert_eq!(
        one.issuer().slash_text(),
        "/C=NO/L=Trondheim/O=Sandbox Trust AS/organizationIdentifier=NTRNO-000000000/CN=Sandbox QSEAL CA 1"
    );
    let text = "CN=Nordlys QSEAL CA,2.5.4.97=#0c0f4e54524e4f2d303030303030303031,O=Tromsø Trust AS,L=Tromsø,C=NO";
    assert_eq!(two.issuer().to_text(NameStyle::Rfc2253), text);
    let subject = one.subject().to_text(NameStyle::Rfc2253Named);
    assert_eq!(
        subject,
        "CN=Example TPP AS (seal\\, test),organizationIdentifier=PSDNO-FSA-987654321,O=Example TPP AS,C=NO"
    );
}

/// T-043, T-046.
#[test]
fn every_writing_of_a_name_matches_it() {
    let certificate = certificate(CA2);
    let name = certificate.subject();
    for text in [
        "CN=Nordlys QSEAL CA,organizationIdentifier=NTRNO-000000001,O=Tromsø Trust AS,L=Tromsø,C=NO",
        "CN=Nordlys QSEAL CA, OID.2.5.4.97=NTRNO-000000001, O=Tromsø Trust AS, L=Tromsø, C=NO",
        "C=NO,L=Tromsø,O=Tromsø Trust AS,2.5.4.97=NTRNO-000000001,CN=Nordlys QSEAL CA",
        "c=no;l=TROMSØ;o=  tromsø   trust as ;oid.2.5.4.97=#130f4e54524e4f2d303030303030303031;cn=nordlys qseal ca",
        "C=NO,L=Troms\\C3\\B8,O=\"Tromsø Trust AS\",2.5.4.97=NTRNO-000000001,CN=\\ Nordlys QSEAL CA\\20",
        "C=#13024e4f,L=Tromsø,O=#1E1E00540072006F006D007300F8002000540072007500730074002000410053,2.5.4.97=NTRNO-000000001,CN=Nordlys QSEAL CA",
    ] {
        assert!(parse(text).matches(name), "{text}");
        assert!(name.matches(&parse(text)), "{text}");
    }
    for style in [NameStyle::Rfc2253, NameStyle::Rfc2253Named, NameStyle::Forward] {
        assert!(parse(&name.to_text(style)).matches(name), "{style:?}");
    }
    for text in [
        "CN=Nordlys QSEAL CA,organizationIdentifier=NTRNO-000000001,O=Tromsø Trust AS,C=NO,L=Tromsø",
        "CN=Nordlys QSEAL CA,organizationIdentifier=NTRNO-000000001,O=Tromsø Trust AS,L=Tromsø",
        "CN=Nordlys QSEAL CA,organizationIdentifier=NTRNO-000000002,O=Tromsø Trust AS,L=Tromsø,C=NO",
        "CN=Nordlys QSEAL CA,organizationIdentifier=NTRNO-000000001,OU=Tromsø Trust AS,L=Tromsø,C=NO",
        "CN=Nordlys QSEAL CA,organizationIdentifier=NTRNO-000000001,O=Tromso Trust AS,L=Tromsø,C=NO",
        "CN=NordlysQSEAL CA,organizationIdentifier=NTRNO-000000001,O=Tromsø Trust AS,L=Tromsø,C=NO",
        "CN=Nordlys%20QSEAL%20CA,organizationIdentifier=NTRNO-000000001,O=Tromsø%20Trust%20AS,L=Tromsø,C=NO",
    ] {
        assert!(!parse(text).matches(name), "{text}");
    }
    let leaf = super::super::vectors::certificate(LEAF2);
    assert!(!leaf.subject().matches(leaf.issuer()));
}

/// RFC 5280 §7.1: a client may reverse a name in a key id, but an issuer and its subject may not.
#[test]
fn the_order_of_the_parts_counts_between_certificates() {
    let (forward, reverse) = (parse("C=NO,O=A,CN=b"), parse("CN=b,O=A,C=NO"));
    assert!(forward.matches(&reverse) && !forward.matches_in_order(&reverse));
    assert!(forward.matches_in_order(&parse("C=no,O= a,CN=B")));
    assert!(!forward.matches_in_order(&parse("C=NO,O=A")) && !parse("C=NO,O=A").matches_in_order(&forward));
}

#[test]
fn aliases() {
    for (name, number) in [
        ("E", "1.2.840.113549.1.9.1"),
        ("emailaddress", "1.2.840.113549.1.9.1"),
        ("S", "2.5.4.8"),
        ("st", "2.5.4.8"),
        ("SERIALNUMBER", "2.5.4.5"),
        ("OrganizationIdentifier", "2.5.4.97"),
        ("DC", "0.9.2342.19200300.100.1.25"),
        ("oid.1.2.3", "1.2.3"),
        ("1.2.3", "1.2.3"),
    ] {
        assert_eq!(parse(&format!("{name} = x")).rdns[0][0].oid, number, "{name}");
    }
}

/// T-048.
#[test]
fn the_order_inside_a_part_does_not_count() {
    let (a, b) = (parse("CN=a+OU=b+OU=c,C=NO"), parse("OU=c + CN=A+OU=b,C=NO"));
    assert!(a.matches(&b));
    assert!(!a.matches(&parse("CN=a,OU=b,OU=c,C=NO")) && !a.matches(&parse("CN=a+OU=b+OU=b,C=NO")));
    assert_eq!(a.to_text(NameStyle::Rfc2253), "C=NO,CN=a+OU=b+OU=c");
    assert_eq!(a.to_text(NameStyle::Forward), "CN=a+OU=b+OU=c,C=NO");
}

/// The text of a certificate's holder cannot look like lines of ours.
#[test]
fn names_are_on_one_line() {
    let name = parse("CN=a\\0D\\0AVALID\\E2\\80\\AEb,O=x\\0Ay");
    assert_eq!(name.rdns[0][0].value, "a\r\nVALID\u{202e}b");
    assert_eq!(name.display(), "a\\0D\\0AVALID\\E2\\80\\AEb");
    assert_eq!(name.slash_text(), "/CN=a\\0D\\0AVALID\\E2\\80\\AEb/O=x\\0Ay");
    let text = name.to_text(NameStyle::Rfc2253);
    assert!(text.starts_with("O=#0c") && text.contains("CN=#0c") && !text.contains(['\r', '\n', '\u{202e}']), "{text}");
    // It is the same name still.
    assert!(parse(&text).matches(&name));
}

/// T-045.
#[test]
fn escapes() {
    let value = |text: &str| parse(text).rdns[0][0].value.clone();
    assert_eq!(value("CN=James \\\"Jim\\\" Smith\\, III"), "James \"Jim\" Smith, III");
    assert_eq!(value("CN=\\ a\\+b\\20\\ "), " a+b  ");
    assert_eq!(value("CN=\\#x"), "#x");
    assert_eq!(value("CN=a=b"), "a=b");
    assert_eq!(value("CN=\"a,b;c+d\" "), "a,b;c+d");
    assert_eq!(value("CN="), "");
    assert_eq!(value("CN=Troms\\c3\\b8"), "Tromsø");
    // A control character must not reach a header.
    assert_eq!(parse("CN=a\\0ab").to_text(NameStyle::Rfc2253), "CN=#0c03610a62");
}

#[test]
fn what_is_no_name_is_refused_where_it_fails() {
    for (text, at) in [
        ("", 0),
        ("x", 0),
        ("CN=a,", 5),
        ("CN=a,,C=NO", 5),
        ("nothing=a", 0),
        ("=a", 0),
        ("1..2=a", 0),
        ("01.2=a", 0),
        ("CN=a\\", 4),
        ("CN=a\\x", 4),
        ("CN=a\"b", 4),
        ("CN=\"ab", 6),
        ("CN=\"ab\"c", 7),
        ("CN=#", 3),
        ("CN=#0c", 3),
        ("CN=#0c0161x", 10),
        ("CN=#0c016100", 3),
        ("CN=\\ff", 6),
    ] {
        assert_eq!(DistinguishedName::parse(text).unwrap_err().at, at, "{text:?}");
    }
    assert!(DistinguishedName::parse(&"C=NO,".repeat(MAX_PARTS)).is_err());
    assert!(DistinguishedName::parse(&"C=NO,".repeat(MAX_PARTS - 1)).is_err());
    let max = "C=NO,".repeat(MAX_PARTS);
    assert_eq!(parse(max.trim_end_matches(',')).rdns.len(), MAX_PARTS);
    assert!(DistinguishedName::parse(&format!("CN={}", "x".repeat(MAX_NAME_BYTES))).is_err());
}

#[test]
fn binary_values() {
    let name = parse("2.5.4.45=#03020780,CN=#0403010203");
    assert!(!name.rdns[0][0].is_text());
    assert_eq!(name.to_text(NameStyle::Forward), "2.5.4.45=#03020780,CN=#0403010203");
    assert!(!name.matches(&parse("2.5.4.45=,CN=")));
    assert!(name.matches(&name.clone()));
}

fn any_name() -> impl Strategy<Value = DistinguishedName> {
    let value = prop_oneof![any::<String>(), Just(" a, b+c;\"d\"\\<e>#=".to_owned()), Just(String::new())];
    let oid = prop_oneof![Just("2.5.4.3"), Just("2.5.4.97"), Just("1.2.3.4"), Just("2.5.4.6")];
    let attribute = (oid, value).prop_map(|(oid, value)| NameAttribute {
        oid: oid.to_owned(),
        der: asn1::encode(tag::UTF8, value.as_bytes()),
        value,
    });
    let rdn = proptest::collection::vec(attribute, 1..3);
    proptest::collection::vec(rdn, 1..6).prop_map(|rdns| DistinguishedName { rdns })
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        let _ = DistinguishedName::from_der(&bytes);
    }

    #[test]
    fn any_text_is_answered(text: String, dn in "(CN|O|2.5.4.97)=[#\\\\\" a-f,+;=0-9ø]{0,20}") {
        let _ = DistinguishedName::parse(&text);
        if let Ok(name) = DistinguishedName::parse(&dn) {
            assert!(name.matches(&name));
        }
    }

    #[test]
    fn what_is_written_reads_back(name in any_name()) {
        for style in [NameStyle::Rfc2253, NameStyle::Rfc2253Named, NameStyle::Forward] {
            let text = name.to_text(style);
            if text.len() <= MAX_NAME_BYTES {
                let mut read = parse(&text);
                if style != NameStyle::Forward {
                    read.rdns.reverse();
                }
                assert_eq!(read, name, "{text:?}");
            }
        }
    }
}
