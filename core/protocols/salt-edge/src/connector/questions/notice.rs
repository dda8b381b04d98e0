//! Notice: something has happened that the bank may want to know.

use std::fmt;

use bankchannel_foundation::{
    Boundary,
    question::{QuestionDeclaration, TypedQuestion},
};

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum NoticeKind {
    /// Salt Edge has revoked a token.
    Revoked,
    /// Salt Edge has given up a session.
    Cancelled,
    /// Salt Edge could not use an answer of the connector's.
    ErrorReported,
}

/// Something that has happened.
#[derive(Clone, Boundary)]
pub struct NoticeQuestion {
    /// What.
    pub kind: NoticeKind,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The session, where it is about one.
    pub session_id: Option<String>,
    /// The token, where it is about one, as `list_tokens` names it.
    pub token_id: Option<String>,
    /// The bank's own id of its customer, where it is known.
    pub user_id: Option<String>,
    /// Of an error: the class.
    pub error_class: Option<String>,
    /// Of an error: Salt Edge's text, redacted.
    pub error_message: Option<String>,
    /// Of an error: the method of the request that was answered.
    pub request_method: Option<String>,
    /// Of an error: its URL, redacted.
    pub request_url: Option<String>,
}

impl fmt::Debug for NoticeQuestion {
    /// Only what kind of thing it says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoticeQuestion").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// It is noted.
#[derive(Debug, Clone, Boundary)]
pub struct NoticeAnswer {}

/// Something has happened that the bank may want to know.
#[derive(Debug)]
pub struct Notice;

impl TypedQuestion for Notice {
    type Request = NoticeQuestion;
    type Answer = NoticeAnswer;
    const DECLARATION: QuestionDeclaration = QuestionDeclaration {
        name: "bank.notice",
        summary: "Take note of something that has happened",
        doc: "A token that Salt Edge has revoked, a session that it has given up, an answer that it could not use. It only tells: where the bank fails, it is told again, five \
              times in all.",
    };
}
