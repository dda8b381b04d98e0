//! Requests and settings built field by field: the base of every generated builder.
//!
//! A builder holds the boundary form, not the type: so a request may omit fields that its client knows, and formats are
//! checked once, when the whole is read.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;

use super::reader::kind;
use super::{
    Boundary, Content, Date, Decimal, Field, JsonObject, Object, Reader, Representation, Seconds, Shape, Timestamp,
    Value, Writer,
};
use crate::{Error, Secret, error::row};

/// The fields set so far, and the content that goes alongside them. Shows names, never values.
#[derive(Clone, Default)]
pub struct Draft {
    fields: Object<'static>,
    content: Option<Content>,
}

impl Draft {
    /// Sets a field. If it is set twice, the later value counts; if it is set to nothing, such as `None`, it is left
    /// out.
    pub fn set<T>(&mut self, field: &Field, value: impl IntoField<T>) {
        let mut writer = Writer::new(Representation::Boundary);
        let written = value.into_field(&mut writer);
        let content = writer.content();
        match (field.shape, written) {
            (Shape::Content, _) => self.content = content,
            (_, Value::Null) => drop(self.fields.remove(field.name)),
            (_, value) => drop(self.fields.insert(field.name, value)),
        }
    }

    /// Sets the fields of a flattened group.
    pub fn set_group<T>(&mut self, group: impl IntoField<T>) {
        let mut writer = Writer::new(Representation::Boundary);
        let written = group.into_field(&mut writer);
        if let Some(content) = writer.content() {
            self.content = Some(content);
        }
        if let Value::Object(members) = written {
            for (name, value) in members {
                self.fields.insert(name, value);
            }
        }
    }

    /// The fields of a JSON object.
    ///
    /// # Errors
    /// `input.invalid_json` if it is not an object.
    pub fn from_json(json: serde_json::Value) -> Result<Self, Error> {
        match json.into() {
            Value::Object(fields) => Ok(Self { fields, content: None }),
            Value::Null => Ok(Self::default()),
            other => {
                Err(Error::because(&row::INVALID_JSON, format!("the request must be an object, not {}", kind(&other))))
            }
        }
    }

    /// The boundary form as a field of another; content goes to the writer.
    pub fn into_field(self, writer: &mut Writer) -> Value<'static> {
        if let Some(content) = self.content {
            writer.keep(content);
        }
        Value::Object(self.fields)
    }

    /// Reads the type.
    ///
    /// # Errors
    /// `input.*`, each naming its field.
    pub fn read<T: Boundary>(self) -> Result<T, Error> {
        let mut reader = Reader::new(Representation::Boundary).with_content(self.content);
        T::read(Value::Object(self.fields), &mut reader)
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Draft");
        for (name, _) in self.fields.iter() {
            shown.field(name, &format_args!("…"));
        }
        shown.field("content", &self.content).finish()
    }
}

/// A request for a client's method: the type itself, its builder, or its boundary form as JSON.
///
/// Fields omitted in a builder or JSON are taken from the client's settings and its session. A typed request is sent
/// unchanged.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no request of this operation: it takes `{R}`, its builder (`{R}::builder()`) or JSON"
)]
pub trait IntoRequest<R>: Sized {
    /// The request; `complete` reads an incomplete one, from its boundary form and its content.
    ///
    /// # Errors
    /// Those of `complete`.
    fn into_request(
        self,
        complete: impl FnOnce(Value<'static>, Option<Content>) -> Result<R, Error>,
    ) -> Result<R, Error>;
}

impl<R: Boundary> IntoRequest<R> for R {
    fn into_request(self, _: impl FnOnce(Value<'static>, Option<Content>) -> Result<R, Error>) -> Result<R, Error> {
        Ok(self)
    }
}

impl<R: Boundary> IntoRequest<R> for Draft {
    fn into_request(
        self,
        complete: impl FnOnce(Value<'static>, Option<Content>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        complete(Value::Object(self.fields), self.content)
    }
}

impl<R: Boundary> IntoRequest<R> for serde_json::Value {
    fn into_request(
        self,
        complete: impl FnOnce(Value<'static>, Option<Content>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        complete(self.into(), None)
    }
}

/// Types that a builder's method accepts for a field of type `T`: a `T`; for texts, secrets, dates and numbers also
/// `&str` and `String`, which are checked when the request is read; for lists and maps also arrays; for content also
/// bytes; for content and secrets also a path, `Path::new("key.pem")`; and an `Option` of these, where `None` leaves
/// the field out.
#[diagnostic::on_unimplemented(message = "a field of type `{T}` cannot be set from `{Self}`")]
pub trait IntoField<T> {
    /// The value's boundary form; content goes to the writer.
    fn into_field(self, writer: &mut Writer) -> Value<'static>;
}

/// A type whose boundary form is a text with a specific format, so that a builder accepts `&str` for it.
pub trait TextField: Boundary {}

impl<T: TextField> IntoField<T> for &str {
    fn into_field(self, _: &mut Writer) -> Value<'static> {
        Value::String(Cow::Owned(self.to_owned()))
    }
}

impl<T: TextField> IntoField<T> for String {
    fn into_field(self, _: &mut Writer) -> Value<'static> {
        Value::String(Cow::Owned(self))
    }
}

impl<T: TextField> IntoField<T> for &String {
    fn into_field(self, _: &mut Writer) -> Value<'static> {
        Value::String(Cow::Owned(self.clone()))
    }
}

impl TextField for String {}

/// A type whose value is secret, so that a builder accepts a path for it: the file is read when the request is read.
pub trait SecretField: TextField {}

fn in_file(path: &Path) -> Value<'static> {
    let mut named = Object::with_capacity(1);
    // A lossy conversion could name another file: without the path, the value is refused when it is read.
    if let Some(path) = path.to_str() {
        named.push("file", path.to_owned());
    }
    Value::Object(named)
}

impl<T: SecretField> IntoField<T> for &Path {
    fn into_field(self, _: &mut Writer) -> Value<'static> {
        in_file(self)
    }
}

impl<T: SecretField> IntoField<T> for PathBuf {
    fn into_field(self, _: &mut Writer) -> Value<'static> {
        in_file(&self)
    }
}

impl SecretField for Secret {}

/// A builder accepts a type as itself.
#[doc(hidden)]
#[macro_export]
macro_rules! field_of_itself {
    ($($ty:ty),+) => {$(
        $crate::into_field!($ty);
        $crate::serde_of!($ty);
    )+};
}

/// A type of the model is a field's value.
#[doc(hidden)]
#[macro_export]
macro_rules! into_field {
    ($($ty:ty),+) => {$(
        impl $crate::model::IntoField<$ty> for $ty {
            fn into_field(self, writer: &mut $crate::model::Writer) -> $crate::model::Value<'static> {
                $crate::model::Boundary::write(self, writer)
            }
        }
    )+};
}

/// The same for a text type, which a builder also accepts as `&str`.
#[doc(hidden)]
#[macro_export]
macro_rules! text_field {
    ($($ty:ty),+) => {$(
        $crate::field_of_itself!($ty);
        impl $crate::model::TextField for $ty {}
    )+};
}

into_field!(bool, u32, u64, i64);
field_of_itself!(Seconds, Content, JsonObject);
text_field!(Secret, Decimal, Date, Timestamp);

impl IntoField<Seconds> for Duration {
    fn into_field(self, writer: &mut Writer) -> Value<'static> {
        Seconds(self).write(writer)
    }
}

impl<T, U: IntoField<T>> IntoField<T> for Option<U> {
    fn into_field(self, writer: &mut Writer) -> Value<'static> {
        self.map_or(Value::Null, |value| value.into_field(writer))
    }
}

impl<T, U: IntoField<T>> IntoField<Vec<T>> for Vec<U> {
    fn into_field(self, writer: &mut Writer) -> Value<'static> {
        Value::Array(self.into_iter().map(|value| value.into_field(writer)).collect())
    }
}

impl<T, U: IntoField<T>, const N: usize> IntoField<Vec<T>> for [U; N] {
    fn into_field(self, writer: &mut Writer) -> Value<'static> {
        Value::Array(self.into_iter().map(|value| value.into_field(writer)).collect())
    }
}

impl<T, U: IntoField<T>> IntoField<BTreeMap<String, T>> for BTreeMap<String, U> {
    fn into_field(self, writer: &mut Writer) -> Value<'static> {
        Value::Object(self.into_iter().map(|(key, value)| (key.into(), value.into_field(writer))).collect())
    }
}

impl<T, U: IntoField<T>, const N: usize> IntoField<BTreeMap<String, T>> for [(&str, U); N] {
    fn into_field(self, writer: &mut Writer) -> Value<'static> {
        Value::Object(self.into_iter().map(|(key, value)| (key.to_owned().into(), value.into_field(writer))).collect())
    }
}

macro_rules! content_from {
    ($($ty:ty),+) => {$(
        impl IntoField<Content> for $ty {
            fn into_field(self, writer: &mut Writer) -> Value<'static> {
                Content::from(self).write(writer)
            }
        }
    )+};
}

content_from!(&Path, PathBuf, &PathBuf, Vec<u8>, Bytes);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{super::Profile, *};

    /// A payment to be.
    #[derive(Debug, Boundary)]
    struct Order {
        /// Who pays.
        #[boundary(profile)]
        payer: String,
        /// How much.
        amount: Decimal,
        /// A password.
        password: Option<Secret>,
        /// Words about it.
        remarks: Option<Vec<String>>,
        #[boundary(flatten)]
        timing: Timing,
        /// The file.
        file: Option<Content>,
    }

    /// When it is due.
    #[derive(Debug, Boundary)]
    #[boundary(flattened)]
    struct Timing {
        /// The day.
        day: Option<Date>,
    }

    struct Known;

    impl Profile for Known {
        fn value(&self, field: &str) -> Option<Value<'static>> {
            (field == "payer").then(|| "from settings".into())
        }
    }

    #[test]
    fn a_builder_makes_the_type_and_a_profile_completes_it() {
        let builder = || {
            let timing = Timing::builder().day("2026-11-23");
            Order::builder().amount("12.50").remarks(["a", "b"]).timing(timing).file(Path::new("pay.xml"))
        };
        let refused = builder().build().unwrap_err();
        assert_eq!((refused.code(), refused.detail("field")), ("input.missing_field", Some("payer")));
        let complete = |fields: Value<'static>, content| {
            let mut reader = Reader::new(Representation::Boundary).with_content(content).with_profile(&Known);
            Order::read(fields, &mut reader)
        };
        let order = builder().into_request(complete).unwrap();
        assert_eq!((order.payer.as_str(), order.amount.to_string().as_str()), ("from settings", "12.50"));
        assert_eq!(order.remarks.unwrap(), ["a", "b"]);
        assert_eq!(order.timing.day.unwrap().0.to_string(), "2026-11-23");
        assert!(matches!(order.file, Some(Content::File { path, .. }) if path == Path::new("pay.xml")));
    }

    #[test]
    fn a_wrong_value_names_its_field_and_is_not_shown() {
        let builder = Order::builder().payer("me").amount("planted").password("planted");
        assert!(!format!("{builder:?}").contains("planted"));
        let refused = builder.build().unwrap_err();
        assert_eq!(refused.detail("field"), Some("amount"));
        assert!(!format!("{refused:?} {refused}").contains("planted"));
    }

    #[test]
    fn all_unknown_fields_are_named_at_once() {
        let json = serde_json::json!({"payer": "me", "amount": "1", "amuont": 1, "colour": 2, "planted secret": 3});
        let refused = Draft::from_json(json).unwrap().read::<Order>().unwrap_err();
        assert_eq!(refused.detail("field"), Some("amuont, colour"));
        assert!(
            refused.message().starts_with("there are no fields `amuont`, `colour`, and 1 more; the fields are: payer")
        );
        assert!(!refused.to_string().contains("planted"));
    }

    #[test]
    fn none_leaves_a_field_out() {
        let order = Order::builder().payer("me").amount("1").password("x").password(None::<&str>).build().unwrap();
        assert!(order.password.is_none());
        let given = Order::builder().payer("me").amount("1").file(Path::new("a.xml"));
        assert!(given.clone().build().unwrap().file.is_some());
        assert!(given.file(None::<&Path>).build().unwrap().file.is_none());
    }

    #[test]
    fn a_secrets_file_may_not_have_another_name_than_was_given() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"key\xff.pem"));
        let refused = Order::builder().payer("me").amount("1").password(path).build().unwrap_err();
        assert_eq!(refused.detail("field"), Some("password"));
    }
}
