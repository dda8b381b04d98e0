//! The HTTP side of an exchange.

use crate::message::Method;

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
