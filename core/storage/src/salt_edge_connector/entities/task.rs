//! What the bank's code has still to be asked.

use super::session::Session;
use crate::engine::text_enum;
use crate::salt_edge_connector::Id;

text_enum! {
    /// What the bank is asked.
    pub enum TaskKind {
        /// Who the customer is.
        Authenticate = "authenticate",
        /// Whether the customer's answer is right.
        Confirm = "confirm",
        /// Whether a token may be renewed.
        Reconnect = "reconnect",
        /// To read accounts again.
        Refresh = "refresh",
        /// To take note of something.
        Notice = "notice",
    }
}

/// A question that is to be asked.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Its id.
    pub id: Id,
    /// What is asked.
    pub kind: TaskKind,
    /// What goes with it, sealed.
    pub sealed: Vec<u8>,
}

/// A question whose time has come. Who has it asks the bank; the lease is needed to say what came of it.
#[derive(Debug, Clone)]
pub struct DueTask {
    /// Its id.
    pub id: Id,
    /// How often it was taken.
    pub lease: i64,
    /// What is asked.
    pub kind: TaskKind,
    /// The session that it belongs to; a notice has none.
    pub session: Option<Session>,
    /// When it came up.
    pub created_at: i64,
    /// What goes with it, sealed.
    pub sealed: Vec<u8>,
}
