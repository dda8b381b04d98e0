//! A session for the bank's page.

use bankchannel_foundation::model::{Boundary, Timestamp};
use bankchannel_storage::salt_edge_connector::{ConnectorSession, ConnectorSessionState, SessionKind};

use crate::salt_edge_connector::engine;

/// The purpose of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum SessionViewKind {
    /// A new token.
    Enrolment,
    /// A new token that replaces another one.
    Reconnect,
    /// A refresh: the bank reads the accounts again.
    Refresh,
}

/// The state of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum SessionViewState {
    /// The bank's code has not answered yet.
    Received,
    /// The bank is working on it.
    Working,
    /// The customer has to open the bank's page.
    AwaitingRedirect,
    /// The customer has to enter a code.
    AwaitingCode,
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed,
    /// Salt Edge cancelled it.
    Cancelled,
    /// It expired.
    Expired,
}

impl SessionViewState {
    pub(super) fn from_state(state: ConnectorSessionState) -> Self {
        match state {
            ConnectorSessionState::Received => Self::Received,
            ConnectorSessionState::Working => Self::Working,
            ConnectorSessionState::AwaitingRedirect => Self::AwaitingRedirect,
            ConnectorSessionState::AwaitingCode => Self::AwaitingCode,
            ConnectorSessionState::Succeeded => Self::Succeeded,
            ConnectorSessionState::Failed => Self::Failed,
            ConnectorSessionState::Cancelled => Self::Cancelled,
            ConnectorSessionState::Expired => Self::Expired,
        }
    }
}

/// A session, as the bank's page shows it.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct SessionView {
    /// The session's id, from the question to the bank's code.
    pub session_id: String,
    /// The purpose.
    pub kind: SessionViewKind,
    /// The state.
    pub state: SessionViewState,
    /// Whether the customer may still approve or refuse.
    pub is_open: bool,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The third party's name.
    pub app_name: String,
    /// The rights that the third party asks for.
    pub scopes: Vec<String>,
    /// The length of the consent, in days.
    pub consent_period_days: u32,
    /// The code of the authentication method.
    pub authorization_type: Option<String>,
    /// The bank's own id of the customer, once it is known.
    pub user_id: Option<String>,
    /// The address to which the customer's browser returns at the end.
    pub redirect_url: Option<String>,
    /// The expiry of the session.
    pub expires_at: Timestamp,
}

bankchannel_foundation::redacted_debug!(SessionView, state);

impl SessionView {
    pub(super) fn from_session(session: &ConnectorSession, known: engine::SessionPageData, now_ms: i64) -> Self {
        let kind = match session.kind {
            SessionKind::Enrolment => SessionViewKind::Enrolment,
            SessionKind::Reconnect => SessionViewKind::Reconnect,
            SessionKind::Refresh => SessionViewKind::Refresh,
        };
        // An expired session counts as expired even before the cleanup.
        let is_late = session.expires_at <= now_ms && !session.state.is_end();
        let state = if is_late { ConnectorSessionState::Expired } else { session.state };
        Self {
            session_id: engine::id_text(session.id),
            kind,
            state: SessionViewState::from_state(state),
            is_open: !state.is_end(),
            client_id: session.client_id.unsigned_abs(),
            app_name: known.app_name,
            scopes: known.scopes,
            consent_period_days: known.consent_period_days,
            authorization_type: known.authorization_type,
            user_id: known.user_id,
            redirect_url: known.redirect_url,
            expires_at: Timestamp::from_ms(session.expires_at),
        }
    }
}

/// The result of an approval or a refusal.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct SessionEnd {
    /// The state of the session now.
    pub state: SessionViewState,
    /// Whether this call decided the session. False if the session had already ended or expired.
    pub is_decided: bool,
    /// Whether Salt Edge has the report. If not, `work` keeps sending it.
    pub is_told: bool,
    /// The address to which the customer's browser goes now.
    pub redirect_url: Option<String>,
}

bankchannel_foundation::redacted_debug!(SessionEnd, state, is_told);
