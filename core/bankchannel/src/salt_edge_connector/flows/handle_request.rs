//! Handle: a request of Salt Edge's, from its arrival to its answer.

use bankchannel_foundation::{
    Boundary, Declaration, Operation, Result, error::row, message::HeaderField, model::Timestamp,
};
use bankchannel_salt_edge::{
    connector::errors,
    http::{header_fields, target},
    model::HttpAnswer,
};

use super::{Flow, asking_the_bank, flow, needs_bank, opened};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine::Handled},
};

/// A request that has arrived, and who may have sent it.
#[derive(Clone, Boundary)]
pub struct HandleRequestRequest {
    /// The HTTP method.
    pub method: String,
    /// The path with its query, as it stands on the request line.
    pub target: String,
    /// The header fields. Their names may have any case.
    pub headers: Vec<HeaderField>,
    /// The instant at which it arrives; now when left out.
    pub at: Option<Timestamp>,
}

impl From<&http::request::Parts> for HandleRequestRequest {
    /// A request out of a Rust web framework, arriving now.
    fn from(parts: &http::request::Parts) -> Self {
        Self {
            method: parts.method.as_str().to_owned(),
            target: target(parts),
            headers: header_fields(&parts.headers),
            at: None,
        }
    }
}

impl std::fmt::Debug for HandleRequestRequest {
    /// Without the headers, which hold tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HandleRequestRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What to answer, and whether there is work afterwards.
#[derive(Debug, Clone, Boundary)]
pub struct HandleRequestResponse {
    /// The answer to send.
    pub answer: HttpAnswer,
    /// Whether `work` has something to do now: call it when the answer has left.
    pub has_work: bool,
    /// The endpoint, such as `tokens/create`; left out where nobody known asked.
    pub endpoint: Option<String>,
    /// The class of a refusal, such as `TokenExpired`.
    pub error_class: Option<String>,
    /// The check that failed, 1 to 18; 0 for a failure on the bank's side.
    pub step: Option<u32>,
    /// What is odd about the request, and does no harm.
    pub warnings: Vec<String>,
}

/// Handles a request of Salt Edge's.
#[derive(Debug)]
pub struct HandleRequest;

impl Operation for HandleRequest {
    type Request = HandleRequestRequest;
    type Response = HandleRequestResponse;
    const DECLARATION: Declaration = asking_the_bank(flow(
        "requests",
        "salt_edge_connector.handle_request",
        "Handle a request of Salt Edge: verify it, keep what it asks for, answer it",
        "Takes a request out of any web framework's route, and gives the whole answer: refusals too. What must survive is on disk before the answer is given. The bank's code is \
         asked only for data that stand in the answer; anything else is done by `work`. A request that comes twice is done once.",
        errors::OF_KEYS,
    ));
}

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
            Err(error) if error.code() == row::STORAGE.code => Handled::without_store(options, &error),
            Err(error) => return Err(error),
        };
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
