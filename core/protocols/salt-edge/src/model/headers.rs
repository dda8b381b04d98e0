//! What a request of the hub says in its headers (§1.6).

use bankchannel_foundation::{Boundary, Secret};

/// On whose behalf the hub asks.
#[derive(Debug, Clone, Boundary)]
pub struct OnBehalfOf {
    /// The third party's id at Salt Edge, 1 or more.
    #[boundary(wire = "@Client-Id", profile)]
    pub client_id: u64,
    /// The id of the consent at Salt Edge.
    #[boundary(wire = "@Consent-Id")]
    pub consent_id: Option<String>,
}

/// The same, with the token that the connector gave out.
#[derive(Debug, Clone, Boundary)]
pub struct WithToken {
    /// On whose behalf.
    #[boundary(flatten)]
    pub on_behalf_of: OnBehalfOf,
    /// The access token.
    #[boundary(wire = "@Access-Token")]
    pub access_token: Secret,
}
