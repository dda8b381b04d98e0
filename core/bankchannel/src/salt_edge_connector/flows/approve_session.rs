//! Approve: a customer has said yes.

use bankchannel_foundation::{Boundary, Declaration, Operation, Result, model::Timestamp};
use bankchannel_salt_edge::{
    connector::{
        errors,
        questions::{Approved, Step},
    },
    model::AccountConsent,
};

use super::{Flow, SessionEnd, decide, flow, signing};
use crate::{CallOptions, salt_edge_connector::SaltEdgeConnector};

/// Which session, and what the customer has approved.
#[derive(Clone, Boundary)]
pub struct ApproveSessionRequest {
    /// The session's id, as the bank's code was told.
    pub session_id: String,
    /// The bank's own id of its customer, always the same.
    pub user_id: String,
    /// What the customer has chosen; left out where the customer was not asked.
    pub consent: Option<Vec<AccountConsent>>,
    /// The rights that are given; those that were asked for when left out.
    pub scopes: Option<Vec<String>>,
    /// When the token expires, if that is before the end of the consent.
    pub token_expires_at: Option<Timestamp>,
    /// The instant at which it is approved; now when left out.
    pub at: Option<Timestamp>,
}

impl std::fmt::Debug for ApproveSessionRequest {
    /// Nothing of the customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApproveSessionRequest").finish_non_exhaustive()
    }
}

/// Approves a session.
#[derive(Debug)]
pub struct ApproveSession;

impl Operation for ApproveSession {
    type Request = ApproveSessionRequest;
    type Response = SessionEnd;
    const DECLARATION: Declaration = signing(flow(
        "sessions",
        "salt_edge_connector.approve_session",
        "Approve a session: the customer has said yes",
        "For the bank's page, and its app. The token and the report of it are on disk before anything is sent; Salt Edge is told at once, where it can be reached. Then send the customer's browser to \
         `redirect_url`. A session that had ended stays as it was.",
        errors::OF_SIGNING,
    ));
}

impl Flow<SaltEdgeConnector> for ApproveSession {
    async fn run(
        client: &SaltEdgeConnector,
        asked: ApproveSessionRequest,
        options: &CallOptions,
    ) -> Result<SessionEnd> {
        let ApproveSessionRequest { session_id, user_id, consent, scopes, token_expires_at, at } = asked;
        let step = Step::Approved(Approved { user_id, consent, scopes, token_expires_at });
        decide(client, &session_id, step, at.as_ref(), options).await
    }
}
