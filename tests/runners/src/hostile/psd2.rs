//! Inputs against readers of signed requests and of their headers.

use super::{Hostile, LARGE, counted, repeated};

const REQUEST: &str = include_str!("../../../fuzz/corpus/psd2_http_request/a");
const WITH_BODY: &str = include_str!("../../../fuzz/corpus/psd2_explain/body");
const HEADER: &str = include_str!("../../../fuzz/corpus/psd2_signature_header/a");

pub(super) fn inputs(target: &str) -> Vec<Hostile> {
    match target {
        "psd2_http_request" | "psd2_explain" | "psd2_request" => requests(),
        _ => values(),
    }
}

/// Requests: the head, the body, the signature.
fn requests() -> Vec<Hostile> {
    // Another letter in one place: nothing matches, and everything is tried.
    let with = |headers: &str| REQUEST.replacen("\r\n", &format!("\r\n{headers}"), 1).into_bytes();
    let (head, _) = WITH_BODY.split_once("\r\n\r\n").expect("a body");
    let body = |body: &str| format!("{head}\r\n\r\n{body}").into_bytes();
    let members = counted(60_000, |n| format!("\"m{n}\": [{n}, \"a b\"],\r\n"));
    vec![
        ("many headers", with(&counted(30_000, |n| format!("x-{n}: a\r\n")))),
        ("ninety headers", with(&counted(1300, |n| format!("x-{n}: a  b\r\n")))),
        ("the same header", with(&"x-request-id: a\r\n".repeat(80))),
        ("a long header", with(&format!("x: {}\r\n", "a ".repeat(8000)))),
        ("long headers", with(&counted(28_000, |n| format!("x-{n}: {}\r\n", "a ".repeat(700))))),
        ("a long path", REQUEST.replacen(" /", &format!(" /{}", "%2f..%2f".repeat(900)), 1).into_bytes()),
        ("a long query", REQUEST.replacen(" /", &format!(" /?{}&x=", "a=b&".repeat(1800)), 1).into_bytes()),
        ("a large body of JSON", body(&format!("{{{}\"end\": 1}}", members))),
        ("a larger body of JSON", body(&format!("{{{}\"end\": 1}}", members.repeat(4)))),
        ("a body of spaces", body(&" ".repeat(250_000))),
        ("a body of line breaks", body(&"\r\n".repeat(120_000))),
        ("a body of escapes", body(&format!("{{\"a\":\"{}\"}}", "\\u00e4".repeat(40_000)))),
        ("a body of numbers", body(&format!("[{}1]", "1.0e1,".repeat(40_000)))),
        ("a large body", body(&"x".repeat(1_000_000))),
        ("a body of another kind", body(&"\u{feff}\u{e4}".repeat(50_000))),
        ("lines without end", repeated("a: b\r\n", LARGE)),
        ("white space", repeated(" ", LARGE)),
        ("folded lines", with(&format!("x: a\r\n{}", " a\r\n".repeat(5000)))),
    ]
}

/// The values of headers.
fn values() -> Vec<Hostile> {
    let name = counted(2000, |n| format!("OU=a{n},"));
    vec![
        ("the real one again and again", HEADER.repeat(LARGE / HEADER.len()).into_bytes()),
        ("many parameters", counted(LARGE, |n| format!("p{n}=\"a\",")).into_bytes()),
        ("thirty parameters", counted(600, |n| format!("parameter{n}=\"a\",")).into_bytes()),
        (
            "many names",
            format!("keyId=\"a\",headers=\"{}\",signature=\"AAAA\"", counted(7000, |n| format!("h{n} "))).into_bytes(),
        ),
        ("the same name", format!("keyId=\"a\",headers=\"{}\",signature=\"AAAA\"", "date ".repeat(1500)).into_bytes()),
        ("backslashes", format!("keyId=\"{}\"", "\\\"".repeat(LARGE / 2)).into_bytes()),
        ("quotes", repeated("\"", LARGE)),
        ("commas", repeated(",", LARGE)),
        ("encoded words", repeated("=?utf-8?B?YQ==?= ", LARGE)),
        ("encoded words without end", repeated("=?utf-8?Q?", LARGE)),
        ("encoded letters", format!("=?utf-8?Q?{}?=", "=41".repeat(LARGE / 3)).into_bytes()),
        ("one letter", repeated("a", LARGE)),
        ("a name of many parts", format!("SN=1,CA={name}").into_bytes()),
        ("a long name of many parts", format!("SN=1,CA={}", counted(LARGE, |n| format!("OU=a{n},"))).into_bytes()),
        ("a name of equal parts", format!("SN=1,CA={}O=a", "OU=a+".repeat(300)).into_bytes()),
        ("escapes in a name", format!("SN=1,CA=O={}", "\\2c".repeat(600)).into_bytes()),
        ("a long serial number", format!("SN={},CA=O=a", "9".repeat(LARGE)).into_bytes()),
        ("slashes", repeated("/O=a", LARGE)),
        ("digests", repeated("SHA-256=AAAA,", LARGE)),
        ("a long digest", format!("SHA-256={}", "A".repeat(LARGE)).into_bytes()),
        ("numbers", repeated("0123456789", LARGE)),
        ("not UTF-8", vec![0xff; LARGE]),
    ]
}
