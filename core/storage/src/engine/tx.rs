//! The transaction that a verb works in.

use super::{ColumnValue, Result, ResultRow, SqlDialect, StorageSchema, StoreError, StoredRow, postgres, sqlite};
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Sqlite, SqliteConnection, Transaction};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A connection inside its transaction (or, for one-statement reads, outside any).
pub struct StorageTx<S: StorageSchema> {
    connection: TransactionConnection,
    place: Arc<str>,
    /// Time limit for responses: PostgreSQL only.
    deadline: Option<Instant>,
    failure: Option<StatementFailure>,
    /// State that the schema's verbs leave for its hooks.
    pub state: S::State,
}

/// The connection that executes the statements.
pub(super) enum TransactionConnection {
    Writer(Box<SqliteConnection>),
    SqliteRead(PoolConnection<Sqlite>),
    SqliteSnapshot(Transaction<'static, Sqlite>),
    Postgres(postgres::ConnectionLease),
}

/// The state of the connection after failed statements, the worst so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum StatementFailure {
    /// The database refused the statement; the connection is still usable.
    Refused,
    /// The connection ended.
    Ended,
    /// There was no response in time.
    Silent,
}

impl<S: StorageSchema> StorageTx<S> {
    pub(super) fn new(connection: TransactionConnection, place: Arc<str>) -> Self {
        Self { connection, place, deadline: None, failure: None, state: S::State::default() }
    }

    /// The name of the database, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Sets the time limit: every statement gets its response before this instant, or fails.
    pub(super) fn limit(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    /// Extends the time limit of a housekeeping verb to this much time from now. No effect with SQLite, which has no
    /// limit.
    pub async fn allow(&mut self, time: Duration) -> Result<()> {
        if self.dialect() == SqlDialect::Postgres {
            self.limit(Instant::now() + time);
            self.script(format!("SET LOCAL statement_timeout = {}", time.as_millis())).await?;
        }
        Ok(())
    }

    /// Whether any statement failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Whether the connection is no longer usable.
    pub(super) fn is_broken(&self) -> bool {
        self.failure >= Some(StatementFailure::Ended)
    }

    /// Whether the database stopped responding.
    pub(super) fn had_no_answer(&self) -> bool {
        self.failure == Some(StatementFailure::Silent)
    }

    /// Whether the connection broke and was reused: the server may have closed it long before.
    pub(super) fn ended_while_idle(&self) -> bool {
        let is_reused = matches!(&self.connection, TransactionConnection::Postgres(lease) if lease.is_reused());
        is_reused && self.failure == Some(StatementFailure::Ended)
    }

    /// The kind of database.
    pub fn dialect(&self) -> SqlDialect {
        match self.connection {
            TransactionConnection::Writer(_)
            | TransactionConnection::SqliteRead(_)
            | TransactionConnection::SqliteSnapshot(_) => SqlDialect::Sqlite,
            TransactionConnection::Postgres(_) => SqlDialect::Postgres,
        }
    }

    /// Runs a statement; returns the number of rows it changed.
    pub async fn execute(&mut self, sql: &'static str, args: &[ColumnValue]) -> Result<u64> {
        let done = match &mut self.connection {
            TransactionConnection::Writer(c) => sqlite::execute(c, sql, args).await,
            TransactionConnection::SqliteRead(c) => sqlite::execute(c, sql, args).await,
            TransactionConnection::SqliteSnapshot(c) => sqlite::execute(c, sql, args).await,
            TransactionConnection::Postgres(c) => in_time(self.deadline, postgres::execute(c, sql, args)).await,
        };
        done.map_err(|error| self.fault(&error))
    }

    /// Runs a statement; returns its rows.
    pub async fn query(&mut self, sql: &'static str, args: &[ColumnValue]) -> Result<Vec<ResultRow>> {
        let rows = match &mut self.connection {
            TransactionConnection::Writer(c) => sqlite::query(c, sql, args).await,
            TransactionConnection::SqliteRead(c) => sqlite::query(c, sql, args).await,
            TransactionConnection::SqliteSnapshot(c) => sqlite::query(c, sql, args).await,
            TransactionConnection::Postgres(c) => in_time(self.deadline, postgres::query(c, sql, args)).await,
        };
        rows.map_err(|error| self.fault(&error))
    }

    /// The first row, if any.
    pub async fn first(&mut self, sql: &'static str, args: &[ColumnValue]) -> Result<Option<ResultRow>> {
        Ok(self.query(sql, args).await?.into_iter().next())
    }

    /// The first row, if any, as a `T`.
    pub async fn one<T: StoredRow>(&mut self, sql: &'static str, args: &[ColumnValue]) -> Result<Option<T>> {
        self.first(sql, args).await?.map(|mut row| row.read()).transpose()
    }

    /// All rows, as values of `T`.
    pub async fn all<T: StoredRow>(&mut self, sql: &'static str, args: &[ColumnValue]) -> Result<Vec<T>> {
        self.query(sql, args).await?.into_iter().map(|mut row| row.read()).collect()
    }

    /// The single integer of a statement that always returns one row.
    pub async fn number(&mut self, sql: &'static str, args: &[ColumnValue]) -> Result<i64> {
        self.one(sql, args).await?.ok_or_else(|| StoreError::internal("a counting statement returned no row"))
    }

    /// Whether the database has a table of this name.
    pub async fn has_table(&mut self, name: &str) -> Result<bool> {
        let sql = match self.dialect() {
            SqlDialect::Sqlite => "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
            // In the schema that the connection uses.
            SqlDialect::Postgres => "SELECT CAST(CASE WHEN to_regclass($1) IS NULL THEN 0 ELSE 1 END AS BIGINT)",
        };
        Ok(self.number(sql, &[ColumnValue::Text(name.to_owned())]).await? == 1)
    }

    /// Runs a script of several statements without parameters (migrations, transaction control).
    pub async fn script(&mut self, sql: String) -> Result<()> {
        let sql = sqlx::AssertSqlSafe(sql);
        let done = match &mut self.connection {
            TransactionConnection::Writer(c) => sqlx::raw_sql(sql).execute(&mut **c).await.map(drop),
            TransactionConnection::SqliteRead(c) => sqlx::raw_sql(sql).execute(&mut **c).await.map(drop),
            TransactionConnection::SqliteSnapshot(c) => sqlx::raw_sql(sql).execute(&mut **c).await.map(drop),
            TransactionConnection::Postgres(c) => {
                in_time(self.deadline, sqlx::raw_sql(sql).execute(&mut **c)).await.map(drop)
            }
        };
        done.map_err(|error| self.fault(&error))
    }

    /// Closes the writer's connection and waits until the file is released; other connections return to their pools.
    pub async fn close(self) {
        if let TransactionConnection::Writer(connection) = self.connection {
            // The log is synced; a failure now affects only the cleanup.
            let _ = connection.close().await;
        }
    }

    pub(super) fn into_connection(self) -> TransactionConnection {
        self.connection
    }

    fn fault(&mut self, error: &sqlx::Error) -> StoreError {
        let failure = match error {
            sqlx::Error::Database(fault) if !postgres::ends_connection(&**fault) => StatementFailure::Refused,
            sqlx::Error::Io(fault) if fault.kind() == io::ErrorKind::TimedOut => StatementFailure::Silent,
            _ => StatementFailure::Ended,
        };
        self.failure = self.failure.max(Some(failure));
        StoreError::from_sqlx(error, self.dialect(), &self.place)
    }
}

/// Fails a statement whose response is late: its effect on the server is then unknown.
async fn in_time<T>(deadline: Option<Instant>, answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    let Some(deadline) = deadline else { return answer.await };
    let silent = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time").into());
    timeout_at(deadline, answer).await.unwrap_or_else(silent)
}
