//! The place of a field in a message.

use bankchannel_foundation::{Error, model::Field, operation::Route};

/// The place of a field in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldLocation {
    /// The path, if the template names the field.
    Path,
    /// This header.
    Header(&'static str),
    /// The query, with this name.
    Query(&'static str),
    /// A separate header for each of its inner fields.
    Headers,
    /// A member of the JSON body.
    Body,
    /// Not sent.
    Nowhere,
}

impl FieldLocation {
    /// The place of this field of a request or response.
    #[must_use]
    pub fn for_field(field: &'static Field, route: &Route) -> Self {
        if field.off_wire {
            Self::Nowhere
        } else if field.wire == "@" {
            Self::Headers
        } else if let Some(name) = field.wire.strip_prefix('@') {
            Self::Header(name)
        } else if let Some(name) = field.wire.strip_prefix('?') {
            Self::Query(name)
        } else if is_named(route.path, field.wire) {
            Self::Path
        } else {
            Self::Body
        }
    }
}

pub(super) fn is_body(field: &'static Field, route: &Route) -> bool {
    FieldLocation::for_field(field, route) == FieldLocation::Body
}

fn is_named(template: &str, name: &str) -> bool {
    template.split('/').any(|part| parameter(part) == Some(name))
}

/// The name in `{name}`.
pub(super) fn parameter(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
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
