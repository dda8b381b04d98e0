//! An HTTP request as it was sent: order, spelling and bytes of its headers kept, since a signature covers them.

use std::fmt;

use bytes::Bytes;

/// Most bytes of a request line and headers together (V01).
pub const MAX_HEAD: usize = 32 * 1024;
/// Most bytes of one header field (V01).
pub const MAX_FIELD: usize = 16 * 1024;
/// Most header fields (V01).
pub const MAX_FIELDS: usize = 100;
/// Most bytes of a body (V01).
pub const MAX_BODY: usize = 1024 * 1024;

/// Headers that must not occur twice (V03).
pub const SINGLE: [&str; 11] = [
    "signature",
    "digest",
    "tpp-signature-certificate",
    "x-request-id",
    "date",
    "psu-id",
    "psu-corporate-id",
    "tpp-redirect-uri",
    "content-type",
    "content-length",
    "host",
];

/// A request.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method as written.
    pub method: String,
    /// Path and query as they stand on the request line.
    pub target: String,
    /// The header fields in order.
    pub headers: Headers,
    /// The body, without transfer coding.
    pub body: Bytes,
}

/// Header fields in the order in which they were sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

/// One header field.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The name as written.
    pub name: String,
    /// Everything between the colon and the end of the line, spaces included.
    pub value: Bytes,
}

impl IntoIterator for Headers {
    type Item = Header;
    type IntoIter = std::vec::IntoIter<Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Header {
    /// The value without spaces and tabs around it.
    #[must_use]
    pub fn trimmed(&self) -> &[u8] {
        trim(&self.value)
    }
}

impl Headers {
    /// Appends a field.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Bytes>) {
        self.0.push(Header { name: name.into(), value: value.into() });
    }

    /// Replaces every field of this name by one; it stands where the first stood, or last.
    pub fn set(&mut self, name: &str, value: impl Into<Bytes>) {
        let header = Header { name: name.to_owned(), value: value.into() };
        let first = self.0.iter().position(|held| held.name.eq_ignore_ascii_case(name));
        self.0.retain(|held| !held.name.eq_ignore_ascii_case(name));
        self.0.insert(first.unwrap_or(self.0.len()), header);
    }

    /// Removes every field of this name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|held| !held.name.eq_ignore_ascii_case(name));
    }

    /// The fields in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields of this name, in whatever case, in order.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Header> {
        self.0.iter().filter(move |held| held.name.eq_ignore_ascii_case(name))
    }

    /// How often a field of this name occurs.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.named(name).count()
    }

    /// The first field of this name, without spaces and tabs around it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|held| held.name.eq_ignore_ascii_case(name)).map(Header::trimmed)
    }

    /// The same as text; `None` also where it is not UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }
}

impl FromIterator<(String, Bytes)> for Headers {
    fn from_iter<I: IntoIterator<Item = (String, Bytes)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| Header { name, value }).collect())
    }
}

/// Why a text is not an HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, for a person.
    pub why: &'static str,
    /// Whether it is a limit of V01.
    pub too_large: bool,
}

impl Malformed {
    /// The check that it fails.
    #[must_use]
    pub fn check(&self) -> &'static str {
        if self.too_large { "V01" } else { "V02" }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

fn malformed(line: usize, why: &'static str) -> Malformed {
    Malformed { line, why, too_large: false }
}

fn too_large(line: usize, why: &'static str) -> Malformed {
    Malformed { line, why, too_large: true }
}

impl Request {
    /// Reads a request from text, such as from a log. In the head a line feed may stand for carriage return and line feed. With
    /// `Content-Length` the body has so many bytes; without it, it is everything after the empty line.
    ///
    /// # Errors
    /// [`Malformed`] with the line and the reason.
    pub fn parse(text: &[u8]) -> Result<Self, Malformed> {
        let mut lines = Lines { rest: text, number: 0 };
        let (first, line) = loop {
            match lines.next() {
                None => return Err(malformed(1, "there is no request line")),
                Some((b"", _)) => {}
                Some(found) => break found,
            }
        };
        let (method, target) = request_line(first).map_err(|why| malformed(line, why))?;
        let headers = fields(&mut lines)?;
        let head = text.len() - lines.rest.len();
        if head > MAX_HEAD {
            return Err(too_large(lines.number, "the request line and headers have more than 32 KiB"));
        }
        let body = body(&headers, lines.rest).map_err(|why| malformed(lines.number + 1, why))?;
        if body.len() > MAX_BODY {
            return Err(too_large(lines.number + 1, "the body has more than 1 MiB"));
        }
        Ok(Self { method, target, headers, body: Bytes::copy_from_slice(body) })
    }

    /// Writes the request as it goes over the wire, as HTTP/1.1.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for header in self.headers.iter() {
            out.extend_from_slice(header.name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(header.trimmed());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        out
    }
}

impl fmt::Debug for Request {
    /// Names only: values may be personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|header| header.name.as_str()).collect();
        f.debug_struct("Request").field("method", &self.method).field("headers", &names).finish_non_exhaustive()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|header| &header.name)).finish()
    }
}

/// Removes spaces and tabs around a value (RFC 9110 §5.6.3).
#[must_use]
pub fn trim(value: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    &value[start..end]
}

/// Whether a text is a token (RFC 9110 §5.6.2): what a method and a header name consist of.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let is_mark = |byte| {
        matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
    };
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}

/// Whether bytes are the text of a UUID, in either case.
pub(crate) fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a header value holds what none may: a control character other than a tab (V02).
pub(crate) fn has_control(value: &[u8]) -> bool {
    let is_control = |byte: u8| (byte == 0x7f) | ((byte < 0x20) & (byte != b'\t'));
    // Piece by piece and not byte by byte: certificates are long, and a whole piece is looked at in a few steps.
    value.chunks(64).any(|piece| piece.iter().fold(false, |found, &byte| found | is_control(byte)))
}

/// Whether there is nothing but visible ASCII and spaces.
pub(crate) fn is_visible(value: &[u8]) -> bool {
    value.chunks(64).all(|piece| piece.iter().fold(true, |so_far, &byte| so_far & (0x20..=0x7e).contains(&byte)))
}

/// The same as [`has_control`] of a text: also the control characters beyond ASCII.
pub(crate) fn text_has_control(text: &str) -> bool {
    match text.is_ascii() {
        true => has_control(text.as_bytes()),
        false => text.chars().any(|char| char.is_control() && char != '\t'),
    }
}

/// Lines that end in a line feed, with or without a carriage return before it.
struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<(&'a [u8], usize)> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let (line, rest) = match end {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        self.number += 1;
        Some((line.strip_suffix(b"\r").unwrap_or(line), self.number))
    }
}

fn request_line(line: &[u8]) -> Result<(String, String), &'static str> {
    let text = std::str::from_utf8(line).map_err(|_| "the request line is not text")?;
    let mut parts = text.split(' ').filter(|part| !part.is_empty());
    let (method, target, version) = (parts.next(), parts.next(), parts.next());
    let (Some(method), Some(target)) = (method, target) else {
        return Err("a request line is `METHOD /path HTTP/1.1`");
    };
    let fits = version.is_none_or(|version| version.starts_with("HTTP/")) && parts.next().is_none();
    if !is_token(method) || !fits {
        return Err("a request line is `METHOD /path HTTP/1.1`");
    }
    if !target.starts_with('/') && target != "*" {
        return Err("the path of the request line begins with `/`");
    }
    if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the path of the request line has bytes that are not visible ASCII");
    }
    Ok((method.to_owned(), target.to_owned()))
}

fn fields(lines: &mut Lines<'_>) -> Result<Headers, Malformed> {
    let mut headers = Headers::default();
    while let Some((line, number)) = lines.next() {
        if line.is_empty() {
            break;
        }
        if line.len() > MAX_FIELD {
            return Err(too_large(number, "the header field has more than 16 KiB"));
        }
        if headers.len() == MAX_FIELDS {
            return Err(too_large(number, "there are more than 100 header fields"));
        }
        if matches!(line[0], b' ' | b'\t') {
            return Err(malformed(number, "a header line begins with a space: folded lines are not allowed"));
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            return Err(malformed(number, "a header line is `Name: value`"));
        };
        let name = std::str::from_utf8(&line[..colon]).ok().filter(|name| is_token(name));
        let Some(name) = name else {
            return Err(malformed(number, "what stands before the colon is not a header name"));
        };
        let value = &line[colon + 1..];
        if has_control(value) {
            return Err(malformed(number, "the header value has a control character"));
        }
        headers.push(name, Bytes::copy_from_slice(value));
    }
    Ok(headers)
}

fn body<'a>(headers: &Headers, rest: &'a [u8]) -> Result<&'a [u8], &'static str> {
    if headers.count("transfer-encoding") > 0 {
        return Err("a request with Transfer-Encoding must be given without it, the body put together");
    }
    let Some(length) = headers.get("content-length") else { return Ok(rest) };
    let length = std::str::from_utf8(length).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = length.and_then(|text| text.parse::<usize>().ok()).ok_or("Content-Length is not a number")?;
    rest.get(..length).ok_or("the body is shorter than Content-Length says")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &[u8] =
        b"POST /api/v1/consents?x=1 HTTP/1.1\r\nHost: a.example\r\nX-Request-ID:  1 \r\nzero:\r\n\r\nbody\n";

    #[test]
    fn order_spelling_and_bytes_are_kept() {
        let request = Request::parse(DUMP).unwrap();
        assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/api/v1/consents?x=1"));
        assert_eq!(
            request.headers.iter().map(|header| header.name.as_str()).collect::<Vec<_>>(),
            ["Host", "X-Request-ID", "zero"]
        );
        assert_eq!(request.headers.named("x-request-id").next().unwrap().value, &b"  1 "[..]);
        assert_eq!((request.headers.get("X-REQUEST-ID"), request.headers.text("zero")), (Some(&b"1"[..]), Some("")));
        assert_eq!(request.body, &b"body\n"[..]);
    }

    #[test]
    fn line_feeds_alone_read_the_same_and_what_is_written_reads_back() {
        let with_feeds: Vec<u8> = DUMP.iter().copied().filter(|&byte| byte != b'\r').collect();
        let request = Request::parse(&with_feeds).unwrap();
        assert_eq!(request, Request::parse(DUMP).unwrap());
        let again = Request::parse(&request.to_bytes()).unwrap();
        assert_eq!((again.body, again.headers.text("x-request-id")), (request.body, Some("1")));
    }

    #[test]
    fn content_length_cuts_the_body() {
        let read = |text: &str| Request::parse(text.as_bytes());
        assert_eq!(read("POST / HTTP/1.1\nContent-Length: 2\n\nabc").unwrap().body, &b"ab"[..]);
        assert_eq!(read("POST / HTTP/1.1\nContent-Length: 4\n\nabc").unwrap_err().line, 4);
        assert!(read("POST / HTTP/1.1\nContent-Length: +2\n\nabc").is_err());
        assert!(read("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n\n").is_err());
    }

    #[test]
    fn what_is_no_request_is_refused_with_its_line() {
        for (text, line) in [
            ("", 1),
            ("\n\n", 1),
            ("GET\n\n", 1),
            ("GET x HTTP/1.1\n\n", 1),
            ("GET / HTTP/1.1 more\n\n", 1),
            ("GET / HTTP/1.1\nno colon\n\n", 2),
            ("GET / HTTP/1.1\nbad name: x\n\n", 2),
            ("GET / HTTP/1.1\na: x\n folded\n\n", 3),
            ("GET / HTTP/1.1\na: x\x01y\n\n", 2),
            ("GET / HTTP/1.1\na: x\ry\n\n", 2),
        ] {
            assert_eq!(Request::parse(text.as_bytes()).unwrap_err().line, line, "{text:?}");
        }
        let huge = format!("GET / HTTP/1.1\na: {}\n\n", "x".repeat(MAX_FIELD));
        assert!(Request::parse(huge.as_bytes()).unwrap_err().too_large);
        let many = format!("GET / HTTP/1.1\n{}\n", "a: x\n".repeat(MAX_FIELDS + 1));
        assert!(Request::parse(many.as_bytes()).unwrap_err().too_large);
    }

    #[test]
    fn every_byte_and_character_is_known() {
        for byte in 0..=u8::MAX {
            let control = char::from(byte).is_ascii_control() && byte != b'\t';
            for before in [0, 1, 63, 64, 200] {
                let value = [vec![b'x'; before], vec![byte, b'x']].concat();
                assert_eq!(has_control(&value), control, "{byte} after {before}");
            }
            let token = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let char = char::from(byte);
            assert_eq!(is_token(&format!("a{char}")), token, "{byte}");
            assert_eq!(text_has_control(&format!("a{char}")), char.is_control() && char != '\t', "{byte}");
        }
        assert!(!is_token("") && !has_control(b"") && !text_has_control("ø\t") && text_has_control("ø\n"));
    }

    #[test]
    fn setting_replaces_in_place() {
        let mut headers = Headers::default();
        headers.push("A", "1");
        headers.push("b", "2");
        headers.push("a", "3");
        headers.set("a", "4");
        assert_eq!(
            (headers.len(), headers.text("A"), headers.iter().next().map(|h| h.name.as_str())),
            (2, Some("4"), Some("a"))
        );
        headers.remove("B");
        assert_eq!(headers.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(text: Vec<u8>) {
            let _ = Request::parse(&text);
        }
    }
}
