//! Environment faults. Mistakes of a peer are results of the verb, never one of these errors.

use super::SqlDialect;
use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A fault that no request caused: the message names the cause and the fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process has the data folder open.
    #[error(
        "the data folder {place} is in use by another process; stop that server first, or give this one another folder"
    )]
    Locked {
        /// The lock file or folder.
        place: String,
    },
    /// The database file is not a database, or its content is inconsistent.
    #[error("the database {place} is damaged ({reason}); put it aside, unchanged, and restore the last backup")]
    Damaged {
        /// The database file.
        place: String,
        /// The finding.
        reason: String,
    },
    /// The folder or file cannot be written.
    #[error(
        "{place} cannot be written ({reason}); give the service's user write access or mount the file system read-write"
    )]
    ReadOnly {
        /// The file or folder.
        place: String,
        /// The message of the operating system or database.
        reason: String,
    },
    /// No space is left, or the configured size limit is reached. Nothing of the refused verb was stored.
    #[error("no space left for {place} ({reason}); free space or raise the limit, nothing was changed")]
    Full {
        /// The file or folder.
        place: String,
        /// The message of the operating system or database.
        reason: String,
    },
    /// The database server does not respond, refuses the login, or disconnected before the verb was committed: nothing
    /// of the verb was stored.
    #[error("the database server cannot be reached ({reason}); check that it runs, the address and the credentials")]
    Unreachable {
        /// The driver's message, without the address or credentials.
        reason: String,
    },
    /// The database server did not respond to a COMMIT: whether the change was stored is unknown.
    #[error("the database server did not answer a commit ({reason}): whether the change was kept is unknown")]
    Unknown {
        /// The driver's message, without the credentials.
        reason: String,
    },
    /// The data was written by a newer version of this program, whose tables this one cannot use.
    #[error(
        "the data has schema version {found} and needs a program that knows version {needed} or later, this program knows up to {known}; run a newer program, or restore a backup made before the upgrade"
    )]
    SchemaNewer {
        /// The version found.
        found: i64,
        /// The version that a program must know to use the data.
        needed: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The data has the schema of an older version of this program, which only a start of the service changes.
    #[error(
        "the data has schema version {found}, this program works with {known}; start the service once with this program, which brings the data up to date, or run the program of that version"
    )]
    SchemaOlder {
        /// The version found.
        found: i64,
        /// The version that this program works with.
        known: i64,
    },
    /// There is no data, and it was not to be created.
    #[error("{place} holds no data of this program; name the right place, or start the service, which creates it")]
    Absent {
        /// The database.
        place: String,
    },
    /// Another connection has something locked for longer than was waited for. Nothing was changed.
    #[error(
        "{place} is locked by another connection ({reason}); let that end, or end it, then repeat this. Nothing was changed"
    )]
    Blocked {
        /// The database.
        place: String,
        /// Which connection it is, as far as that is seen.
        reason: String,
    },
    /// A migration of several steps, each of which counts by itself, has stopped between them.
    #[error(
        "the migration stopped at step {step} ({cause}); the steps before it count: {applied}. Mend that, then repeat it"
    )]
    MigrationStopped {
        /// The step that failed: its version and name.
        step: String,
        /// Those that count.
        applied: String,
        /// Why it failed.
        cause: Box<Self>,
    },
    /// The verb conflicted with others too many times in a row; nothing of it was stored.
    #[error("the change conflicted with concurrent changes {tries} times and was given up; repeat it")]
    Contended {
        /// The number of tries.
        tries: u32,
    },
    /// Reading or writing failed below the database.
    #[error("input/output error on {place} ({reason}); check the disk")]
    Io {
        /// The file or folder.
        place: String,
        /// The message of the operating system or database.
        reason: String,
    },
    /// The system starts no thread. Nothing was begun.
    #[error("the system starts no thread ({reason}); raise the limit of threads or processes, or end others")]
    NoThread {
        /// The message of the operating system.
        reason: String,
    },
    /// This database does not support the operation; the text names an alternative.
    #[error("{what} is not available here: {instead}")]
    Unsupported {
        /// The operation.
        what: &'static str,
        /// The alternative.
        instead: &'static str,
    },
    /// The caller broke a rule of the verb's documentation.
    #[error("wrong use of the store: {reason}")]
    Misuse {
        /// The rule.
        reason: String,
    },
    /// The schema does not allow the verb, for its own reason. Nothing of the verb was stored.
    #[error("{0}")]
    Refused(SchemaRefusal),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A fault of this program.
    #[error("internal storage fault: {reason}")]
    Internal {
        /// What happened; contains no stored value.
        reason: String,
    },
}

/// The result of engine functions and verbs.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a schema does not allow a verb, in the schema's own type.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct SchemaRefusal(Arc<dyn Error + Send + Sync>);

impl PartialEq for SchemaRefusal {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SchemaRefusal {}

impl StoreError {
    /// The fault behind an error that it is the source of.
    pub fn behind<E: std::error::Error>(error: &E) -> Option<&Self> {
        error.source()?.downcast_ref()
    }

    /// A fault of this program.
    pub fn internal(reason: impl Into<String>) -> Self {
        Self::Internal { reason: reason.into() }
    }

    /// The caller broke this rule.
    pub fn misuse(reason: impl Into<String>) -> Self {
        Self::Misuse { reason: reason.into() }
    }

    /// The schema does not allow the verb: [`StoreError::refusal`] returns `why`.
    pub fn refused(why: impl Error + Send + Sync + 'static) -> Self {
        Self::Refused(SchemaRefusal(Arc::new(why)))
    }

    /// The schema's reason, if it is of this type.
    #[must_use]
    pub fn refusal<R: Error + 'static>(&self) -> Option<&R> {
        match self {
            Self::Refused(why) => why.0.downcast_ref(),
            _ => None,
        }
    }

    /// Whether it is certain that nothing of the refused verb was stored: then no row names the content files written
    /// for it, and they can be removed. False also if that is only likely.
    #[must_use]
    pub fn kept_nothing(&self) -> bool {
        matches!(
            self,
            Self::ReadOnly { .. }
                | Self::Full { .. }
                | Self::Unreachable { .. }
                | Self::SchemaNewer { .. }
                | Self::SchemaOlder { .. }
                | Self::Absent { .. }
                | Self::Blocked { .. }
                | Self::Contended { .. }
                | Self::NoThread { .. }
                | Self::Unsupported { .. }
                | Self::Misuse { .. }
                | Self::Refused(_)
        )
    }

    /// A file system error at `path`.
    pub(crate) fn from_io(error: &io::Error, path: &Path) -> Self {
        let (place, reason) = (path.display().to_string(), error.to_string());
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly { place, reason },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { place, reason },
            // The driver has a thread for each connection; a file never says this.
            io::ErrorKind::WouldBlock => Self::NoThread { reason },
            _ => Self::Io { place, reason },
        }
    }

    /// An error of the database driver; `place` is the database file or the name of the server.
    pub(crate) fn from_sqlx(error: &sqlx::Error, dialect: SqlDialect, place: &str) -> Self {
        match error {
            sqlx::Error::Database(fault) => {
                let code = fault.code().unwrap_or_default().into_owned();
                if fault.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                    from_postgres(&code, fault.message(), place)
                } else {
                    from_sqlite(&code, fault.message(), place)
                }
            }
            sqlx::Error::Io(fault) if dialect == SqlDialect::Sqlite => Self::from_io(fault, Path::new(place)),
            sqlx::Error::PoolTimedOut if dialect == SqlDialect::Sqlite => {
                Self::Io { place: place.to_owned(), reason: "no reader became free in time".to_owned() }
            }
            sqlx::Error::Io(fault) => Self::Unreachable { reason: format!("{place}: {fault}") },
            sqlx::Error::Tls(fault) => Self::Unreachable { reason: format!("{place}: {fault}") },
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Closed,
            other => Self::internal(other.to_string()),
        }
    }
}

/// SQLite result codes: <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
fn from_sqlite(code: &str, message: &str, place: &str) -> StoreError {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const PERM: i32 = 3;
    const READONLY: i32 = 8;
    const IOERR: i32 = 10;
    const CORRUPT: i32 = 11;
    const FULL: i32 = 13;
    const CANTOPEN: i32 = 14;
    const NOTADB: i32 = 26;
    let (place, reason) = (place.to_owned(), message.to_owned());
    match code.parse::<i32>().unwrap_or(0) & 0xff {
        BUSY | LOCKED => StoreError::Locked { place },
        PERM | READONLY => StoreError::ReadOnly { place, reason },
        CORRUPT | NOTADB => StoreError::Damaged { place, reason },
        FULL => StoreError::Full { place, reason },
        IOERR | CANTOPEN => StoreError::Io { place, reason },
        _ => StoreError::internal(format!("{reason} (SQLite code {code})")),
    }
}

/// PostgreSQL SQLSTATE: classes 08, 28, 3D and 57 mean that the server is unavailable, and so does class 53 (no
/// connections, no memory) except for a full disk.
fn from_postgres(code: &str, message: &str, place: &str) -> StoreError {
    const SERIALIZATION_FAILURE: &str = "40001";
    const DEADLOCK: &str = "40P01";
    // Under SERIALIZABLE a lost race can show as a unique violation; the repeated verb sees the winner's row.
    const UNIQUE_VIOLATION: &str = "23505";
    const DISK_FULL: &str = "53100";
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    let reason = message.to_owned();
    match code {
        DISK_FULL => StoreError::Full { place: place.to_owned(), reason },
        SERIALIZATION_FAILURE | DEADLOCK | UNIQUE_VIOLATION => StoreError::Contended { tries: 1 },
        LOCK_NOT_AVAILABLE => StoreError::Blocked { place: place.to_owned(), reason },
        "25006" => StoreError::ReadOnly { place: place.to_owned(), reason },
        _ if ["08", "28", "3D", "53", "57"].iter().any(|class| code.starts_with(class)) => {
            StoreError::Unreachable { reason: format!("{place}: {reason}") }
        }
        _ if code.starts_with("XX") => StoreError::Damaged { place: place.to_owned(), reason },
        _ => StoreError::internal(format!("{reason} (SQLSTATE {code})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_system_fault_has_its_name() {
        let at = Path::new("data");
        let of = |kind| StoreError::from_io(&io::Error::from(kind), at);
        assert!(matches!(of(io::ErrorKind::ReadOnlyFilesystem), StoreError::ReadOnly { .. }));
        assert!(matches!(of(io::ErrorKind::PermissionDenied), StoreError::ReadOnly { .. }));
        assert!(matches!(of(io::ErrorKind::StorageFull), StoreError::Full { .. }));
        assert!(matches!(of(io::ErrorKind::InvalidData), StoreError::Io { .. }));
        assert!(matches!(of(io::ErrorKind::WouldBlock), StoreError::NoThread { .. }));
    }

    #[test]
    fn a_file_is_not_told_as_a_server() {
        let of = |error: &sqlx::Error, dialect| StoreError::from_sqlx(error, dialect, "service.sqlite");
        let full = sqlx::Error::Io(io::Error::from(io::ErrorKind::StorageFull));
        assert!(matches!(of(&full, SqlDialect::Sqlite), StoreError::Full { .. }));
        assert!(matches!(of(&full, SqlDialect::Postgres), StoreError::Unreachable { .. }));
        assert!(matches!(of(&sqlx::Error::PoolTimedOut, SqlDialect::Sqlite), StoreError::Io { .. }));
    }

    #[test]
    fn only_a_refusal_says_that_nothing_was_kept() {
        for code in ["53100", "25006", "40001", "08006", "57P01", "55P03"] {
            assert!(from_postgres(code, "m", "p").kept_nothing(), "{code}");
        }
        assert!(!StoreError::Unknown { reason: "no answer".to_owned() }.kept_nothing());
        for code in ["XX000", "42P01"] {
            assert!(!from_postgres(code, "m", "p").kept_nothing(), "{code}");
        }
        assert!(from_sqlite("13", "full", "f").kept_nothing());
        assert!(!from_sqlite("10", "input/output", "f").kept_nothing());
        assert!(!StoreError::Closed.kept_nothing());
    }

    #[test]
    fn each_database_code_has_its_name() {
        assert!(matches!(from_sqlite("26", "file is not a database", "f"), StoreError::Damaged { .. }));
        assert!(matches!(from_sqlite("267", "corrupt virtual table", "f"), StoreError::Damaged { .. }));
        assert!(matches!(from_sqlite("5", "busy", "f"), StoreError::Locked { .. }));
        assert!(matches!(from_sqlite("1032", "moved", "f"), StoreError::ReadOnly { .. }));
        assert!(matches!(from_sqlite("13", "full", "f"), StoreError::Full { .. }));
        assert!(matches!(from_postgres("40001", "m", "p"), StoreError::Contended { .. }));
        assert!(matches!(from_postgres("28P01", "m", "p"), StoreError::Unreachable { .. }));
        assert!(matches!(from_postgres("53100", "m", "p"), StoreError::Full { .. }));
        assert!(matches!(from_postgres("53300", "too many connections", "p"), StoreError::Unreachable { .. }));
        assert!(matches!(from_postgres("53200", "out of memory", "p"), StoreError::Unreachable { .. }));
        assert!(matches!(from_postgres("55P03", "lock timeout", "p"), StoreError::Blocked { .. }));
        assert!(matches!(from_postgres("42P01", "m", "p"), StoreError::Internal { .. }));
    }
}
