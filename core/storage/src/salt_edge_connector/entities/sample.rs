//! What an operator sees of the data at one moment.

use crate::engine::StoredRow;

/// Numbers of rows, and the oldest of those that wait. Nothing in it names a customer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectorSample {
    /// Sessions that have not ended.
    pub sessions: i64,
    /// Tokens, by state.
    pub tokens: Vec<(String, i64)>,
    /// Questions for the bank's code that wait.
    pub tasks: i64,
    /// When the oldest of them was due, Unix ms.
    pub oldest_task: Option<i64>,
    /// Reports for Salt Edge that wait or are stopped.
    pub callbacks: Vec<OpenCallbacks>,
    /// The time of the database server, Unix ms; `None` for a folder.
    pub server_time: Option<i64>,
}

/// Reports in one state.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct OpenCallbacks {
    /// `waiting` or `stopped`.
    pub state: String,
    /// How many.
    pub count: i64,
    /// When the oldest was made, Unix ms.
    pub oldest: i64,
}
