//! Housekeeping.

use crate::ws_channel::outcome::Outcome;

/// What is old enough to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgePolicy {
    /// Now, Unix ms.
    pub now: i64,
    /// Unverified registrations older than this go, ms (docs/protocols/ws-channel.md §3.3: 7 days).
    pub unverified_after: i64,
    /// Counted events older than this go, ms; at least the longest window in use.
    pub attempts_after: i64,
    /// Dead codes and tokens stay so long after their end, ms, so that late answers still read "expired".
    pub grace: i64,
}

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PurgeReport {
    /// Used challenges.
    pub challenges: u64,
    /// Sessions.
    pub sessions: u64,
    /// Pending tokens.
    pub pending: u64,
    /// Codes.
    pub codes: u64,
    /// Counted events and lifted lockouts.
    pub attempts: u64,
    /// Unverified mode users.
    pub registrations: u64,
}

impl Outcome for PurgeReport {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// Size of the database copy, bytes.
    pub database_bytes: u64,
    /// Content files copied.
    pub files: u64,
    /// Their size, bytes.
    pub file_bytes: u64,
    /// Content files that rows name and that were not there to be copied.
    pub missing: Vec<String>,
}

/// A content file that a row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedContent {
    /// Its path below the folder of content files.
    pub path: String,
    /// Its size, bytes.
    pub size: i64,
    /// Its SHA-256, where it was recorded.
    pub sha256: Option<Vec<u8>>,
}
