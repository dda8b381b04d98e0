//! Reconcile: tokens that Salt Edge has revoked, and this connector has not heard of.

use bankchannel_foundation::{Boundary, Declaration, Operation, Result};
use bankchannel_salt_edge::connector::errors;

use super::{Flow, flow, opened, signing};
use crate::{CallOptions, salt_edge_connector::SaltEdgeConnector};

/// Nothing to say.
#[derive(Debug, Clone, Boundary)]
pub struct ReconcileTokensRequest {}

/// What was found.
#[derive(Debug, Clone, Boundary)]
pub struct ReconcileTokensResponse {
    /// How many tokens Salt Edge has listed as revoked, since the last time.
    pub listed: u32,
    /// How many of them were good here, and are revoked now.
    pub revoked: u32,
}

/// Reconciles tokens with Salt Edge.
#[derive(Debug)]
pub struct ReconcileTokens;

impl Operation for ReconcileTokens {
    type Request = ReconcileTokensRequest;
    type Response = ReconcileTokensResponse;
    const DECLARATION: Declaration = signing(flow(
        "tokens",
        "salt_edge_connector.reconcile_tokens",
        "Revoke here what Salt Edge has revoked",
        "Reads Salt Edge's list of revoked tokens from where it was read to before. Once a day is enough.",
        errors::OF_LISTS,
    ));
}

impl Flow<SaltEdgeConnector> for ReconcileTokens {
    async fn run(
        client: &SaltEdgeConnector,
        _: ReconcileTokensRequest,
        options: &CallOptions,
    ) -> Result<ReconcileTokensResponse> {
        let (listed, revoked) = opened(client, options, None).await?.reconcile().await?;
        Ok(ReconcileTokensResponse { listed, revoked })
    }
}
