//! Approve: the customer has agreed.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_salt_edge::{
    connector::{
        errors,
        questions::{Approved, Step},
    },
    model::AccountConsent,
};

use super::{Flow, SessionEnd, decide, flow, signing};
use crate::{CallOptions, salt_edge_connector::SaltEdgeConnector};

/// A session and the customer's approval.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct ApproveSessionRequest {
    /// The session's id, from the question to the bank's code.
    pub session_id: String,
    /// The bank's own id of the customer. It never changes.
    pub user_id: String,
    /// The accounts that the customer chose. Absent if the customer was not asked.
    pub consent: Option<Vec<AccountConsent>>,
    /// The rights that the customer grants. Default: the rights that the third party asked for.
    pub scopes: Option<Vec<String>>,
    /// The expiry of the token, if it is before the end of the consent.
    pub token_expires_at: Option<Timestamp>,
    /// The time of the approval. Default: now.
    pub at: Option<Timestamp>,
}

bankchannel_foundation::redacted_debug!(ApproveSessionRequest);

/// Approve a session: the customer agreed.
///
/// For the bank's page and its app. The token and its report are on disk before anything is sent; Salt Edge gets the
/// report at once if it is reachable. Then redirect the customer's browser to `redirect_url`. A session that had
/// already ended does not change.
#[derive(Debug, Operation)]
#[operation(ApproveSessionRequest => SessionEnd)]
#[declaration(..signing(flow("sessions", "salt_edge_connector.approve_session")))]
#[errors(..errors::OF_SIGNING)]
pub struct ApproveSession;

impl Flow<SaltEdgeConnector> for ApproveSession {
    async fn run(
        client: &SaltEdgeConnector,
        asked: ApproveSessionRequest,
        options: &CallOptions,
    ) -> Result<SessionEnd> {
        let ApproveSessionRequest { session_id, user_id, consent, scopes, token_expires_at, at } = asked;
        let mut made = Approved::new(user_id);
        made.consent = consent;
        made.scopes = scopes;
        made.token_expires_at = token_expires_at;
        let step = Step::Approved(made);
        decide(client, &session_id, step, at.as_ref(), options).await
    }
}
