//! Sessions: units of work started by Salt Edge.

use super::task::NewTask;
use super::token::TokenRefusal;
use crate::engine::{StoredRow, text_enum};
use crate::salt_edge_connector::{Digest, RowId};

text_enum! {
    /// The purpose of a session.
    pub enum SessionKind {
        /// To create a new token.
        Enrolment = "enrolment",
        /// To renew a token.
        Reconnect = "reconnect",
        /// To read the accounts again.
        Refresh = "refresh",
    }
}

text_enum! {
    /// The state of a session.
    pub enum ConnectorSessionState {
        /// The bank has not processed its first task yet.
        Received = "received",
        /// The bank is processing it.
        Working = "working",
        /// The customer must visit the bank's page.
        AwaitingRedirect = "awaiting_redirect",
        /// The customer must enter a code.
        AwaitingCode = "awaiting_code",
        /// It succeeded.
        Succeeded = "succeeded",
        /// It failed.
        Failed = "failed",
        /// The hub cancelled it.
        Cancelled = "cancelled",
        /// It exceeded its time limit.
        Expired = "expired",
    }
}

impl ConnectorSessionState {
    /// Whether the state is final.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired)
    }
}

/// A session to open.
#[derive(Debug, Clone)]
pub struct NewConnectorSession {
    /// Its id.
    pub id: RowId,
    /// Its secret.
    pub secret: Digest,
    /// The third party.
    pub client_id: i64,
    /// Its purpose.
    pub kind: SessionKind,
    /// Its token.
    pub about: SessionToken2,
    /// Its other data, sealed.
    pub sealed: Vec<u8>,
    /// Now.
    pub now: i64,
    /// The end of its time limit.
    pub expires_at: i64,
    /// The first task for the bank.
    pub task: NewTask,
    /// Whether a new session may be opened; otherwise only repeats of an open one are accepted.
    pub may_begin: bool,
    /// The third party's JWT, if it counts for one session only.
    pub client_jwt: Option<UsedJwt>,
}

/// A third party's JWT that counts for one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedJwt {
    /// Its hash.
    pub hash: Digest,
    /// Until when it would be accepted: as long as that it is remembered.
    pub expires_at: i64,
}

/// The token of a session.
#[derive(Debug, Clone)]
pub enum SessionToken2 {
    /// A token to create.
    New {
        /// Its id.
        id: RowId,
        /// Its data, sealed.
        sealed: Vec<u8>,
    },
    /// An existing token.
    Presented(Digest),
}

/// The result of a request to open a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenedSession {
    /// It was opened.
    New,
    /// It was opened before. If it is still open, the hub is sent its last update again.
    Repeated,
    /// It belongs to another third party.
    OtherClient,
    /// It was opened by another kind of request.
    OtherKind,
    /// The third party's JWT was used for another session.
    UsedJwt,
    /// The token is not valid.
    Token(TokenRefusal),
}

/// A customer's answer to an interactive step.
#[derive(Debug, Clone)]
pub struct StepAnswer {
    /// The session's secret.
    pub secret: Digest,
    /// The third party.
    pub client_id: i64,
    /// For a refresh, the presented token; otherwise the session creates or renews a token.
    pub presented: Option<Digest>,
    /// The digest of the answer: repeats of an answer count once.
    pub answer: Digest,
    /// Limit of answers per session.
    pub max_tries: i64,
    /// Now.
    pub now: i64,
    /// The task for the bank.
    pub task: NewTask,
    /// The third party's JWT, if it counts for one session only.
    pub client_jwt: Option<UsedJwt>,
}

/// The result of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnsweredSession {
    /// Accepted: a task for the bank was created.
    Taken,
    /// The session got too many answers and has failed.
    TooMany,
    /// The session has ended, or the bank is already processing it: nothing was changed.
    Unchanged,
    /// The session does not wait for an answer.
    NotAwaited,
    /// There is no such session.
    NotFound,
    /// It belongs to another third party.
    OtherClient,
    /// The third party's JWT was used for another session.
    UsedJwt,
    /// The token is not valid.
    Token(TokenRefusal),
}

/// The result of cancelling a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelledSession {
    /// It was cancelled.
    Done,
    /// It had ended before.
    Unchanged,
    /// There is no such session.
    NotFound,
    /// It belongs to another third party.
    OtherClient,
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct ConnectorSession {
    /// Its id.
    pub id: RowId,
    /// The third party.
    pub client_id: i64,
    /// Its purpose.
    pub kind: SessionKind,
    /// Its state.
    pub state: ConnectorSessionState,
    /// Its token.
    pub token: RowId,
    /// The time when it was opened.
    pub created_at: i64,
    /// The end of its time limit.
    pub expires_at: i64,
    /// The time when it ended.
    pub ended_at: Option<i64>,
    /// Number of answers received.
    pub tries: i64,
    /// Number of callbacks created.
    pub(crate) callbacks: i64,
    /// Its other data, sealed.
    pub sealed: Vec<u8>,
}
