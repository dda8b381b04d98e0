//! Where a field travels.

use bankchannel_foundation::{Error, model::Field, operation::Route};

/// Where a field travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path, where the template names it.
    Path,
    /// In this header.
    Header(&'static str),
    /// In the query, by this name.
    Query(&'static str),
    /// Each field of it in a header of its own.
    Headers,
    /// As a member of the JSON body.
    Body,
    /// Not at all.
    Nowhere,
}

impl Place {
    /// Where this field of a request or response travels.
    #[must_use]
    pub fn of(field: &'static Field, route: &Route) -> Self {
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
    Place::of(field, route) == Place::Body
}

fn is_named(template: &str, name: &str) -> bool {
    template.split('/').any(|part| parameter(part) == Some(name))
}

/// The name in `{name}`.
pub(super) fn parameter(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// The same error with headers and parameters named as people know them: `PSU-IP-Port` instead of `@.@PSU-IP-Port`.
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
