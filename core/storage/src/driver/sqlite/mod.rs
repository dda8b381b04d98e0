//! SQLite: one writer task with group commit, a few readers, one process per data folder.

mod open;
pub(crate) use open::{create_private_dir, open_copy};
mod writer;

use super::tx::Connection;
use super::{Dialect, Row, Tx, Value, Verb, args};
use crate::error::{Result, StoreError};
use crate::store::Generations;
use crate::verbs::audit::AuditSlot;
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{Arguments as _, Row as _, SqliteConnection, TypeInfo as _, ValueRef as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use writer::Writer;

/// Name of the database file inside the data folder.
pub(crate) const DATABASE_FILE: &str = "service.sqlite";
/// Name of the folder for content that is too large for a row.
pub(crate) const FILES_FOLDER: &str = "files";
const LOCK_FILE: &str = "lock";

/// How to use a SQLite data folder.
#[derive(Debug, Clone)]
pub struct SqliteSettings {
    /// Reader connections; opened when first needed.
    pub readers: u32,
    /// The database file may not grow beyond this many bytes; [`StoreError::Full`] then. `None`: as large as the disk.
    pub max_database_bytes: Option<u64>,
}

impl Default for SqliteSettings {
    fn default() -> Self {
        Self { readers: 4, max_database_bytes: None }
    }
}

/// The SQLite half of a store.
pub(crate) struct SqliteDriver {
    writer: Writer,
    readers: SqlitePool,
    place: Arc<str>,
    folder: PathBuf,
}

impl SqliteDriver {
    /// Opens or creates the data folder and brings its schema up to date.
    pub(crate) async fn open(folder: &Path, settings: &SqliteSettings, generations: Arc<Generations>) -> Result<Self> {
        let locked = folder.to_owned();
        let lock = tokio::task::spawn_blocking(move || open::lock_folder(&locked)).await;
        let lock = lock.map_err(|why| StoreError::from_io(&why.into(), folder))??;
        let file = folder.join(DATABASE_FILE);
        let place: Arc<str> = Arc::from(file.display().to_string());
        open::prepare_file(&file)?;
        let connection = open::connect_writer(&file, settings, &place).await?;
        let mut tx = Tx::new(Connection::Writer(Box::new(connection)), place.clone());
        crate::migrations::apply_sqlite(&mut tx).await?;
        open::check_content(&mut tx, &place).await?;
        let readers = open::reader_pool(&file, settings);
        Ok(Self { writer: Writer::spawn(tx, lock, generations), readers, place, folder: folder.to_owned() })
    }

    pub(crate) async fn write<A, T>(&self, args: A, verb: Verb<A, T>, audit: AuditSlot) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: crate::Outcome + Send + 'static,
    {
        self.writer.submit(args, verb, audit).await
    }

    /// One statement outside any transaction.
    pub(crate) async fn read<A, T>(&self, args: &A, verb: Verb<A, T>) -> Result<T> {
        let connection = self.readers.acquire().await.map_err(|error| self.fault(&error))?;
        let mut tx = Tx::new(Connection::SqliteRead(connection), self.place.clone());
        verb(&mut tx, args).await
    }

    /// Several statements that see one moment.
    pub(crate) async fn read_snapshot<A, T>(&self, args: &A, verb: Verb<A, T>) -> Result<T> {
        let transaction = self.readers.begin().await.map_err(|error| self.fault(&error))?;
        let mut tx = Tx::new(Connection::SqliteSnapshot(transaction), self.place.clone());
        verb(&mut tx, args).await
    }

    /// A consistent copy of the database in a new file. Readers may not write, not even that, so it has a
    /// connection of its own.
    pub(crate) async fn copy_to(&self, target: &str) -> Result<()> {
        let connection = open::connect_plain(&self.folder.join(DATABASE_FILE), &self.place).await?;
        let mut tx = Tx::new(Connection::Writer(Box::new(connection)), self.place.clone());
        tx.execute("VACUUM INTO $1", args![target]).await.map(drop)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends the writer after what it has accepted, folds the log into the database file, closes.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    fn fault(&self, error: &sqlx::Error) -> StoreError {
        StoreError::from_sqlx(error, Dialect::Sqlite, &self.place)
    }
}

pub(crate) async fn execute(connection: &mut SqliteConnection, sql: &'static str, args: &[Value]) -> sqlx::Result<u64> {
    let done = sqlx::query_with(sql, bind(args)?).execute(connection).await?;
    Ok(done.rows_affected())
}

pub(crate) async fn query(
    connection: &mut SqliteConnection,
    sql: &'static str,
    args: &[Value],
) -> sqlx::Result<Vec<Row>> {
    let rows = sqlx::query_with(sql, bind(args)?).fetch_all(connection).await?;
    rows.iter().map(read_row).collect()
}

fn bind(args: &[Value]) -> sqlx::Result<SqliteArguments> {
    let mut bound = SqliteArguments::default();
    for value in args {
        match value {
            Value::Null => bound.add(None::<i64>),
            Value::Int(value) => bound.add(*value),
            Value::Text(value) => bound.add(value.clone()),
            Value::Blob(value) => bound.add(value.clone()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

fn read_row(row: &SqliteRow) -> sqlx::Result<Row> {
    let mut columns = Vec::with_capacity(row.len());
    for index in 0..row.len() {
        let raw = row.try_get_raw(index)?;
        let kind = raw.type_info().name().to_owned();
        columns.push(match kind.as_str() {
            _ if raw.is_null() => Value::Null,
            "INTEGER" | "BOOLEAN" => Value::Int(row.try_get_unchecked(index)?),
            "BLOB" => Value::Blob(row.try_get_unchecked(index)?),
            _ => Value::Text(row.try_get_unchecked(index)?),
        });
    }
    Ok(Row::new(columns))
}
