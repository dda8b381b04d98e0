//! Authenticate: identifies the customer when a third party wants access.

use std::collections::BTreeMap;

use bankchannel_foundation::{prelude::*, question::TypedQuestion};

use super::Step;

/// A customer to authenticate.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct AuthenticateQuestion {
    /// The session's id, for `approve_session` and the bank's page. Anyone who knows it can see the session's page.
    pub session_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The third party's name, to show to the customer.
    pub app_name: String,
    /// The rights that the third party asks for: `accounts`, `transactions`, `kyc`, and others.
    pub scopes: Vec<String>,
    /// The length of the consent, in days.
    pub consent_period_days: u32,
    /// The code of the authentication method, as agreed with Salt Edge. Absent if the third party named none.
    pub authorization_type: Option<String>,
    /// The first data that the customer entered, by field code: login, password.
    pub credentials: BTreeMap<String, Secret>,
    /// The address to which the customer's browser returns after the bank's page.
    pub redirect_url: Option<String>,
    /// Whether the third party insists on strong authentication.
    pub force_sca: Option<bool>,
    /// The id of the consent at Salt Edge.
    pub consent_id: Option<String>,
    /// The expiry of the session, unless it continues before.
    pub expires_at: Timestamp,
}

bankchannel_foundation::redacted_debug!(AuthenticateQuestion, session_id);

/// A third party wants access: authenticate the customer.
///
/// The answer says how the session continues: `approved` at once, `redirect` to a page of the bank, `code_needed` for a
/// code that the customer enters, `done` if the bank continues by itself, such as in its app, or `refused`. The bank
/// makes and sends codes itself. The question is asked once: if the answer is lost, the session fails.
#[derive(Debug, TypedQuestion)]
#[question("bank.authenticate", AuthenticateQuestion => Step)]
pub struct Authenticate;
