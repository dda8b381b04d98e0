//! Sessions update: POST `/api/connectors/v1/sessions/update` (§3.2).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, message::Method, operation::Repeat};

use crate::{
    codec::SaltEdge,
    connector::errors::OF_SESSIONS,
    declare,
    model::{Instant, SessionSecret},
    terms::{Afterwards, Side, Terms, TokenUse},
};

/// How far a session is.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct UpdateSessionRequest {
    /// The session.
    pub session_secret: SessionSecret,
    /// How far it is.
    pub status: SessionStatus,
    /// With `redirect`: where the customer's browser goes.
    pub extra: Option<SessionExtra>,
    /// Until when the session goes on.
    pub session_expires_at: Option<Instant>,
    /// The bank's own id of its customer, once it is known.
    pub user_id: Option<String>,
    /// With `waiting_confirmation_code`: what the customer is asked.
    pub interactive_step_instruction: Option<InteractiveStep>,
}

/// How far a session is, as Salt Edge knows it. Not all words that Salt Edge takes are documented.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
pub enum SessionStatus {
    /// The customer is to go to a page of the bank.
    Redirect,
    /// The customer is to give a code.
    WaitingConfirmationCode,
    /// The customer is to approve somewhere else, such as in the bank's app.
    WaitingConfirmation,
    /// The bank is working on it.
    Processing,
    /// Another word.
    Other(String),
}

/// Where a session goes on.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct SessionExtra {
    /// The bank's page.
    pub redirect_url: Option<String>,
}

/// What a customer is asked.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct InteractiveStep {
    /// What to tell the customer.
    pub instruction: Option<String>,
    /// The code of the field that the answer comes in.
    pub interactive_field: Option<String>,
}

/// Salt Edge has noted it.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct UpdateSessionResponse {
    /// When Salt Edge answered.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// Report how far a session is.
#[derive(Debug)]
pub struct UpdateSession;

impl Operation for UpdateSession {
    type Request = UpdateSessionRequest;
    type Response = UpdateSessionResponse;
    const DECLARATION: Declaration = declare::of_connector(
        "sessions",
        "salt_edge_connector.update_session",
        "Report how far a session is",
        "Asks for a step of the customer's, or says that something goes on. May be sent several times (§3.2).",
        OF_SESSIONS,
        declare::to_hub("sessions/update", Method::Post, "/api/connectors/v1/sessions/update", Repeat::AfterRateLimit),
    );
}

impl Exchange for UpdateSession {
    type Codec = SaltEdge;
    const TERMS: Terms = Terms { served_by: Side::Hub, token: TokenUse::None, afterwards: Afterwards::Nothing };
}
