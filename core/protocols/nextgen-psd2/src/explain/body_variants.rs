//! Variants of the body that a client may have hashed instead of the body that it sent (§3.3, last table).

use serde_json::Value;

use super::compressed::inflated;
use super::json_text::{JsonLayout, escape_non_ascii, escape_slashes, lay_out, unescape_non_ascii, unescape_slashes};

/// The maximum size of a body that is varied, and of an inflated body, in bytes.
pub(super) const MAX_BODY: usize = 256 * 1024;

/// One guess: a changed body, and a description of the change.
pub(super) struct BodyVariant {
    /// The description, for a person; follows "the digest is that of".
    pub(super) name: &'static str,
    /// The changed body.
    pub(super) bytes: Vec<u8>,
}

/// Calls `visit` with each variant until it returns `true`, and returns the name of that variant. Only one variant is
/// in memory at a time.
pub(super) fn find(body: &[u8], mut visit: impl FnMut(&BodyVariant) -> bool) -> Option<&'static str> {
    let mut try_one = |name: &'static str, bytes: Option<Vec<u8>>| {
        let bytes = bytes.filter(|bytes| bytes != body)?;
        visit(&BodyVariant { name, bytes }).then_some(name)
    };
    if body.len() > MAX_BODY {
        return None;
    }
    for (name, change) in BYTES {
        if let Some(found) = try_one(name, change(body)) {
            return Some(found);
        }
    }
    for (name, plain) in inflated(body) {
        if let Some(found) = try_one(name, Some(plain)) {
            return Some(found);
        }
    }
    let text = std::str::from_utf8(body).ok()?;
    for (name, change) in TEXTS {
        if let Some(found) = try_one(name, change(text)) {
            return Some(found);
        }
    }
    // Only JSON has other layouts.
    let value: Value = serde_json::from_slice(body).ok()?;
    for (name, change) in JSON {
        if let Some(found) = try_one(name, change(text).map(String::into_bytes)) {
            return Some(found);
        }
    }
    let sorted = sorted(&value);
    for (name, layout) in SORTED {
        if let Some(found) = try_one(name, lay_out(&sorted, layout).map(String::into_bytes)) {
            return Some(found);
        }
    }
    None
}

type OfBytes = fn(&[u8]) -> Option<Vec<u8>>;
type OfText = fn(&str) -> Option<Vec<u8>>;
type OfJson = fn(&str) -> Option<String>;

const BYTES: [(&str, OfBytes); 8] = [
    ("the empty body", |_| Some(Vec::new())),
    ("the body with a final LF", |body| Some([body, b"\n"].concat())),
    ("the body with a final CRLF", |body| Some([body, b"\r\n"].concat())),
    ("the body without its final line end", |body| {
        let body = body.strip_suffix(b"\n")?;
        Some(body.strip_suffix(b"\r").unwrap_or(body).to_vec())
    }),
    ("the body without blanks around it", |body| Some(body.trim_ascii().to_vec())),
    ("the body with CRLF in place of LF", |body| Some(to_crlf(body))),
    ("the body with LF in place of CRLF", |body| Some(to_lf(body))),
    ("the body with a UTF-8 byte order mark", |body| Some([b"\xef\xbb\xbf", body].concat())),
];

const TEXTS: [(&str, OfText); 6] = [
    ("the body without its UTF-8 byte order mark", |text| Some(text.strip_prefix('\u{feff}')?.as_bytes().to_vec())),
    ("the body as UTF-16, little endian", |text| Some(utf16(text, u16::to_le_bytes))),
    ("the body as UTF-16, big endian", |text| Some(utf16(text, u16::to_be_bytes))),
    ("the body as UTF-16 with a byte order mark, little endian", |text| {
        Some([b"\xff\xfe".to_vec(), utf16(text, u16::to_le_bytes)].concat())
    }),
    ("the body as UTF-16 with a byte order mark, big endian", |text| {
        Some([b"\xfe\xff".to_vec(), utf16(text, u16::to_be_bytes)].concat())
    }),
    ("the body as ISO-8859-1", |text| text.chars().map(|character| u8::try_from(character).ok()).collect()),
];

const JSON: [(&str, OfJson); 14] = [
    ("the body as minified JSON", |text| lay_out(text, JsonLayout::Minified)),
    ("the body as JSON on one line with a space after each comma and colon", |text| lay_out(text, JsonLayout::Spaced)),
    ("the body as pretty-printed JSON, 2 spaces", |text| lay_out(text, JsonLayout::Pretty(2))),
    ("the body as pretty-printed JSON, 4 spaces", |text| lay_out(text, JsonLayout::Pretty(4))),
    ("the body as pretty-printed JSON, 2 spaces, CRLF", |text| crlf(lay_out(text, JsonLayout::Pretty(2))?)),
    ("the body as pretty-printed JSON, 4 spaces, CRLF", |text| crlf(lay_out(text, JsonLayout::Pretty(4))?)),
    ("the body as pretty-printed JSON, 2 spaces, with a final LF", |text| {
        lay_out(text, JsonLayout::Pretty(2)).map(|laid_out| laid_out + "\n")
    }),
    ("the body with characters outside ASCII as \\uXXXX", |text| Some(escape_non_ascii(text, false))),
    ("the body with characters outside ASCII as \\uXXXX in upper case", |text| Some(escape_non_ascii(text, true))),
    ("the body with \\uXXXX as the characters themselves", |text| Some(unescape_non_ascii(text))),
    ("the body with / as \\/", |text| Some(escape_slashes(text))),
    ("the body with \\/ as /", |text| Some(unescape_slashes(text))),
    ("the body as minified JSON with \\uXXXX for characters outside ASCII", |text| {
        Some(escape_non_ascii(&lay_out(text, JsonLayout::Minified)?, false))
    }),
    ("the body as minified JSON with / as \\/", |text| Some(escape_slashes(&lay_out(text, JsonLayout::Minified)?))),
];

const SORTED: [(&str, JsonLayout); 4] = [
    ("the body as minified JSON, keys sorted", JsonLayout::Minified),
    ("the body as JSON on one line with spaces, keys sorted", JsonLayout::Spaced),
    ("the body as pretty-printed JSON, 2 spaces, keys sorted", JsonLayout::Pretty(2)),
    ("the body as pretty-printed JSON, 4 spaces, keys sorted", JsonLayout::Pretty(4)),
];

fn crlf(text: String) -> Option<String> {
    Some(text.replace('\n', "\r\n"))
}

fn to_lf(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for (at, &byte) in body.iter().enumerate() {
        if byte != b'\r' || body.get(at + 1) != Some(&b'\n') {
            out.push(byte);
        }
    }
    out
}

fn to_crlf(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for byte in to_lf(body) {
        if byte == b'\n' {
            out.push(b'\r');
        }
        out.push(byte);
    }
    out
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// JSON with sorted keys at all levels. The parser's own limit bounds the depth.
fn sorted(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(sorted).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let members: Vec<String> = members
                .into_iter()
                .map(|(name, member)| format!("{}:{}", Value::from(name.as_str()), sorted(member)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(sent: &str, hashed: &[u8]) -> Option<&'static str> {
        find(sent.as_bytes(), |variant| variant.bytes == hashed)
    }

    #[test]
    fn each_variant_of_the_sheet_is_found() {
        const SENT: &str = "{\"b\": \"Tromsø/x\",\"a\":1}\r\n";
        for (hashed, name) in [
            ("", "the empty body"),
            ("{\"b\": \"Tromsø/x\",\"a\":1}\r\n\n", "the body with a final LF"),
            ("{\"b\": \"Tromsø/x\",\"a\":1}\r\n\r\n", "the body with a final CRLF"),
            ("{\"b\": \"Tromsø/x\",\"a\":1}", "the body without its final line end"),
            ("{\"b\": \"Tromsø/x\",\"a\":1}\n", "the body with LF in place of CRLF"),
            ("\u{feff}{\"b\": \"Tromsø/x\",\"a\":1}\r\n", "the body with a UTF-8 byte order mark"),
            ("{\"b\":\"Tromsø/x\",\"a\":1}", "the body as minified JSON"),
            ("{\n  \"b\": \"Tromsø/x\",\n  \"a\": 1\n}", "the body as pretty-printed JSON, 2 spaces"),
            ("{\n    \"b\": \"Tromsø/x\",\n    \"a\": 1\n}", "the body as pretty-printed JSON, 4 spaces"),
            ("{\"a\":1,\"b\":\"Tromsø/x\"}", "the body as minified JSON, keys sorted"),
            ("{\"b\": \"Troms\\u00f8/x\",\"a\":1}\r\n", "the body with characters outside ASCII as \\uXXXX"),
            ("{\"b\": \"Tromsø\\/x\",\"a\":1}\r\n", "the body with / as \\/"),
        ] {
            assert_eq!(name_of(SENT, hashed.as_bytes()), Some(name));
        }
        assert_eq!(name_of("{}\n\n", b"{}\r\n\r\n"), Some("the body with CRLF in place of LF"));
        assert_eq!(name_of("ø", b"\xf8\0"), Some("the body as UTF-16, little endian"));
        assert_eq!(
            name_of("\"\\u00f8\"", "\"ø\"".as_bytes()),
            Some("the body with \\uXXXX as the characters themselves")
        );
        assert_eq!(name_of("{}", b"{ }"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_answered(body: Vec<u8>) {
            proptest::prop_assert_eq!(find(&body, |_| false), None);
        }
    }
}
