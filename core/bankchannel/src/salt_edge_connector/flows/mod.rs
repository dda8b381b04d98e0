//! The flows of a connector over its store: they handle requests, ask the bank, report to the hub.
//!
//! To add a flow, add its file, its `pub mod` line and its name in the list below.

pub(super) mod answer_bank;
pub(super) mod approve_session;
pub(super) mod get_session;
pub(super) mod handle_request;
pub(super) mod list_callbacks;
pub(super) mod list_tokens;
pub(super) mod reconcile_tokens;
pub(super) mod refuse_session;
pub(super) mod retry_callback;
pub(super) mod revoke_token;
pub(super) mod work;

mod page;
mod view;

use bankchannel_foundation::{
    CallOutcome, Result,
    clock::{Clock as _, SystemClock},
    error::row,
    operation::{Ask, OperationKind},
    prelude::*,
};
use bankchannel_salt_edge::connector::{PROTOCOL, questions::Step};
use bankchannel_storage::salt_edge_connector::SettledSession;
pub use view::{SessionEnd, SessionView, SessionViewKind, SessionViewState};

use crate::CallOptions;
pub(super) use crate::client::Flow;

use super::{
    SaltEdgeConnector,
    engine::{ConnectorEngine, read_id},
};

/// Passes the list of flows to a macro.
macro_rules! for_each_flow {
    ($callback:ident) => {
        $callback! {
            handle_request::HandleRequest;
            work::Work;
            get_session::GetSession;
            approve_session::ApproveSession;
            refuse_session::RefuseSession;
            revoke_token::RevokeToken;
            list_tokens::ListTokens;
            reconcile_tokens::ReconcileTokens;
            list_callbacks::ListCallbacks;
            retry_callback::RetryCallback;
            answer_bank::AnswerBank;
        }
    };
}
pub(super) use for_each_flow;

/// The declaration of a flow.
const fn flow(subject: &'static str, name: &'static str) -> Declaration {
    Declaration::new(OperationKind::Flow, PROTOCOL, subject, name)
}

/// Marks a flow that signs its requests.
const fn signing(declaration: Declaration) -> Declaration {
    Declaration { asks: &[Ask::Signature { of: None }], ..declaration }
}

/// Marks a flow that asks the bank's code.
const fn asking_the_bank(declaration: Declaration) -> Declaration {
    Declaration { asks: &[Ask::Object { option: "bank" }, Ask::Signature { of: None }], ..declaration }
}

/// The engine, with the store open. `at` is the time of the call, if it is not now.
async fn opened<'a>(
    client: &'a SaltEdgeConnector,
    options: &'a CallOptions,
    at: Option<&Timestamp>,
) -> Result<ConnectorEngine<'a>> {
    let inner = &*client.0;
    let open = inner.store.open(&inner.ready).await.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
    Ok(ConnectorEngine::new(inner, open, options, at))
}

/// The time of a call, in seconds.
fn instant_s(at: Option<&Timestamp>) -> i64 {
    at.map_or_else(|| SystemClock::default().now_s(), |at| at.as_ms().div_euclid(1000))
}

/// Checks that the call has callbacks of the bank's code.
fn needs_bank(options: &CallOptions) -> Result<()> {
    if options.asker.is_some() {
        return Ok(());
    }
    let why = "bank is missing: the object that answers for the bank, with a method for each question";
    Err(Error::missing_field("bank", why).with_outcome(CallOutcome::NotSent))
}

/// The error for an unknown id.
fn not_found(field: &'static str, what: &str) -> Error {
    let why = format!("{field}: this connector has no such {what}");
    Error::because(&row::INVALID_FIELD, why).with("field", field).with_outcome(CallOutcome::NotSent)
}

/// Applies the bank's decision on a session.
async fn decide(
    client: &SaltEdgeConnector,
    session_id: &str,
    step: Step,
    at: Option<&Timestamp>,
    options: &CallOptions,
) -> Result<SessionEnd> {
    let id = read_id("session_id", session_id)?;
    let engine = opened(client, options, at).await?;
    let Some((session, known)) = engine.session(id).await? else { return Err(not_found("session_id", "session")) };
    let settled = engine.decide(&session, step).await?;
    client.0.is_due();
    // The current state, by this decision or another one.
    let state = match (settled, engine.session(id).await?) {
        (SettledSession::Ended(state), _) => state,
        (_, Some((session, _))) => session.state,
        (_, None) => session.state,
    };
    Ok(SessionEnd {
        state: SessionViewState::from_state(state),
        is_decided: settled == SettledSession::Done,
        is_told: engine.is_told(id).await?,
        redirect_url: known.redirect_url,
    })
}
