//! HTTP messages as data: what a protocol writes and reads, on both ends.

use std::borrow::Cow;

use crate::{
    Content, Secret,
    model::{Object, Value},
};
use bytes::Bytes;

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

/// A body as segments, so that a file is read once and never held.
#[derive(Debug, Clone, Default)]
pub struct Body(Vec<Segment>);

/// A part of a body.
#[derive(Debug, Clone)]
pub enum Segment {
    /// These bytes.
    Literal(Bytes),
    /// The standard base64 of this content.
    Base64(Content),
}

impl Body {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// A JSON object as body.
    #[must_use]
    pub fn json(object: Object<'_>) -> Self {
        Self(vec![Segment::Literal(Value::Object(object).to_json().into())])
    }

    /// A JSON object as body whose top-level member `member` is the base64 of `content`.
    #[must_use]
    pub fn json_with_content(mut object: Object<'_>, member: &str, content: Content) -> Self {
        object.remove(member);
        let name = Value::from(member).to_json();
        let rest = Value::Object(object).to_json();
        // `{` + content member + the other members with their closing brace.
        let tail = if rest == "{}" { "\"}".to_owned() } else { format!("\",{}", &rest[1..]) };
        Self(vec![
            Segment::Literal(format!("{{{name}:\"").into()),
            Segment::Base64(content),
            Segment::Literal(tail.into()),
        ])
    }

    /// These bytes as body.
    #[must_use]
    pub fn literal(bytes: impl Into<Bytes>) -> Self {
        Self(vec![Segment::Literal(bytes.into())])
    }

    /// The segments in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The length in bytes, where it is known without reading the content.
    #[must_use]
    pub fn known_length(&self) -> Option<u64> {
        self.0
            .iter()
            .map(|segment| match segment {
                Segment::Literal(bytes) => Some(bytes.len() as u64),
                Segment::Base64(content) => content.known_size().map(|size| size.div_ceil(3) * 4),
            })
            .sum()
    }

    /// Whether the body can be sent a second time.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        self.0.iter().all(|segment| match segment {
            Segment::Literal(_) => true,
            Segment::Base64(content) => content.is_repeatable(),
        })
    }
}

/// A request to be sent.
#[derive(Debug, Clone)]
pub struct OutRequest {
    /// The method.
    pub method: Method,
    /// The path below the base URL, percent-encoded, with the query; begins with `/`.
    pub target: String,
    /// Header names and values; values that must not be logged are secrets.
    pub headers: Vec<(Cow<'static, str>, Secret)>,
    /// The body; a non-empty one is JSON, unless a header says otherwise.
    pub body: Body,
}

/// A response that has arrived.
#[derive(Debug, Clone, Default)]
pub struct InResponse {
    /// The HTTP status.
    pub status: u16,
    /// The content type without its parameters, in lower case.
    pub content_type: String,
    /// `Retry-After`, in seconds.
    pub retry_after_s: Option<u64>,
    /// The headers that the protocol reads, by their names as it spells them.
    pub headers: Vec<(&'static str, String)>,
    /// The body, without the content.
    pub body: Bytes,
    /// The content that was streamed out of the body.
    pub content: Option<Content>,
}

/// A request that has arrived at a server, its path taken apart.
#[derive(Debug, Default)]
pub struct InRequest {
    /// The path's parameters, decoded once: names from the route's template.
    pub path: Vec<(&'static str, String)>,
    /// The query's pairs, decoded.
    pub query: Vec<(String, String)>,
    /// The headers that the protocol reads, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without the content.
    pub body: Bytes,
    /// The content that was streamed out of the body.
    pub content: Option<Content>,
}

/// A response to be sent by a server.
#[derive(Debug, Clone)]
pub struct OutResponse {
    /// The HTTP status.
    pub status: u16,
    /// Headers besides those of every answer.
    pub headers: Vec<(&'static str, String)>,
    /// The body; a non-empty one is JSON.
    pub body: Body,
}

/// Percent-encodes one path segment or query value: everything but RFC 3986's unreserved characters.
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

/// Decodes percent-encoding once; `None` when an escape is broken or the result is not UTF-8. A plus stays a plus.
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn content_stands_first_and_the_length_is_known() {
        let object = [("FileName", "x"), ("FileContents", "")].map(|(name, value)| (name.into(), value.into()));
        let body = Body::json_with_content(
            object.into_iter().collect(),
            "FileContents",
            Content::Bytes(Bytes::from_static(b"hello")),
        );
        assert_eq!(body.known_length(), Some(r#"{"FileContents":"aGVsbG8=","FileName":"x"}"#.len() as u64));
        let alone = Body::json_with_content(Object::new(), "C", Content::Bytes(Bytes::new()));
        assert_eq!(alone.known_length(), Some(r#"{"C":""}"#.len() as u64));
    }
}
