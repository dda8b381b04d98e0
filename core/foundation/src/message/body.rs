//! Bodies to be sent: segments with a media type.

use std::sync::Arc;

use bytes::Bytes;

use super::encoding::{Base64Encoding, SegmentEncoding};
use crate::model::{Content, Object, Value};

/// The media type of JSON.
pub const JSON: &str = "application/json";
/// The media type of SOAP 1.1.
pub const SOAP: &str = "text/xml; charset=utf-8";

/// A body to be sent, as segments, so that a file is read once and never held.
#[derive(Debug, Clone, Default)]
pub struct Body {
    media_type: Option<&'static str>,
    segments: Vec<Segment>,
}

/// A part of a body.
#[derive(Debug, Clone)]
pub enum Segment {
    /// These bytes.
    Literal(Bytes),
    /// The standard base64 of this content.
    Base64(Content),
    /// These segments, one after the other, encoded as a whole.
    Encoded(Vec<Segment>, Arc<dyn SegmentEncoding>),
}

impl Segment {
    /// The standard base64 of segments, one after the other.
    #[must_use]
    pub fn base64_of(segments: Vec<Self>) -> Self {
        Self::Encoded(segments, Arc::new(Base64Encoding))
    }

    /// The length on the wire, if known without reading the content.
    fn known_length(&self) -> Option<u64> {
        match self {
            Self::Literal(bytes) => Some(bytes.len() as u64),
            Self::Base64(content) => content.known_size().map(base64_length),
            Self::Encoded(segments, encoding) => length_of(segments).map(|bytes| encoding.encoded_length(bytes)),
        }
    }

    fn is_repeatable(&self) -> bool {
        match self {
            Self::Literal(_) => true,
            Self::Base64(content) => content.is_repeatable(),
            Self::Encoded(segments, _) => segments.iter().all(Self::is_repeatable),
        }
    }

    /// Whether it reads a file.
    #[must_use]
    pub fn has_file(&self) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Base64(content) => matches!(content, Content::File { .. }),
            Self::Encoded(segments, _) => segments.iter().any(Self::has_file),
        }
    }
}

/// The length of the standard base64 of so many bytes.
#[must_use]
pub fn base64_length(bytes: u64) -> u64 {
    bytes.div_ceil(3) * 4
}

fn length_of(segments: &[Segment]) -> Option<u64> {
    segments.iter().map(Segment::known_length).sum()
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
        Self::whole(JSON, Value::Object(object).to_json())
    }

    /// The text of a JSON object as body.
    #[must_use]
    pub fn json_text(text: String) -> Self {
        Self::whole(JSON, text)
    }

    /// A JSON object as body whose top-level member `member` is the base64 of `content`.
    #[must_use]
    pub fn json_with_content(mut object: Object<'_>, member: &str, content: Content) -> Self {
        object.remove(member);
        let name = Value::from(member).to_json();
        let rest = Value::Object(object).to_json();
        // `{` + content member + the other members with their closing brace.
        let tail = if rest == "{}" { "\"}".to_owned() } else { format!("\",{}", &rest[1..]) };
        let begin = Segment::Literal(format!("{{{name}:\"").into());
        let segments = vec![begin, Segment::Base64(content), Segment::Literal(tail.into())];
        Self { media_type: Some(JSON), segments }
    }

    /// Bytes with this media type.
    #[must_use]
    pub fn whole(media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self { media_type: Some(media_type), segments: vec![Segment::Literal(bytes.into())] }
    }

    /// Segments, one after the other, with this media type.
    #[must_use]
    pub fn of_segments(media_type: &'static str, segments: Vec<Segment>) -> Self {
        Self { media_type: Some(media_type), segments }
    }

    /// Bytes whose media type is in a header of the message.
    #[must_use]
    pub fn literal(bytes: impl Into<Bytes>) -> Self {
        Self { media_type: None, segments: vec![Segment::Literal(bytes.into())] }
    }

    /// The media type; `None` for no body, or if a header has it.
    #[must_use]
    pub fn media_type(&self) -> Option<&'static str> {
        self.media_type
    }

    /// The segments in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether the body is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The length in bytes, if known without reading the content.
    #[must_use]
    pub fn known_length(&self) -> Option<u64> {
        length_of(&self.segments)
    }

    /// Whether the body can be sent a second time.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        self.segments.iter().all(Segment::is_repeatable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let inner = vec![Segment::Literal("ab".into()), Segment::Base64(Content::from(vec![0; 4]))];
        let nested = Body::of_segments(SOAP, vec![Segment::Literal("<".into()), Segment::base64_of(inner)]);
        assert_eq!((nested.known_length(), nested.is_repeatable()), (Some(1 + 16), true));
    }
}
