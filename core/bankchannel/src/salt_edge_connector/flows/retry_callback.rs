//! Retry: sends a callback again that Salt Edge did not accept.

use bankchannel_foundation::{Result, prelude::*};

use super::{Flow, flow, opened};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine},
};

/// The callback to send again.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RetryCallbackRequest {
    /// The callback's id, from `list_callbacks`.
    pub callback_id: String,
}

/// The result.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RetryCallbackResponse {
    /// Whether the callback was stopped and `work` will now send it. False if it was not stopped.
    pub is_changed: bool,
}

/// Send a stopped callback again.
///
/// For the operator, after fixing the cause: a refusal by Salt Edge or a wrong setting. Waiting callbacks are sent
/// without it.
#[derive(Debug, Operation)]
#[operation(RetryCallbackRequest => RetryCallbackResponse)]
#[declaration(..flow("callbacks", "salt_edge_connector.retry_callback"))]
pub struct RetryCallback;

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
