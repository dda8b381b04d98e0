//! Errors notify: POST `/api/priora/v1/errors` (§2.11).

use std::collections::BTreeMap;

use bankchannel_foundation::prelude::*;

use crate::{ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare, model::WithToken};

/// A failed exchange.
#[derive(Debug, Clone, Default, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct ErrorNotice {
    /// The request.
    pub request: Option<crate::hub::operations::errors::notify_error::NoticedRequest>,
    /// The error.
    pub error: Option<crate::hub::operations::errors::notify_error::NoticedError>,
}

/// The request of a failed exchange.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct NoticedRequest {
    /// The HTTP method.
    pub method: Option<String>,
    /// The URL.
    pub url: Option<String>,
    /// The headers; they may contain tokens.
    pub headers: Option<BTreeMap<String, Secret>>,
}

/// The error of a failed exchange.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct NoticedError {
    /// The error class.
    pub error_class: Option<String>,
    /// The reason in words.
    pub error_message: Option<String>,
}

/// Report an unusable answer to its connector: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct NotifyErrorRequest {
    /// The third party and the token.
    #[boundary(flatten)]
    pub with_token: WithToken,
    /// The failed exchange.
    #[boundary(flatten)]
    pub data: ErrorNotice,
}

/// The connector took note.
#[derive(Debug, Clone, Boundary)]
pub struct NotifyErrorResponse {}

/// Report an unusable answer to its connector.
///
/// Salt Edge could not use an answer. The connector takes note of any content (§2.11).
#[derive(Debug, Operation)]
#[operation(NotifyErrorRequest => NotifyErrorResponse)]
#[declaration(..declare::of_hub("errors", "salt_edge_hub.notify_error"))]
#[route(..declare::to_connector("errors notify", Method::Post, "/api/priora/v1/errors", Repeat::Safe))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::Ignored, ReportAfterwards::Nothing))]
pub struct NotifyError;
