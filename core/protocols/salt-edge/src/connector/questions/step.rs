//! The next step of a session, answered by the bank's code: approved, a page, a code, done later, or refused.

use bankchannel_foundation::model::{Boundary, Timestamp};

use crate::model::AccountConsent;

/// The next step of a session.
#[derive(Debug, Clone, Boundary)]
#[boundary(tag = "outcome")]
#[non_exhaustive]
pub enum Step {
    /// The customer approved: the token is made, or the request is done.
    Approved(Approved),
    /// The customer has to open a page of the bank.
    Redirect(Redirected),
    /// The customer has to enter a code.
    CodeNeeded(CodeNeeded),
    /// In a refresh: the accounts were read again. In any other session: the bank continues by itself, such as in its
    /// app, and ends the session with `approve_session` or `refuse_session`.
    Done(GoesOn),
    /// The session fails.
    Refused(RefusedByBank),
}

/// A customer's approval.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct Approved {
    /// The bank's own id of the customer. It never changes.
    pub user_id: String,
    /// The accounts that the customer chose. Absent if the customer was not asked.
    pub consent: Option<Vec<AccountConsent>>,
    /// The rights that the customer grants. Default: the rights that the third party asked for.
    pub scopes: Option<Vec<String>>,
    /// The expiry of the token, if it is before the end of the consent.
    pub token_expires_at: Option<Timestamp>,
}

/// The bank's page for a session.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct Redirected {
    /// The page's URL. It names the session by `session_id`.
    pub redirect_url: String,
    /// The bank's own id of the customer, if already known.
    pub user_id: Option<String>,
    /// The time for the customer, in seconds. Default: 900.
    pub expires_in_s: Option<u32>,
}

/// A code that the customer has to enter.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct CodeNeeded {
    /// The code of the field for the answer, such as `sms`.
    pub field: String,
    /// The text for the customer.
    pub instruction: Option<String>,
    /// The bank's own id of the customer, if already known.
    pub user_id: Option<String>,
    /// The time for the customer, in seconds. Default: 300.
    pub expires_in_s: Option<u32>,
}

/// No fields.
#[derive(Debug, Clone, Boundary)]
pub struct GoesOn {}

/// The bank's refusal.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct RefusedByBank {
    /// The error class, such as `InvalidCredentials`, `InvalidConfirmationCode`, `AccessDenied`, `AccountNotFound`.
    pub error_class: String,
    /// The reason in words. The third party may see it: write nothing secret. Default: the meaning of the class.
    pub error_message: Option<String>,
}

bankchannel_foundation::redacted_debug!(Approved);
bankchannel_foundation::redacted_debug!(Redirected);
bankchannel_foundation::redacted_debug!(CodeNeeded);
bankchannel_foundation::redacted_debug!(RefusedByBank);
