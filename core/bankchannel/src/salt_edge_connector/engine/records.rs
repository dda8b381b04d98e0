//! What is sealed in the store: everything about customers, third parties and secrets.

use std::collections::BTreeMap;

use bankchannel_foundation::{Boundary, Secret, model::Timestamp};
use bankchannel_salt_edge::model::{AccountConsent, DayOrInstant, SessionSecret};

/// What is known of a session.
#[derive(Debug, Clone, Boundary)]
pub(super) struct SessionRecord {
    /// Its name at the hub.
    pub(super) session_secret: SessionSecret,
    /// The third party's name.
    pub(super) app_name: String,
    /// The rights asked for.
    pub(super) scopes: Vec<String>,
    /// For how many days.
    pub(super) consent_period_days: u32,
    /// The way to authenticate.
    pub(super) authorization_type: Option<String>,
    /// Where the customer's browser goes in the end.
    pub(super) redirect_url: Option<String>,
    /// The consent at the hub.
    pub(super) consent_id: Option<String>,
    /// The customer, once known.
    pub(super) user_id: Option<String>,
    /// The field that a code is awaited in.
    pub(super) field: Option<String>,
    /// Of a refresh: the first day.
    pub(super) from_date: Option<DayOrInstant>,
    /// Of a refresh: the last day.
    pub(super) to_date: Option<DayOrInstant>,
}

/// What is known of a token.
#[derive(Debug, Clone, Default, Boundary)]
pub(super) struct TokenRecord {
    /// Which of the row's tokens it is.
    pub(super) generation: u32,
    /// The customer, once known.
    pub(super) user_id: Option<String>,
    /// The third party's name.
    pub(super) app_name: String,
    /// The rights.
    pub(super) scopes: Vec<String>,
    /// For how many days.
    pub(super) consent_period_days: u32,
    /// The accounts that the customer has chosen, where the bank asked.
    pub(super) consent: Option<Vec<AccountConsent>>,
    /// The consent at the hub.
    pub(super) consent_id: Option<String>,
}

/// What a customer gave, for the bank's code alone.
#[derive(Debug, Clone, Boundary)]
pub(super) struct CredentialsRecord {
    /// By the codes of the fields.
    pub(super) credentials: BTreeMap<String, Secret>,
    /// Whether the third party insists on strong authentication.
    pub(super) force_sca: Option<bool>,
}

/// What the hub is told of a session that goes on.
#[derive(Debug, Clone, Boundary)]
pub(super) struct UpdateRecord {
    /// `redirect` or `waiting_confirmation_code`.
    pub(super) status: String,
    /// The bank's page.
    pub(super) redirect_url: Option<String>,
    /// What to tell the customer.
    pub(super) instruction: Option<String>,
    /// The field for the answer.
    pub(super) field: Option<String>,
    /// The customer, once known.
    pub(super) user_id: Option<String>,
    /// Until when the session goes on.
    pub(super) session_expires_at: Timestamp,
}

/// What the hub is told of a session that ended well. The token is made again when it is sent.
#[derive(Debug, Clone, Boundary)]
pub(super) struct SuccessRecord {
    /// The customer.
    pub(super) user_id: Option<String>,
    /// The token's row, in hex.
    pub(super) token_id: Option<String>,
    /// Which of the row's tokens it is.
    pub(super) generation: u32,
    /// When it expires.
    pub(super) token_expires_at: Option<Timestamp>,
    /// What the customer has chosen.
    pub(super) consent: Option<Vec<AccountConsent>>,
}

/// What the hub is told of a session that failed.
#[derive(Debug, Clone, Boundary)]
pub(super) struct FailureRecord {
    /// The class.
    pub(super) error_class: String,
    /// Why.
    pub(super) error_message: String,
    /// The customer, once known.
    pub(super) user_id: Option<String>,
}
