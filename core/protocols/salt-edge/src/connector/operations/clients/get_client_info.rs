//! Clients info: GET `/api/connectors/v1/clients/info` (§3.6).

use bankchannel_foundation::prelude::*;

use crate::{SaltEdge, SaltEdgeTerms, TokenUse, connector::errors::OF_CLIENTS, declare, model::Instant};

/// The third party to look up.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct GetClientInfoRequest {
    /// The third party's id at Salt Edge, from the header `Client-Id`.
    pub client_id: u64,
}

/// A third party.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct GetClientInfoResponse {
    /// The third party's name.
    pub name: Option<String>,
    /// The scopes that the third party is admitted to.
    pub scopes: Option<Vec<String>>,
    /// The third party's public key as PEM text.
    pub public_key: String,
    /// The time of Salt Edge's answer.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// Look up a third party.
///
/// Returns its name, its admitted scopes, and the public key that verifies its own requests (§3.6).
#[derive(Debug, Operation)]
#[operation(GetClientInfoRequest => GetClientInfoResponse)]
#[declaration(..declare::of_connector("clients", "salt_edge_connector.get_client_info"))]
#[errors(..OF_CLIENTS)]
#[route(..declare::to_hub("clients/info", Method::Get, "/api/connectors/v1/clients/info", Repeat::Safe))]
#[exchange(SaltEdge, SaltEdgeTerms::at_hub(TokenUse::None))]
pub struct GetClientInfo;
