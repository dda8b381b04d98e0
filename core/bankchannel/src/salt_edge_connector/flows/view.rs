//! A session as the bank's page sees it.

use bankchannel_foundation::{Boundary, model::Timestamp};
use bankchannel_storage::salt_edge_connector::{Session, SessionKind, SessionState};

use crate::salt_edge_connector::engine;

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum SessionViewKind {
    /// A new token.
    Enrolment,
    /// A token in place of another.
    Reconnect,
    /// The accounts are read again.
    Refresh,
}

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum SessionViewState {
    /// The bank's code has not answered yet.
    Received,
    /// The bank is working on it.
    Working,
    /// The customer is to go to the bank's page.
    AwaitingRedirect,
    /// The customer is to give a code.
    AwaitingCode,
    /// It ended well.
    Succeeded,
    /// It failed.
    Failed,
    /// Salt Edge gave it up.
    Cancelled,
    /// Its time was over.
    Expired,
}

impl SessionViewState {
    pub(super) fn of(state: SessionState) -> Self {
        match state {
            SessionState::Received => Self::Received,
            SessionState::Working => Self::Working,
            SessionState::AwaitingRedirect => Self::AwaitingRedirect,
            SessionState::AwaitingCode => Self::AwaitingCode,
            SessionState::Succeeded => Self::Succeeded,
            SessionState::Failed => Self::Failed,
            SessionState::Cancelled => Self::Cancelled,
            SessionState::Expired => Self::Expired,
        }
    }
}

/// A session, as the bank's page sees it.
#[derive(Clone, Boundary)]
pub struct SessionView {
    /// Its id, as the bank's code was told.
    pub session_id: String,
    /// What it is for.
    pub kind: SessionViewKind,
    /// How far it is.
    pub state: SessionViewState,
    /// Whether the customer may still approve or refuse.
    pub is_open: bool,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The third party's name.
    pub app_name: String,
    /// The rights asked for.
    pub scopes: Vec<String>,
    /// For how many days.
    pub consent_period_days: u32,
    /// The code of the way to authenticate.
    pub authorization_type: Option<String>,
    /// The bank's own id of its customer, where it is known.
    pub user_id: Option<String>,
    /// Where the customer's browser goes in the end.
    pub redirect_url: Option<String>,
    /// When its time is over.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SessionView {
    /// Nothing of the customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionView").field("state", &self.state).finish_non_exhaustive()
    }
}

impl SessionView {
    pub(super) fn of(session: &Session, known: engine::SessionView, now_ms: i64) -> Self {
        let kind = match session.kind {
            SessionKind::Enrolment => SessionViewKind::Enrolment,
            SessionKind::Reconnect => SessionViewKind::Reconnect,
            SessionKind::Refresh => SessionViewKind::Refresh,
        };
        // One whose time is over is over, whether or not somebody has tidied up.
        let is_late = session.expires_at <= now_ms && !session.state.is_end();
        let state = if is_late { SessionState::Expired } else { session.state };
        Self {
            session_id: engine::shown(session.id),
            kind,
            state: SessionViewState::of(state),
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

/// What became of a decision about a session.
#[derive(Clone, Boundary)]
pub struct SessionEnd {
    /// How far the session is now.
    pub state: SessionViewState,
    /// Whether this call has decided it. Else the session had ended before, or its time was over.
    pub is_decided: bool,
    /// Whether Salt Edge has been told; if not, `work` goes on telling it.
    pub is_told: bool,
    /// Where the customer's browser goes now.
    pub redirect_url: Option<String>,
}

impl std::fmt::Debug for SessionEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionEnd").field("state", &self.state).field("is_told", &self.is_told).finish_non_exhaustive()
    }
}
