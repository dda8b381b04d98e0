//! Sessions fail: POST `/api/connectors/v1/sessions/fail` (§3.3).

use bankchannel_foundation::prelude::*;

use crate::{
    SaltEdge, SaltEdgeTerms, TokenUse,
    connector::errors::OF_SESSIONS,
    declare,
    model::{Instant, SessionSecret},
};

/// A session and the reason of its failure.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct FailSessionRequest {
    /// The session's secret.
    pub session_secret: SessionSecret,
    /// The error class: `AccessDenied`, `InvalidCredentials`, `InvalidConfirmationCode`, `InternalProviderError`, …
    pub error_class: String,
    /// The reason in words. The third party may see it: write nothing secret.
    pub error_message: String,
    /// The bank's own id of the customer, if known.
    pub user_id: Option<String>,
    /// Other data.
    pub extra: Option<JsonObject>,
}

/// Salt Edge accepted the report.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct FailSessionResponse {
    /// The time of Salt Edge's answer.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// Report that a session has failed.
///
/// Send it once: it ends the session (§3.3).
#[derive(Debug, Operation)]
#[operation(FailSessionRequest => FailSessionResponse)]
#[declaration(..declare::of_connector("sessions", "salt_edge_connector.fail_session"))]
#[errors(..OF_SESSIONS)]
#[route(..declare::to_hub("sessions/fail", Method::Post, "/api/connectors/v1/sessions/fail", Repeat::AfterRateLimit))]
#[exchange(SaltEdge, SaltEdgeTerms::at_hub(TokenUse::None))]
pub struct FailSession;
