//! Token cancel: POST `/api/priora/v1/tokens/cancel` (§2.5).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, message::Method, operation::Repeat};

use crate::{
    codec::SaltEdge,
    declare,
    model::{OnBehalfOf, SessionSecret},
    terms::{Afterwards, Side, Terms, TokenUse},
};

/// A session.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct SessionNamed {
    /// The session.
    pub session_secret: SessionSecret,
}

/// Give up an enrolment: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct CancelTokenRequest {
    /// On whose behalf.
    #[boundary(flatten)]
    pub on_behalf_of: OnBehalfOf,
    /// What is asked.
    #[boundary(flatten)]
    pub data: SessionNamed,
}

/// The session has ended.
#[derive(Debug, Clone, Boundary)]
pub struct CancelTokenResponse {}

/// Give up an enrolment.
#[derive(Debug)]
pub struct CancelToken;

impl Operation for CancelToken {
    type Request = CancelTokenRequest;
    type Response = CancelTokenResponse;
    const DECLARATION: Declaration = declare::of_hub(
        "tokens",
        "salt_edge_hub.cancel_token",
        "Give up an enrolment",
        "The session ends, and the token that it was for is revoked. A token that was confirmed meanwhile stays (§2.5, §5.8).",
        declare::to_connector("tokens/cancel", Method::Post, "/api/priora/v1/tokens/cancel", Repeat::Safe),
    );
}

impl Exchange for CancelToken {
    type Codec = SaltEdge;
    const TERMS: Terms = Terms { served_by: Side::Connector, token: TokenUse::None, afterwards: Afterwards::Nothing };
}
