//! Refresh: accounts are to be read again.

use std::fmt;

use bankchannel_foundation::{
    Boundary,
    question::{QuestionDeclaration, TypedQuestion},
};

use super::Step;
use crate::model::DayOrInstant;

/// Days to read again.
#[derive(Clone, Boundary)]
pub struct RefreshQuestion {
    /// The session.
    pub session_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The bank's own id of its customer.
    pub user_id: String,
    /// The token, as `list_tokens` names it.
    pub token_id: String,
    /// The first day.
    pub from_date: Option<DayOrInstant>,
    /// The last day; a day is meant whole.
    pub to_date: Option<DayOrInstant>,
    /// Where the customer's browser goes after the bank's page, if there must be one.
    pub redirect_url: Option<String>,
}

impl fmt::Debug for RefreshQuestion {
    /// Only which session it is about.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshQuestion").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

/// Accounts are to be read again.
#[derive(Debug)]
pub struct Refresh;

impl TypedQuestion for Refresh {
    type Request = RefreshQuestion;
    type Answer = Step;
    const DECLARATION: QuestionDeclaration = QuestionDeclaration {
        name: "bank.refresh",
        summary: "Read a customer's accounts again",
        doc: "Done, once a bank that keeps a copy has read these days again; at once, where it keeps none. It only reads: where the answer is lost, it is asked again.",
    };
}
