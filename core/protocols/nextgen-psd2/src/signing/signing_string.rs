//! The text that a signature covers (§2.4, rules G1 to G11; draft-cavage-http-signatures-10 §2.3).

use std::fmt;

use super::shown::ShownBeginning;
use crate::http::{MAX_FIELDS, Request, is_token};

/// The listed name for method and path.
pub const REQUEST_TARGET: &str = "(request-target)";

/// The maximum number of listed names: the maximum number of fields of a request, and the request line.
pub const MAX_NAMES: usize = MAX_FIELDS + 1;

/// A signing string, and the positions of its lines.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SigningText {
    /// The string, as bytes: header values need not be text.
    pub bytes: Vec<u8>,
    /// Its lines in order.
    pub lines: Vec<SigningLine>,
}

/// One line of a signing string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningLine {
    /// The listed name, in lower case.
    pub name: String,
    /// The offset of its first byte.
    pub start: usize,
    /// The offset after its last byte, without the line feed.
    pub end: usize,
}

// Values may be personal.
bankchannel_foundation::redacted_debug!(SigningText, |it| names: it.lines.iter().map(|line| &line.name).collect::<Vec<_>>());

/// Builds the signing string of a request for these listed names, in their order. The names may have any letter case.
///
/// # Errors
/// [`SigningStringFault`].
pub fn signing_string(names: &[String], request: &Request) -> Result<SigningText, SigningStringFault> {
    match names.len() {
        0 => return Err(SigningStringFault::NoNames),
        1..=MAX_NAMES => {}
        _ => return Err(SigningStringFault::TooMany),
    }
    let mut built = SigningText { bytes: Vec::with_capacity(512), lines: Vec::with_capacity(names.len()) };
    for listed in names {
        let name = listed.to_ascii_lowercase();
        if !built.lines.is_empty() {
            built.bytes.push(b'\n');
        }
        let start = built.bytes.len();
        built.bytes.extend_from_slice(name.as_bytes());
        built.bytes.extend_from_slice(b": ");
        value(&name, request, &mut built.bytes)?;
        if built.lines.iter().any(|line| line.name == name) {
            return Err(SigningStringFault::Duplicate(name));
        }
        built.lines.push(SigningLine { name, start, end: built.bytes.len() });
    }
    Ok(built)
}

/// Writes the value for a listed name.
fn value(name: &str, request: &Request, out: &mut Vec<u8>) -> Result<(), SigningStringFault> {
    if name == REQUEST_TARGET {
        out.extend_from_slice(request.method.to_ascii_lowercase().as_bytes());
        out.push(b' ');
        out.extend_from_slice(request.target.as_bytes());
        return Ok(());
    }
    if !is_token(name) {
        let pseudo = name.starts_with('(') && name.ends_with(')');
        let name = name.to_owned();
        return Err(if pseudo { SigningStringFault::Pseudo(name) } else { SigningStringFault::NotAName(name) });
    }
    let mut values = request.headers.named(name);
    let Some(first) = values.next() else { return Err(SigningStringFault::Absent(name.to_owned())) };
    out.extend_from_slice(first.trimmed());
    for further in values {
        out.extend_from_slice(b", ");
        out.extend_from_slice(further.trimmed());
    }
    Ok(())
}

/// The reason why there is no signing string. Names are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SigningStringFault {
    /// No name is listed (G8).
    NoNames,
    /// More names are listed than a request may have fields.
    TooMany,
    /// A listed name cannot be the name of a header.
    NotAName(String),
    /// A name is listed twice (G9).
    Duplicate(String),
    /// A name in parentheses that only later drafts define (G10).
    Pseudo(String),
    /// A listed header is not in the request (G7).
    Absent(String),
}

impl fmt::Display for SigningStringFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNames => write!(f, "no header is listed as signed"),
            Self::TooMany => write!(f, "more than {MAX_NAMES} headers are listed as signed"),
            Self::NotAName(name) => write!(f, "{} is listed as signed and is not a header name", ShownBeginning(name)),
            Self::Duplicate(name) => write!(f, "{} is listed as signed twice", ShownBeginning(name)),
            Self::Pseudo(name) => {
                write!(f, "{} is listed as signed; only {REQUEST_TARGET} is supported", ShownBeginning(name))
            }
            Self::Absent(name) => write!(f, "{} is listed as signed and is not in the request", ShownBeginning(name)),
        }
    }
}

impl std::error::Error for SigningStringFault {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::vectors;
    use proptest::prelude::*;

    fn request(text: &str) -> Request {
        Request::parse(text.as_bytes()).unwrap()
    }

    fn names(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn built(listed: &str, text: &str) -> Result<String, SigningStringFault> {
        signing_string(&names(listed), &request(text)).map(|built| String::from_utf8(built.bytes).unwrap())
    }

    /// T-002, T-006.
    #[test]
    fn vectors_a_and_b() {
        let listed = names("date digest x-request-id");
        let a = signing_string(&listed, &vectors::request_a()).unwrap();
        assert_eq!((a.bytes.as_slice(), a.bytes.len()), (vectors::SIGNING_STRING_A, 147));
        assert_eq!(a.lines[1], SigningLine { name: "digest".into(), start: 36, end: 96 });
        let listed = names("date digest x-request-id psu-id psu-corporate-id tpp-redirect-uri");
        let b = signing_string(&listed, &vectors::request_b()).unwrap();
        assert_eq!((b.bytes.as_slice(), b.bytes.len()), (vectors::SIGNING_STRING_B, 252));
        assert_eq!(b.lines[5].end, 252);
    }

    /// T-010, T-011: the strings of vectors D.
    #[test]
    fn vectors_d() {
        let request = vectors::request_d();
        let of = |listed: &str| String::from_utf8(signing_string(&names(listed), &request).unwrap().bytes).unwrap();
        assert_eq!(of("date"), "date: Sun, 05 Jan 2014 21:31:40 GMT");
        assert_eq!(
            of("(request-target) host date"),
            "(request-target): post /foo?param=value&pet=dog\nhost: example.com\ndate: Sun, 05 Jan 2014 21:31:40 GMT"
        );
        assert_eq!(
            of("(request-target) host date content-type digest content-length"),
            "(request-target): post /foo?param=value&pet=dog\nhost: example.com\ndate: Sun, 05 Jan 2014 21:31:40 GMT\n\
             content-type: application/json\ndigest: SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\n\
             content-length: 18"
        );
    }

    /// T-020, T-021, T-022, T-023.
    #[test]
    fn values() {
        let text = "GET / HTTP/1.1\na: \t x  y\tz \t\nzero:\nA:second\nblank: \t \na: \n\n";
        assert_eq!(built("a", text).unwrap(), "a: x  y\tz, second, ");
        assert_eq!(built("zero", text).unwrap(), "zero: ");
        assert_eq!(built("blank zero", text).unwrap(), "blank: \nzero: ");
        let raw = Request::parse(b"GET / HTTP/1.1\na: \xf8\n\n").unwrap();
        assert_eq!(signing_string(&names("a"), &raw).unwrap().bytes, b"a: \xf8");
    }

    /// T-024.
    #[test]
    fn the_case_of_names_is_free() {
        let text = "GET / HTTP/1.1\nX-Request-ID: Ab\ndATE: x\n\n";
        assert_eq!(built("X-REQUEST-id Date", text).unwrap(), "x-request-id: Ab\ndate: x");
    }

    /// T-030.
    #[test]
    fn the_request_line() {
        let text = "PoST /API/v1/Ünder HTTP/1.1\n\n".replace('Ü', "%C3%9C");
        assert_eq!(built("(Request-Target)", &text).unwrap(), "(request-target): post /API/v1/%C3%9Cnder");
        let text = "GET /a?B=%2f&c HTTP/1.1\n\n";
        assert_eq!(built("(request-target)", text).unwrap(), "(request-target): get /a?B=%2f&c");
    }

    /// T-025, T-026, T-027, T-028, T-029.
    #[test]
    fn faults() {
        use SigningStringFault as F;
        let text = "GET / HTTP/1.1\na: x\n\n";
        assert_eq!(built("a b", text), Err(F::Absent("b".into())));
        assert_eq!(built("a digest==", text), Err(F::NotAName("digest==".into())));
        assert_eq!(built("", text), Err(F::NotAName(String::new())));
        assert_eq!(built("a A", text), Err(F::Duplicate("a".into())));
        assert_eq!(built("(request-target) (request-target)", text), Err(F::Duplicate("(request-target)".into())));
        assert_eq!(built("(created)", text), Err(F::Pseudo("(created)".into())));
        assert_eq!(built("(expires)", text), Err(F::Pseudo("(expires)".into())));
        assert_eq!(signing_string(&[], &request(text)), Err(F::NoNames));
        assert_eq!(signing_string(&vec!["a".into(); MAX_NAMES + 1], &request(text)), Err(F::TooMany));
    }

    #[test]
    fn debug_shows_no_values() {
        let built = signing_string(&names("psu-id"), &request("GET / HTTP/1.1\npsu-id: hidden\n\n")).unwrap();
        let shown = format!("{built:?}");
        assert!(shown.contains("psu-id") && !shown.contains("hidden"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_names_are_answered(listed: Vec<String>, value: Vec<u8>) {
            let mut request = request("GET / HTTP/1.1\n\n");
            request.headers.push("a", value);
            let _ = signing_string(&listed, &request);
        }

        /// The lines' positions are right, and lines are separated by exactly one line feed.
        #[test]
        fn lines_are_where_they_are_said_to_be(values in proptest::collection::vec("[ -~]{0,20}", 1..8)) {
            let mut request = request("GET / HTTP/1.1\n\n");
            for (number, value) in values.iter().enumerate() {
                request.headers.push(format!("h{number}"), value.clone());
            }
            let listed: Vec<String> = (0..values.len()).map(|number| format!("h{number}")).collect();
            let built = signing_string(&listed, &request).unwrap();
            let mut next = 0;
            for (line, (name, value)) in built.lines.iter().zip(listed.iter().zip(&values)) {
                prop_assert_eq!(line.start, next);
                let text = std::str::from_utf8(&built.bytes[line.start..line.end]).unwrap();
                prop_assert_eq!(text, format!("{name}: {}", value.trim_matches(' ')));
                next = line.end + 1;
            }
            prop_assert_eq!(built.bytes.len() + 1, next);
        }
    }
}
