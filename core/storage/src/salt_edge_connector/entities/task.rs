//! Tasks: questions to the bank's code.

use super::session::ConnectorSession;
use crate::engine::text_enum;
use crate::salt_edge_connector::RowId;

text_enum! {
    /// The kind of task.
    pub enum TaskKind {
        /// Identify the customer.
        Authenticate = "authenticate",
        /// Check the customer's answer.
        Confirm = "confirm",
        /// Decide whether a token may be renewed.
        Reconnect = "reconnect",
        /// Read the accounts again.
        Refresh = "refresh",
        /// Take note of an event.
        Notice = "notice",
    }
}

impl TaskKind {
    /// Its place among the due ones: tasks that a customer waits for go first, those that only inform go last.
    pub(crate) const fn rank(self) -> i64 {
        match self {
            Self::Authenticate | Self::Confirm | Self::Reconnect => 0,
            Self::Refresh => 1,
            Self::Notice => 2,
        }
    }
}

/// Tasks that are taken one after the other; those of different lanes never wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskLane {
    /// Questions about sessions.
    Sessions,
    /// Notices, which no customer waits for.
    Notices,
}

impl TaskLane {
    pub(crate) const fn ranks(self) -> &'static [i64] {
        match self {
            Self::Sessions => &[0, 1],
            Self::Notices => &[2],
        }
    }
}

/// A task to be created.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Its id.
    pub id: RowId,
    /// Its kind.
    pub kind: TaskKind,
    /// Its data, sealed.
    pub sealed: Vec<u8>,
}

/// A due task. Its holder passes it to the bank's code; the lease is needed to store the result.
#[derive(Debug, Clone)]
pub struct DueTask {
    /// Its id.
    pub id: RowId,
    /// Number of times it was taken.
    pub lease: i64,
    /// Its kind.
    pub kind: TaskKind,
    /// Its session; a notice has none.
    pub session: Option<ConnectorSession>,
    /// Its creation time.
    pub created_at: i64,
    /// Its data, sealed.
    pub sealed: Vec<u8>,
}
