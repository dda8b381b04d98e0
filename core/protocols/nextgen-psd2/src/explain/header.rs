//! The format of the `Signature` header: H-16, H-17, H-18. If it can be parsed in another way, the examination
//! continues with the result.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use data_encoding::HEXLOWER_PERMISSIVE;

use super::hypotheses::Cause;
use crate::http::Request;
use crate::signing::{DuplicateParameters, SignatureHeader};

/// The maximum number of nested encodings that are removed.
const MAX_WRAPPED: usize = 4;

/// The result for a header that the bank could not parse.
#[derive(Default)]
pub(super) struct RereadHeader {
    pub(super) hypotheses: Vec<Cause>,
    pub(super) header: Option<SignatureHeader>,
}

/// H-17 and H-18.
pub(super) fn reread(request: &Request) -> RereadHeader {
    let mut out = RereadHeader::default();
    let sent = request.headers.text("signature");
    let authorization = request.headers.text("authorization").and_then(without_scheme);
    let mut text = match (sent, authorization) {
        (Some(sent), _) => match without_scheme(sent) {
            Some(rest) => {
                out.hypotheses.push(Cause::matched("H-17", "the value begins with the scheme word `Signature`"));
                rest.to_owned()
            }
            None => sent.to_owned(),
        },
        (None, Some(rest)) => {
            let text = "the parameters are in the Authorization header, and there is no header `Signature`";
            out.hypotheses.push(Cause::matched("H-17", text));
            rest.to_owned()
        }
        (None, None) => return out,
    };
    let mut wrapped = 0;
    while let Some(inner) = unwrap(&text).filter(|_| wrapped < MAX_WRAPPED) {
        wrapped += 1;
        text = inner;
    }
    if wrapped > 1 {
        out.hypotheses.push(Cause::matched("H-18", "the value was RFC 2047-encoded more than once"));
    }
    match by_parameter(&text) {
        Some((hypothesis, header)) => {
            out.hypotheses.push(hypothesis);
            out.header = header;
        }
        None => out.header = SignatureHeader::parse(&text, DuplicateParameters::LastWins).ok(),
    }
    out
}

/// H-18 in a header that parses, since an encoded word may be inside the quotes; and the header with such words
/// decoded.
pub(super) fn by_parameter(text: &str) -> Option<(Cause, Option<SignatureHeader>)> {
    let unwrapped = unwrap_parameters(text)?;
    let found = Cause::matched("H-18", "single parameters were RFC 2047-encoded, not the value as a whole");
    Some((found, SignatureHeader::parse(&unwrapped, DuplicateParameters::LastWins).ok()))
}

/// The text after the scheme word.
fn without_scheme(value: &str) -> Option<&str> {
    let (word, rest) = value.split_once(' ')?;
    word.eq_ignore_ascii_case("signature").then(|| rest.trim_start())
}

/// The text inside an encoded word (B encoding, UTF-8) that is the whole value.
fn unwrap(value: &str) -> Option<String> {
    let inner = value.trim().strip_prefix("=?")?.strip_suffix("?=")?;
    let (charset, rest) = inner.split_once('?')?;
    let (encoding, data) = rest.split_once('?')?;
    if !charset.eq_ignore_ascii_case("utf-8") || !encoding.eq_ignore_ascii_case("b") {
        return None;
    }
    String::from_utf8(STANDARD.decode(data.as_bytes()).ok()?).ok()
}

/// The value with each quoted encoded word decoded; `None` if there is none.
fn unwrap_parameters(value: &str) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    let mut any = false;
    while let Some(start) = rest.find("=?") {
        let (before, word) = rest.split_at(start);
        let end = word.find("?=").map(|end| end + 2).filter(|_| before.ends_with('"'));
        let inner = end.and_then(|end| unwrap(word.get(..end)?).map(|inner| (inner, end)));
        out.push_str(before);
        rest = match inner {
            Some((inner, end)) => {
                any = true;
                out.push_str(&inner);
                word.get(end..).unwrap_or_default()
            }
            None => {
                out.push_str("=?");
                word.get(2..).unwrap_or_default()
            }
        };
    }
    out.push_str(rest);
    any.then_some(out)
}

/// H-16: decodes a signature of this length that has another encoding than standard base64.
pub(super) fn decode_signature(written: &str, length: usize) -> Option<(Cause, Vec<u8>)> {
    let compact: String = written.chars().filter(|character| !character.is_whitespace()).collect();
    let bytes = compact.as_bytes();
    let broken = compact != written;
    let twice = STANDARD.decode(bytes).ok().and_then(|inner| STANDARD.decode(inner.trim_ascii()).ok());
    let readings = [
        ("the signature has blanks or line breaks in it", STANDARD.decode(bytes).ok().filter(|_| broken)),
        ("the signature is in base64 without padding", STANDARD_NO_PAD.decode(bytes).ok()),
        ("the signature is in base64url", URL_SAFE.decode(bytes).ok()),
        ("the signature is in base64url without padding", URL_SAFE_NO_PAD.decode(bytes).ok()),
        ("the signature is in hexadecimal", HEXLOWER_PERMISSIVE.decode(bytes).ok()),
        ("the signature was base64-encoded twice", twice),
    ];
    let found = readings.into_iter().find_map(|(what, read)| Some((what, read.filter(|read| read.len() == length)?)));
    found.map(|(what, read)| (Cause::matched("H-16", what), read))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = r#"keyId="SN=1,CA=CN=Ø",algorithm="rsa-sha256",headers="date",signature="AAAA""#;

    fn found(header: &str) -> (String, Option<String>) {
        let text = format!("GET / HTTP/1.1\n{header}\n\n");
        let reread = reread(&Request::parse(text.as_bytes()).unwrap());
        let ids: Vec<String> = reread.hypotheses.into_iter().map(|hypothesis| hypothesis.id).collect();
        (ids.join(" "), reread.header.map(|header| header.key_id))
    }

    fn wrapped(text: &str) -> String {
        format!("=?utf-8?B?{}?=", STANDARD.encode(text.as_bytes()))
    }

    #[test]
    fn scheme_words_and_wrappings_are_recognised_and_read_through() {
        let key_id = Some("SN=1,CA=CN=Ø".to_owned());
        assert_eq!(found(&format!("Signature: {}", wrapped(VALUE))), (String::new(), key_id.clone()));
        assert_eq!(found(&format!("Signature: Signature {}", wrapped(VALUE))), ("H-17".to_owned(), key_id.clone()));
        assert_eq!(found(&format!("Authorization: signature {VALUE}")), ("H-17".to_owned(), key_id.clone()));
        assert_eq!(found(&format!("Signature: {}", wrapped(&wrapped(VALUE)))), ("H-18".to_owned(), key_id.clone()));
        let by_parameter = VALUE.replace("SN=1,CA=CN=Ø", &wrapped("SN=1,CA=CN=Ø"));
        assert_eq!(found(&format!("Signature: {by_parameter}")), ("H-18".to_owned(), key_id));
        assert_eq!(found("Authorization: Bearer x"), (String::new(), None));
    }

    #[test]
    fn signatures_in_other_encodings_are_read() {
        let bytes = [0xfb_u8; 256];
        let standard = STANDARD.encode(bytes);
        let folded = format!("{} {}", &standard[..64], &standard[64..]);
        for (written, what) in [
            (folded, "blanks"),
            (STANDARD_NO_PAD.encode(bytes), "without padding"),
            (URL_SAFE.encode(bytes), "base64url"),
            (URL_SAFE_NO_PAD.encode(bytes), "base64url without"),
            (HEXLOWER_PERMISSIVE.encode(&bytes), "hexadecimal"),
            (STANDARD.encode(standard.as_bytes()), "twice"),
        ] {
            let (hypothesis, read) = decode_signature(&written, bytes.len()).unwrap();
            assert!(hypothesis.text.contains(what) && read == bytes, "{what}");
        }
        assert!(decode_signature("AAAA", 256).is_none());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text: String) {
            let _ = (unwrap(&text), unwrap_parameters(&text), decode_signature(&text, 3), without_scheme(&text));
        }
    }
}
