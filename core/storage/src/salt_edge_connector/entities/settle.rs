//! Settlements: the bank's results for a session.

use super::callback::NewCallback;
use super::session::ConnectorSessionState;
use crate::salt_edge_connector::{Digest, RowId};

/// The bank's result for a session.
#[derive(Debug, Clone)]
pub struct SessionSettlement {
    /// The session.
    pub session: RowId,
    /// The source of the result.
    pub by: SettlementSource,
    /// Now.
    pub now: i64,
    /// The customer whom the bank has named with it. It must be the one whom the session has named before, and that of
    /// the session's token.
    pub holder: Option<Digest>,
    /// The change of the session.
    pub change: SessionChange,
}

/// The source of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettlementSource {
    /// The bank's code, in a task that was taken under this lease; others may have taken it since.
    Task {
        /// The task.
        id: RowId,
        /// The lease.
        lease: i64,
    },
    /// The bank on its own initiative: its page, its app, its back office.
    Bank,
}

/// The change of a session.
#[derive(Debug, Clone)]
pub enum SessionChange {
    /// It stays open and waits.
    Wait {
        /// The state in which it waits.
        state: ConnectorSessionState,
        /// Its new data, sealed.
        sealed: Vec<u8>,
        /// The end of its time limit.
        expires_at: i64,
        /// The update for the hub.
        update: Option<NewCallback>,
    },
    /// It succeeds.
    Succeed {
        /// Its new data, sealed.
        sealed: Vec<u8>,
        /// The token that the customer has approved; none at the end of a refresh.
        granted: Option<GrantedToken>,
        /// The report for the hub.
        callback: NewCallback,
    },
    /// It fails.
    Fail {
        /// The report for the hub.
        callback: NewCallback,
    },
}

/// A token that a customer has approved.
#[derive(Debug, Clone)]
pub struct GrantedToken {
    /// The token.
    pub access_token: Digest,
    /// The customer that it belongs to.
    pub holder: Digest,
    /// Its generation in its row: one more than that of the token that it renews.
    pub generation: i64,
    /// When it expires.
    pub expires_at: i64,
    /// Its data, sealed.
    pub sealed: Vec<u8>,
}

/// The result of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettledSession {
    /// It was stored.
    Done,
    /// The session had ended before in this state, or its time limit has passed: nothing was changed.
    Ended(ConnectorSessionState),
    /// The task was settled before: nothing was changed.
    Lost,
    /// The bank has named another customer: nothing was changed.
    OtherCustomer,
    /// The token was revoked or renewed meanwhile; the session has failed.
    TokenRevoked,
    /// There is no such session.
    NotFound,
}
