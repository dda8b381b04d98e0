//! HTTP messages as data: what a protocol writes and reads, on both ends.
//!
//! A [`Request`] or [`Response`] keeps the order, spelling and bytes of its headers, since a signature may cover them.
//! A message to be sent has a [`Body`] of segments with a media type; a received message has bytes, and separately the
//! content that was streamed out.

mod body;
mod decoding;
mod encoding;
mod field;
mod headers;
mod page;
mod text;

use std::{fmt, ops::Deref};

use bytes::Bytes;

use crate::model::Content;
pub use body::{Body, JSON, SOAP, Segment, base64_length};
pub use decoding::{Base64Decoder, NotBase64, decode_base64};
pub use encoding::{Base64Encoding, Base64Pieces, SegmentEncoder, SegmentEncoding};
pub use field::HeaderField;
pub use headers::{Header, Headers, has_control, is_token, is_visible, text_has_control, trim};
pub use page::{is_web_page, page_text};
pub use text::{MAX_BODY, MAX_FIELD, MAX_FIELDS, MAX_HEAD, MalformedKind, MalformedRequest};

/// The methods that the protocols use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // HTTP's own names
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// HTTP's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// The method of this name.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Put, Self::Delete].into_iter().find(|method| method.as_str() == text)
    }
}

/// A request.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Request<B = Bytes> {
    /// The method as written.
    pub method: String,
    /// Path and query as on the request line.
    pub target: String,
    /// The header fields in order.
    pub headers: Headers,
    /// The body, without transfer coding.
    pub body: B,
}

/// A request to be sent. Its target is the path below the base URL.
pub type OutRequest = Request<Body>;

/// A request received by a server, its path and query parsed, for an operation to read.
#[derive(Debug, Default)]
pub struct InRequest<'a> {
    /// The path's parameters, decoded once; the names are those of the route's template.
    pub path: Vec<(&'static str, String)>,
    /// The query's pairs, decoded.
    pub query: Vec<(String, String)>,
    /// The headers; `None` if the protocol's operations read none.
    pub headers: Option<&'a Headers>,
    /// The body, without the content.
    pub body: Bytes,
    /// The content that was streamed out of the body.
    pub content: Option<Content>,
}

/// A response.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Response<B = Bytes> {
    /// The HTTP status.
    pub status: u16,
    /// The header fields in order.
    pub headers: Headers,
    /// The body, without transfer coding.
    pub body: B,
}

/// A response to be sent by a server. Its headers are added to those of every response.
pub type OutResponse = Response<Body>;

/// A received response. Its headers are those that the protocol reads.
#[derive(Debug, Clone, Default)]
pub struct InResponse {
    /// The response, its body without the content.
    pub message: Response,
    /// The content that was streamed out of the body.
    pub content: Option<Content>,
    /// `Retry-After`, in seconds from its arrival.
    pub retry_after_s: Option<u64>,
}

impl Deref for InResponse {
    type Target = Response;

    fn deref(&self) -> &Response {
        &self.message
    }
}

impl InResponse {
    /// A response without headers and content.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { message: Response::new(status, body), content: None, retry_after_s: None }
    }
}

impl<B> Request<B> {
    /// The same request with another body.
    #[must_use]
    pub fn with_body<C>(self, body: C) -> Request<C> {
        Request { method: self.method, target: self.target, headers: self.headers, body }
    }
}

impl Request {
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

impl<B> fmt::Debug for Request<B> {
    /// Names only: values may be personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("headers", &self.headers).finish_non_exhaustive()
    }
}

impl<B> Response<B> {
    /// A response without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<B>) -> Self {
        Self { status, headers: Headers::default(), body: body.into() }
    }
}

impl<B> fmt::Debug for Response<B> {
    /// Names only: values may be personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).field("headers", &self.headers).finish_non_exhaustive()
    }
}

/// Percent-encodes one path segment or query value: everything except RFC 3986's unreserved characters.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Decodes percent-encoding once; `None` if an escape is broken or the result is not UTF-8. A plus stays a plus.
#[must_use]
pub fn percent_decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let hex = text.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
            out.push(u8::from_str_radix(hex, 16).ok()?);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).ok()
}

/// The maximum length of a request id, in characters.
pub const REQUEST_ID_MAX: usize = 100;

/// Whether a text can be the `X-Request-ID` that a caller chooses for a call: 1 to 100 characters, each an ASCII letter,
/// a digit or one of `-._~:`.
#[must_use]
pub fn is_request_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    (1..=REQUEST_ID_MAX).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// The trace id of a `traceparent` of W3C Trace Context, version 00: `00-`, the trace id of 32, the span id of 16 and the
/// flags of 2 lower-case hex digits, joined by `-`; no id is zero. `None` for anything else.
#[must_use]
pub fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let mut hex = |length: usize| {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        parts.next().filter(|part| part.len() == length && part.bytes().all(is_hex))
    };
    let (version, trace, span, _flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let is_id = |part: &str| part.bytes().any(|byte| byte != b'0');
    (version == "00" && is_id(trace) && is_id(span) && parts.next().is_none()).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_has_the_form_of_the_standard() {
        // The example of W3C Trace Context, section 3.2.3.
        let example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(trace_id(example), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7\r01",
        ] {
            assert_eq!(trace_id(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn percent_coding_is_symmetric_and_strict() {
        for text in ["user@example.test", "+358401234567", "a/b ..", "äö%"] {
            assert_eq!(percent_decode(&percent_encode(text)).as_deref(), Some(text));
        }
        assert_eq!(percent_decode("+358"), Some("+358".into()));
        for bad in ["%", "%2", "%zz", "%+1", "%ff"] {
            assert_eq!(percent_decode(bad), None, "{bad}");
        }
    }
}
