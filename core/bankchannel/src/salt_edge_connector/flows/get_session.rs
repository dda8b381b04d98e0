//! Get session: the data for a bank's page.

use bankchannel_foundation::{Result, prelude::*};

use super::{Flow, SessionView, flow, opened};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine},
};

/// The session to look up.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GetSessionRequest {
    /// The session's id, from the question to the bank's code.
    pub session_id: String,
    /// The time at which the state is computed. Default: now.
    pub at: Option<Timestamp>,
}

/// The session, if it exists.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GetSessionResponse {
    /// The session. Absent if no session has this id.
    pub session: Option<SessionView>,
}

/// Get the purpose and the state of a session.
///
/// For the bank's page: the third party's name, the rights that it asks for, and whether the customer may still
/// approve.
#[derive(Debug, Operation)]
#[operation(GetSessionRequest => GetSessionResponse)]
#[declaration(..flow("sessions", "salt_edge_connector.get_session"))]
pub struct GetSession;

impl Flow<SaltEdgeConnector> for GetSession {
    async fn run(
        client: &SaltEdgeConnector,
        asked: GetSessionRequest,
        options: &CallOptions,
    ) -> Result<GetSessionResponse> {
        let id = engine::read_id("session_id", &asked.session_id)?;
        let engine = opened(client, options, asked.at.as_ref()).await?;
        let found = engine.session(id).await?;
        let session = found.map(|(session, known)| SessionView::from_session(&session, known, engine.now()));
        Ok(GetSessionResponse { session })
    }
}
