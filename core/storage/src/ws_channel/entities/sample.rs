//! What an operator sees of the data at one moment.

use crate::engine::StoredRow;

/// Numbers of rows, and the oldest of those that wait. Nothing in it names an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceSample {
    /// Accounts.
    pub accounts: i64,
    /// Sessions that hold, by mode.
    pub sessions: Vec<(String, i64)>,
    /// Users, phones and addresses that are locked.
    pub locked: i64,
    /// Uploads that have no end yet, or whose end is unknown.
    pub uploads: Vec<OpenUploads>,
    /// Living certificate sets.
    pub certificates: Vec<CertificateCount>,
    /// Certificate sets that somebody should be working on: due for longer than this sample's tolerance.
    pub overdue: i64,
    /// Uploads of which a customer is still to be told.
    pub untold: i64,
    /// Codes and alerts that wait to be sent: channel, how many, when the oldest of them was put in (Unix ms).
    pub notices: Vec<(String, i64, i64)>,
    /// The time of the last checkpoint of the audit trail, Unix ms.
    pub checkpoint_at: Option<i64>,
    /// The time of the database server, Unix ms; `None` for a folder.
    pub server_time: Option<i64>,
}

/// Uploads of one bank in one state.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct OpenUploads {
    /// The bank.
    pub bank: String,
    /// `received` or `unknown`.
    pub state: String,
    /// How many.
    pub count: i64,
    /// When the oldest was received, Unix ms.
    pub oldest: i64,
    /// When the newest was received, or came into this state, Unix ms.
    pub newest: i64,
}

/// Certificate sets of one bank in one state.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct CertificateCount {
    /// The bank.
    pub bank: String,
    /// The state.
    pub state: String,
    /// How many.
    pub count: i64,
    /// When the first of them expires, Unix ms.
    pub first_expiry: i64,
}
