//! Housekeeping.

use crate::ws_channel::outcome::VerbOutcome;

/// The age from which data is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgePolicy {
    /// Now, Unix ms.
    pub now: i64,
    /// Unverified registrations older than this are removed, ms (docs/protocols/ws-channel.md §3.3: 7 days).
    pub unverified_after: i64,
    /// Counted events older than this are removed, ms; at least the longest window in use.
    pub attempts_after: i64,
    /// Expired codes and tokens are kept for this long, ms, so that late requests still get "expired".
    pub grace: i64,
}

/// Numbers of removed rows.
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
    /// Counted events and ended lockouts.
    pub attempts: u64,
    /// Unverified mode users.
    pub registrations: u64,
}

impl VerbOutcome for PurgeReport {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

/// The content of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// Size of the database copy, bytes.
    pub database_bytes: u64,
    /// Content files copied.
    pub files: u64,
    /// Their size, bytes.
    pub file_bytes: u64,
    /// Content files that rows name but that were missing.
    pub missing: Vec<String>,
}

/// A content file that a row names.
#[derive(Debug, Clone, PartialEq, Eq, crate::engine::StoredRow)]
pub struct NamedContent {
    /// Its path below the folder of content files.
    pub path: String,
    /// Its size, bytes.
    pub size: i64,
    /// Its SHA-256, if recorded.
    pub sha256: Option<Vec<u8>>,
}
