//! Answers of a connector in a form that any web framework can send.

use bankchannel_foundation::{
    message::{HeaderField, OutResponse, Segment},
    model::Boundary,
};

/// An HTTP answer, ready to send.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u32,
    /// The header fields.
    pub headers: Vec<HeaderField>,
    /// The body: JSON.
    pub body: String,
}

impl HttpAnswer {
    /// Converts a message.
    #[must_use]
    pub fn from_message(message: &OutResponse) -> Self {
        let mut headers = Vec::with_capacity(message.headers.len() + 1);
        if let Some(media_type) = message.body.media_type() {
            headers.push(HeaderField { name: "Content-Type".into(), value: media_type.into() });
        }
        headers.extend(message.headers.iter().map(|header| HeaderField {
            name: header.name.clone(),
            value: String::from_utf8_lossy(&header.value).into_owned(),
        }));
        let mut body = String::new();
        for segment in message.body.segments() {
            if let Segment::Literal(bytes) = segment {
                body.push_str(&String::from_utf8_lossy(bytes));
            }
        }
        Self { status: message.status.into(), headers, body }
    }
}

// The body is not shown: it may hold customer data.
bankchannel_foundation::redacted_debug!(HttpAnswer, status);
