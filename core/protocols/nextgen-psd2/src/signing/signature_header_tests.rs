use proptest::prelude::*;

use super::{SignatureHeaderFault as Fault, *};
use crate::signing::{rfc2047, vectors};

fn parse(text: &str) -> Result<SignatureHeader, Fault> {
    SignatureHeader::parse(text, DuplicateParameters::Reject)
}

fn header() -> SignatureHeader {
    SignatureHeader {
        key_id: "SN=1,CA=CN=a\\,b".into(),
        algorithm: Some("rsa-sha256".into()),
        headers: Some(vec!["date".into(), "digest".into()]),
        signature: "AAAA".into(),
    }
}

const TEXT: &str = r#"keyId="SN=1,CA=CN=a\,b",algorithm="rsa-sha256",headers="date digest",signature="AAAA""#;

#[test]
fn it_is_written_and_read() {
    assert_eq!(header().to_text(","), TEXT);
    assert_eq!(parse(TEXT), Ok(header()));
    assert_eq!(parse(&header().to_text(", ")), Ok(header()));
}

#[test]
fn vectors_a_and_b() {
    for request in [vectors::request_a(), vectors::request_b()] {
        let text = rfc2047::decode(request.headers.get("signature").unwrap(), false).unwrap().text;
        let header = parse(&text).unwrap();
        assert_eq!(header.to_text(","), text);
        assert_eq!(header.signature_bytes().unwrap().len(), 256);
        assert_eq!(header.signed_names()[..3], ["date", "digest", "x-request-id"]);
    }
}

/// T-031.
#[test]
fn order_and_blanks_are_free() {
    let text =
        "signature=\"AAAA\" ,\theaders = \"date  digest \", algorithm=\"rsa-sha256\" , keyId\t=\t\"SN=1,CA=CN=a\\,b\" ";
    assert_eq!(parse(text), Ok(header()));
}

/// T-011, T-095: optional parameters.
#[test]
fn algorithm_and_headers_may_be_missing() {
    let header = parse(r#"keyId="Test",signature="AAAA""#).unwrap();
    assert_eq!((header.algorithm.as_deref(), header.headers.as_deref()), (None, None));
    assert_eq!(header.signed_names(), ["date"]);
    assert_eq!(header.to_text(","), r#"keyId="Test",signature="AAAA""#);
}

/// T-024: the names keep their case for display; it is ignored in comparisons.
#[test]
fn names_are_kept_as_listed() {
    let header = parse(r#"keyId="k",headers="Date (request-target) digest==",signature="AAAA""#).unwrap();
    assert_eq!(header.headers.as_deref().map(<[String]>::len), Some(3));
    assert_eq!(header.headers.as_ref().map(|names| names[0].as_str()), Some("Date"));
    assert_eq!(header.signed_names(), ["date", "(request-target)", "digest=="]);
}

/// T-032.
#[test]
fn duplicates() {
    let text = format!("{TEXT},signature=\"BBBB\"");
    assert_eq!(parse(&text), Err(Fault::Duplicate("signature".into())));
    let last = SignatureHeader::parse(&text, DuplicateParameters::LastWins).unwrap();
    assert_eq!(last, SignatureHeader { signature: "BBBB".into(), ..header() });
    assert_eq!(parse(&format!("{TEXT},x=1,x=\"2\"")), Err(Fault::Duplicate("x".into())));
}

/// T-033.
#[test]
fn unknown_parameters_are_passed_over() {
    for more in ["created=1402170695", "x=\"\"", "Keyid=\"other\"", "y=\"a\\\"b\"", "ø-free=\"ø\""] {
        let text = format!("{more}, {TEXT}");
        assert_eq!(parse(&text).is_ok(), !more.starts_with('ø'), "{more}");
    }
    assert_eq!(parse(&format!("x=true,{TEXT}")), Err(Fault::Unquoted("x".into())));
    assert_eq!(parse(&format!("x=1a,{TEXT}")), Err(Fault::Separator("x".into())));
}

/// T-027, T-034.
#[test]
fn faults_name_their_parameter() {
    let name = |name: &str| name.to_owned();
    for (text, fault) in [
        ("", Fault::NoName),
        (" ", Fault::NoName),
        ("=\"a\"", Fault::NoName),
        ("\"a\"", Fault::NoName),
        ("keyId", Fault::NoValue(name("keyId"))),
        ("keyId \"a\"", Fault::NoValue(name("keyId"))),
        ("keyId=", Fault::NoValue(name("keyId"))),
        ("keyId=,signature=\"a\"", Fault::NoValue(name("keyId"))),
        ("keyId=a", Fault::Unquoted(name("keyId"))),
        ("keyId=1", Fault::Unquoted(name("keyId"))),
        ("keyId=\"a", Fault::Unterminated(name("keyId"))),
        ("keyId=\"a\\\"", Fault::Unterminated(name("keyId"))),
        ("keyId=\"a\\\\\"", Fault::Missing { parameter: "signature", spelled: None }),
        ("keyId=\"\"", Fault::Empty(name("keyId"))),
        ("keyId=\"a\",headers=\"\"", Fault::Empty(name("headers"))),
        ("keyId=\"a\",headers=\"  \"", Fault::Empty(name("headers"))),
        ("keyId=\"a\"signature=\"a\"", Fault::Separator(name("keyId"))),
        ("keyId=\"a\";signature=\"a\"", Fault::Separator(name("keyId"))),
        ("keyId=\"a\",", Fault::NoName),
        ("keyId=\"a\",,signature=\"a\"", Fault::NoName),
        ("keyId=\"a\nb\"", Fault::Control),
        ("keyId=\"a\tb\"", Fault::Control),
        ("keyId=\"a\u{85}b\"", Fault::Control),
    ] {
        assert_eq!(parse(text), Err(fault), "{text:?}");
    }
    assert_eq!(parse("headers=\"\"").unwrap_err().parameter(), Some("headers"));
    let many: Vec<String> = (0..=MAX_PARAMETERS).map(|number| format!("x{number}=1")).collect();
    assert_eq!(parse(&many.join(",")), Err(Fault::TooLarge));
    assert_eq!(parse(&"a".repeat(MAX_FIELD + 1)), Err(Fault::TooLarge));
    let listed = format!("keyId=\"a\",signature=\"a\",headers=\"{}\"", "a ".repeat(MAX_NAMES + 1));
    assert_eq!(parse(&listed), Err(Fault::TooLarge));
}

/// T-035.
#[test]
fn key_id_and_signature_are_needed() {
    let missing = |parameter| Fault::Missing { parameter, spelled: None };
    assert_eq!(parse(r#"signature="AAAA""#), Err(missing("keyId")));
    assert_eq!(parse(r#"keyId="a""#), Err(missing("signature")));
    let fault = parse(r#"keyid="a",signature="AAAA""#).unwrap_err();
    assert_eq!(fault, Fault::Missing { parameter: "keyId", spelled: Some("keyid".into()) });
    assert!(fault.to_string().contains("`keyid`"));
}

/// T-036.
#[test]
fn the_scheme_word_is_a_fault_of_its_own() {
    for word in ["Signature", "signature", "SIGNATURE"] {
        assert_eq!(parse(&format!("{word} {TEXT}")), Err(Fault::Scheme));
    }
    // A parameter with spaces before `=` is not the scheme word.
    assert_eq!(parse("signature = \"AAAA\",keyId=\"a\"").map(|header| header.signature), Ok("AAAA".into()));
}

/// T-098, encoding only.
#[test]
fn the_signature_is_strict_base64() {
    let of = |signature: &str| SignatureHeader { signature: signature.into(), ..header() }.signature_bytes();
    assert_eq!(of("+/+/"), Some(vec![0xfb, 0xff, 0xbf]));
    for text in ["-_-_", "AAA", "AA A", "AB==", "A", "SGVsbA==byB3b3JsZA=="] {
        assert_eq!(of(text), None, "{text}");
    }
}

/// S-12.
#[test]
fn debug_leaves_the_signature_out() {
    let shown = format!("{:?}", SignatureHeader { signature: "hidden".into(), ..header() });
    assert!(shown.contains("rsa-sha256") && !shown.contains("hidden"), "{shown}");
}

proptest! {
    /// T-141, the header's part.
    #[test]
    fn what_is_written_reads_back(
        key_id in r#"([ !#-\[\]-~ø]|\\[\\", ]){1,30}"#,
        algorithm in proptest::option::of("[a-z0-9-]{1,12}"),
        headers in proptest::option::of(proptest::collection::vec("[a-zA-Z()-]{1,12}", 1..6)),
        signature in "[A-Za-z0-9+/]{4}",
        blank: bool,
    ) {
        prop_assume!(!key_id.trim().is_empty());
        let header = SignatureHeader { key_id, algorithm, headers, signature };
        let text = header.to_text(if blank { ", " } else { "," });
        prop_assert_eq!(parse(&text), Ok(header));
    }

    /// T-143.
    #[test]
    fn any_text_is_answered(text: String, near in r#"((keyId|headers|signature|x) ?=? ?"?[a\\ =]{0,3}"? ?,? ?){0,5}"#) {
        for duplicates in [DuplicateParameters::Reject, DuplicateParameters::LastWins] {
            let _ = (SignatureHeader::parse(&text, duplicates), SignatureHeader::parse(&near, duplicates));
        }
    }
}
