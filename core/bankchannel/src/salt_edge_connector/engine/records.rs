//! Sealed records in the store: all data about customers, third parties and secrets.

use std::collections::BTreeMap;

use bankchannel_foundation::{
    Secret,
    model::{Boundary, Timestamp},
};
use bankchannel_salt_edge::model::{AccountConsent, DayOrInstant, SessionSecret};

/// The record of a session.
#[derive(Debug, Clone, Boundary)]
pub(super) struct SessionRecord {
    /// Its name at the hub.
    pub(super) session_secret: SessionSecret,
    /// The third party's name.
    pub(super) app_name: String,
    /// The requested rights.
    pub(super) scopes: Vec<String>,
    /// The length of the consent, in days.
    pub(super) consent_period_days: u32,
    /// The authentication method.
    pub(super) authorization_type: Option<String>,
    /// The address to which the customer's browser returns at the end.
    pub(super) redirect_url: Option<String>,
    /// The consent at the hub.
    pub(super) consent_id: Option<String>,
    /// The customer, if known.
    pub(super) user_id: Option<String>,
    /// The field for the awaited code.
    pub(super) field: Option<String>,
    /// For a refresh: the first day.
    pub(super) from_date: Option<DayOrInstant>,
    /// For a refresh: the last day.
    pub(super) to_date: Option<DayOrInstant>,
}

/// The record of a token.
#[derive(Debug, Clone, Default, Boundary)]
pub(super) struct TokenRecord {
    /// The number of the row's current token.
    pub(super) generation: u32,
    /// The customer, if known.
    pub(super) user_id: Option<String>,
    /// The third party's name.
    pub(super) app_name: String,
    /// The rights.
    pub(super) scopes: Vec<String>,
    /// The length of the consent, in days.
    pub(super) consent_period_days: u32,
    /// The accounts that the customer chose, if the bank asked.
    pub(super) consent: Option<Vec<AccountConsent>>,
    /// The consent at the hub.
    pub(super) consent_id: Option<String>,
}

/// A customer's input, for the bank's code only.
#[derive(Debug, Clone, Boundary)]
pub(super) struct CredentialsRecord {
    /// Keyed by the codes of the fields.
    pub(super) credentials: BTreeMap<String, Secret>,
    /// Whether the third party insists on strong authentication.
    pub(super) force_sca: Option<bool>,
}

/// A report to the hub on a session in progress.
#[derive(Debug, Clone, Boundary)]
pub(super) struct UpdateRecord {
    /// `redirect` or `waiting_confirmation_code`.
    pub(super) status: String,
    /// The bank's page.
    pub(super) redirect_url: Option<String>,
    /// The instruction for the customer.
    pub(super) instruction: Option<String>,
    /// The field for the answer.
    pub(super) field: Option<String>,
    /// The customer, if known.
    pub(super) user_id: Option<String>,
    /// The expiry of the session.
    pub(super) session_expires_at: Timestamp,
}

/// A report to the hub on a successful session. The token is not stored; it is derived again for sending.
#[derive(Debug, Clone, Boundary)]
pub(super) struct SuccessRecord {
    /// The customer.
    pub(super) user_id: Option<String>,
    /// The token's row, in hex.
    pub(super) token_id: Option<String>,
    /// The number of the row's token.
    pub(super) generation: u32,
    /// The token's expiry.
    pub(super) token_expires_at: Option<Timestamp>,
    /// The customer's choice of accounts.
    pub(super) consent: Option<Vec<AccountConsent>>,
}

/// A report to the hub on a failed session.
#[derive(Debug, Clone, Boundary)]
pub(super) struct FailureRecord {
    /// The class.
    pub(super) error_class: String,
    /// The reason.
    pub(super) error_message: String,
    /// The customer, if known.
    pub(super) user_id: Option<String>,
}
