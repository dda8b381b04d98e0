//! Reading values: errors name the invalid field as the caller spelled it.

use std::borrow::Cow;

use super::{Boundary, Content, Field, Fields, Object, Representation, Shape, Value};
use crate::{
    ClientResources, Error,
    error::row,
    near::{is_near, listed_names, nearest_name},
    shown,
};

/// A client's defaults for request fields: e-mail, mode, bank, …
pub trait Profile {
    /// The value of a profile field by its boundary name.
    fn value(&self, field: &str) -> Option<Value<'static>>;

    /// What operations of a client use beside its fields, if there is a client.
    fn resources(&self) -> Option<ClientResources<'_>> {
        None
    }
}

/// Reads one message: knows the representation, the current position, and the content passed alongside the JSON.
pub struct Reader<'a> {
    representation: Representation,
    path: Vec<PathStep>,
    attached: Option<Content>,
    profile: Option<&'a dyn Profile>,
    refuses_references: bool,
}

enum PathStep {
    Name(&'static str),
    Index(usize),
    Key(String),
}

impl<'a> Reader<'a> {
    /// A reader of this representation.
    #[must_use]
    pub fn new(representation: Representation) -> Self {
        Self { representation, path: Vec::new(), attached: None, profile: None, refuses_references: false }
    }

    /// Sets the content passed outside the JSON.
    #[must_use]
    pub fn with_content(mut self, content: Option<Content>) -> Self {
        self.attached = content;
        self
    }

    /// Sets the profile from which omitted fields are taken.
    #[must_use]
    pub fn with_profile(mut self, profile: &'a dyn Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Refuses a file or a variable in place of a secret, and fields that name a file to open: who sends the message over a
    /// connection would choose what this process opens.
    #[must_use]
    pub fn refusing_references(mut self) -> Self {
        self.refuses_references = true;
        self
    }

    /// Whether a secret must be given itself, and no file is opened.
    #[must_use]
    pub(super) fn refuses_references(&self) -> bool {
        self.refuses_references || self.representation == Representation::Wire
    }

    /// The representation being read.
    #[inline]
    #[must_use]
    pub fn representation(&self) -> Representation {
        self.representation
    }

    /// Takes the content passed outside the JSON.
    #[inline]
    pub fn take_content(&mut self) -> Option<Content> {
        self.attached.take()
    }

    /// Whether content passed outside the JSON has not been used.
    #[inline]
    #[must_use]
    pub fn has_content(&self) -> bool {
        self.attached.is_some()
    }

    /// The value as text.
    ///
    /// # Errors
    /// `input.invalid_field` if the value has another JSON type.
    #[inline]
    pub fn text<'v>(&self, value: Value<'v>) -> Result<Cow<'v, str>, Error> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(self.invalid(format!("must be a string, not {}", kind(&other)))),
        }
    }

    /// An error at the reader's current position.
    #[must_use]
    pub fn invalid(&self, why: impl std::fmt::Display) -> Error {
        let place = self.place();
        if place.is_empty() {
            return Error::because(&row::INVALID_JSON, format!("the request {why}"));
        }
        Error::invalid_field(&place, why)
    }

    /// The error for a name that is not in the enum or union.
    #[must_use]
    pub fn not_one_of(&self, found: &str, shape: &Shape) -> Error {
        let names: Vec<&str> = match shape {
            Shape::Enum(shape) => shape.values.iter().map(|v| v.value).collect(),
            Shape::Union(shape) => shape.variants.iter().map(|v| v.tag).collect(),
            _ => Vec::new(),
        };
        let list = names.join(", ");
        // A secret may be in the wrong field: the value is repeated only if it is near to a name, as a typo is.
        if names.iter().any(|name| is_near(found, name)) {
            self.invalid(format!("`{found}` is not one of {list}"))
        } else {
            self.invalid(format!("the given value ({} characters) is not one of {list}", found.chars().count()))
        }
    }

    /// Takes the tag out of the object of a union.
    ///
    /// # Errors
    /// `input.*` if it is not an object or lacks the tag.
    pub fn take_tag<'v>(&mut self, value: Value<'v>, tag: &'static str) -> Result<(Cow<'v, str>, Value<'v>), Error> {
        let Value::Object(mut map) = value else {
            return Err(self.invalid(format!("must be an object, not {}", kind(&value))));
        };
        match map.remove(tag) {
            Some(Value::String(found)) => Ok((found, Value::Object(map))),
            None | Some(Value::Null) => Err(self.missing(&[tag])),
            Some(other) => {
                let why = format!("must be a string, not {}", kind(&other));
                Err(self.inside(PathStep::Name(tag), |reader| reader.invalid(why)))
            }
        }
    }

    /// Reads inside a named member.
    pub fn at_key<T>(&mut self, key: String, read: impl FnOnce(&mut Self) -> T) -> T {
        self.inside(PathStep::Key(key), read)
    }

    /// Reads inside a list's element.
    pub fn at_index<T>(&mut self, index: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        self.inside(PathStep::Index(index), read)
    }

    fn inside<T>(&mut self, step: PathStep, read: impl FnOnce(&mut Self) -> T) -> T {
        self.enter(step);
        let out = read(self);
        self.leave();
        out
    }

    // Compiled here, not in each caller: `inside` and `field` exist once per type of the model.

    #[inline(never)]
    fn enter(&mut self, step: PathStep) {
        self.path.push(step);
    }

    #[inline(never)]
    fn leave(&mut self) {
        self.path.pop();
    }

    fn name(&self, field: &Field) -> &'static str {
        match self.representation {
            Representation::Boundary => field.name,
            Representation::Wire => field.wire,
        }
    }

    fn place(&self) -> String {
        let mut out = String::new();
        for step in &self.path {
            match step {
                PathStep::Index(index) => out.push_str(&format!("[{index}]")),
                PathStep::Name(name) => push_name(&mut out, name),
                // The caller chose the keys of a map: a key that is not a name may be a misplaced value.
                PathStep::Key(name) => push_name(&mut out, shown::member(name).unwrap_or("(a key)")),
            }
        }
        out
    }

    fn missing(&self, names: &[&str]) -> Error {
        let place = self.place();
        let full: Vec<String> = names
            .iter()
            .map(|name| if place.is_empty() { (*name).to_owned() } else { format!("{place}.{name}") })
            .collect();
        let list = full.join(", ");
        let verb = if full.len() == 1 { "is" } else { "are" };
        Error::missing_field(&list, format!("{list} {verb} missing"))
    }
}

fn push_name(out: &mut String, name: &str) {
    if !out.is_empty() {
        out.push('.');
    }
    out.push_str(name);
}

/// Reads the members of one object.
pub struct ObjectReader<'v> {
    object: Object<'v>,
}

impl<'v> ObjectReader<'v> {
    /// Reads a whole struct.
    ///
    /// # Errors
    /// `input.*` rows, with the field's path in the context.
    pub fn read<T: Fields>(value: Value<'v>, reader: &mut Reader<'_>) -> Result<T, Error> {
        let mut object = Self::open(value, T::FIELDS, reader)?;
        let read = T::take(&mut object, reader)?;
        object.close(T::FIELDS, reader)?;
        Ok(read)
    }

    /// Opens an object and checks that every required field is present; the error names all missing ones.
    ///
    /// # Errors
    /// `input.*` if it is not an object or fields are missing.
    pub fn open(value: Value<'v>, fields: &'static [Field], reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut object = match value {
            Value::Object(object) => object,
            Value::Null if reader.path.is_empty() => Object::new(),
            // PHP encodes an empty object as an empty list; but a whole request as an object.
            Value::Array(values)
                if values.is_empty()
                    && reader.representation == Representation::Boundary
                    && !reader.path.is_empty() =>
            {
                Object::new()
            }
            other => return Err(reader.invalid(format!("must be an object, not {}", kind(&other)))),
        };
        let mut missing = Vec::new();
        for field in fields.iter().filter(|field| !(field.off_wire && reader.representation == Representation::Wire)) {
            let name = reader.name(field);
            if reader.representation == Representation::Wire {
                if object.get(name).is_some_and(is_empty) {
                    object.remove(name);
                }
                settle_names(&mut object, name, field.aliases)?;
            }
            if object.get(name).is_some_and(|value| !value.is_null()) {
                if field.opens_file && reader.refuses_references() {
                    return Err(reader.inside(PathStep::Name(name), |reader| reader.invalid(NO_FILE_IS_OPENED)));
                }
                continue;
            }
            if field.profile
                && reader.representation == Representation::Boundary
                && let Some(value) = reader.profile.and_then(|profile| profile.value(field.name))
            {
                object.insert(name, value);
                continue;
            }
            let attached = matches!(field.shape, Shape::Content) && reader.attached.is_some();
            let optional =
                if reader.representation == Representation::Wire { field.wire_optional } else { field.optional };
            if !optional && !attached {
                missing.push(name);
            }
        }
        if missing.is_empty() {
            return Ok(Self { object });
        }
        // A misspelt name is why another is missing.
        let is_field = |name: &str| fields.iter().any(|field| field.name == name);
        let unknown: Vec<&str> = object.iter().map(|(name, _)| name).filter(|name| !is_field(name)).collect();
        let is_meant = |name: &&str| nearest_name(name, missing.iter().copied()).is_some();
        match reader.representation {
            Representation::Boundary if unknown.iter().any(is_meant) => {
                Err(unknown_members(unknown.into_iter(), fields.iter().map(|field| field.name)))
            }
            _ => Err(reader.missing(&missing)),
        }
    }

    /// Takes one field.
    ///
    /// # Errors
    /// `input.*` rows with the field's path.
    pub fn field<T: Boundary>(&mut self, field: &'static Field, reader: &mut Reader<'_>) -> Result<T, Error> {
        match self.take(field, reader) {
            Some(value) => {
                let read = T::read(value, reader);
                reader.leave();
                read
            }
            None => T::absent(reader).ok_or_else(|| reader.missing(&[reader.name(field)])),
        }
    }

    /// A field's value, unless it is absent; the reader is then inside the field.
    #[inline(never)]
    fn take(&mut self, field: &'static Field, reader: &mut Reader<'_>) -> Option<Value<'v>> {
        let name = reader.name(field);
        let given = self.object.remove(name).filter(|value| !value.is_null());
        let value = match field.default {
            Some(default) => completed(given, default),
            None => given?,
        };
        reader.enter(PathStep::Name(name));
        Some(value)
    }

    /// Ends the object: on the boundary, no unknown member may be left.
    ///
    /// # Errors
    /// `input.unknown_field`, which lists the known fields.
    pub fn close(self, fields: &'static [Field], reader: &mut Reader<'_>) -> Result<(), Error> {
        if reader.representation == Representation::Wire {
            return Ok(());
        }
        if self.object.is_empty() {
            return Ok(());
        }
        Err(unknown_members(self.object.iter().map(|(name, _)| name), fields.iter().map(|field| field.name)))
    }
}

/// Where all fields are, for an error that lists some of many.
const FIELDS_PAGE: &str = "the reference (docs/reference)";

/// The error for members that are no fields, with the nearest field, and the names of all, or some of many.
pub fn unknown_members<'a>(
    given: impl ExactSizeIterator<Item = &'a str> + Clone,
    known: impl Iterator<Item = &'a str>,
) -> Error {
    let known: Vec<&str> = known.collect();
    let nearest = given.clone().next().and_then(|name| nearest_name(name, known.iter().copied()));
    let known = listed_names(given.clone().next().unwrap_or_default(), &known, FIELDS_PAGE);
    let count = given.len();
    // A member that is not a name may be a misplaced value.
    let named: Vec<&str> = given.clone().filter_map(shown::member).take(UNKNOWN_MAX).collect();
    let text = match named.as_slice() {
        [] => {
            let size = given.clone().next().map_or(0, str::len);
            format!("unknown field (its name has {size} bytes); the fields are: {known}")
        }
        [one] if count == 1 => match nearest {
            Some(near) => format!("there is no field `{one}`: did you mean `{near}`? The fields are: {known}"),
            None => format!("there is no field `{one}`; the fields are: {known}"),
        },
        several if several.len() < count => {
            let more = count - several.len();
            format!("there are no fields `{}`, and {more} more; the fields are: {known}", several.join("`, `"))
        }
        several => format!("there are no fields `{}`; the fields are: {known}", several.join("`, `")),
    };
    let error = Error::because(&row::UNKNOWN_FIELD, text);
    if named.is_empty() { error } else { error.with("field", named.join(", ")) }
}

/// A value, or the default of its field; an object is completed with what it leaves out.
fn completed<'v>(given: Option<Value<'v>>, default: &'static str) -> Value<'v> {
    let default = || Value::from(serde_json::from_str::<serde_json::Value>(default).unwrap_or_default());
    match given {
        None => default(),
        Some(Value::Object(mut own)) => {
            if let Value::Object(default) = default() {
                for (name, value) in default {
                    if own.get(&name).is_none_or(Value::is_null) {
                        own.remove(&name);
                        own.insert(name, value);
                    }
                }
            }
            Value::Object(own)
        }
        Some(other) => other,
    }
}

/// Why a field that names a file is refused.
const NO_FILE_IS_OPENED: &str = "must be left out: it names a file of the server's machine, and no file is opened for a \
    message that comes over a connection";

/// The maximum number of unknown fields that an error names.
const UNKNOWN_MAX: usize = 8;

/// Renames a field's further names to its main name.
fn settle_names(object: &mut Object<'_>, name: &'static str, further: &[&'static str]) -> Result<(), Error> {
    for other in further {
        let Some(value) = object.remove(other).filter(|value| !is_empty(value)) else { continue };
        match object.get(name) {
            Some(given) if !is_empty(given) => {
                if *given != value {
                    return Err(Error::invalid_field(name, format!("{other} is given too, with another value")));
                }
            }
            _ => {
                object.insert(name, value);
            }
        }
    }
    Ok(())
}

fn is_empty(value: &Value<'_>) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// The JSON type of a value, for a message.
pub(super) fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
