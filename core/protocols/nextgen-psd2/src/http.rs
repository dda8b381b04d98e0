//! HTTP requests in the form in which this protocol checks them.

pub use bankchannel_foundation::message::{
    Header, Headers, MAX_BODY, MAX_FIELD, MAX_FIELDS, MAX_HEAD, MalformedKind, MalformedRequest, Request, has_control,
    is_token, is_visible, text_has_control, trim,
};

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

/// Whether bytes are a UUID in text form, in upper or lower case.
pub(crate) fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The check that fails for a request which cannot be parsed; `None` if only the text form is at fault, which says
/// nothing about the request.
#[must_use]
pub fn check_of(fault: &MalformedRequest) -> Option<&'static str> {
    match fault.kind {
        MalformedKind::TooLarge | MalformedKind::BodyTooLarge => Some("V01"),
        MalformedKind::Head => Some("V02"),
        MalformedKind::Length => Some("V03"),
        MalformedKind::Text => None,
    }
}
