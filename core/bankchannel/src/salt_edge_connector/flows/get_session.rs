//! Get session: what a bank's page shows.

use bankchannel_foundation::{Boundary, Declaration, Operation, Result, model::Timestamp};

use super::{Flow, SessionView, flow, opened};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine},
};

/// Which session.
#[derive(Debug, Clone, Boundary)]
pub struct GetSessionRequest {
    /// Its id, as the bank's code was told.
    pub session_id: String,
    /// The instant at which it is looked at; now when left out.
    pub at: Option<Timestamp>,
}

/// The session.
#[derive(Debug, Clone, Boundary)]
pub struct GetSessionResponse {
    /// The session; left out where there is none of this id.
    pub session: Option<SessionView>,
}

/// Says what a session is about, and how far it is.
#[derive(Debug)]
pub struct GetSession;

impl Operation for GetSession {
    type Request = GetSessionRequest;
    type Response = GetSessionResponse;
    const DECLARATION: Declaration = flow(
        "sessions",
        "salt_edge_connector.get_session",
        "Say what a session is about, and how far it is",
        "For the bank's page: the third party's name, the rights that it asks for, and whether the customer may still approve.",
        &[],
    );
}

impl Flow<SaltEdgeConnector> for GetSession {
    async fn run(
        client: &SaltEdgeConnector,
        asked: GetSessionRequest,
        options: &CallOptions,
    ) -> Result<GetSessionResponse> {
        let id = engine::read_id("session_id", &asked.session_id)?;
        let engine = opened(client, options, asked.at.as_ref()).await?;
        let found = engine.session(id).await?;
        let session = found.map(|(session, known)| SessionView::of(&session, known, engine.now()));
        Ok(GetSessionResponse { session })
    }
}
