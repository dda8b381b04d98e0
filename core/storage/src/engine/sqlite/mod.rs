//! SQLite: one writer task with group commit, a few readers. A data folder belongs to one process, or is shared by
//! several: then SQLite's own lock admits one writer at a time.

mod commits;
mod open;
mod writer;

pub use commits::CommitState;
pub use open::{is_in_use, open_copy};

use super::apart::apart;
use super::job::BoxedJob;
use super::tx::TransactionConnection;
use super::watch::DatabaseWatch;
use super::{
    ColumnValue, DatabaseLoad, Result, ResultRow, SchemaUse, SqlDialect, StorageSchema, StorageTx, StoreError, args,
    migrations,
};
use commits::CommitWatch;
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{Arguments as _, Row as _, SqliteConnection, TypeInfo as _, ValueRef as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use writer::SqliteWriter;

const LOCK_FILE: &str = "lock";
/// Locked while a shared folder is being opened: the file, its journal and its tables are created once.
const OPENING_FILE: &str = "opening.lock";

/// Settings for a SQLite data folder.
#[derive(Debug, Clone)]
pub struct SqliteSettings {
    /// Number of reader connections; opened on demand.
    pub readers: u32,
    /// Size limit of the database file in bytes; beyond it [`StoreError::Full`]. `None`: limited by the disk.
    pub max_database_bytes: Option<u64>,
    /// Whether other processes may have the folder open too; all must set this. The schema must keep no state between
    /// transactions. A process may have the folder open several times.
    pub is_shared: bool,
    /// What may be done to the tables; with [`SchemaUse::Read`] SQLite itself refuses every change.
    pub tables: SchemaUse,
}

impl Default for SqliteSettings {
    fn default() -> Self {
        Self { readers: 4, max_database_bytes: None, is_shared: false, tables: SchemaUse::default() }
    }
}

/// The SQLite driver of a database.
pub struct SqliteDriver<S: StorageSchema> {
    writer: SqliteWriter<S>,
    readers: SqlitePool,
    place: Arc<str>,
    folder: PathBuf,
    /// `Some` if other processes may commit too.
    commits: Option<CommitWatch>,
}

impl<S: StorageSchema> SqliteDriver<S> {
    /// Opens the data folder, and creates it or brings its schema up to date as far as the settings allow; returns also
    /// the changes of its tables.
    pub(super) async fn open(
        folder: &Path,
        settings: &SqliteSettings,
        schema: Arc<S>,
        watch: Arc<DatabaseWatch>,
    ) -> Result<(Self, migrations::SettledSchema)> {
        let file = folder.join(S::DATABASE_FILE);
        let place: Arc<str> = Arc::from(file.display().to_string());
        if matches!(settings.tables, SchemaUse::Read | SchemaUse::Migrate) && !file.exists() {
            return Err(StoreError::Absent { place: place.to_string() });
        }
        // A migration has the folder for itself.
        let (locked, is_shared) = (folder.to_owned(), settings.is_shared && settings.tables != SchemaUse::Migrate);
        let open::FolderLocks { folder: lock, opening } =
            apart(move || open::lock_folder(&locked, is_shared)).await??;
        open::prepare_file(&file, is_shared)?;
        let connection = open::connect_writer(&file, settings, &place).await?;
        let mut tx = StorageTx::new(TransactionConnection::Writer(Box::new(connection)), place.clone());
        let settled = migrations::settle_sqlite(&mut tx, settings.tables).await?;
        if settled.versions.found >= settled.versions.known || !settled.applied.is_empty() {
            S::check(&mut tx).await?;
        }
        drop(opening);
        let readers = open::reader_pool(&file, settings);
        let commits = if is_shared { CommitWatch::open(&file) } else { None };
        let writer = SqliteWriter::spawn(tx, lock, schema, watch);
        Ok((Self { writer, readers, place, folder: folder.to_owned(), commits }, settled))
    }

    pub(super) fn load(&self) -> DatabaseLoad {
        DatabaseLoad { waiting: self.writer.waiting(), connections: 0, connections_max: 0 }
    }

    pub(super) async fn write(&self, job: BoxedJob<S>) -> Result<BoxedJob<S>> {
        self.writer.submit(job).await
    }

    /// One statement outside any transaction.
    pub(super) async fn read(&self, mut job: BoxedJob<S>) -> Result<BoxedJob<S>> {
        let connection = self.readers.acquire().await.map_err(|error| self.fault(&error))?;
        let mut tx = StorageTx::new(TransactionConnection::SqliteRead(connection), self.place.clone());
        job.run(&mut tx).await.map(|()| job)
    }

    /// Several statements that see the same moment.
    pub(super) async fn read_snapshot(&self, mut job: BoxedJob<S>) -> Result<BoxedJob<S>> {
        let transaction = self.readers.begin().await.map_err(|error| self.fault(&error))?;
        let mut tx = StorageTx::new(TransactionConnection::SqliteSnapshot(transaction), self.place.clone());
        job.run(&mut tx).await.map(|()| job)
    }

    /// Copies the database, as of one moment, to `target`, which must be an empty file or absent.
    ///
    /// # Errors
    /// I/O faults.
    pub async fn copy_to(&self, target: &str) -> Result<()> {
        // Reader connections may not write at all, so this uses a separate connection.
        let connection = open::connect_plain(&self.folder.join(S::DATABASE_FILE), &self.place).await?;
        let mut tx = StorageTx::<S>::new(TransactionConnection::Writer(Box::new(connection)), self.place.clone());
        tx.execute("VACUUM INTO $1", args![target]).await.map(drop)
    }

    /// A value that stays equal until any process commits. `None` if that cannot be told, or during a commit.
    pub(super) fn commit_state(&self) -> Option<CommitState> {
        self.commits.as_ref().and_then(CommitWatch::state)
    }

    /// Stops the writer after the accepted verbs, merges the log into the database file, closes.
    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    fn fault(&self, error: &sqlx::Error) -> StoreError {
        StoreError::from_sqlx(error, SqlDialect::Sqlite, &self.place)
    }
}

pub(super) async fn execute(
    connection: &mut SqliteConnection,
    sql: &'static str,
    args: &[ColumnValue],
) -> sqlx::Result<u64> {
    let done = sqlx::query_with(sql, bind(args)?).execute(connection).await?;
    Ok(done.rows_affected())
}

pub(super) async fn query(
    connection: &mut SqliteConnection,
    sql: &'static str,
    args: &[ColumnValue],
) -> sqlx::Result<Vec<ResultRow>> {
    let rows = sqlx::query_with(sql, bind(args)?).fetch_all(connection).await?;
    rows.iter().map(read_row).collect()
}

fn bind(args: &[ColumnValue]) -> sqlx::Result<SqliteArguments> {
    let mut bound = SqliteArguments::default();
    for value in args {
        match value {
            ColumnValue::Null => bound.add(None::<i64>),
            ColumnValue::Int(value) => bound.add(*value),
            ColumnValue::Text(value) => bound.add(value.clone()),
            ColumnValue::Blob(value) => bound.add(value.clone()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

fn read_row(row: &SqliteRow) -> sqlx::Result<ResultRow> {
    let mut columns = Vec::with_capacity(row.len());
    for index in 0..row.len() {
        let raw = row.try_get_raw(index)?;
        let kind = raw.type_info().name().to_owned();
        columns.push(match kind.as_str() {
            _ if raw.is_null() => ColumnValue::Null,
            "INTEGER" | "BOOLEAN" => ColumnValue::Int(row.try_get_unchecked(index)?),
            "BLOB" => ColumnValue::Blob(row.try_get_unchecked(index)?),
            _ => ColumnValue::Text(row.try_get_unchecked(index)?),
        });
    }
    Ok(ResultRow::new(columns))
}
