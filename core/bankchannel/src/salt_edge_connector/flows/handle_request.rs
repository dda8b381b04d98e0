//! Handle: a request from Salt Edge, from its arrival to its answer.

use bankchannel_foundation::{Result, error::row, message::HeaderField, prelude::*};
use bankchannel_salt_edge::{
    connector::errors,
    http::{header_fields, target},
    model::HttpAnswer,
};

use super::{Flow, asking_the_bank, flow, needs_bank, opened};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine::HandledRequest},
};

/// A request that arrived. Its sender is not verified yet.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct HandleRequestRequest {
    /// The HTTP method.
    pub method: String,
    /// The request target: the path with its query, as in the request line.
    pub target: String,
    /// The header fields. Their names may be in any case.
    pub headers: Vec<HeaderField>,
    /// The time of arrival. Default: now.
    pub at: Option<Timestamp>,
}

impl From<&http::request::Parts> for HandleRequestRequest {
    /// Converts a request of a Rust web framework; its time of arrival is now.
    fn from(parts: &http::request::Parts) -> Self {
        Self {
            method: parts.method.as_str().to_owned(),
            target: target(parts),
            headers: header_fields(&parts.headers),
            at: None,
        }
    }
}

// Without the headers, which hold tokens.
bankchannel_foundation::redacted_debug!(HandleRequestRequest, method);

/// The answer to send, and whether `work` is due.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct HandleRequestResponse {
    /// The answer to send.
    pub answer: HttpAnswer,
    /// Whether `work` has something to do now. Call it after sending the answer.
    pub has_work: bool,
    /// The endpoint, such as `tokens/create`. Absent if the sender is unknown.
    pub endpoint: Option<String>,
    /// The class of a refusal, such as `TokenExpired`.
    pub error_class: Option<String>,
    /// The check that failed, 1 to 18; 0 for a refusal by the bank's code, and for a failure of the bank or the
    /// connector.
    pub step: Option<u32>,
    /// Oddities of the request that do no harm.
    pub warnings: Vec<String>,
}

/// Handle a request of Salt Edge: verify it, store it, answer it.
///
/// Takes a request from a route of any web framework and returns the complete answer, also for a refusal. Everything
/// that must survive a crash is on disk before the answer is returned. The bank's code is asked only for data that
/// the answer contains; `work` does the rest. A repeated request is executed once.
#[derive(Debug, Operation)]
#[operation(HandleRequestRequest => HandleRequestResponse)]
#[declaration(..asking_the_bank(flow("requests", "salt_edge_connector.handle_request")))]
#[errors(..errors::OF_KEYS)]
pub struct HandleRequest;

impl Flow<SaltEdgeConnector> for HandleRequest {
    async fn run(
        client: &SaltEdgeConnector,
        asked: HandleRequestRequest,
        options: &CallOptions,
    ) -> Result<HandleRequestResponse> {
        needs_bank(options)?;
        let HandleRequestRequest { method, target, headers, at } = asked;
        let handled = match opened(client, options, at.as_ref()).await {
            Ok(engine) => engine.handle(&method, &target, headers).await?,
            Err(error) if error.code() == row::STORAGE.code => HandledRequest::without_store(options, &error),
            Err(error) => return Err(error),
        };
        if handled.has_work {
            client.0.is_due();
        }
        let (error_class, step) = handled.refused.map(|(class, step)| (class, u32::from(step))).unzip();
        Ok(HandleRequestResponse {
            answer: handled.answer,
            has_work: handled.has_work,
            endpoint: handled.endpoint.map(str::to_owned),
            error_class,
            step,
            warnings: handled.warnings,
        })
    }
}
