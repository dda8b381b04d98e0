//! Sessions success: POST `/api/connectors/v1/sessions/success` (§3.1).

use bankchannel_foundation::{
    Boundary, Declaration, Exchange, Operation, Secret, message::Method, model::JsonObject, operation::Repeat,
};

use crate::{
    codec::SaltEdge,
    connector::errors::OF_SESSIONS,
    declare,
    model::{AccountConsent, Instant, SessionSecret},
    terms::{Afterwards, Side, Terms, TokenUse},
};

/// How a session ended.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct SucceedSessionRequest {
    /// The session.
    pub session_secret: SessionSecret,
    /// The bank's own id of its customer, always the same.
    pub user_id: Option<String>,
    /// The new access token.
    pub token: Option<Secret>,
    /// When the token expires.
    pub token_expires_at: Option<Instant>,
    /// What the customer has chosen, where the bank has asked.
    pub consent: Option<Vec<AccountConsent>>,
    /// Anything else.
    pub extra: Option<JsonObject>,
    /// For sessions about trusted beneficiaries: the beneficiary's id.
    pub beneficiary_id: Option<String>,
    /// For sessions about trusted beneficiaries: what else names the beneficiary.
    pub identifiers: Option<JsonObject>,
}

/// Salt Edge has noted it.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct SucceedSessionResponse {
    /// When Salt Edge answered.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// Report that a session has ended well.
#[derive(Debug)]
pub struct SucceedSession;

impl Operation for SucceedSession {
    type Request = SucceedSessionRequest;
    type Response = SucceedSessionResponse;
    const DECLARATION: Declaration = declare::of_connector(
        "sessions",
        "salt_edge_connector.succeed_session",
        "Report that a session has ended well",
        "Sent once, when every step of the session is done. A session that began with `create_token` or `reconnect_token` says the user, the new token and when that expires; one that began with `refresh_accounts` says nothing further (§3.1).",
        OF_SESSIONS,
        declare::to_hub(
            "sessions/success",
            Method::Post,
            "/api/connectors/v1/sessions/success",
            Repeat::AfterRateLimit,
        ),
    );
}

impl Exchange for SucceedSession {
    type Codec = SaltEdge;
    const TERMS: Terms = Terms { served_by: Side::Hub, token: TokenUse::None, afterwards: Afterwards::Nothing };
}
