//! The closed type model: what may cross the boundary.
//!
//! A type is in the model when it implements [`Boundary`]: bool, integers within ±2^53, [`Decimal`], [`Date`],
//! [`Timestamp`], text with a format ([`text`]), [`Secret`](crate::Secret), [`Content`],
//! [`InlineBytes`], enums closed and open, lists, maps, structs, tagged unions, and objects with any members ([`JsonObject`]). Anything else
//! does not compile, so the generators of the language bindings know every case.
//!
//! The same declaration is read and written in two representations: [`Representation::Boundary`] is the users' form
//! (`snake_case`, unknown fields are errors); [`Representation::Wire`] is the form in transit (the wire's names,
//! unknown fields are ignored when reading, null and empty mean absent).

mod builder;
mod cited;
mod collections;
mod content;
mod decimal;
mod fields;
mod inline_bytes;
mod json;
mod json_text;
mod member_names;
mod open_content;
mod reader;
mod scalars;
pub mod schema;
#[doc(hidden)]
pub mod serde_form;
mod shape;
mod text;
mod time;
mod value;
mod writer;

pub use builder::{Draft, IntoField, IntoRequest, SecretField, TextField};
pub use cited::{CitedText, cited};
pub use content::{Content, ContentPieces, PieceSource};
pub use decimal::Decimal;
pub use fields::{Fields, field_named, joined};
pub use inline_bytes::InlineBytes;
pub use json::JsonObject;
pub use open_content::OpenContent;
pub use reader::{ObjectReader, Profile, Reader, unknown_members};
#[doc(hidden)]
pub use scalars::shown_secret;
pub use scalars::{LongText, PlainNumber};
pub use shape::{EnumShape, EnumValue, Field, Shape, StructShape, TextShape, UnionShape, UnionVariant};
pub use text::TextCheck;
pub use time::{Date, Seconds, Timestamp};
pub use value::{Object, Value};
pub use writer::{ObjectWriter, Writer, tagged};

pub use bankchannel_macros::Boundary;

use crate::Error;

/// The two forms of a value, for reading and writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Representation {
    /// The form that users see in every language.
    Boundary,
    /// The form between client and server.
    Wire,
}

/// A type that may cross the boundary. Derive it; the scalars of the model implement it by hand.
pub trait Boundary: Sized + Send + 'static {
    /// The type's description, for schemas, typed faces and documentation.
    const SHAPE: &'static Shape;

    /// Its description on the wire, if different.
    const WIRE_SHAPE: &'static Shape = Self::SHAPE;

    /// Whether a field of this type may be left out.
    const OPTIONAL: bool = false;

    /// Whether a server accepts a message without it, so that the operation reports its absence in its own words.
    const WIRE_OPTIONAL: bool = Self::OPTIONAL;

    /// Reads a value; the error names the field.
    ///
    /// # Errors
    /// `input.*` rows, with the field's path in the context.
    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error>;

    /// Writes the value.
    fn write(self, writer: &mut Writer) -> Value<'static>;

    /// The value of an omitted field of this type; `None` if it is required.
    fn absent(reader: &mut Reader<'_>) -> Option<Self> {
        let _ = reader;
        None
    }

    /// Whether the field is omitted when writing.
    fn is_absent(&self) -> bool {
        false
    }
}

/// Reads the boundary form of a `T` from JSON.
///
/// # Errors
/// `input.*` rows, with the field's path in the context.
pub fn read_boundary<'a, T: Boundary>(value: impl Into<Value<'a>>) -> Result<T, Error> {
    T::read(value.into(), &mut Reader::new(Representation::Boundary))
}

/// The same of a message that another process sent: a secret in it must be given itself, as no file and no variable that it
/// names is read; a field that names a file to open is refused.
///
/// # Errors
/// As [`read_boundary`].
pub fn read_sent<'a, T: Boundary>(value: impl Into<Value<'a>>) -> Result<T, Error> {
    T::read(value.into(), &mut Reader::new(Representation::Boundary).refusing_references())
}

/// Writes the boundary form of a `T`. Content is described, not included: see [`Writer::content`].
pub fn write_boundary<T: Boundary>(value: T) -> serde_json::Value {
    value.write(&mut Writer::new(Representation::Boundary)).into()
}

/// `own`, and from `base` the fields that it leaves out.
///
/// # Errors
/// `input.*` if the two do not fit together, which fields that are independent of each other exclude.
pub fn over<T: Boundary>(own: impl Boundary, base: T) -> Result<T, Error> {
    let mut merged = write_boundary(base);
    match (merged.as_object_mut(), write_boundary(own)) {
        (Some(members), serde_json::Value::Object(own)) => {
            members.extend(own.into_iter().filter(|(_, value)| !value.is_null()));
            read_boundary(merged)
        }
        (_, own) => read_boundary(own),
    }
}
