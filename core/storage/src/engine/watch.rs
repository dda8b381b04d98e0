//! Facts about a database's work, for metrics: no query, no lock.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

/// Who is told of a database's work.
pub trait DatabaseObserver: Send + Sync + 'static {
    /// A COMMIT has returned after this time.
    fn committed(&self, took: Duration, outcome: CommitOutcome);
    /// A verb runs again, since another transaction changed the same rows.
    fn repeated(&self);
}

/// How a COMMIT ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The changes are on disk.
    Done,
    /// They are not.
    Failed,
    /// The connection ended before the answer.
    Unknown,
}

impl CommitOutcome {
    /// `done`, `failed` or `unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// How much of a database is in use at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseLoad {
    /// The verbs that wait for the only writer of a folder; 0 with a server.
    pub waiting: usize,
    /// The connections to a server that are in use; 0 with a folder.
    pub connections: usize,
    /// As many connections there may be; 0 with a folder.
    pub connections_max: usize,
}

/// A migration that opening a database has applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedMigration {
    /// The version that the tables have since.
    pub version: i64,
    /// Its name.
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
}

/// A migration that the tables of a database lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingMigration {
    /// The version that the tables have with it.
    pub version: i64,
    /// Its name.
    pub name: &'static str,
}

/// The version of a database's tables when it was opened, and the one that this program works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersions {
    /// That of the tables; 0 for an empty database.
    pub found: i64,
    /// The newest that this program knows.
    pub known: i64,
    /// The version that a program must know to use the tables; `None` for tables older than this rule.
    pub works_with: Option<i64>,
}

impl SchemaVersions {
    /// The version that a program must know to use the tables.
    pub(super) fn needed(self) -> i64 {
        self.works_with.unwrap_or(self.found)
    }
}

/// The place of a database's observer.
#[derive(Default)]
pub(super) struct DatabaseWatch(OnceLock<Arc<dyn DatabaseObserver>>);

impl DatabaseWatch {
    /// The first observer counts.
    pub(super) fn observe(&self, observer: Arc<dyn DatabaseObserver>) {
        let _ = self.0.set(observer);
    }

    pub(super) fn committed(&self, begun: Instant, outcome: CommitOutcome) {
        if let Some(observer) = self.0.get() {
            observer.committed(begun.elapsed(), outcome);
        }
    }

    pub(super) fn repeated(&self) {
        if let Some(observer) = self.0.get() {
            observer.repeated();
        }
    }
}
