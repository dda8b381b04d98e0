//! Requests as text, for example from a file or a log.

use std::fmt;

use bytes::Bytes;

use super::{Headers, Request, has_control, is_token};

/// Maximum number of bytes of a request line and headers together.
pub const MAX_HEAD: usize = 32 * 1024;
/// Maximum number of bytes of one header field.
pub const MAX_FIELD: usize = 16 * 1024;
/// Maximum number of header fields.
pub const MAX_FIELDS: usize = 100;
/// Maximum number of bytes of a body.
pub const MAX_BODY: usize = 1024 * 1024;

/// Some editors write this before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Maximum number of bytes of a line end.
const LINE_END: usize = 2;

/// Why a text is not an HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedRequest {
    /// The line, counted from 1.
    pub line: usize,
    /// The fault, for a person.
    pub why: &'static str,
    /// What kind of fault it is.
    pub kind: MalformedKind,
}

/// The fault of a text that is not an HTTP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MalformedKind {
    /// The head exceeds a limit of size or count.
    TooLarge,
    /// The body exceeds its limit of size.
    BodyTooLarge,
    /// A line of the head is not valid HTTP.
    Head,
    /// The headers give two different body lengths.
    Length,
    /// The text is damaged, not the request: it is another file, or was changed when it was logged.
    Text,
}

impl fmt::Display for MalformedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

fn malformed(line: usize, why: &'static str) -> MalformedRequest {
    MalformedRequest { line, why, kind: MalformedKind::Head }
}

fn too_large(line: usize, why: &'static str) -> MalformedRequest {
    MalformedRequest { line, why, kind: MalformedKind::TooLarge }
}

fn too_short(line: usize) -> MalformedRequest {
    damaged(line, "the body is shorter than Content-Length says")
}

/// The text is not a request, or is not the original one.
fn damaged(line: usize, why: &'static str) -> MalformedRequest {
    MalformedRequest { line, why, kind: MalformedKind::Text }
}

impl Request {
    /// Reads a request from text, for example from a log. In the head, a line feed counts as carriage return and line
    /// feed; a UTF-8 byte order mark and empty lines before the head are skipped. With `Content-Length` the body has
    /// that many bytes; without it, the body is everything after the empty line.
    ///
    /// # Errors
    /// [`MalformedRequest`] with the line and the reason.
    pub fn parse(text: &[u8]) -> Result<Self, MalformedRequest> {
        let (head, rest, line) = Self::parse_head(text)?;
        let length = body_length(&head.headers, line)?.unwrap_or(rest.len());
        let body = rest.get(..length).ok_or_else(|| too_short(line))?;
        head.with_text(body, line)
    }

    /// The same for text whose final line end may have been lost in pasting: the body then is the rest. Also
    /// returns how many bytes are missing compared with `Content-Length`.
    ///
    /// # Errors
    /// [`MalformedRequest`].
    pub fn parse_dump(text: &[u8]) -> Result<(Self, usize), MalformedRequest> {
        let (head, rest, line) = Self::parse_head(text)?;
        let length = body_length(&head.headers, line)?.unwrap_or(rest.len());
        let body = rest.get(..length).unwrap_or(rest);
        let missing = length - body.len();
        if missing > LINE_END {
            return Err(too_short(line));
        }
        Ok((head.with_text(body, line)?, missing))
    }

    /// The request without a body, the text after its head, and the line number there.
    fn parse_head(text: &[u8]) -> Result<(Self, &[u8], usize), MalformedRequest> {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let mut lines = HeadLines { rest: text, number: 0 };
        let (first, line) = loop {
            match lines.next() {
                None => return Err(damaged(1, "there is no request line")),
                Some((b"", _)) => {}
                Some(found) => break found,
            }
        };
        let (method, target) = request_line(first).map_err(|why| damaged(line, why))?;
        let headers = fields(&mut lines)?;
        let head = text.len() - lines.rest.len();
        if head > MAX_HEAD {
            return Err(too_large(lines.number, "the request line and headers have more than 32 KiB"));
        }
        Ok((Self { method, target, headers, body: Bytes::new() }, lines.rest, lines.number + 1))
    }

    fn with_text(self, body: &[u8], line: usize) -> Result<Self, MalformedRequest> {
        if body.len() > MAX_BODY {
            let why = "the body has more than 1 MiB";
            return Err(MalformedRequest { kind: MalformedKind::BodyTooLarge, ..too_large(line, why) });
        }
        Ok(Self { body: Bytes::copy_from_slice(body), ..self })
    }
}

/// Lines that end in a line feed, with or without a carriage return before it.
struct HeadLines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> HeadLines<'a> {
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
    if [&b"> "[..], b"* ", b":"].iter().any(|prefix| line.starts_with(prefix)) {
        return Err(
            "a request line is `METHOD /path HTTP/1.1`; remove the prefixes that curl or HTTP/2 logs put before each line",
        );
    }
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

fn fields(lines: &mut HeadLines<'_>) -> Result<Headers, MalformedRequest> {
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
            return Err(malformed(number, "the text before the colon is not a header name"));
        };
        let value = &line[colon + 1..];
        if has_control(value) {
            return Err(malformed(number, "the header value has a control character"));
        }
        headers.push(name, Bytes::copy_from_slice(value));
    }
    Ok(headers)
}

/// The body's length according to the headers, if they have one. `line` is the body's first line.
fn body_length(headers: &Headers, line: usize) -> Result<Option<usize>, MalformedRequest> {
    let length = headers.get("content-length");
    if headers.count("transfer-encoding") > 0 {
        return Err(match length {
            Some(_) => {
                let why = "Content-Length and Transfer-Encoding exclude each other";
                MalformedRequest { kind: MalformedKind::Length, ..malformed(line, why) }
            }
            None => damaged(line, "give the request without Transfer-Encoding, with its whole body"),
        });
    }
    let Some(length) = length else { return Ok(None) };
    let length = std::str::from_utf8(length).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = length.and_then(|text| text.parse::<usize>().ok());
    length.map(Some).ok_or_else(|| malformed(line, "Content-Length is not a number"))
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

    /// A line end lost in pasting is not an error of the request.
    #[test]
    fn a_dump_may_lack_the_line_end_of_its_body() {
        let read = |text: &str| Request::parse_dump(text.as_bytes());
        for (length, missing) in
            [("", 0), ("Content-Length: 2\n", 0), ("Content-Length: 4\n", 1), ("Content-Length: 5\n", 2)]
        {
            let (request, lacks) = read(&format!("POST / HTTP/1.1\n{length}\nabc")).unwrap();
            assert_eq!((request.body.len(), lacks), (if length.contains('2') { 2 } else { 3 }, missing), "{length}");
        }
        let cut_off = read("POST / HTTP/1.1\nContent-Length: 6\n\nabc").unwrap_err();
        assert_eq!((cut_off.line, cut_off.kind), (4, MalformedKind::Text));
    }

    #[test]
    fn faults_of_the_text_are_no_faults_of_the_request() {
        let fault = |text: &str| Request::parse(text.as_bytes()).unwrap_err();
        for text in [
            "",
            "nonsense\n\n",
            "\n> POST / HTTP/1.1\n> Host: a\n\n",
            "POST / HTTP/1.1\nContent-Length: 4\n\nabc",
            "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n3\r\nabc\r\n0\r\n\r\n",
        ] {
            assert_eq!(fault(text).kind, MalformedKind::Text, "{text:?}");
        }
        for (head, kind) in [
            ("Transfer-Encoding: chunked\nContent-Length: 3", MalformedKind::Length),
            ("Content-Length: 3\nTransfer-Encoding: chunked", MalformedKind::Length),
            ("Content-Length: three", MalformedKind::Head),
            ("no colon", MalformedKind::Head),
        ] {
            assert_eq!(fault(&format!("POST / HTTP/1.1\n{head}\n\nabc")).kind, kind, "{head}");
        }
    }

    #[test]
    fn what_logs_and_editors_put_before_a_text() {
        let marked = [b"\xef\xbb\xbf", DUMP].concat();
        assert_eq!(Request::parse(&marked).unwrap(), Request::parse(DUMP).unwrap());
        for text in ["> POST / HTTP/1.1\n", "* Connected to a\n> POST / HTTP/1.1\n", ":method: POST\n:path: /\n"] {
            let fault = Request::parse(text.as_bytes()).unwrap_err();
            assert!(fault.why.contains("remove the prefixes"), "{text:?}: {fault}");
        }
        assert!(!Request::parse(b"nonsense").unwrap_err().why.contains("prefixes"));
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
        assert_eq!(Request::parse(huge.as_bytes()).unwrap_err().kind, MalformedKind::TooLarge);
        let many = format!("GET / HTTP/1.1\n{}\n", "a: x\n".repeat(MAX_FIELDS + 1));
        assert_eq!(Request::parse(many.as_bytes()).unwrap_err().kind, MalformedKind::TooLarge);
        let long = format!("POST / HTTP/1.1\n\n{}", "x".repeat(MAX_BODY + 1));
        assert_eq!(Request::parse(long.as_bytes()).unwrap_err().kind, MalformedKind::BodyTooLarge);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(text: Vec<u8>) {
            let _ = Request::parse(&text);
        }
    }
}
