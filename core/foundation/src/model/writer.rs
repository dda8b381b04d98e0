//! Writing values.

use serde_json::{Map, Value};

use super::{Boundary, Content, Dialect, Field};

/// Writes one message: knows the dialect and keeps what goes beside the JSON.
pub struct Writer {
    dialect: Dialect,
    content: Option<Content>,
}

impl Writer {
    /// A writer of this dialect.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, content: None }
    }

    /// The dialect being written.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The content that the written value holds, taken out of it.
    pub fn content(&mut self) -> Option<Content> {
        self.content.take()
    }

    /// Keeps content that goes beside the JSON.
    pub(super) fn keep(&mut self, content: Content) {
        self.content = Some(content);
    }
}

/// Writes the members of one object.
#[derive(Default)]
pub struct ObjectWriter {
    map: Map<String, Value>,
}

impl ObjectWriter {
    /// Puts one field, unless it is absent or does not travel.
    pub fn put<T: Boundary>(&mut self, field: &'static Field, value: T, writer: &mut Writer) {
        if value.is_absent() || (field.off_wire && writer.dialect == Dialect::Wire) {
            return;
        }
        let name = if writer.dialect == Dialect::Wire { field.wire } else { field.name };
        let written = value.write(writer);
        if written.is_null() {
            // Absent in this dialect only: the wire may have a word for "none".
            return;
        }
        self.map.insert(name.to_owned(), written);
    }

    /// The object.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.map)
    }
}

/// The object of a union's alternative: the tag first, then its fields.
#[must_use]
pub fn tagged(tag: &str, found: &str, fields: Option<Value>) -> Value {
    let mut map = Map::new();
    map.insert(tag.to_owned(), Value::String(found.to_owned()));
    if let Some(Value::Object(fields)) = fields {
        map.extend(fields);
    }
    Value::Object(map)
}
