//! Sessions success: POST `/api/connectors/v1/sessions/success` (§3.1).

use bankchannel_foundation::prelude::*;

use crate::{
    SaltEdge, SaltEdgeTerms, TokenUse,
    connector::errors::OF_SESSIONS,
    declare,
    model::{AccountConsent, Instant, SessionSecret},
};

/// A session and its result.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct SucceedSessionRequest {
    /// The session's secret.
    pub session_secret: SessionSecret,
    /// The bank's own id of the customer. It never changes.
    pub user_id: Option<String>,
    /// The new access token.
    pub token: Option<Secret>,
    /// The expiry of the token.
    pub token_expires_at: Option<Instant>,
    /// The accounts that the customer chose, if the bank asked.
    pub consent: Option<Vec<AccountConsent>>,
    /// Other data.
    pub extra: Option<JsonObject>,
    /// For sessions about trusted beneficiaries: the beneficiary's id.
    pub beneficiary_id: Option<String>,
    /// For sessions about trusted beneficiaries: other identifiers of the beneficiary.
    pub identifiers: Option<JsonObject>,
}

/// Salt Edge accepted the report.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct SucceedSessionResponse {
    /// The time of Salt Edge's answer.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// Report that a session has succeeded.
///
/// Send it once, when all steps of the session are done. A session that began with `create_token` or
/// `reconnect_token` reports the user, the new token and its expiry; a session that began with `refresh_accounts`
/// reports nothing more (§3.1).
#[derive(Debug, Operation)]
#[operation(SucceedSessionRequest => SucceedSessionResponse)]
#[declaration(..declare::of_connector("sessions", "salt_edge_connector.succeed_session"))]
#[errors(..OF_SESSIONS)]
#[route(
    ..declare::to_hub("sessions/success", Method::Post, "/api/connectors/v1/sessions/success", Repeat::AfterRateLimit)
)]
#[exchange(SaltEdge, SaltEdgeTerms::at_hub(TokenUse::None))]
pub struct SucceedSession;
