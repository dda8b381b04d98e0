//! Reconnect: asks whether a token may be renewed.

use bankchannel_foundation::{
    model::{Boundary, Timestamp},
    question::TypedQuestion,
};

use super::Step;

/// A token to renew.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct ReconnectQuestion {
    /// The new session's id.
    pub session_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The bank's own id of the customer.
    pub user_id: String,
    /// The token's id, as in `list_tokens`.
    pub token_id: String,
    /// The third party's name, as the customer knows it.
    pub app_name: String,
    /// The rights that the token grants.
    pub scopes: Vec<String>,
    /// The expiry of the session, unless it continues before.
    pub expires_at: Timestamp,
}

bankchannel_foundation::redacted_debug!(ReconnectQuestion, session_id);

/// A third party wants to renew a token.
///
/// `approved` makes a new token; the old one ends when Salt Edge has the report. After `redirect`, `code_needed` or
/// `done` the old token is refused while the session is open, and valid again if the session fails. `refused` leaves it
/// unchanged. The question is asked once: if the answer is lost, the session fails.
#[derive(Debug, TypedQuestion)]
#[question("bank.reconnect", ReconnectQuestion => Step)]
pub struct Reconnect;
