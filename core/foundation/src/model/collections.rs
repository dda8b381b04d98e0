//! Optional fields, lists and maps.

use std::collections::BTreeMap;

use super::{Boundary, Object, Reader, Representation, Shape, Value, Writer, reader::kind};
use crate::Error;

/// The maximum number of elements of a list or map.
const ELEMENTS_MAX: usize = 100_000;

/// The maximum number of elements that a list reserves memory for at first.
const RESERVED: usize = 64;

impl<T: Boundary> Boundary for Option<T> {
    const SHAPE: &'static Shape = T::SHAPE;
    const WIRE_SHAPE: &'static Shape = T::WIRE_SHAPE;
    const OPTIONAL: bool = true;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        T::read(value, reader).map(Some)
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        self.map_or(Value::Null, |value| value.write(writer))
    }

    fn absent(reader: &mut Reader<'_>) -> Option<Self> {
        Some(T::absent(reader))
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Boundary> Boundary for Vec<T> {
    const SHAPE: &'static Shape = &Shape::List(T::SHAPE);
    const WIRE_SHAPE: &'static Shape = &Shape::List(T::WIRE_SHAPE);

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let Value::Array(values) = value else {
            return Err(reader.invalid(format!("must be a list, not {}", kind(&value))));
        };
        if values.len() > ELEMENTS_MAX {
            return Err(reader.invalid(format!("has more than {ELEMENTS_MAX} elements")));
        }
        // Loops, where adapters would be compiled for each type of the model.
        let mut read = Self::with_capacity(values.len().min(RESERVED));
        for (index, value) in values.into_iter().enumerate() {
            read.push(reader.at_index(index, |reader| T::read(value, reader))?);
        }
        Ok(read)
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        let mut written = Vec::with_capacity(self.len());
        for value in self {
            written.push(value.write(writer));
        }
        Value::Array(written)
    }
}

impl<T: Boundary> Boundary for BTreeMap<String, T> {
    const SHAPE: &'static Shape = &Shape::Map(T::SHAPE);
    const WIRE_SHAPE: &'static Shape = &Shape::Map(T::WIRE_SHAPE);

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let map = match value {
            Value::Object(map) => map,
            // PHP encodes an empty map as an empty list.
            Value::Array(values) if values.is_empty() && reader.representation() == Representation::Boundary => {
                Object::new()
            }
            other => return Err(reader.invalid(format!("must be an object, not {}", kind(&other)))),
        };
        if map.len() > ELEMENTS_MAX {
            return Err(reader.invalid(format!("has more than {ELEMENTS_MAX} members")));
        }
        map.into_iter()
            .map(|(key, value)| {
                let key = key.into_owned();
                Ok((key.clone(), reader.at_key(key, |reader| T::read(value, reader))?))
            })
            .collect()
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        Value::Object(self.into_iter().map(|(key, value)| (key.into(), value.write(writer))).collect())
    }
}
