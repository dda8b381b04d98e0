//! Refuse: the customer or the bank has refused.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_salt_edge::{
    class::of_connector,
    connector::{
        errors,
        questions::{RefusedByBank, Step},
    },
};

use super::{Flow, SessionEnd, decide, flow, signing};
use crate::{CallOptions, salt_edge_connector::SaltEdgeConnector};

/// A session and the reason of the refusal.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct RefuseSessionRequest {
    /// The session's id, from the question to the bank's code.
    pub session_id: String,
    /// The error class. Default: `AccessDenied`.
    pub error_class: Option<String>,
    /// The reason in words. The third party may see it: write nothing secret.
    pub error_message: Option<String>,
    /// The time of the refusal. Default: now.
    pub at: Option<Timestamp>,
}

bankchannel_foundation::redacted_debug!(RefuseSessionRequest);

/// Refuse a session: the customer or the bank declined.
///
/// The session fails, and Salt Edge gets a report. Then redirect the customer's browser to `redirect_url`. A session
/// that had already ended does not change.
#[derive(Debug, Operation)]
#[operation(RefuseSessionRequest => SessionEnd)]
#[declaration(..signing(flow("sessions", "salt_edge_connector.refuse_session")))]
#[errors(..errors::OF_SIGNING)]
pub struct RefuseSession;

impl Flow<SaltEdgeConnector> for RefuseSession {
    async fn run(client: &SaltEdgeConnector, asked: RefuseSessionRequest, options: &CallOptions) -> Result<SessionEnd> {
        let RefuseSessionRequest { session_id, error_class, error_message, at } = asked;
        let error_class = error_class.unwrap_or_else(|| of_connector::ACCESS_DENIED.name.to_owned());
        let mut made = RefusedByBank::new(error_class);
        made.error_message = error_message;
        let step = Step::Refused(made);
        decide(client, &session_id, step, at.as_ref(), options).await
    }
}
