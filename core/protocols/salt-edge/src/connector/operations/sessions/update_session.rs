//! Sessions update: POST `/api/connectors/v1/sessions/update` (§3.2).

use bankchannel_foundation::prelude::*;

use crate::{
    SaltEdge, SaltEdgeTerms, TokenUse,
    connector::errors::OF_SESSIONS,
    declare,
    model::{Instant, SessionSecret},
};

/// A session and its progress.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct UpdateSessionRequest {
    /// The session's secret.
    pub session_secret: SessionSecret,
    /// The session's status.
    pub status: SessionStatus,
    /// With `redirect`: the address for the customer's browser.
    pub extra: Option<SessionExtra>,
    /// The end of the session's extended time.
    pub session_expires_at: Option<Instant>,
    /// The bank's own id of the customer, once it is known.
    pub user_id: Option<String>,
    /// With `waiting_confirmation_code`: the question to the customer.
    pub interactive_step_instruction: Option<InteractiveStep>,
}

/// The status of a session at Salt Edge. Salt Edge also accepts values that it does not document.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum SessionStatus {
    /// The customer has to open a page of the bank.
    Redirect,
    /// The customer has to enter a code.
    WaitingConfirmationCode,
    /// The customer has to approve elsewhere, such as in the bank's app.
    WaitingConfirmation,
    /// The bank is working on it.
    Processing,
    /// Another value.
    Other(String),
}

/// The address at which a session continues.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct SessionExtra {
    /// The URL of the bank's page.
    pub redirect_url: Option<String>,
}

/// A question to the customer.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct InteractiveStep {
    /// The text for the customer.
    pub instruction: Option<String>,
    /// The code of the field for the answer.
    pub interactive_field: Option<String>,
}

/// Salt Edge accepted the report.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct UpdateSessionResponse {
    /// The time of Salt Edge's answer.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// Report the progress of a session.
///
/// Asks the customer for a step, or reports that the bank continues. It may be sent several times (§3.2).
#[derive(Debug, Operation)]
#[operation(UpdateSessionRequest => UpdateSessionResponse)]
#[declaration(..declare::of_connector("sessions", "salt_edge_connector.update_session"))]
#[errors(..OF_SESSIONS)]
#[route(
    ..declare::to_hub("sessions/update", Method::Post, "/api/connectors/v1/sessions/update", Repeat::AfterRateLimit)
)]
#[exchange(SaltEdge, SaltEdgeTerms::at_hub(TokenUse::None))]
pub struct UpdateSession;
