//! Errors notify: POST `/api/priora/v1/errors` (§2.11).

use std::collections::BTreeMap;

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, Secret, message::Method, operation::Repeat};

use crate::{
    codec::SaltEdge,
    declare,
    model::WithToken,
    terms::{Afterwards, Side, Terms, TokenUse},
};

/// An exchange that went wrong.
#[derive(Debug, Clone, Default, Boundary)]
#[boundary(same_names)]
pub struct ErrorNotice {
    /// What was asked.
    pub request: Option<NoticedRequest>,
    /// What was wrong.
    pub error: Option<NoticedError>,
}

/// The request of an exchange that went wrong.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct NoticedRequest {
    /// The method.
    pub method: Option<String>,
    /// The URL.
    pub url: Option<String>,
    /// The headers: tokens may be among them.
    pub headers: Option<BTreeMap<String, Secret>>,
}

/// What was wrong with an exchange.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct NoticedError {
    /// The error's class.
    pub error_class: Option<String>,
    /// The error in words.
    pub error_message: Option<String>,
}

/// Tell a connector what was wrong with an answer of its: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct NotifyErrorRequest {
    /// On whose behalf, and with which token.
    #[boundary(flatten)]
    pub with_token: WithToken,
    /// What is asked.
    #[boundary(flatten)]
    pub data: ErrorNotice,
}

/// It is noted.
#[derive(Debug, Clone, Boundary)]
pub struct NotifyErrorResponse {}

/// Tell a connector what was wrong with an answer of its.
#[derive(Debug)]
pub struct NotifyError;

impl Operation for NotifyError {
    type Request = NotifyErrorRequest;
    type Response = NotifyErrorResponse;
    const DECLARATION: Declaration = declare::of_hub(
        "errors",
        "salt_edge_hub.notify_error",
        "Tell a connector what was wrong with an answer of its",
        "Salt Edge could not use an answer. The connector takes note, whatever it says (§2.11).",
        declare::to_connector("errors notify", Method::Post, "/api/priora/v1/errors", Repeat::Safe),
    );
}

impl Exchange for NotifyError {
    type Codec = SaltEdge;
    const TERMS: Terms =
        Terms { served_by: Side::Connector, token: TokenUse::Ignored, afterwards: Afterwards::Nothing };
}
