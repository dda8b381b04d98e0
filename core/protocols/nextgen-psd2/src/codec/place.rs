//! The place of a field in a message.

use bankchannel_foundation::{
    Error,
    model::Field,
    operation::{FieldLocation, Route},
};

pub(super) fn is_body(field: &'static Field, route: &Route) -> bool {
    FieldLocation::for_field(field, route) == FieldLocation::Body
}

/// The same error with plain names of headers and parameters: `PSU-IP-Port` instead of `@.@PSU-IP-Port`.
pub(super) fn plainly(fault: Error) -> Error {
    let Some(named) = fault.detail("field") else { return fault };
    let mut message = fault.message().to_owned();
    let mut plain = Vec::new();
    for field in named.split(", ") {
        let nested = field.strip_prefix("@.").unwrap_or(field);
        let name = nested.strip_prefix(['@', '?']).unwrap_or(nested);
        if name != field {
            message = message.replacen(field, name, 1);
        }
        plain.push(name);
    }
    Error::because(fault.row(), message).with("field", plain.join(", "))
}
