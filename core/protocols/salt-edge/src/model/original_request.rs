//! The third party's own request, which the hub forwards (§2.1, §2.4, §7).

use std::collections::BTreeMap;

use bankchannel_foundation::{Secret, model::Boundary};

/// A third party's request for a token, sent to Salt Edge.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct TokenRequested {
    /// The third party's JWT as sent, with `Bearer ` before it.
    pub client_jwt: Secret,
    /// The same request, parsed by Salt Edge.
    pub client_payload: TokenPayload,
}

/// A request for a token, parsed by Salt Edge.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct TokenPayload {
    /// The parameters.
    pub data: TokenParameters,
    /// The expiry of the third party's request, in Unix seconds.
    pub exp: u64,
}

/// The parameters of a request for a token.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct TokenParameters {
    /// The bank's code at Salt Edge.
    pub provider_code: Option<String>,
    /// The rights that the third party asks for: `accounts`, `transactions`, `kyc`, and others. At least one.
    pub scopes: Vec<String>,
    /// The length of the consent, in days, 1 or more.
    pub consent_period_days: u32,
    /// `authorization_type`, the code of one of the bank's authentication methods, and the first data that this method
    /// asks for.
    pub credentials: BTreeMap<String, Secret>,
    /// The address to which the customer's browser returns after the bank's page.
    pub redirect_url: Option<String>,
    /// Whether the third party insists on strong authentication.
    pub force_sca: Option<bool>,
}

/// A third party's answer to an interactive step.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct ConfirmationRequested {
    /// The third party's JWT as sent, with `Bearer ` before it.
    pub client_jwt: Secret,
    /// The same request, parsed by Salt Edge.
    pub client_payload: ConfirmationPayload,
}

/// An answer to an interactive step, parsed by Salt Edge.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct ConfirmationPayload {
    /// The answer.
    pub data: ConfirmationParameters,
    /// The expiry of the third party's request, in Unix seconds.
    pub exp: u64,
}

/// A customer's answers.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct ConfirmationParameters {
    /// The answers, by the code of the interactive field, such as `sms_pincode`.
    pub credentials: BTreeMap<String, Secret>,
}
