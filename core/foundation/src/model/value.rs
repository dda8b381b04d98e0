//! JSON values between text and types: texts are borrowed where possible, objects are lists of members.

use std::borrow::Cow;

use serde::{
    de::{
        Deserializer, IntoDeserializer, Visitor,
        value::{Error as Fault, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::Number;
use zeroize::Zeroize;

/// A JSON value. It borrows from the text that it was read from, or from the program: reading a message copies only
/// the content of a type, and writing one copies no field names.
///
/// Converts from and to [`serde_json::Value`] with `into()`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value<'a> {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    String(Cow<'a, str>),
    /// A list.
    Array(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

/// The members of an object, in order; the order counts in comparisons. Messages have few members: lookup is a linear
/// search.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Value<'a> {
    /// The text, if it is one.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is `null`.
    #[inline]
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The member of this name, if it is an object that has one.
    #[inline]
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object().and_then(|object| object.get(name))
    }

    /// The members, if it is an object.
    #[inline]
    #[must_use]
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The members to change, if it is an object.
    #[must_use]
    pub fn as_object_mut(&mut self) -> Option<&mut Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The same value, whose texts are borrowed from this one: what is read from it leaves no copy of a secret behind.
    #[must_use]
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::String(text) => Value::String(Cow::Borrowed(text)),
            Self::Array(values) => Value::Array(values.iter().map(Value::borrowed).collect()),
            Self::Object(object) => Value::Object(object.borrowed()),
        }
    }

    /// The same value, fully owned.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Number(number) => Value::Number(number),
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Array(values) => Value::Array(values.into_iter().map(Value::into_owned).collect()),
            Self::Object(Object(members)) => Value::Object(Object(
                members.into_iter().map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned())).collect(),
            )),
        }
    }
}

/// Wipes every text that the value owns, but for the names of members; it is `null` then.
impl Zeroize for Value<'_> {
    fn zeroize(&mut self) {
        match std::mem::take(self) {
            Self::String(Cow::Owned(mut text)) => text.zeroize(),
            Self::Array(mut values) => values.iter_mut().for_each(Value::zeroize),
            Self::Object(mut object) => object.members_mut().for_each(|(_, value)| value.zeroize()),
            _ => {}
        }
    }
}

impl<'a> Object<'a> {
    /// No members yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No members yet, with room for this many.
    #[inline]
    #[must_use]
    pub fn with_capacity(members: usize) -> Self {
        Self(Vec::with_capacity(members))
    }

    /// The same members, whose texts are borrowed from these.
    #[must_use]
    pub fn borrowed(&self) -> Object<'_> {
        Object(self.0.iter().map(|(name, value)| (Cow::Borrowed(&**name), value.borrowed())).collect())
    }

    /// The member of this name.
    #[inline]
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The member of this name, to change.
    #[inline]
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value<'a>> {
        self.0.iter_mut().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// Sets a member; returns its previous value.
    #[inline]
    pub fn insert(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Option<Value<'a>> {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(own, _)| *own == name) {
            Some((_, old)) => Some(std::mem::replace(old, value)),
            None => {
                self.0.push((name, value));
                None
            }
        }
    }

    /// Adds a member. Its name must not be in use.
    #[inline]
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Removes a member; the others keep their order.
    #[inline]
    pub fn remove(&mut self, name: &str) -> Option<Value<'a>> {
        let place = self.0.iter().position(|(own, _)| own == name)?;
        Some(self.0.remove(place).1)
    }

    /// The number of members.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members in order.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> + Clone {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// The members in order, to change.
    pub(super) fn members_mut(&mut self) -> impl Iterator<Item = &mut (Cow<'a, str>, Value<'a>)> {
        self.0.iter_mut()
    }

    /// Whether any two members have the same name.
    #[must_use]
    pub fn has_a_name_twice(&self) -> bool {
        /// Up to this many members, all pairs are compared.
        const FEW: usize = 16;
        if self.0.len() <= FEW {
            return self
                .0
                .iter()
                .enumerate()
                .any(|(at, (name, _))| self.0[..at].iter().any(|(other, _)| other == name));
        }
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }
}

impl<'a> IntoIterator for Object<'a> {
    type Item = (Cow<'a, str>, Value<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> Extend<(Cow<'a, str>, Value<'a>)> for Object<'a> {
    /// Adds members. Their names must not be in use.
    fn extend<I: IntoIterator<Item = (Cow<'a, str>, Value<'a>)>>(&mut self, members: I) {
        self.0.extend(members);
    }
}

impl<'a> FromIterator<(Cow<'a, str>, Value<'a>)> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = (Cow<'a, str>, Value<'a>)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

impl<'a> FromIterator<(String, Value<'a>)> for Value<'a> {
    /// An object. No two members may have the same name.
    fn from_iter<I: IntoIterator<Item = (String, Value<'a>)>>(members: I) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl<'a> FromIterator<Value<'a>> for Value<'a> {
    /// A list.
    fn from_iter<I: IntoIterator<Item = Value<'a>>>(values: I) -> Self {
        Self::Array(values.into_iter().collect())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

macro_rules! numbers {
    ($($ty:ty),+) => {$(
        impl From<$ty> for Value<'_> {
            fn from(number: $ty) -> Self {
                Self::Number(number.into())
            }
        }
    )+};
}

numbers!(u16, u32, usize, u64, i64);

impl<'a> From<Object<'a>> for Value<'a> {
    fn from(object: Object<'a>) -> Self {
        Self::Object(object)
    }
}

impl From<serde_json::Value> for Value<'_> {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Bool(flag),
            serde_json::Value::Number(number) => Self::Number(number),
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Array(values) => Self::Array(values.into_iter().map(Into::into).collect()),
            serde_json::Value::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
            }
        }
    }
}

impl From<Value<'_>> for serde_json::Value {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::String(text.into_owned()),
            Value::Array(values) => Self::Array(values.into_iter().map(Into::into).collect()),
            Value::Object(Object(members)) => {
                Self::Object(members.into_iter().map(|(name, value)| (name.into_owned(), value.into())).collect())
            }
        }
    }
}

/// Types that derive serde's `Deserialize` can be read from a value, as from JSON text; enums are not supported.
impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(flag) => visitor.visit_bool(flag),
            Self::Number(number) => number.deserialize_any(visitor).map_err(serde::de::Error::custom),
            Self::String(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Self::String(Cow::Owned(text)) => visitor.visit_string(text),
            Self::Array(values) => visitor.visit_seq(SeqDeserializer::new(values.into_iter())),
            Self::Object(object) => visitor.visit_map(MapDeserializer::new(object.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Null => visitor.visit_none(),
            given => visitor.visit_some(given),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Fault> for Value<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_is_the_same_as_serde_jsons() {
        let whole = json!({"z": [1, -2, 1.5, null, true, "x\"\u{1}"], "a": {"b": {}}, "c": []});
        let own: Value<'_> = whole.clone().into();
        assert_eq!(own.to_json(), whole.to_string(), "order and escapes too");
        assert_eq!(serde_json::Value::from(own.clone().into_owned()), whole);
        let read: serde_json::Value = serde::Deserialize::deserialize(own).expect("it is read");
        assert_eq!(read, whole);
    }

    #[test]
    fn texts_are_borrowed_and_wiped() {
        let whole = json!({"z": ["x", {"y": "planted"}], "n": 1});
        let mut own: Value<'_> = whole.clone().into();
        let read = own.borrowed();
        let inner = |value: &Value<'_>| match value.get("z") {
            Some(Value::Array(items)) => items[0].as_str().map(str::as_ptr),
            _ => None,
        };
        assert_eq!((inner(&read), serde_json::Value::from(read)), (inner(&own), whole), "no text is copied");
        own.zeroize();
        assert!(own.is_null());
    }

    #[test]
    fn members_are_set_found_and_taken() {
        let mut object = Object::new();
        assert_eq!(object.insert("a", 1u32), None);
        assert_eq!(object.insert("b", "x"), None);
        assert_eq!(object.insert("a", 2u32), Some(1u32.into()));
        assert_eq!(object.remove("none"), None);
        assert_eq!(Value::from(object.clone()).to_json(), r#"{"a":2,"b":"x"}"#);
        assert_eq!(object.remove("a"), Some(2u32.into()));
        assert_eq!((object.len(), object.get("b").and_then(Value::as_str)), (1, Some("x")));
    }

    #[test]
    fn a_name_twice_is_seen_in_small_and_in_large() {
        for count in [2, 16, 17, 1000] {
            let mut object: Object<'_> = (0..count).map(|n| (n.to_string().into(), Value::Null)).collect();
            assert!(!object.has_a_name_twice(), "{count}");
            object.push("1", Value::Null);
            assert!(object.has_a_name_twice(), "{count}");
        }
    }
}
