//! JSON with a bounded depth and no duplicate keys: two parsers must never read two meanings.

use std::{borrow::Cow, cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::model::{Object, Value};

/// Why a text is not acceptable JSON.
#[derive(Debug, PartialEq, Eq)]
pub enum JsonFault {
    /// Not JSON at all, or not UTF-8.
    Syntax(String),
    /// An object has a key twice.
    DuplicateKey,
    /// Nested deeper than the limit.
    TooDeep,
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(why) => write!(f, "not valid JSON: {why}"),
            Self::DuplicateKey => f.write_str("an object has the same key twice"),
            Self::TooDeep => f.write_str("nested too deeply"),
        }
    }
}

/// Parses a whole JSON text; duplicate keys and nesting beyond `max_depth` are errors. Texts without escapes are
/// borrowed.
///
/// # Errors
/// [`JsonFault`]; its text has a line and column, never the content.
pub fn parse(text: &[u8], max_depth: usize) -> Result<Value<'_>, JsonFault> {
    match str::from_utf8(text) {
        Ok(text) => parse_text(text, max_depth),
        // Not UTF-8: parsed from bytes for an error with its position.
        Err(_) => whole(serde_json::Deserializer::from_slice(text), max_depth),
    }
}

/// The same for text that is known to be UTF-8.
///
/// # Errors
/// As [`parse`].
pub fn parse_text(text: &str, max_depth: usize) -> Result<Value<'_>, JsonFault> {
    whole(serde_json::Deserializer::from_str(text), max_depth)
}

fn whole<'de, R: serde_json::de::Read<'de>>(
    mut deserializer: serde_json::Deserializer<R>,
    max_depth: usize,
) -> Result<Value<'de>, JsonFault> {
    let fault = Cell::new(None);
    let seed = StrictValue { depth: max_depth, fault: &fault };
    let parsed = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|error| fault.take().unwrap_or_else(|| JsonFault::Syntax(place(&error))))
}

/// Line and column only: serde's own message may quote the input, which may be a secret.
fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

#[derive(Clone, Copy)]
struct StrictValue<'a> {
    depth: usize,
    fault: &'a Cell<Option<JsonFault>>,
}

impl StrictValue<'_> {
    fn fail<E: serde::de::Error>(self, fault: JsonFault) -> E {
        let error = E::custom("refused");
        self.fault.set(Some(fault));
        error
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(self.fail(JsonFault::TooDeep)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for StrictValue<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrictValue<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(value.to_owned().into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value<'de>, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut object = Object::new();
        while let Some(name) = access.next_key_seed(MemberName)? {
            object.push(name, access.next_value_seed(inner)?);
        }
        if object.has_a_name_twice() {
            return Err(self.fail(JsonFault::DuplicateKey));
        }
        Ok(Value::Object(object))
    }
}

/// Reads a member's name, borrowed where it has no escapes.
struct MemberName;

impl<'de> DeserializeSeed<'de> for MemberName {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for MemberName {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_json_allows() {
        let text = r#"{"a":[1,-2,"x",null,true],"b":{"c":1.5,"\\":"\n"}}"#;
        let value = parse(text.as_bytes(), 16).expect("valid");
        assert_eq!(value.to_json(), text);
        let Some(Value::Array(list)) = value.get("a") else { panic!("a list") };
        assert!(matches!(list[2], Value::String(Cow::Borrowed("x"))), "nothing is copied");
    }

    #[test]
    fn refuses_duplicates_at_any_depth() {
        assert_eq!(parse(br#"{"a":1,"a":2}"#, 16), Err(JsonFault::DuplicateKey));
        assert_eq!(parse(br#"{"x":[{"a":1,"\u0061":2}]}"#, 16), Err(JsonFault::DuplicateKey));
    }

    #[test]
    fn refuses_depth_beyond_the_limit() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(parse(&nested(16), 16).is_ok());
        assert_eq!(parse(&nested(17), 16), Err(JsonFault::TooDeep));
    }

    #[test]
    fn refuses_rubbish_without_quoting_it() {
        for text in [&b"{\"secret\":\"hunter2\""[..], b"\xff", b"", b"{} x", b"{'a':1}"] {
            let Err(JsonFault::Syntax(why)) = parse(text, 16) else { panic!("accepted") };
            assert!(!why.contains("hunter2"));
        }
    }
}
