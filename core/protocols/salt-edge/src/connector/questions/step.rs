//! What the bank's code answers where a session goes on: approved, a page, a code, later, or refused.

use std::fmt;

use bankchannel_foundation::{Boundary, model::Timestamp};

use crate::model::AccountConsent;

/// How a session goes on.
#[derive(Debug, Clone, Boundary)]
#[boundary(tag = "outcome")]
pub enum Step {
    /// The customer has approved: the token is made, or what was asked is done.
    Approved(Approved),
    /// The customer has to go to a page of the bank's.
    Redirect(Redirected),
    /// The customer has to give a code.
    CodeNeeded(CodeNeeded),
    /// A refresh: the accounts were read again. Any other session: the bank goes on by itself, such as in its app, and ends the
    /// session with `approve_session` or `refuse_session`.
    Done(GoesOn),
    /// The session fails.
    Refused(RefusedByBank),
}

/// A customer's approval.
#[derive(Clone, Boundary)]
pub struct Approved {
    /// The bank's own id of its customer, always the same.
    pub user_id: String,
    /// What the customer has chosen; left out where the customer was not asked.
    pub consent: Option<Vec<AccountConsent>>,
    /// The rights that are given; those that were asked for when left out.
    pub scopes: Option<Vec<String>>,
    /// When the token expires, if that is before the end of the consent.
    pub token_expires_at: Option<Timestamp>,
}

/// The bank's page for a session.
#[derive(Clone, Boundary)]
pub struct Redirected {
    /// The page. It names the session by `session_id`.
    pub redirect_url: String,
    /// The bank's own id of its customer, where it is known already.
    pub user_id: Option<String>,
    /// How many seconds the customer has; 900 when left out.
    pub expires_in_s: Option<u32>,
}

/// A code that the customer is to give.
#[derive(Clone, Boundary)]
pub struct CodeNeeded {
    /// The code of the field that the answer comes in, such as `sms`.
    pub field: String,
    /// What to tell the customer.
    pub instruction: Option<String>,
    /// The bank's own id of its customer, where it is known already.
    pub user_id: Option<String>,
    /// How many seconds the customer has; 300 when left out.
    pub expires_in_s: Option<u32>,
}

/// Nothing more to say.
#[derive(Debug, Clone, Boundary)]
pub struct GoesOn {}

/// The bank's refusal.
#[derive(Clone, Boundary)]
pub struct RefusedByBank {
    /// The class, such as `InvalidCredentials`, `InvalidConfirmationCode`, `AccessDenied`, `AccountNotFound`.
    pub error_class: String,
    /// Why, in words. The third party may see it: nothing secret. What the class means, when left out.
    pub error_message: Option<String>,
}

macro_rules! shown_by_name {
    ($($name:ident),+) => {
        $(impl fmt::Debug for $name {
            /// Nothing of it: it is about a customer.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })+
    };
}
shown_by_name!(Approved, Redirected, CodeNeeded, RefusedByBank);
