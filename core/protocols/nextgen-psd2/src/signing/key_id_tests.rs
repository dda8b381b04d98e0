use proptest::prelude::*;

use super::*;
use crate::signing::vectors::{self, KEY_ID_A, KEY_ID_B};

fn matches(text: &str, certificate: &Certificate) -> Result<Vec<String>, KeyIdFault> {
    KeyId::parse(text)?.matches(certificate, false)
}

fn with_issuer(issuer: &str) -> String {
    format!("SN=B3A91F27C5D4E10,CA={issuer}")
}

fn with_serial(serial: &str) -> String {
    KEY_ID_A.replace("B3A91F27C5D4E10", serial)
}

/// T-003, T-006.
#[test]
fn vectors_a_and_b() {
    for (request, text) in [(vectors::request_a(), KEY_ID_A), (vectors::request_b(), KEY_ID_B)] {
        let certificate = vectors::leaf(&request);
        let key_id = KeyId::from_certificate(&certificate, SerialStyle::HexUpper, NameStyle::Rfc2253);
        assert_eq!(key_id.to_text(), text);
        assert_eq!(KeyId::parse(text), Ok(key_id));
        assert_eq!(matches(text, &certificate), Ok(vec![]));
    }
    assert!(matches(KEY_ID_A, &vectors::leaf(&vectors::request_b())).is_err());
}

/// T-040, T-041.
#[test]
fn serial_numbers() {
    let leaf = vectors::leaf(&vectors::request_a());
    for serial in ["b3a91f27c5d4e10", "0B3A91F27C5D4E10", "000000b3A91F27c5D4E10"] {
        assert_eq!(matches(&with_serial(serial), &leaf), Ok(vec![]), "{serial}");
    }
    assert_eq!(matches(&with_serial("809119553721028112"), &leaf), Err(KeyIdFault::SerialDecimal));
    assert_eq!(matches(&with_serial("809119553721028113"), &leaf), Err(KeyIdFault::SerialOther));
    let decimal = KeyId::from_certificate(&leaf, SerialStyle::Decimal, NameStyle::Rfc2253);
    assert_eq!(decimal.matches(&leaf, true), Err(KeyIdFault::SerialDecimal));
    assert_eq!(matches(&with_serial("B3A91F27C5D4E11"), &leaf), Err(KeyIdFault::SerialOther));
    for serial in ["0xB3A91F27C5D4E10", "B3 A9", "-1", &"0".repeat(43)] {
        assert_eq!(matches(&with_serial(serial), &leaf), Err(KeyIdFault::SerialSyntax), "{serial}");
    }
    let colons = with_serial("0B:3A:91:F2:7C:5D:4E:10");
    assert_eq!(matches(&colons, &leaf), Err(KeyIdFault::SerialColons));
    assert_eq!(KeyId::parse(&colons).unwrap().matches(&leaf, true).unwrap().len(), 1);
}

/// T-042: the high bit is not a sign.
#[test]
fn the_high_bit_of_a_serial_number_is_no_sign() {
    let leaf = vectors::leaf(&vectors::request_b());
    assert_eq!(matches(&KEY_ID_B.replace("D2B0", "00d2b0"), &leaf), Ok(vec![]));
}

/// T-043, T-044.
#[test]
fn issuers_are_compared_by_meaning() {
    let leaf = vectors::leaf(&vectors::request_a());
    for issuer in [
        "CN=Sandbox QSEAL CA 1, 2.5.4.97=#0c0f4e54524e4f2d303030303030303030, O=Sandbox Trust AS, L=Trondheim, C=NO",
        "C=NO,L=Trondheim,O=Sandbox Trust AS,organizationIdentifier=NTRNO-000000000,CN=Sandbox QSEAL CA 1",
        "CN=Sandbox QSEAL CA 1,OID.2.5.4.97=NTRNO-000000000,O=Sandbox Trust AS,L=Trondheim,C=NO",
        "CN=Sandbox QSEAL CA 1,2.5.4.97=#130f4e54524e4f2d303030303030303030,O=Sandbox Trust AS,L=Trondheim,C=NO",
        "cn=SANDBOX qseal CA 1,2.5.4.97=ntrno-000000000,o=Sandbox  Trust AS,l=Trondheim,c=no",
    ] {
        assert_eq!(matches(&with_issuer(issuer), &leaf), Ok(vec![]), "{issuer}");
    }
    for style in [NameStyle::Rfc2253, NameStyle::Rfc2253Named, NameStyle::Forward] {
        let key_id = KeyId::from_certificate(&leaf, SerialStyle::HexEven, style);
        assert_eq!(matches(&key_id.to_text(), &leaf), Ok(vec![]), "{key_id}");
    }
}

/// T-046, T-047.
#[test]
fn other_issuers() {
    let leaf = vectors::leaf(&vectors::request_a());
    let subject = leaf.subject().to_text(NameStyle::Rfc2253);
    assert_eq!(matches(&with_issuer(&subject), &leaf), Err(KeyIdFault::IssuerIsSubject));
    assert_eq!(matches(&with_issuer("CN=Sandbox QSEAL CA 1"), &leaf), Err(KeyIdFault::IssuerOther));
    assert!(matches!(matches(&with_issuer("nothing"), &leaf), Err(KeyIdFault::IssuerSyntax(_))));
    let spaced = KeyId::from_certificate(&leaf, SerialStyle::HexUpper, NameStyle::Pct20);
    assert!(spaced.issuer.contains("%20"));
    assert_eq!(spaced.matches(&leaf, false), Err(KeyIdFault::IssuerPercent));
    assert_eq!(spaced.matches(&leaf, true).unwrap().len(), 1);
}

#[test]
fn shape() {
    for text in
        ["", "SN=1", "SN=1,", "SN=1,CN=a", "SN=1, CA=CN=a", "sn=1,ca=CN=a", "SN=,CA=CN=a", "SN=1,CA=", "CA=a,SN=1"]
    {
        assert!(matches!(KeyId::parse(text), Err(KeyIdFault::Shape(_))), "{text}");
    }
    let key_id = KeyId::parse("SN=9FA1,CA=CN=D-TRUST%20CA%202-1%202015,O=a\\,b,CA=c").unwrap();
    assert_eq!((key_id.serial.as_str(), key_id.issuer.as_str()), ("9FA1", "CN=D-TRUST%20CA%202-1%202015,O=a\\,b,CA=c"));
}

proptest! {
    /// T-143.
    #[test]
    fn any_text_is_answered(text: String, serial in "[0-9a-g:]{0,50}", issuer in "[CNO=,+\\\\ \"#a%0-9;]{0,30}") {
        let leaf = vectors::leaf(&vectors::request_a());
        let near = format!("SN={serial},CA={issuer}");
        for text in [text, near] {
            if let Ok(key_id) = KeyId::parse(&text) {
                prop_assert_eq!(key_id.to_text(), text);
                let _ = (key_id.matches(&leaf, false), key_id.matches(&leaf, true), key_id.issuer_matches(&leaf, true));
            }
        }
    }
}
