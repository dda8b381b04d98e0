//! The third party's own request, which the hub hands on (§2.1, §2.4, §7).

use std::collections::BTreeMap;

use bankchannel_foundation::{Boundary, Secret};

/// What a third party asked of Salt Edge for a token.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct TokenRequested {
    /// The third party's JWT as it was sent, with `Bearer ` before it.
    pub client_jwt: Secret,
    /// The same request as Salt Edge has read it.
    pub client_payload: TokenPayload,
}

/// A request for a token as Salt Edge has read it.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct TokenPayload {
    /// What is asked for.
    pub data: TokenParameters,
    /// Until when the third party's request was good, in Unix seconds.
    pub exp: u64,
}

/// What a third party asks for.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct TokenParameters {
    /// The bank's code at Salt Edge.
    pub provider_code: Option<String>,
    /// The rights asked for: `accounts`, `transactions`, `kyc`, and others. At least one.
    pub scopes: Vec<String>,
    /// For how many days, 1 or more.
    pub consent_period_days: u32,
    /// `authorization_type`, the code of one of the bank's ways to authenticate a customer, and what it asks for at first.
    pub credentials: BTreeMap<String, Secret>,
    /// Where the customer's browser goes after the bank's page.
    pub redirect_url: Option<String>,
    /// Whether the third party insists on strong authentication.
    pub force_sca: Option<bool>,
}

/// What a third party answered to an interactive step.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct ConfirmationRequested {
    /// The third party's JWT as it was sent, with `Bearer ` before it.
    pub client_jwt: Secret,
    /// The same request as Salt Edge has read it.
    pub client_payload: ConfirmationPayload,
}

/// An answer to an interactive step as Salt Edge has read it.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct ConfirmationPayload {
    /// What was answered.
    pub data: ConfirmationParameters,
    /// Until when the third party's request was good, in Unix seconds.
    pub exp: u64,
}

/// What a customer answered.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct ConfirmationParameters {
    /// The answers by the codes of the interactive fields, such as `sms_pincode`.
    pub credentials: BTreeMap<String, Secret>,
}
