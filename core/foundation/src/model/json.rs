//! JSON whose members no shape describes: what one bank or hub adds for itself.

use super::{Boundary, Object, Reader, Shape, Value, Writer, reader::kind};
use crate::Error;

/// A JSON object with any members, kept as it came, in either dialect.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JsonObject(pub Object<'static>);

impl Boundary for JsonObject {
    const SHAPE: &'static Shape = &Shape::Json;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        match value.into_owned() {
            Value::Object(members) => Ok(Self(members)),
            // PHP writes an empty object as an empty list.
            Value::Array(values) if values.is_empty() => Ok(Self::default()),
            other => Err(reader.invalid(format!("must be an object, not {}", kind(&other)))),
        }
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        Value::Object(self.0)
    }
}

/// A number that travels as a JSON number, where the boundary has a decimal: see [`Shape::Number`].
pub const NUMBER: &Shape = &Shape::Number;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dialect, read_boundary, write_boundary};

    #[test]
    fn an_object_comes_back_as_it_went() {
        let text = r#"{"b":1.50,"a":{"x":[null,true,"é"]},"c":{}}"#;
        let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let read: JsonObject = read_boundary(value.clone()).unwrap_or_default();
        assert_eq!(write_boundary(read), value);
    }

    #[test]
    fn anything_else_is_refused_without_repeating_it() {
        for value in [Value::from("planted"), Value::Null, Value::Array(vec![Value::from("planted")])] {
            let refused = JsonObject::read(value, &mut Reader::new(Dialect::Boundary)).err();
            assert!(refused.is_some_and(|error| !error.to_string().contains("planted")));
        }
    }
}
