//! A file's content inside an answer that holds several files.

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Reader, Shape, TextShape, Value, Writer},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

use crate::call::MEMORY_MAX;

/// The content of one of several files: base64 on the boundary.
#[derive(Clone, PartialEq, Eq)]
pub struct InlineContent(pub Bytes);

impl std::fmt::Debug for InlineContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InlineContent({} bytes)", self.0.len())
    }
}

bankchannel_foundation::text_field!(InlineContent);

impl Boundary for InlineContent {
    const SHAPE: &'static Shape = &Shape::Text(TextShape {
        name: "InlineContent",
        doc: "A file's bytes as standard base64 with padding.",
        format: "",
        pattern: "^[A-Za-z0-9+/]*={0,2}$",
        max_bytes: MEMORY_MAX / 3 * 4 + 4,
        example: "PERvY3VtZW50Lz4=",
    });

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
