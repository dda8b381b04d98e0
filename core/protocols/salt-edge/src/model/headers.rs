//! The headers of a request from the hub (§1.6).

use bankchannel_foundation::model::Boundary;

/// The third party for which the hub asks.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct OnBehalfOf {
    /// The third party's id at Salt Edge, 1 or more.
    #[boundary(wire = "@Client-Id", profile)]
    pub client_id: u64,
    /// The id of the consent at Salt Edge.
    #[boundary(wire = "@Consent-Id")]
    pub consent_id: Option<String>,
}

/// The third party for which the hub asks, with the token from the connector.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct WithToken {
    /// The third party.
    #[boundary(flatten)]
    pub on_behalf_of: crate::model::OnBehalfOf,
    /// The access token.
    #[boundary(wire = "@Access-Token")]
    pub access_token: bankchannel_foundation::Secret,
}
