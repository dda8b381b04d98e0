//! PostgreSQL: a pool, one SERIALIZABLE transaction per verb, repeated when it lost against another.

use super::tx::Connection;
use super::{Dialect, Row, Tx, Value, Verb};
use crate::error::{Result, StoreError};
use crate::store::Generations;
use crate::verbs::audit::{AuditSlot, run_audited, store_head};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::pool::PoolOptions;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgConnectOptions, PgPool, PgRow, PgTypeInfo};
use sqlx::{Arguments as _, ConnectOptions as _, PgConnection, Postgres, Row as _, TypeInfo as _, ValueRef as _};
use std::hash::{BuildHasher as _, Hasher as _};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

/// Tries of one verb before [`StoreError::Contended`].
const MAX_TRIES: u32 = 30;
const BACKOFF_STEP: Duration = Duration::from_millis(2);
const BACKOFF_MAX: Duration = Duration::from_millis(60);

/// How to use a PostgreSQL server.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// Connections at most; each verb holds one while it runs.
    pub max_connections: u32,
    /// How long a verb waits for a free connection, and how long connecting may take.
    pub acquire_timeout: Duration,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self { max_connections: 16, acquire_timeout: Duration::from_secs(10) }
    }
}

/// The PostgreSQL half of a store.
pub(crate) struct PostgresDriver {
    pool: PgPool,
    place: Arc<str>,
}

impl PostgresDriver {
    pub(crate) async fn connect(url: &str, settings: &PostgresSettings) -> Result<Self> {
        let place: Arc<str> = Arc::from("the PostgreSQL database");
        // The parse error may repeat the address with its password, so it is not shown.
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| StoreError::Unreachable {
                reason: "the database address is not a valid postgres:// URL".to_owned(),
            })?
            .application_name("bankchannel")
            .disable_statement_logging();
        let pool = PoolOptions::<Postgres>::new()
            .max_connections(settings.max_connections)
            .acquire_timeout(settings.acquire_timeout)
            .connect_with(options)
            .await
            .map_err(|error| StoreError::from_sqlx(&error, Dialect::Postgres, &place))?;
        Ok(Self { pool, place })
    }

    pub(crate) async fn write<A, T>(
        &self,
        args: &A,
        verb: Verb<A, T>,
        audit: AuditSlot,
        generations: &Generations,
    ) -> Result<T>
    where
        T: crate::Outcome,
    {
        for attempt in 1..=MAX_TRIES {
            match self.try_write(args, verb, &audit, generations).await {
                Err(StoreError::Contended { .. }) => tokio::time::sleep(backoff(attempt)).await,
                other => return other,
            }
        }
        Err(StoreError::Contended { tries: MAX_TRIES })
    }

    async fn try_write<A, T>(
        &self,
        args: &A,
        verb: Verb<A, T>,
        audit: &AuditSlot,
        generations: &Generations,
    ) -> Result<T>
    where
        T: crate::Outcome,
    {
        let mut tx = self.begin("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
        if audit.is_some() {
            // LOCK TABLE takes no snapshot: verbs that extend the audit chain queue here instead of failing later.
            tx.script("LOCK TABLE audit_head IN EXCLUSIVE MODE".to_owned()).await?;
        }
        let value = run_audited(&mut tx, args, verb, audit).await?;
        store_head(&mut tx).await?;
        let touched = tx.take_touched();
        self.commit(tx).await?;
        generations.bump(&touched);
        Ok(value)
    }

    /// One statement outside any transaction.
    pub(crate) async fn read<A, T>(&self, args: &A, verb: Verb<A, T>) -> Result<T> {
        let connection = self.pool.acquire().await.map_err(|error| self.fault(&error))?;
        let mut tx = Tx::new(Connection::PostgresRead(connection), self.place.clone());
        verb(&mut tx, args).await
    }

    /// Several statements that see one moment.
    pub(crate) async fn read_snapshot<A, T>(&self, args: &A, verb: Verb<A, T>) -> Result<T> {
        let mut tx = self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let value = verb(&mut tx, args).await?;
        self.commit(tx).await?;
        Ok(value)
    }

    /// A transaction for migrations.
    pub(crate) async fn begin(&self, statement: &'static str) -> Result<Tx> {
        let transaction = self.pool.begin_with(statement).await.map_err(|error| self.fault(&error))?;
        Ok(Tx::new(Connection::Postgres(transaction), self.place.clone()))
    }

    pub(crate) async fn commit(&self, tx: Tx) -> Result<()> {
        match tx.into_connection() {
            Connection::Postgres(transaction) => transaction.commit().await.map_err(|error| self.fault(&error)),
            _ => Err(StoreError::internal("commit of a connection without transaction")),
        }
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    fn fault(&self, error: &sqlx::Error) -> StoreError {
        StoreError::from_sqlx(error, Dialect::Postgres, &self.place)
    }
}

/// Grows with the tries, spread so that the losers do not meet again.
fn backoff(attempt: u32) -> Duration {
    let spread = std::collections::hash_map::RandomState::new().build_hasher().finish() % 1000;
    let full = (BACKOFF_STEP * attempt).min(BACKOFF_MAX);
    full.mul_f64(0.5 + spread as f64 / 2000.0)
}

pub(crate) async fn execute(connection: &mut PgConnection, sql: &'static str, args: &[Value]) -> sqlx::Result<u64> {
    let done = sqlx::query_with(sql, bind(args)?).execute(connection).await?;
    Ok(done.rows_affected())
}

pub(crate) async fn query(connection: &mut PgConnection, sql: &'static str, args: &[Value]) -> sqlx::Result<Vec<Row>> {
    let rows = sqlx::query_with(sql, bind(args)?).fetch_all(connection).await?;
    rows.iter().map(read_row).collect()
}

fn bind(args: &[Value]) -> sqlx::Result<PgArguments> {
    let mut bound = PgArguments::default();
    for value in args {
        match value {
            Value::Null => bound.add(UntypedNull),
            Value::Int(value) => bound.add(*value),
            Value::Text(value) => bound.add(value.as_str()),
            Value::Blob(value) => bound.add(value.as_slice()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

fn read_row(row: &PgRow) -> sqlx::Result<Row> {
    let mut columns = Vec::with_capacity(row.len());
    for index in 0..row.len() {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            columns.push(Value::Null);
            continue;
        }
        let name = raw.type_info().name().to_owned();
        columns.push(match name.as_str() {
            "INT8" => Value::Int(row.try_get(index)?),
            "INT4" => Value::Int(i64::from(row.try_get::<i32, _>(index)?)),
            "BOOL" => Value::from(row.try_get::<bool, _>(index)?),
            "BYTEA" => Value::Blob(row.try_get(index)?),
            _ => Value::Text(row.try_get(index)?),
        });
    }
    Ok(Row::new(columns))
}

/// A null whose type the server takes from the place where it stands: type OID 0 in the Parse message.
struct UntypedNull;

impl sqlx::Type<Postgres> for UntypedNull {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for UntypedNull {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> std::result::Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}
