//! JSON members without a shape: extensions of a single bank or hub.

use std::fmt;

use super::{Boundary, Object, Reader, Shape, Value, Writer, reader::kind};
use crate::Error;

/// A JSON object with any members, the same in either representation. Numbers are as in most JSON programs: integers up
/// to 64 bits, others in double precision.
#[derive(Clone, Default, PartialEq)]
pub struct JsonObject(pub Object<'static>);

impl fmt::Debug for JsonObject {
    /// The number of members only: their content is unknown and may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonObject({} members)", self.0.len())
    }
}

impl Boundary for JsonObject {
    const SHAPE: &'static Shape = &Shape::Json;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        match value.into_owned() {
            Value::Object(members) => Ok(Self(members)),
            // PHP encodes an empty object as an empty list.
            Value::Array(values) if values.is_empty() => Ok(Self::default()),
            other => Err(reader.invalid(format!("must be an object, not {}", kind(&other)))),
        }
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        Value::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Representation, read_boundary, write_boundary};

    #[test]
    fn an_object_comes_back_as_it_went() {
        let text = r#"{"b":1.5,"a":{"x":[null,true,"é"]},"c":{}}"#;
        let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let read: JsonObject = read_boundary(value).unwrap_or_default();
        assert!(!format!("{read:?}").contains('é'));
        assert_eq!(write_boundary(read).to_string(), text);
    }

    #[test]
    fn anything_else_is_refused_without_repeating_it() {
        for value in [Value::from("planted"), Value::Null, Value::Array(vec![Value::from("planted")])] {
            let refused = JsonObject::read(value, &mut Reader::new(Representation::Boundary)).err();
            assert!(refused.is_some_and(|error| !error.to_string().contains("planted")));
        }
    }
}
