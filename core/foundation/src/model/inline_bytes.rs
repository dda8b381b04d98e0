//! Bytes inside a value: in JSON as base64 text, in every language as that language's bytes.

use std::{fmt, ops::Deref};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

use super::{Boundary, Reader, Shape, Value, Writer};
use crate::Error;

/// Bytes inside a value, such as one of several files of a response. A file's content that travels by itself is
/// [`Content`](super::Content).
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct InlineBytes(pub Bytes);

impl Deref for InlineBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for InlineBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<T: Into<Bytes>> From<T> for InlineBytes {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for InlineBytes {
    /// The length only: the content may be a bank's file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InlineBytes({} bytes)", self.len())
    }
}

crate::text_field!(InlineBytes);

impl Boundary for InlineBytes {
    const SHAPE: &'static Shape = &Shape::Bytes;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        STANDARD
            .decode(text.as_bytes())
            .map(|bytes| Self(bytes.into()))
            .map_err(|_| reader.invalid("must be standard base64 with padding"))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        STANDARD.encode(&self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{read_boundary, write_boundary};

    #[test]
    fn bytes_are_base64_in_json_and_no_debug_output() {
        let bytes = InlineBytes::from(&b"\x00planted\xff"[..]);
        assert_eq!(format!("{bytes:?}"), "InlineBytes(9 bytes)");
        let json = write_boundary(bytes.clone());
        assert_eq!(json, "AHBsYW50ZWT/");
        assert!(read_boundary::<InlineBytes>(json).is_ok_and(|read| read == bytes));
        let refused = read_boundary::<InlineBytes>(serde_json::json!("pl@nted")).err();
        assert!(refused.is_some_and(|error| !error.to_string().contains("nted")));
    }
}
