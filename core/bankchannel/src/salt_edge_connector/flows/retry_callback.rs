//! Retry: a callback that Salt Edge did not take is sent again.

use bankchannel_foundation::{Boundary, Declaration, Operation, Result};

use super::{Flow, flow, opened};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine},
};

/// Which callback.
#[derive(Debug, Clone, Boundary)]
pub struct RetryCallbackRequest {
    /// Its id, as `list_callbacks` names it.
    pub callback_id: String,
}

/// Whether it will be sent.
#[derive(Debug, Clone, Boundary)]
pub struct RetryCallbackResponse {
    /// Whether it was stopped, and `work` sends it now.
    pub is_changed: bool,
}

/// Has a stopped callback sent again.
#[derive(Debug)]
pub struct RetryCallback;

impl Operation for RetryCallback {
    type Request = RetryCallbackRequest;
    type Response = RetryCallbackResponse;
    const DECLARATION: Declaration = flow(
        "callbacks",
        "salt_edge_connector.retry_callback",
        "Have a stopped callback sent again",
        "For the operator, who has set right what Salt Edge complained of. Callbacks that wait need no help.",
        &[],
    );
}

impl Flow<SaltEdgeConnector> for RetryCallback {
    async fn run(
        client: &SaltEdgeConnector,
        asked: RetryCallbackRequest,
        options: &CallOptions,
    ) -> Result<RetryCallbackResponse> {
        let id = engine::read_id("callback_id", &asked.callback_id)?;
        let is_changed = opened(client, options, None).await?.retry(id).await?;
        Ok(RetryCallbackResponse { is_changed })
    }
}
