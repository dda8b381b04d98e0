//! Confirm: whether what the customer gave is right.

use std::{collections::BTreeMap, fmt};

use bankchannel_foundation::{
    Boundary, Secret,
    question::{QuestionDeclaration, TypedQuestion},
};

use super::Step;

/// What a customer gave in an interactive step.
#[derive(Clone, Boundary)]
pub struct ConfirmQuestion {
    /// The session.
    pub session_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The bank's own id of its customer, where it said so before.
    pub user_id: Option<String>,
    /// The field that the answer was to come in.
    pub field: Option<String>,
    /// What the customer gave, by the codes of the fields.
    pub credentials: BTreeMap<String, Secret>,
    /// Which try it is, 1 for the first.
    pub attempt: u32,
}

impl fmt::Debug for ConfirmQuestion {
    /// Only which session it is about.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfirmQuestion").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

/// Whether what the customer gave is right.
#[derive(Debug)]
pub struct Confirm;

impl TypedQuestion for Confirm {
    type Request = ConfirmQuestion;
    type Answer = Step;
    const DECLARATION: QuestionDeclaration = QuestionDeclaration {
        name: "bank.confirm",
        summary: "The customer has given a code: check it",
        doc: "Approved ends the session well. A wrong code is refused with `InvalidConfirmationCode`, which ends the session; to let the customer try again, answer \
              once more that a code is needed. It is asked once: where the answer is lost, the session fails.",
    };
}
