//! Tasks: questions to the bank's code.

use super::session::Session;
use crate::engine::text_enum;
use crate::salt_edge_connector::Id;

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

/// A task to be created.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Its id.
    pub id: Id,
    /// Its kind.
    pub kind: TaskKind,
    /// Its data, sealed.
    pub sealed: Vec<u8>,
}

/// A due task. Its holder passes it to the bank's code; the lease is needed to store the result.
#[derive(Debug, Clone)]
pub struct DueTask {
    /// Its id.
    pub id: Id,
    /// Number of times it was taken.
    pub lease: i64,
    /// Its kind.
    pub kind: TaskKind,
    /// Its session; a notice has none.
    pub session: Option<Session>,
    /// Its creation time.
    pub created_at: i64,
    /// Its data, sealed.
    pub sealed: Vec<u8>,
}
