//! Reconcile: finds tokens that Salt Edge revoked without this connector's knowledge.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_salt_edge::connector::errors;

use super::{Flow, flow, opened, signing};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine::ReconciledTokens},
};

/// The request has no fields.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ReconcileTokensRequest {}

/// The result of the comparison.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ReconcileTokensResponse {
    /// The number of tokens that this call read from Salt Edge's list of revoked tokens.
    pub listed: u32,
    /// The number of those tokens that were valid here and are revoked now.
    pub revoked: u32,
    /// The number of those tokens that this connector does not have: of another store, or removed long ago.
    pub unknown: u32,
    /// The number of those entries that no token could be found for, since Salt Edge did not name its text: their tokens
    /// stay valid here until a request or a customer ends them. Salt Edge does not document what an entry has.
    pub unassigned: u32,
}

/// Revoke the tokens that Salt Edge revoked.
///
/// Reads Salt Edge's list of revoked tokens, starting at the last page with tokens of the previous call. Its tokens
/// are listed again. Once a day is enough.
#[derive(Debug, Operation)]
#[operation(ReconcileTokensRequest => ReconcileTokensResponse)]
#[declaration(..signing(flow("tokens", "salt_edge_connector.reconcile_tokens")))]
#[errors(..errors::OF_LISTS)]
pub struct ReconcileTokens;

impl Flow<SaltEdgeConnector> for ReconcileTokens {
    async fn run(
        client: &SaltEdgeConnector,
        _: ReconcileTokensRequest,
        options: &CallOptions,
    ) -> Result<ReconcileTokensResponse> {
        let done = opened(client, options, None).await?.reconcile().await?;
        let ReconciledTokens { listed, revoked, unknown, unassigned } = done;
        Ok(ReconcileTokensResponse { listed, revoked, unknown, unassigned })
    }
}
