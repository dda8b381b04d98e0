//! List callbacks: pending and finished reports to Salt Edge.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_storage::salt_edge_connector::{CallbackFilter, CallbackKind, CallbackState};

use super::{Flow, flow, opened, page::RequestedPage};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine::id_text},
};

/// The state of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum CallbackStatus {
    /// It will be sent, or sent again.
    Waiting,
    /// It is not sent until somebody fixes the cause, a refusal by Salt Edge or a wrong setting, and calls
    /// `retry_callback`.
    Stopped,
    /// Salt Edge accepted it.
    Delivered,
    /// It will not be sent again.
    Failed,
}

/// The subject of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum CallbackType {
    /// The progress of a session.
    Update,
    /// A session succeeded.
    Success,
    /// A session has failed.
    Fail,
    /// A token was revoked.
    Revoke,
}

/// The filter and the page.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListCallbacksRequest {
    /// Only callbacks in this state.
    pub state: Option<CallbackStatus>,
    /// `next` of the previous page. Absent for the first page.
    pub after: Option<String>,
    /// The maximum number of rows on a page, 1 to 1000. Default: 100.
    pub limit: Option<u32>,
}

/// A callback. Its content is encrypted and not listed.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CallbackListed {
    /// The callback's id.
    pub callback_id: String,
    /// The subject.
    pub kind: CallbackType,
    /// The state.
    pub state: CallbackStatus,
    /// The session that it reports.
    pub session_id: Option<String>,
    /// The token that it reports.
    pub token_id: Option<String>,
    /// The time at which it was created.
    pub created_at: Timestamp,
    /// The time at which it is sent next. Absent if it waits for another callback or for a fix.
    pub due_at: Option<Timestamp>,
    /// The time after which it is not sent.
    pub expires_at: Timestamp,
    /// The number of attempts.
    pub attempts: u32,
    /// The HTTP status of Salt Edge's last answer.
    pub http_status: Option<u32>,
    /// The class of Salt Edge's last refusal, such as `SessionClosed`. If Salt Edge has named no class, the code of the
    /// last error, such as `transport.connect_failed` or `configuration.invalid`.
    pub error_class: Option<String>,
}

/// A page of callbacks, oldest first.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListCallbacksResponse {
    /// The callbacks.
    pub callbacks: Vec<CallbackListed>,
    /// The start of the next page, for `after`. Absent on the last page.
    pub next: Option<String>,
}

/// List the reports to Salt Edge and their state.
///
/// For the operator, a page at a time, oldest first. Delivered callbacks stay listed for thirty days.
#[derive(Debug, Operation)]
#[operation(ListCallbacksRequest => ListCallbacksResponse)]
#[declaration(commands: COMMANDS, pages: Some(PAGES), ..flow("callbacks", "salt_edge_connector.list_callbacks"))]
pub struct ListCallbacks;

const COMMANDS: &[Command] = &[Command::named("outbox").with_form(&CommandForm {
    replaces: false,
    ..CommandForm::new(
        "Show callbacks that Salt Edge has not received, and callbacks that failed permanently, with reasons",
    )
})];

const PAGES: Pages = Pages {
    iterator: "iter_callbacks",
    summary: "Go through all reports to Salt Edge, page after page",
    cursor: "after",
    next: "next",
    items: &["callbacks"],
};

impl Flow<SaltEdgeConnector> for ListCallbacks {
    async fn run(
        client: &SaltEdgeConnector,
        asked: ListCallbacksRequest,
        options: &CallOptions,
    ) -> Result<ListCallbacksResponse> {
        let page = RequestedPage::read(asked.limit, asked.after.as_deref())?;
        let state = asked.state.map(|state| match state {
            CallbackStatus::Waiting => CallbackState::Waiting,
            CallbackStatus::Stopped => CallbackState::Stopped,
            CallbackStatus::Delivered => CallbackState::Delivered,
            CallbackStatus::Failed => CallbackState::Failed,
        });
        let filter = CallbackFilter { state, after: page.after, limit: i64::from(page.limit) };
        let found = opened(client, options, None).await?.callbacks(filter).await?;
        let next = page.next(found.len(), found.last().map(|last| (last.created_at, last.id)));
        let callbacks = found.into_iter().map(|row| CallbackListed {
            callback_id: id_text(row.id),
            kind: match row.kind {
                CallbackKind::Update => CallbackType::Update,
                CallbackKind::Success => CallbackType::Success,
                CallbackKind::Fail => CallbackType::Fail,
                CallbackKind::Revoke => CallbackType::Revoke,
            },
            state: match row.state {
                CallbackState::Waiting => CallbackStatus::Waiting,
                CallbackState::Stopped => CallbackStatus::Stopped,
                CallbackState::Delivered => CallbackStatus::Delivered,
                CallbackState::Failed => CallbackStatus::Failed,
            },
            session_id: row.session.map(id_text),
            token_id: row.token.map(id_text),
            created_at: Timestamp::from_ms(row.created_at),
            due_at: row.due_at.map(Timestamp::from_ms),
            expires_at: Timestamp::from_ms(row.expires_at),
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            http_status: row.status.and_then(|status| u32::try_from(status).ok()),
            error_class: row.class,
        });
        Ok(ListCallbacksResponse { callbacks: callbacks.collect(), next })
    }
}
