//! Clients info: GET `/api/connectors/v1/clients/info` (§3.6).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, message::Method, operation::Repeat};

use crate::{
    codec::SaltEdge,
    connector::errors::OF_CLIENTS,
    declare,
    model::Instant,
    terms::{Afterwards, Side, Terms, TokenUse},
};

/// Which third party.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct GetClientInfoRequest {
    /// The third party's id at Salt Edge, as `Client-Id` has it.
    pub client_id: u64,
}

/// A third party.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct GetClientInfoResponse {
    /// Its name.
    pub name: Option<String>,
    /// What it is admitted to.
    pub scopes: Option<Vec<String>>,
    /// Its public key as PEM text.
    pub public_key: String,
    /// When Salt Edge answered.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// Look up a third party.
#[derive(Debug)]
pub struct GetClientInfo;

impl Operation for GetClientInfo {
    type Request = GetClientInfoRequest;
    type Response = GetClientInfoResponse;
    const DECLARATION: Declaration = declare::of_connector(
        "clients",
        "salt_edge_connector.get_client_info",
        "Look up a third party",
        "Its name, what it is admitted to, and the public key that its own requests are verified with (§3.6).",
        OF_CLIENTS,
        declare::to_hub("clients/info", Method::Get, "/api/connectors/v1/clients/info", Repeat::Safe),
    );
}

impl Exchange for GetClientInfo {
    type Codec = SaltEdge;
    const TERMS: Terms = Terms { served_by: Side::Hub, token: TokenUse::None, afterwards: Afterwards::Nothing };
}
