//! Writing values.

use super::{Boundary, Content, Field, Fields, Object, Representation, Value};

/// Writes one message: knows the representation and holds the content that goes alongside the JSON.
pub struct Writer {
    representation: Representation,
    content: Option<Content>,
    shows: bool,
}

impl Writer {
    /// A writer of this representation.
    #[inline]
    #[must_use]
    pub fn new(representation: Representation) -> Self {
        Self { representation, content: None, shows: false }
    }

    /// A writer of the boundary form for a place where people and other programs read it: secrets become `[secret]`, and
    /// content is included, or named if it is a file.
    #[must_use]
    pub fn for_showing() -> Self {
        Self { representation: Representation::Boundary, content: None, shows: true }
    }

    /// Whether secrets are hidden and content is included.
    #[inline]
    #[must_use]
    pub fn shows(&self) -> bool {
        self.shows
    }

    /// The representation being written.
    #[inline]
    #[must_use]
    pub fn representation(&self) -> Representation {
        self.representation
    }

    /// The content of the written value, taken out of it.
    #[inline]
    pub fn content(&mut self) -> Option<Content> {
        self.content.take()
    }

    /// Holds content that goes alongside the JSON.
    pub(super) fn keep(&mut self, content: Content) {
        self.content = Some(content);
    }
}

/// The maximum number of members for which an object reserves room at first: larger types mostly omit most of their
/// fields.
const MEMBERS: usize = 16;

/// Writes the members of one object.
pub struct ObjectWriter {
    object: Object<'static>,
}

impl ObjectWriter {
    /// Writes a whole struct.
    pub fn write<T: Fields>(value: T, writer: &mut Writer) -> Value<'static> {
        let mut object = Self { object: Object::with_capacity(T::FIELDS.len().min(MEMBERS)) };
        value.put(&mut object, writer);
        Value::Object(object.object)
    }

    /// Puts one field, unless it is absent or does not travel.
    pub fn put<T: Boundary>(&mut self, field: &'static Field, value: T, writer: &mut Writer) {
        if value.is_absent() || (field.off_wire && writer.representation == Representation::Wire) {
            return;
        }
        let written = value.write(writer);
        self.push(field, written, writer.representation);
    }

    /// Compiled here, not in each caller: `put` exists once per type of the model.
    #[inline(never)]
    fn push(&mut self, field: &'static Field, written: Value<'static>, representation: Representation) {
        // A null is absent in this representation only: the wire may have a value for "none".
        if !written.is_null() {
            let name = if representation == Representation::Wire { field.wire } else { field.name };
            self.object.push(name, written);
        }
    }
}

/// The object of a union's alternative: the tag first, then its fields.
#[must_use]
pub fn tagged(tag: &'static str, found: &'static str, fields: Option<Value<'static>>) -> Value<'static> {
    let mut object = Object::new();
    object.push(tag, found);
    if let Some(Value::Object(fields)) = fields {
        object.extend(fields);
    }
    Value::Object(object)
}
