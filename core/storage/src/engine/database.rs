//! A database of one schema, either SQLite or PostgreSQL.

use super::job::{BoxedJob, bound, value};
use super::postgres::{PostgresDriver, PostgresSettings};
use super::sqlite::{CommitState, SqliteDriver, SqliteSettings};
use super::watch::DatabaseWatch;
use super::{
    AppliedMigration, DatabaseLoad, DatabaseObserver, PendingMigration, Result, SchemaVersions, SqlDialect,
    StorageSchema, StorageVerb, StoreError, migrations,
};
use futures_util::future::BoxFuture;
use std::path::Path;
use std::sync::Arc;

/// An open database. Every change is acknowledged after it is on disk.
///
/// A database belongs to one schema: a SQLite folder, or a PostgreSQL database or the part of it named by the address's
/// `options[search_path]=…`. One that was created by another schema is refused.
pub struct Database<S: StorageSchema> {
    schema: Arc<S>,
    driver: DatabaseDriver<S>,
    versions: SchemaVersions,
    applied: Vec<AppliedMigration>,
    watch: Arc<DatabaseWatch>,
}

enum DatabaseDriver<S: StorageSchema> {
    Sqlite(Box<SqliteDriver<S>>),
    Postgres(Arc<PostgresDriver<S>>),
}

/// How a verb accesses the database.
enum VerbAccess {
    /// Changes data; runs after earlier verbs with the same turn.
    Write(Option<String>),
    /// Reads with one statement.
    Read,
    /// Reads with several statements that see the same moment.
    Snapshot,
}

impl<S: StorageSchema> Database<S> {
    /// Opens a data folder, and creates it or brings its schema up to date as far as the settings allow. Must be called
    /// inside a tokio runtime, which then runs the writer.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has the folder open, [`StoreError::Damaged`],
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::SchemaNewer`], [`StoreError::Io`];
    /// [`StoreError::Misuse`] for another schema's folder; [`StoreError::SchemaOlder`], [`StoreError::Absent`] for one
    /// that is not to be changed.
    pub async fn open_sqlite(folder: &Path, settings: &SqliteSettings) -> Result<Self> {
        let schema = Arc::<S>::default();
        let watch = Arc::default();
        let (driver, settled) = SqliteDriver::open(folder, settings, schema.clone(), Arc::clone(&watch)).await?;
        Ok(Self::new(schema, DatabaseDriver::Sqlite(Box::new(driver)), settled, watch))
    }

    /// Connects to a PostgreSQL database (`postgres://…`), and brings its schema up to date as far as the settings
    /// allow.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::SchemaNewer`], [`StoreError::Misuse`] for another schema's database,
    /// [`StoreError::ReadOnly`]; [`StoreError::SchemaOlder`], [`StoreError::Absent`] as
    /// [`open_sqlite`](Self::open_sqlite).
    pub async fn connect_postgres(url: &str, settings: &PostgresSettings) -> Result<Self> {
        let schema = Arc::<S>::default();
        let watch = Arc::default();
        let driver = PostgresDriver::connect(url, settings, schema.clone(), Arc::clone(&watch)).await?;
        let settled = migrations::settle_postgres(&driver, settings.tables).await?;
        Ok(Self::new(schema, DatabaseDriver::Postgres(driver), settled, watch))
    }

    fn new(
        schema: Arc<S>,
        driver: DatabaseDriver<S>,
        settled: migrations::SettledSchema,
        watch: Arc<DatabaseWatch>,
    ) -> Self {
        let migrations::SettledSchema { versions, applied } = settled;
        Self { schema, driver, versions, applied, watch }
    }

    /// The migrations that opening it has applied.
    pub fn applied(&self) -> &[AppliedMigration] {
        &self.applied
    }

    /// The version of its tables when it was opened.
    pub fn versions(&self) -> SchemaVersions {
        self.versions
    }

    /// The migrations that its tables lacked when it was opened, oldest first.
    pub fn pending(&self) -> Vec<PendingMigration> {
        let pending = migrations::pending::<S>(self.versions.found);
        pending.map(|migration| PendingMigration { version: migration.version, name: migration.name }).collect()
    }

    /// Tells this observer of commits. The first one counts.
    pub fn observe(&self, observer: Arc<dyn DatabaseObserver>) {
        self.watch.observe(observer);
    }

    /// How much of it is in use.
    pub fn load(&self) -> DatabaseLoad {
        match &self.driver {
            DatabaseDriver::Sqlite(driver) => driver.load(),
            DatabaseDriver::Postgres(driver) => driver.load(),
        }
    }

    /// For tables of an older version, opened with [`SchemaUse::Read`](super::SchemaUse::Read): [`StoreError::SchemaOlder`], which has both
    /// versions.
    pub fn outdated(&self) -> Option<StoreError> {
        let SchemaVersions { found, known, .. } = self.versions;
        (found < known && self.applied.is_empty()).then_some(StoreError::SchemaOlder { found, known })
    }

    /// Whether a newer program has meanwhile brought the tables to a version that this one cannot use. Only for tables
    /// that say which programs may use them.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub fn is_outgrown(&self) -> BoxFuture<'_, Result<bool>> {
        self.read((), |tx, ()| Box::pin(migrations::is_outgrown(tx)))
    }

    /// The shared value of the schema.
    pub fn schema(&self) -> &S {
        &self.schema
    }

    /// The kind of database.
    pub fn dialect(&self) -> SqlDialect {
        match self.driver {
            DatabaseDriver::Sqlite(_) => SqlDialect::Sqlite,
            DatabaseDriver::Postgres(_) => SqlDialect::Postgres,
        }
    }

    /// The driver with features that only SQLite has; `None` with PostgreSQL.
    pub fn sqlite(&self) -> Option<&SqliteDriver<S>> {
        match &self.driver {
            DatabaseDriver::Sqlite(driver) => Some(driver),
            DatabaseDriver::Postgres(_) => None,
        }
    }

    /// A value that stays equal until any process commits: while it does, everything read from the database is still
    /// current. `None` if that cannot be told without a query.
    pub fn commit_state(&self) -> Option<CommitState> {
        match &self.driver {
            DatabaseDriver::Sqlite(driver) => driver.commit_state(),
            DatabaseDriver::Postgres(_) => None,
        }
    }

    /// Waits for the accepted verbs, then closes. Later verbs return [`StoreError::Closed`].
    pub async fn close(&self) {
        match &self.driver {
            DatabaseDriver::Sqlite(driver) => driver.close().await,
            DatabaseDriver::Postgres(driver) => driver.close().await,
        }
    }

    /// Runs a verb in a transaction and returns after its COMMIT. Verbs with the same `turn` run one after the other
    /// within this process; otherwise they would conflict on PostgreSQL.
    ///
    /// # Errors
    /// Errors of the verb; environment faults.
    pub fn write<A, T>(&self, args: A, verb: StorageVerb<S, A, T>, turn: Option<String>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let running = self.run(bound(args, verb), VerbAccess::Write(turn));
        Box::pin(async move { value::<S, A, T>(running.await?) })
    }

    /// Runs a verb that reads with one statement.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub fn read<A, T>(&self, args: A, verb: StorageVerb<S, A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let running = self.run(bound(args, verb), VerbAccess::Read);
        Box::pin(async move { value::<S, A, T>(running.await?) })
    }

    /// Runs a verb that reads with several statements, which see the same moment.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub fn read_snapshot<A, T>(&self, args: A, verb: StorageVerb<S, A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let running = self.run(bound(args, verb), VerbAccess::Snapshot);
        Box::pin(async move { value::<S, A, T>(running.await?) })
    }

    /// Runs a job, whatever its verb: compiled once per schema.
    fn run(&self, job: BoxedJob<S>, access: VerbAccess) -> BoxFuture<'_, Result<BoxedJob<S>>> {
        Box::pin(async move {
            let done = match (&self.driver, access) {
                (DatabaseDriver::Sqlite(driver), VerbAccess::Write(_)) => driver.write(job).await,
                (DatabaseDriver::Sqlite(driver), VerbAccess::Read) => driver.read(job).await,
                (DatabaseDriver::Sqlite(driver), VerbAccess::Snapshot) => driver.read_snapshot(job).await,
                (DatabaseDriver::Postgres(driver), VerbAccess::Write(turn)) => driver.write(job, turn).await,
                (DatabaseDriver::Postgres(driver), VerbAccess::Read) => driver.read(job).await,
                (DatabaseDriver::Postgres(driver), VerbAccess::Snapshot) => driver.read_snapshot(job).await,
            };
            match (done, self.outdated()) {
                // A table or column that these tables do not have yet.
                (Err(StoreError::Internal { .. }), Some(older)) => Err(older),
                (done, _) => done,
            }
        })
    }

    /// Checks the whole database for damage; takes minutes for a large one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first finding; [`StoreError::Unsupported`] with PostgreSQL.
    pub fn check_integrity(&self) -> BoxFuture<'_, Result<()>> {
        self.read((), |tx, ()| {
            Box::pin(async move {
                if tx.dialect() == SqlDialect::Postgres {
                    return Err(StoreError::Unsupported {
                        what: "the integrity check",
                        instead: "run the server's pg_amcheck",
                    });
                }
                let finding: String = tx.one("PRAGMA integrity_check(1)", &[]).await?.unwrap_or_default();
                if finding == "ok" {
                    return Ok(());
                }
                Err(StoreError::Damaged { place: S::DATABASE_FILE.to_owned(), reason: finding })
            })
        })
    }
}
