//! Sessions fail: POST `/api/connectors/v1/sessions/fail` (§3.3).

use bankchannel_foundation::{
    Boundary, Declaration, Exchange, Operation, message::Method, model::JsonObject, operation::Repeat,
};

use crate::{
    codec::SaltEdge,
    connector::errors::OF_SESSIONS,
    declare,
    model::{Instant, SessionSecret},
    terms::{Afterwards, Side, Terms, TokenUse},
};

/// Why a session failed.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct FailSessionRequest {
    /// The session.
    pub session_secret: SessionSecret,
    /// The class: `AccessDenied`, `InvalidCredentials`, `InvalidConfirmationCode`, `InternalProviderError`, …
    pub error_class: String,
    /// Why, in words. The third party may see it: nothing secret.
    pub error_message: String,
    /// The bank's own id of its customer, where it is known.
    pub user_id: Option<String>,
    /// Anything else.
    pub extra: Option<JsonObject>,
}

/// Salt Edge has noted it.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct FailSessionResponse {
    /// When Salt Edge answered.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// Report that a session has failed.
#[derive(Debug)]
pub struct FailSession;

impl Operation for FailSession {
    type Request = FailSessionRequest;
    type Response = FailSessionResponse;
    const DECLARATION: Declaration = declare::of_connector(
        "sessions",
        "salt_edge_connector.fail_session",
        "Report that a session has failed",
        "Sent once; the session ends (§3.3).",
        OF_SESSIONS,
        declare::to_hub("sessions/fail", Method::Post, "/api/connectors/v1/sessions/fail", Repeat::AfterRateLimit),
    );
}

impl Exchange for FailSession {
    type Codec = SaltEdge;
    const TERMS: Terms = Terms { served_by: Side::Hub, token: TokenUse::None, afterwards: Afterwards::Nothing };
}
