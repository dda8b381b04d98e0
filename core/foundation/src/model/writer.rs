//! Writing values.

use std::borrow::Cow;

use super::{Boundary, Content, Field, Fields, Representation, Value};

/// Writes one message: knows the representation and holds the content that goes alongside the JSON.
pub struct Writer {
    representation: Representation,
    content: Option<Content>,
    shows: bool,
    /// The members so far of the objects that are being written, the outermost first: each object is allocated once, with room for
    /// what it has.
    members: Vec<(Cow<'static, str>, Value<'static>)>,
}

impl Writer {
    /// A writer of this representation.
    #[inline]
    #[must_use]
    pub fn new(representation: Representation) -> Self {
        Self { representation, content: None, shows: false, members: Vec::new() }
    }

    /// A writer of the boundary form for a place where people and other programs read it: secrets become `[secret]`, and
    /// content is included, or named if it is a file.
    #[must_use]
    pub fn for_showing() -> Self {
        Self { shows: true, ..Self::new(Representation::Boundary) }
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

/// Writes the members of one object.
pub struct ObjectWriter {
    /// The writer's members before it are those of the objects around it.
    begin: usize,
}

impl ObjectWriter {
    /// Writes a whole struct.
    pub fn write<T: Fields>(value: T, writer: &mut Writer) -> Value<'static> {
        let mut object = Self { begin: writer.members.len() };
        value.put(&mut object, writer);
        object.end(writer)
    }

    /// Puts one field, unless it is absent or does not travel.
    pub fn put<T: Boundary>(&mut self, field: &'static Field, value: T, writer: &mut Writer) {
        if value.is_absent() || (field.off_wire && writer.representation == Representation::Wire) {
            return;
        }
        let written = value.write(writer);
        push(field, written, writer);
    }

    #[inline(never)]
    fn end(self, writer: &mut Writer) -> Value<'static> {
        Value::Object(writer.members.drain(self.begin..).collect())
    }
}

/// Compiled here, not in each caller: `put` exists once per type of the model.
#[inline(never)]
fn push(field: &'static Field, written: Value<'static>, writer: &mut Writer) {
    // A null is absent in this representation only: the wire may have a value for "none".
    if !written.is_null() {
        let name = if writer.representation == Representation::Wire { field.wire } else { field.name };
        writer.members.push((Cow::Borrowed(name), written));
    }
}

/// The object of a union's alternative: the tag first, then its fields.
#[must_use]
pub fn tagged(tag: &'static str, found: &'static str, fields: Option<Value<'static>>) -> Value<'static> {
    let mut object = super::Object::new();
    object.push(tag, found);
    if let Some(Value::Object(fields)) = fields {
        object.extend(fields);
    }
    Value::Object(object)
}
