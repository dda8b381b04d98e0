//! Descriptions of types, as constant data.

/// The shape of a boundary type.
#[derive(Debug)]
pub enum Shape {
    /// `true` or `false`.
    Bool,
    /// A whole number within these bounds, both included; never beyond ±2^53.
    Integer {
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
    },
    /// A length of time in seconds, a number, fractions allowed.
    Seconds,
    /// An exact decimal number, a string on the boundary, never a float.
    Decimal,
    /// A JSON number, fractions and both signs allowed. On the wire some peers have amounts so; on the boundary no amount is
    /// one.
    Number,
    /// A calendar date, `2026-11-20`.
    Date,
    /// An instant, RFC 3339 with offset.
    Timestamp,
    /// Text with a format.
    Text(TextShape),
    /// A secret text: never displayed, never logged.
    Secret(TextShape),
    /// A file's content: outside the JSON, or named in it.
    Content,
    /// Bytes, as base64 text in JSON.
    Bytes,
    /// One of a list of names.
    Enum(EnumShape),
    /// Any number of one shape.
    List(&'static Shape),
    /// A map from text keys to values of one shape.
    Map(&'static Shape),
    /// A JSON object with any members.
    Json,
    /// Any JSON value.
    AnyJson,
    /// Named fields.
    Struct(StructShape),
    /// One of several structs, distinguished by a tag.
    Union(UnionShape),
}

/// Text with a format.
#[derive(Debug)]
pub struct TextShape {
    /// The type's name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// A JSON Schema `format`, or empty.
    pub format: &'static str,
    /// An ECMA 262 pattern, or empty.
    pub pattern: &'static str,
    /// The largest length in UTF-8 bytes.
    pub max_bytes: usize,
    /// A valid value.
    pub example: &'static str,
}

/// One of a list of names.
#[derive(Debug)]
pub struct EnumShape {
    /// The type's name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Whether a peer may send values that are not listed.
    pub open: bool,
    /// The known values.
    pub values: &'static [EnumValue],
}

/// One name of an enum.
#[derive(Debug)]
pub struct EnumValue {
    /// The name, the same in both representations.
    pub value: &'static str,
    /// Its meaning.
    pub doc: &'static str,
}

/// Named fields.
#[derive(Debug)]
pub struct StructShape {
    /// The type's name, unique within its protocol.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// The fields in order.
    pub fields: &'static [Field],
}

/// One field of a struct.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name on the boundary.
    pub name: &'static str,
    /// The same in `camelCase`.
    pub camel: &'static str,
    /// Its name on the wire.
    pub wire: &'static str,
    /// Further names accepted on the wire.
    pub aliases: &'static [&'static str],
    /// Meaning, unit or format, limits, source.
    pub doc: &'static str,
    /// Its content.
    pub shape: &'static Shape,
    /// Its content on the wire.
    pub wire_shape: &'static Shape,
    /// Whether it may be omitted.
    pub optional: bool,
    /// Whether it may be omitted when read from the wire.
    pub wire_optional: bool,
    /// The value if it is omitted, as JSON. What an object omits is taken from it, too.
    pub default: Option<&'static str>,
    /// An example where there is no default.
    pub example: Option<&'static str>,
    /// Whether it is taken from the client's profile if omitted.
    pub profile: bool,
    /// Whether it never travels; `doc` says why.
    pub off_wire: bool,
    /// Whether it names a file or folder that the reader's machine opens: refused in a message that comes over a connection.
    pub opens_file: bool,
    /// For a setting: environment variables that set it, in addition to the one with the client's prefix and its own name.
    pub variables: &'static [&'static str],
    /// For a setting: what it is one way to give. Of all that give the same, only those of one source count.
    pub gives: &'static [&'static str],
}

/// One of several structs, distinguished by a tag.
#[derive(Debug)]
pub struct UnionShape {
    /// The type's name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// The field with the tag.
    pub tag: &'static str,
    /// The alternatives.
    pub variants: &'static [UnionVariant],
}

/// One alternative of a union.
#[derive(Debug)]
pub struct UnionVariant {
    /// The tag's value.
    pub tag: &'static str,
    /// Its meaning.
    pub doc: &'static str,
    /// The struct whose fields accompany the tag; `None` for no fields.
    pub shape: Option<&'static Shape>,
}

impl Shape {
    /// The type's own name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::Text(text) | Self::Secret(text) => Some(text.name),
            Self::Enum(shape) => Some(shape.name),
            Self::Struct(shape) => Some(shape.name),
            Self::Union(shape) => Some(shape.name),
            _ => None,
        }
    }

    /// The fields, if it is a struct.
    #[must_use]
    pub const fn fields(&self) -> &'static [Field] {
        match self {
            Self::Struct(shape) => shape.fields,
            _ => &[],
        }
    }

    /// The shape of its items, if it is a list.
    #[must_use]
    pub const fn item(&self) -> Option<&'static Self> {
        match self {
            Self::List(of) => Some(of),
            _ => None,
        }
    }

    /// The field that holds content, if it is a struct with one.
    #[must_use]
    pub fn content_field(&self) -> Option<&'static Field> {
        self.fields().iter().find(|field| matches!(field.shape, Self::Content))
    }
}
