//! What the bank has said of a session, and what follows.

use super::callback::NewCallback;
use super::session::SessionState;
use crate::salt_edge_connector::{Digest, Id};

/// What the bank has said of a session.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The session.
    pub session: Id,
    /// Who says it.
    pub by: Settler,
    /// Now.
    pub now: i64,
    /// What follows.
    pub change: Change,
}

/// Who says what becomes of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settler {
    /// The bank's code, asked in a task that was taken under this lease.
    Task {
        /// The task.
        id: Id,
        /// The lease.
        lease: i64,
    },
    /// The bank by itself: its page, its app, its back office.
    Bank,
}

/// What becomes of a session.
#[derive(Debug, Clone)]
pub enum Change {
    /// It goes on, and waits.
    Wait {
        /// For what.
        state: SessionState,
        /// What is known of it now, sealed.
        sealed: Vec<u8>,
        /// When its time is over.
        expires_at: i64,
        /// What the hub is told.
        update: Option<NewCallback>,
    },
    /// It ends well.
    Succeed {
        /// What is known of it now, sealed.
        sealed: Vec<u8>,
        /// The token that the customer has approved; none at the end of a refresh.
        granted: Option<Granted>,
        /// What the hub is told.
        callback: NewCallback,
    },
    /// It fails.
    Fail {
        /// What the hub is told.
        callback: NewCallback,
    },
}

/// A token that a customer has approved.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The token.
    pub access_token: Digest,
    /// Whose it is.
    pub holder: Digest,
    /// Which of the row's tokens it is: one more than that of a token that is renewed.
    pub generation: i64,
    /// When it expires.
    pub expires_at: i64,
    /// What is known of it, sealed.
    pub sealed: Vec<u8>,
}

/// What became of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It is done.
    Done,
    /// The session had ended before, as this says, or its time is over: nothing is done.
    Ended(SessionState),
    /// Somebody else has taken the task: nothing is done.
    Lost,
    /// The token was revoked or renewed meanwhile; the session has failed.
    TokenRevoked,
    /// There is no such session.
    NotFound,
}
