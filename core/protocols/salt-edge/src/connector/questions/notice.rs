//! Notice: an event that the bank may want to know.

use bankchannel_foundation::{model::Boundary, question::TypedQuestion};

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum NoticeKind {
    /// Salt Edge has revoked a token.
    Revoked,
    /// Salt Edge has cancelled a session.
    Cancelled,
    /// Salt Edge could not use an answer of the connector.
    ErrorReported,
}

/// An event that the bank may want to know.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct NoticeQuestion {
    /// The kind.
    pub kind: NoticeKind,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The session, if the event concerns one.
    pub session_id: Option<String>,
    /// The token's id, as in `list_tokens`, if the event concerns a token.
    pub token_id: Option<String>,
    /// The bank's own id of the customer, if known.
    pub user_id: Option<String>,
    /// For an error: the class.
    pub error_class: Option<String>,
    /// For an error: Salt Edge's text, redacted.
    pub error_message: Option<String>,
    /// For an error: the method of the answered request.
    pub request_method: Option<String>,
    /// For an error: the URL of that request, redacted.
    pub request_url: Option<String>,
}

bankchannel_foundation::redacted_debug!(NoticeQuestion, kind);

/// The bank took note.
#[derive(Debug, Clone, Boundary)]
pub struct NoticeAnswer {}

/// Take note of an event.
///
/// Salt Edge revoked a token, cancelled a session, or could not use an answer. The notice needs no decision. If the
/// bank fails, the notice is repeated, five times in all.
#[derive(Debug, TypedQuestion)]
#[question("bank.notice", NoticeQuestion => NoticeAnswer)]
pub struct Notice;
