//! A database of one schema, in either kind.

use super::job::{BoxedJob, bound, value};
use super::postgres::{PostgresDriver, PostgresSettings};
use super::sqlite::{CommitState, SqliteDriver, SqliteSettings};
use super::{Result, Schema, SqlDialect, StoreError, Verb, migrations};
use futures_util::future::BoxFuture;
use std::path::Path;
use std::sync::Arc;

/// An open database. Every change is answered after it is on disk.
///
/// A database belongs to one schema: a SQLite folder, or a PostgreSQL database or the part of it that the address's
/// `options[search_path]=…` names. One that another schema has begun is refused.
pub struct Database<S: Schema> {
    schema: Arc<S>,
    driver: Driver<S>,
}

enum Driver<S: Schema> {
    Sqlite(Box<SqliteDriver<S>>),
    Postgres(Arc<PostgresDriver<S>>),
}

/// What a verb does to the database.
enum Access {
    /// Changes it, after the verbs with the same turn.
    Write(Option<String>),
    /// Reads with one statement.
    Read,
    /// Reads one moment with several.
    Snapshot,
}

impl<S: Schema> Database<S> {
    /// Opens or creates a data folder and brings its schema up to date. Must be called inside a tokio runtime, which
    /// then runs the writer.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has the folder, [`StoreError::Damaged`], [`StoreError::ReadOnly`],
    /// [`StoreError::Full`], [`StoreError::SchemaNewer`], [`StoreError::Io`]; for another schema's
    /// [`StoreError::Misuse`].
    pub async fn open_sqlite(folder: &Path, settings: &SqliteSettings) -> Result<Self> {
        let schema = Arc::<S>::default();
        let driver = SqliteDriver::open(folder, settings, schema.clone()).await?;
        Ok(Self { schema, driver: Driver::Sqlite(Box::new(driver)) })
    }

    /// Connects to a PostgreSQL database (`postgres://…`) and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::SchemaNewer`], [`StoreError::Misuse`] for another schema's,
    /// [`StoreError::ReadOnly`].
    pub async fn connect_postgres(url: &str, settings: &PostgresSettings) -> Result<Self> {
        let schema = Arc::<S>::default();
        let driver = PostgresDriver::connect(url, settings, schema.clone()).await?;
        migrations::apply_postgres(&driver).await?;
        Ok(Self { schema, driver: Driver::Postgres(driver) })
    }

    /// The schema's value.
    pub fn schema(&self) -> &S {
        &self.schema
    }

    /// Which of the two databases it is.
    pub fn dialect(&self) -> SqlDialect {
        match self.driver {
            Driver::Sqlite(_) => SqlDialect::Sqlite,
            Driver::Postgres(_) => SqlDialect::Postgres,
        }
    }

    /// What only SQLite can do.
    pub fn sqlite(&self) -> Option<&SqliteDriver<S>> {
        match &self.driver {
            Driver::Sqlite(driver) => Some(driver),
            Driver::Postgres(_) => None,
        }
    }

    /// What stays equal until anybody commits, in this process or another: while it does, whatever was read from the
    /// database is still so. None where that cannot be told without asking the database.
    pub fn commit_state(&self) -> Option<CommitState> {
        match &self.driver {
            Driver::Sqlite(driver) => driver.commit_state(),
            Driver::Postgres(_) => None,
        }
    }

    /// Waits for the accepted verbs, then closes. Later verbs answer [`StoreError::Closed`].
    pub async fn close(&self) {
        match &self.driver {
            Driver::Sqlite(driver) => driver.close().await,
            Driver::Postgres(driver) => driver.close().await,
        }
    }

    /// Runs a verb in a transaction and answers after its COMMIT. Verbs with the same `turn` follow each other within
    /// this process, where they would else lose against each other on PostgreSQL.
    ///
    /// # Errors
    /// The verb's; environment faults.
    pub fn write<A, T>(&self, args: A, verb: Verb<S, A, T>, turn: Option<String>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let running = self.run(bound(args, verb), Access::Write(turn));
        Box::pin(async move { value::<S, A, T>(running.await?) })
    }

    /// A verb of one reading statement.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub fn read<A, T>(&self, args: A, verb: Verb<S, A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let running = self.run(bound(args, verb), Access::Read);
        Box::pin(async move { value::<S, A, T>(running.await?) })
    }

    /// A verb of several reading statements that must see the same moment.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub fn read_snapshot<A, T>(&self, args: A, verb: Verb<S, A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let running = self.run(bound(args, verb), Access::Snapshot);
        Box::pin(async move { value::<S, A, T>(running.await?) })
    }

    /// Runs a job of whichever verb: compiled once for each schema.
    fn run(&self, job: BoxedJob<S>, access: Access) -> BoxFuture<'_, Result<BoxedJob<S>>> {
        Box::pin(async move {
            match (&self.driver, access) {
                (Driver::Sqlite(driver), Access::Write(_)) => driver.write(job).await,
                (Driver::Sqlite(driver), Access::Read) => driver.read(job).await,
                (Driver::Sqlite(driver), Access::Snapshot) => driver.read_snapshot(job).await,
                (Driver::Postgres(driver), Access::Write(turn)) => driver.write(job, turn).await,
                (Driver::Postgres(driver), Access::Read) => driver.read(job).await,
                (Driver::Postgres(driver), Access::Snapshot) => driver.read_snapshot(job).await,
            }
        })
    }

    /// Reads the whole database for damage; minutes for a large one.
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
                let finding = match tx.first("PRAGMA integrity_check(1)", &[]).await? {
                    Some(mut row) => row.text()?,
                    None => String::new(),
                };
                if finding == "ok" {
                    return Ok(());
                }
                Err(StoreError::Damaged { place: S::DATABASE_FILE.to_owned(), reason: finding })
            })
        })
    }
}
