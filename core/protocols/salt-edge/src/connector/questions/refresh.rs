//! Refresh: asks the bank to read accounts again.

use bankchannel_foundation::{model::Boundary, question::TypedQuestion};

use super::Step;
use crate::model::DayOrInstant;

/// The period to read again.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct RefreshQuestion {
    /// The session.
    pub session_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The bank's own id of the customer.
    pub user_id: String,
    /// The token's id, as in `list_tokens`.
    pub token_id: String,
    /// The first time or day.
    pub from_date: Option<DayOrInstant>,
    /// The last time or day; a day counts to its end.
    pub to_date: Option<DayOrInstant>,
    /// The address to which the customer's browser returns after the bank's page, if a page is needed.
    pub redirect_url: Option<String>,
}

bankchannel_foundation::redacted_debug!(RefreshQuestion, session_id);

/// Read a customer's accounts again.
///
/// A bank that keeps a copy answers `done` after it has read this period again; a bank without a copy answers `done` at
/// once. The question only reads: if the answer is lost, it is asked again.
#[derive(Debug, TypedQuestion)]
#[question("bank.refresh", RefreshQuestion => Step)]
pub struct Refresh;
