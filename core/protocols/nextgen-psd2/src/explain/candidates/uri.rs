//! An address in another spelling: percent-encoding, slashes (H-07, H-22).

use super::values::{decode, encode};

/// The maximum number of slashes that are doubled, one at a time.
const MAX_DOUBLED: usize = 8;
/// The characters that encoders keep, in addition to letters and digits: RFC 3986, JavaScript's `encodeURIComponent`,
/// Java's `URLEncoder`.
const ENCODERS: [&[u8]; 3] = [b"-_.~", b"-_.!~*'()", b"-_.*"];

const ENCODED: &str = "with another percent-encoding";
const SLASH: &str = "with a slash more or less";

/// The spellings of a path with its query, each with a description of the difference. Some may equal the given one.
pub(super) fn spellings(target: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut out: Vec<_> = encodings(target).into_iter().map(|other| (ENCODED, other)).collect();
    out.extend(slashes(target).into_iter().map(|other| (SLASH, other)));
    out
}

/// The same with hexadecimal digits in another letter case, with fewer characters encoded, and with more.
fn encodings(target: &[u8]) -> Vec<Vec<u8>> {
    let decoded = decode(target);
    let mut out = vec![hex_case(target, true), hex_case(target, false), unreserved_decoded(target)];
    for from in [target, &decoded] {
        for kept in ENCODERS {
            out.extend([true, false].map(|upper| by_part(from, |part| encode(part, kept, upper))));
        }
    }
    let with_spaces = by_part(&decoded, |part| encode(part, b"-_.~ ", true));
    out.push(replaced(&with_spaces, b" ", b"+"));
    for (from, to) in [("+", "%20"), ("%20", "+"), ("+", "%2B"), ("+", "%2b"), ("%2B", "+"), ("%2b", "+"), (" ", "+")] {
        out.push(replaced(target, from.as_bytes(), to.as_bytes()));
    }
    out.push(decoded);
    out
}

/// Variants of the slashes: at the path's end, doubled, at its beginning; and a question mark without a query.
fn slashes(target: &[u8]) -> Vec<Vec<u8>> {
    let at = target.iter().position(|&byte| byte == b'?').unwrap_or(target.len());
    let (path, query) = target.split_at(at);
    let mut out = vec![[path, b"/", query].concat()];
    if let Some(shorter) = path.strip_suffix(b"/") {
        out.push([shorter, query].concat());
    }
    out.push([replaced(path, b"//", b"/"), query.to_vec()].concat());
    let places = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(place, _)| place);
    out.extend(places.take(MAX_DOUBLED).map(|place| [&target[..place], b"/", &target[place..]].concat()));
    if let Some(rest) = target.strip_prefix(b"/") {
        out.push(rest.to_vec());
    }
    match query {
        b"" => out.push([path, b"?"].concat()),
        b"?" => out.push(path.to_vec()),
        _ => {}
    }
    out
}

/// Applies a change to each part of path and query between their separators.
fn by_part(target: &[u8], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::with_capacity(target.len() + 16);
    let mut is_query = false;
    let mut start = 0;
    for (at, &byte) in target.iter().enumerate() {
        let is_mark = match byte {
            b'?' => !is_query,
            b'/' => !is_query,
            b'&' | b'=' => is_query,
            _ => false,
        };
        if is_mark {
            out.extend_from_slice(&change(target.get(start..at).unwrap_or_default()));
            out.push(byte);
            start = at + 1;
            is_query |= byte == b'?';
        }
    }
    out.extend_from_slice(&change(target.get(start..).unwrap_or_default()));
    out
}

/// The hexadecimal digits of `%xx` in one letter case.
fn hex_case(target: &[u8], upper: bool) -> Vec<u8> {
    let mut out = target.to_vec();
    let escapes: Vec<usize> = out.iter().enumerate().filter(|(_, byte)| **byte == b'%').map(|(at, _)| at).collect();
    for at in escapes {
        for digit in out.iter_mut().skip(at + 1).take(2) {
            *digit = if upper { digit.to_ascii_uppercase() } else { digit.to_ascii_lowercase() };
        }
    }
    out
}

/// Decodes characters that never need encoding (RFC 3986 §2.3).
fn unreserved_decoded(target: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(target.len());
    let mut rest = target;
    while let Some((&first, after)) = rest.split_first() {
        let escape = rest.get(..3).filter(|_| first == b'%').map(decode);
        match escape.as_deref() {
            Some(&[byte]) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(byte);
                rest = rest.get(3..).unwrap_or_default();
            }
            _ => {
                out.push(first);
                rest = after;
            }
        }
    }
    out
}

pub(super) fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(first);
            rest = after;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(target: &str, other: &str) -> bool {
        spellings(target.as_bytes()).iter().any(|(_, found)| found == other.as_bytes())
    }

    #[test]
    fn each_spelling_has_the_other() {
        for (one, other) in [
            ("/v1/a%2Fb", "/v1/a%2fb"),
            ("/v1/a%7Eb", "/v1/a~b"),
            ("/v1/accounts/enc!!a=", "/v1/accounts/enc%21%21a%3D"),
            ("/v1/x?q=a+b", "/v1/x?q=a%20b"),
            ("/v1/x?q=a%2Bb", "/v1/x?q=a+b"),
            ("/v1/accounts", "/v1/accounts/"),
            ("/v1/accounts?a=1", "/v1/accounts/?a=1"),
            ("/api/v1/accounts", "/api//v1/accounts"),
            ("/v1/accounts", "v1/accounts"),
            ("/v1/accounts", "/v1/accounts?"),
        ] {
            assert!(has(one, other), "{one} as {other}");
            // A target is always sent with its first slash.
            assert!(has(other, one) || !other.starts_with('/'), "{other} as {one}");
        }
        assert!(has("/v1/x?q=a%20b&r=%C3%B8", "/v1/x?q=a+b&r=%C3%B8") && has("/v1/a%2Fb", "/v1/a%252Fb"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(target: Vec<u8>, near in "/[a-z%/?&=+!~ ]{0,30}") {
            for target in [target.as_slice(), near.as_bytes()] {
                proptest::prop_assert!(spellings(target).iter().all(|(_, other)| other.len() <= 9 * target.len() + 2));
            }
        }
    }
}
