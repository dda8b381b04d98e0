//! Confirm: checks the customer's input.

use std::collections::BTreeMap;

use bankchannel_foundation::{Secret, model::Boundary, question::TypedQuestion};

use super::Step;

/// The data that a customer entered in an interactive step.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct ConfirmQuestion {
    /// The session.
    pub session_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The bank's own id of the customer, if the bank named it before.
    pub user_id: Option<String>,
    /// The code of the field that was asked for.
    pub field: Option<String>,
    /// The data that the customer entered, by field code.
    pub credentials: BTreeMap<String, Secret>,
    /// The number of the attempt, 1 for the first.
    pub attempt: u32,
}

bankchannel_foundation::redacted_debug!(ConfirmQuestion, session_id);

/// The customer has entered a code: check it.
///
/// `approved` ends the session with success. Refuse a wrong code with `InvalidConfirmationCode`, which ends the
/// session; to let the customer try again, answer `code_needed` again. The question is asked once: if the answer is
/// lost, the session fails.
#[derive(Debug, TypedQuestion)]
#[question("bank.confirm", ConfirmQuestion => Step)]
pub struct Confirm;
