//! The interface between a schema and the engine.

use super::{Result, StorageTx};
use futures_util::future::{BoxFuture, ready};

/// The tables of one kind of data, and hooks around each transaction. The value is shared by all transactions of a
/// [`Database`](super::Database): counters that invalidate caches belong there.
pub trait StorageSchema: Default + Send + Sync + 'static {
    /// Name of the database file inside the data folder (SQLite).
    const DATABASE_FILE: &'static str;

    /// The migrations, oldest first. A published one is never changed; a new one is appended.
    const MIGRATIONS: &'static [SchemaMigration<Self>];

    /// State that the verbs of a transaction leave for the hooks. PostgreSQL: new in each transaction. SQLite: the only
    /// writer keeps it across transactions and resets it after a rollback, so it may cache stored data.
    type State: Default + Send + 'static;

    /// Checks a SQLite database while it is opened, after migrations: cheap enough for every start.
    fn check(tx: &mut StorageTx<Self>) -> BoxFuture<'_, Result<()>> {
        let _ = tx;
        Box::pin(ready(Ok(())))
    }

    /// Runs before each COMMIT of a write, once for all verbs of the transaction.
    fn before_commit(tx: &mut StorageTx<Self>) -> BoxFuture<'_, Result<()>> {
        let _ = tx;
        Box::pin(ready(Ok(())))
    }

    /// Runs after each COMMIT, before any caller is notified. PostgreSQL: also after a COMMIT without a response, which
    /// may have succeeded.
    fn committed(&self, state: &mut Self::State) {
        let _ = state;
    }
}

/// What opening a database may do to its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SchemaUse {
    /// Creates them, or brings them up to date: for a service that starts.
    #[default]
    Upgrade,
    /// Creates them in an empty database; refuses those of an older version, which other processes may be using.
    Create,
    /// Brings them up to date; refuses an empty database.
    Migrate,
    /// Changes nothing, neither tables nor rows: for checks, listings and backups. Tables of an older version are read
    /// as far as they go.
    Read,
}

/// One step of a schema.
pub struct SchemaMigration<S: StorageSchema> {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) script: &'static str,
    pub(super) then: Option<MigrationStep<S>>,
    pub(crate) works_with: Option<i64>,
}

/// Code of a migration that runs in addition to its script.
pub type MigrationStep<S> = for<'t> fn(&'t mut StorageTx<S>) -> BoxFuture<'t, Result<()>>;

impl<S: StorageSchema> SchemaMigration<S> {
    /// Versions ascend from 1. Names are for people, except that of the first migration, which identifies the schema of
    /// a database: no two schemas may share it.
    ///
    /// In the script, `{int}`, `{text}`, `{blob}`, `{strict}` and `{keyed}` are placeholders for the differences
    /// between the databases: three column types; the end of a table; the end of a table that is stored by its primary
    /// key.
    #[must_use]
    pub const fn new(version: i64, name: &'static str, script: &'static str) -> Self {
        Self { version, name, script, then: None, works_with: None }
    }

    /// Adds code that runs after the script in the same transaction: for parameters, or for one of the databases only.
    #[must_use]
    pub const fn then(mut self, step: MigrationStep<S>) -> Self {
        self.then = Some(step);
        self
    }

    /// From this step on, only programs that know this version or a later one may use the tables.
    ///
    /// A step without it must leave the tables usable for every program that may use them before: it only adds tables,
    /// indexes, and columns that are nullable or have a default. One that takes something away says here which version
    /// has stopped using it.
    #[must_use]
    pub const fn works_with(mut self, version: i64) -> Self {
        self.works_with = Some(version);
        self
    }
}
