//! The storage engine for any schema: SQLite and PostgreSQL behind one transaction type, so that each verb is written
//! once.
//!
//! ```text
//!   verb ── Database::write(…) ──┐        one closure over `StorageTx`, the same SQL text for both databases
//!   verb ── Database::write(…) ──┤
//!                                ▼
//!      SQLite: one writer task, one COMMIT (fsync) for all waiting verbs; separate ones if any verb fails
//!      PostgreSQL: a pool, one SERIALIZABLE transaction per verb, repeated on conflict
//!
//!   BEGIN ── verbs ── Schema::before_commit ── COMMIT ── Schema::committed ── answers
//! ```
//!
//! SQL text is common to both: `$1` parameters, `ON CONFLICT`, `RETURNING`, `CAST($n AS …)` where a parameter is used
//! alone. Columns are integers, text or bytes, nothing else.
//!
//! Rules of every verb:
//!
//! * It is acknowledged only after its COMMIT returned. Its changes are atomic.
//! * Mistakes of a peer are a *result* of the verb. [`StoreError`] is for faults of the environment: locked, damaged,
//!   read-only, full, unreachable.
//! * Time, random values and identifiers are passed in.
//! * With PostgreSQL, a verb that holds a connection runs to its end or its time limit even if its caller goes away.

#[cfg(test)]
pub(crate) mod additive;
pub(crate) mod apart;
mod database;
mod error;
mod job;
mod migrations;
mod postgres;
mod row;
mod schema;
mod sqlite;
mod tx;
mod value;
mod watch;

pub use bankchannel_macros::StoredRow;
pub use database::Database;
pub use error::{Result, SchemaRefusal, StoreError};
pub use postgres::PostgresSettings;
pub use row::{ResultRow, StoredRow};
pub(crate) use row::{joined, joined_len, own_or, sql};
pub use schema::{MigrationStep, SchemaMigration, SchemaUse, StorageSchema};
pub use sqlite::{CommitState, SqliteDriver, SqliteSettings, is_in_use, open_copy};
pub use tx::StorageTx;
pub(crate) use value::text_enum;
pub use value::{AsValue, ColumnValue, Digest, args};
pub use watch::{AppliedMigration, CommitOutcome, DatabaseLoad, DatabaseObserver, PendingMigration, SchemaVersions};

use futures_util::future::BoxFuture;

/// A verb: reads and writes through [`StorageTx`], may be run again from the start (PostgreSQL conflicts), so it borrows
/// its arguments and keeps no state outside the transaction.
pub type StorageVerb<S, A, T> = for<'t> fn(&'t mut StorageTx<S>, &'t A) -> BoxFuture<'t, Result<T>>;

/// The kind of database, for the few statements that differ (types in migrations, locks).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlDialect {
    /// A file in a data folder.
    Sqlite,
    /// A server.
    Postgres,
}
