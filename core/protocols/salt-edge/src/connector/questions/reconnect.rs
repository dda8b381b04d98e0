//! Reconnect: whether a token may be renewed.

use std::fmt;

use bankchannel_foundation::{
    Boundary,
    model::Timestamp,
    question::{QuestionDeclaration, TypedQuestion},
};

use super::Step;

/// A token that is to be renewed.
#[derive(Clone, Boundary)]
pub struct ReconnectQuestion {
    /// The session, a new one.
    pub session_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The bank's own id of its customer.
    pub user_id: String,
    /// The token, as `list_tokens` names it.
    pub token_id: String,
    /// The third party's name, as the customer knows it.
    pub app_name: String,
    /// The rights that the token gives.
    pub scopes: Vec<String>,
    /// When the session's time is over, unless it goes on before.
    pub expires_at: Timestamp,
}

impl fmt::Debug for ReconnectQuestion {
    /// Only which session it is about.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReconnectQuestion").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

/// Whether a token may be renewed.
#[derive(Debug)]
pub struct Reconnect;

impl TypedQuestion for Reconnect {
    type Request = ReconnectQuestion;
    type Answer = Step;
    const DECLARATION: QuestionDeclaration = QuestionDeclaration {
        name: "bank.reconnect",
        summary: "A third party wants a token renewed",
        doc: "Approved makes a new token, and the old one ends. With a page or a code the old one waits meanwhile. Refused leaves it as it was. It is asked once: where \
              the answer is lost, the session fails.",
    };
}
