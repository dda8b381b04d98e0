//! Sessions: one unit of work that Salt Edge has begun.

use super::task::NewTask;
use super::token::TokenRefusal;
use crate::engine::{Result, Row, text_enum};
use crate::salt_edge_connector::{Digest, Id};

text_enum! {
    /// What a session is for.
    pub enum SessionKind {
        /// A new token.
        Enrolment = "enrolment",
        /// A token in place of another.
        Reconnect = "reconnect",
        /// The accounts are read again.
        Refresh = "refresh",
    }
}

text_enum! {
    /// How far a session is.
    pub enum SessionState {
        /// Its first question has not been answered by the bank.
        Received = "received",
        /// The bank is working on it.
        Working = "working",
        /// The customer is to go to the bank's page.
        AwaitingRedirect = "awaiting_redirect",
        /// The customer is to give a code.
        AwaitingCode = "awaiting_code",
        /// It ended well.
        Succeeded = "succeeded",
        /// It failed.
        Failed = "failed",
        /// The hub gave it up.
        Cancelled = "cancelled",
        /// Its time was over.
        Expired = "expired",
    }
}

impl SessionState {
    /// Whether nothing can change any more.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired)
    }
}

/// A session that begins.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: Id,
    /// Its secret.
    pub secret: Digest,
    /// The third party.
    pub client_id: i64,
    /// What it is for.
    pub kind: SessionKind,
    /// The token that it is about.
    pub about: About,
    /// What else is known of it, sealed.
    pub sealed: Vec<u8>,
    /// Now.
    pub now: i64,
    /// When its time is over.
    pub expires_at: i64,
    /// What the bank is asked first.
    pub task: NewTask,
    /// Whether a session may begin; else only one that has begun is repeated.
    pub may_begin: bool,
}

/// The token that a session is about.
#[derive(Debug, Clone)]
pub enum About {
    /// One that is to be.
    New {
        /// Its id.
        id: Id,
        /// What is known of it, sealed.
        sealed: Vec<u8>,
    },
    /// One that is there.
    Presented(Digest),
}

/// What became of a request that begins a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// It has begun.
    New,
    /// It had begun before. Where it goes on, the hub is told again what it was told last.
    Repeated,
    /// Another third party has it.
    OtherClient,
    /// Another kind of request has begun it.
    OtherKind,
    /// The token is no good.
    Token(TokenRefusal),
}

/// A customer's answer to an interactive step.
#[derive(Debug, Clone)]
pub struct StepAnswer {
    /// The session's secret.
    pub secret: Digest,
    /// The third party.
    pub client_id: i64,
    /// Of a refresh, the token that was presented; else the session is about a new token.
    pub presented: Option<Digest>,
    /// What was answered: the same answer twice is one.
    pub answer: Digest,
    /// How many answers a session may take.
    pub max_tries: i64,
    /// Now.
    pub now: i64,
    /// What the bank is asked.
    pub task: NewTask,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// The bank will be asked.
    Taken,
    /// The session took one answer too many, and has failed.
    TooMany,
    /// The session has ended, or the bank is being asked already: nothing is done.
    Unchanged,
    /// The session waits for something else.
    NotAwaited,
    /// There is no such session.
    NotFound,
    /// Another third party has it.
    OtherClient,
    /// The token is no good.
    Token(TokenRefusal),
}

/// What became of giving up a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It is given up.
    Done,
    /// It had ended before.
    Unchanged,
    /// There is no such session.
    NotFound,
    /// Another third party has it.
    OtherClient,
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: Id,
    /// The third party.
    pub client_id: i64,
    /// What it is for.
    pub kind: SessionKind,
    /// How far it is.
    pub state: SessionState,
    /// The token that it is about.
    pub token: Id,
    /// When it began.
    pub created_at: i64,
    /// When its time is over.
    pub expires_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// How many answers it has taken.
    pub tries: i64,
    /// How many callbacks it has had.
    pub(crate) callbacks: i64,
    /// What else is known of it, sealed.
    pub sealed: Vec<u8>,
}

impl Session {
    pub(crate) fn read(row: &mut Row) -> Result<Self> {
        Ok(Self {
            id: row.bytes()?,
            client_id: row.int()?,
            kind: row.word(SessionKind::parse)?,
            state: row.word(SessionState::parse)?,
            token: row.bytes()?,
            created_at: row.int()?,
            expires_at: row.int()?,
            ended_at: row.opt_int()?,
            tries: row.int()?,
            callbacks: row.int()?,
            sealed: row.blob()?,
        })
    }
}

/// The columns that [`Session::read`] reads.
macro_rules! session_columns {
    () => {
        "id, client_id, kind, state, token, created_at, expires_at, ended_at, tries, callbacks, sealed"
    };
}
pub(crate) use session_columns;
