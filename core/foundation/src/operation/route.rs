//! The HTTP side of an exchange.

use crate::{message::Method, model::Field};

/// The HTTP side of an exchange; the server's router and checks come from it.
#[derive(Debug)]
pub struct Route {
    /// The operation's name on the wire and in the protocol's own documents.
    pub wire_name: &'static str,
    /// The method.
    pub method: Method,
    /// The path below the base path; `{Name}` is a parameter.
    pub path: &'static str,
    /// How parameters travel that are neither in the path nor in the headers.
    pub parameters: Parameters,
    /// The status on success.
    pub success: u16,
    /// Every other status that the server may answer.
    pub failures: &'static [u16],
    /// Whether it may be retried automatically.
    pub repeat: Repeat,
    /// Whether the server records it in the audit trail.
    pub audited: bool,
    /// The default timeout of a client for the answer, in seconds.
    pub timeout_s: u32,
    /// The member of the request that is streamed as content.
    pub request_content: Option<&'static str>,
    /// The member of the response that is streamed as content.
    pub response_content: Option<&'static str>,
}

/// How an exchange's parameters travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameters {
    /// In the query.
    Query,
    /// In a JSON body.
    Body,
    /// In a JSON body; a server also takes them from the query.
    BodyOrQuery,
}

/// Whether an exchange may be retried automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Safe: retried after a network error, 408, 425, 429, 500, 502, 503 or 504.
    Safe,
    /// Has effects: retried only after a 429, which means that nothing was done.
    AfterRateLimit,
    /// Never.
    Never,
}

/// The place of a field in a message, which its name on the wire says: `@PSU-ID` is that header, `?withBalance` is in the
/// query, `@` has each of its inner fields in a header; a field that the route's path names is in the path, and every other
/// one is a parameter as the route sends them.
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
    /// A member of the body, or what the route has in place of one: see [`Parameters`].
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
        } else if route.path.split('/').any(|part| path_parameter(part) == Some(field.wire)) {
            Self::Path
        } else {
            Self::Body
        }
    }
}

/// The name in a segment `{name}` of a path's template.
#[must_use]
pub fn path_parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}
