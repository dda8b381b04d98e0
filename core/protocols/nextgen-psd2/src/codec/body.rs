//! The JSON body of a request, read strictly, as by a bank.

use bankchannel_foundation::{
    Error,
    error::row,
    json,
    model::{Object, Shape, Value},
};

use super::MAX_DEPTH;

/// The members of a body; an empty body has none.
pub(super) fn read(body: &[u8]) -> Result<Object<'_>, Error> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Object::new());
    }
    match json::parse(body, MAX_DEPTH) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Error::because(&row::INVALID_JSON, "the body must be a JSON object")),
        Err(fault) => Err(Error::because(&row::INVALID_JSON, format!("the body is {fault}"))),
    }
}

/// Checks that booleans and numbers are not sent as text, which other banks do not accept.
pub(super) fn fits(shape: &Shape, value: &Value<'_>, place: &str) -> Result<(), Error> {
    match (shape, value) {
        (Shape::Bool, Value::String(_)) => Err(Error::invalid_field(place, "must be true or false, not a string")),
        (Shape::Integer { .. }, Value::String(_)) => {
            Err(Error::invalid_field(place, "must be a whole number, not a string"))
        }
        (Shape::List(of), Value::Array(values)) => {
            values.iter().enumerate().try_for_each(|(at, value)| fits(of, value, &format!("{place}[{at}]")))
        }
        (Shape::Struct(of), Value::Object(members)) => of.fields.iter().try_for_each(|field| {
            members
                .get(field.wire)
                .map_or(Ok(()), |value| fits(field.wire_shape, value, &format!("{place}.{}", field.wire)))
        }),
        _ => Ok(()),
    }
}
