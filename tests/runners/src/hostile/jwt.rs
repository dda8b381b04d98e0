//! Inputs against the envelope of Salt Edge's requests.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Hostile, LARGE, repeated};

/// About the longest part of a JWT that is read.
const PART: usize = 20 * 1024;

pub(super) fn inputs() -> Vec<Hostile> {
    let jwt = |header: &[u8], payload: &[u8], signature: &[u8]| {
        let [header, payload, signature] = [header, payload, signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{header}.{payload}.{signature}").into_bytes()
    };
    let header = br#"{"alg":"RS256"}"#;
    let members: String = (0..1800).map(|number| format!(",\"m{number}\":1")).collect();
    vec![
        ("dots", repeated(".", LARGE)),
        ("one part", repeated("A", LARGE)),
        ("three long parts", [repeated("A", PART / 2), repeated("A", PART / 2), repeated("A", PART / 2)].join(&b'.')),
        ("a deep header", jwt(&repeated("[", PART), b"{}", b"")),
        ("a header of many members", jwt(format!("{{\"alg\":\"RS256\"{members}}}").as_bytes(), b"{}", &[1; 256])),
        ("a wrong signature over much", jwt(header, &repeated("x", PART), &[1; 256])),
        ("a signature of another length", jwt(header, b"{}", &repeated("x", PART))),
        ("not base64url", repeated("=.+/", PART)),
        ("not UTF-8", vec![0xff; LARGE]),
    ]
}
