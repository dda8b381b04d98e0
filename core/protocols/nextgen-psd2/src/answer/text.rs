//! Text of banks that is not always UTF-8.

use std::borrow::Cow;

use bytes::Bytes;

/// The UTF-8 byte order mark, which some programs write.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Bytes as text. Bytes that are not UTF-8 are read as ISO-8859-1, in which every byte is a character.
pub(crate) fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// The text of an answer's body, without a byte order mark.
pub(super) fn decoded(body: &[u8]) -> Cow<'_, str> {
    as_text(body.strip_prefix(BOM).unwrap_or(body))
}

/// An answer's body as UTF-8, without a byte order mark. Some banks write ISO-8859-1, some begin with that mark;
/// neither may lose the answer.
#[must_use]
pub fn readable(body: &Bytes) -> Bytes {
    match decoded(body) {
        Cow::Borrowed(text) => body.slice_ref(text.as_bytes()),
        Cow::Owned(text) => text.into(),
    }
}
