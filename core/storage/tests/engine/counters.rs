//! A schema that exists only here: named counters, and a ledger of their totals that the hook before each COMMIT
//! updates.

use bankchannel_storage::engine::{
    Database, Result, ResultRow, SchemaMigration, StorageSchema, StorageTx, StoreError, args,
};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;

/// The schema as known to a program with only the first `VERSION` migrations.
#[derive(Default)]
pub(crate) struct Counters<const VERSION: usize> {
    /// Commits that changed a counter.
    commits: AtomicU64,
}

/// The counters that verbs of the transaction changed.
#[derive(Default)]
pub(crate) struct Changed(Vec<String>);

impl<const VERSION: usize> Counters<VERSION> {
    const ALL: &'static [SchemaMigration<Self>] = &[
        SchemaMigration::new(
            1,
            "counters",
            "CREATE TABLE counter (name {text} PRIMARY KEY, value {int} NOT NULL){keyed};
             CREATE TABLE total (name {text} PRIMARY KEY, value {int} NOT NULL){strict};",
        ),
        SchemaMigration::new(2, "units", "ALTER TABLE counter ADD COLUMN unit {text}").then(name_units),
    ];

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }
}

fn name_units<S: StorageSchema>(tx: &mut StorageTx<S>) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move { tx.execute("UPDATE counter SET unit = $1", args!["pieces"]).await.map(drop) })
}

impl<const VERSION: usize> StorageSchema for Counters<VERSION> {
    const DATABASE_FILE: &'static str = "counters.sqlite";
    const MIGRATIONS: &'static [SchemaMigration<Self>] = Self::ALL.split_at(VERSION).0;
    type State = Changed;

    fn before_commit(tx: &mut StorageTx<Self>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            for name in tx.state.0.clone() {
                let sql = "INSERT INTO total (name, value) SELECT name, value FROM counter WHERE name = $1 \
                           ON CONFLICT (name) DO UPDATE SET value = excluded.value";
                tx.execute(sql, args![name]).await?;
            }
            Ok(())
        })
    }

    fn committed(&self, state: &mut Changed) {
        if !std::mem::take(&mut state.0).is_empty() {
            self.commits.fetch_add(1, Ordering::AcqRel);
        }
    }
}

/// Increments a counter. Waits for a permit between reading and writing.
#[derive(Clone)]
pub(crate) struct Count {
    pub(crate) name: String,
    pub(crate) gate: Arc<Semaphore>,
    /// Number of times that it has read the counter.
    pub(crate) runs: Arc<AtomicU64>,
}

impl Count {
    /// An increment that does not have to wait.
    pub(crate) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)), runs: Arc::default() }
    }
}

/// Increments a counter; returns the new value.
pub(crate) fn count<S: StorageSchema<State = Changed>>(
    database: &Database<S>,
    count: Count,
) -> BoxFuture<'_, Result<i64>> {
    database.write(
        count,
        |tx, count| {
            Box::pin(async move {
                let sql = "SELECT value FROM counter WHERE name = $1";
                let row = tx.first(sql, args![&count.name]).await?;
                let value = row.map_or(Ok(0), |mut row| row.read())? + 1;
                count.runs.fetch_add(1, Ordering::AcqRel);
                count.gate.acquire().await.map_err(|_| StoreError::internal("the gate is gone"))?.forget();
                let sql = "INSERT INTO counter (name, value) VALUES ($1, $2) \
                           ON CONFLICT (name) DO UPDATE SET value = excluded.value";
                tx.execute(sql, args![&count.name, value]).await?;
                tx.state.0.push(count.name.clone());
                Ok(value)
            })
        },
        None,
    )
}

/// Changes a counter and fails.
pub(crate) fn fail<S: StorageSchema<State = Changed>>(
    database: &Database<S>,
    name: String,
) -> BoxFuture<'_, Result<()>> {
    database.write(
        name,
        |tx, name| {
            Box::pin(async move {
                tx.execute("INSERT INTO counter (name, value) VALUES ($1, 99)", args![name]).await?;
                tx.state.0.push(name.clone());
                Err(StoreError::misuse("it is made to fail"))
            })
        },
        None,
    )
}

/// Names and values of all counters; checks that the totals are the same.
pub(crate) async fn counters<S: StorageSchema>(database: &Database<S>) -> Vec<(String, i64)> {
    let read = database.read_snapshot((), |tx, ()| {
        Box::pin(async move {
            let counted = tx.query("SELECT name, value FROM counter ORDER BY name", &[]).await?;
            let totals = tx.query("SELECT name, value FROM total ORDER BY name", &[]).await?;
            let read = |rows: Vec<_>| rows.into_iter().map(read_counter).collect::<Result<Vec<_>>>();
            Ok((read(counted)?, read(totals)?))
        })
    });
    let (counted, totals) = read.await.unwrap();
    assert_eq!(counted, totals, "the hook runs in the transaction of the verb");
    counted
}

fn read_counter(mut row: ResultRow) -> Result<(String, i64)> {
    Ok((row.read()?, row.read()?))
}

/// The units of all counters, and the number of applied migrations.
pub(crate) async fn units(database: &Database<Counters<2>>) -> (Vec<Option<String>>, i64) {
    let read = database.read_snapshot((), |tx, ()| {
        Box::pin(async move {
            let rows = tx.query("SELECT unit FROM counter ORDER BY name", &[]).await?;
            let units = rows.into_iter().map(|mut row| row.read()).collect::<Result<_>>()?;
            Ok((units, tx.number("SELECT count(*) FROM schema_version", &[]).await?))
        })
    });
    read.await.unwrap()
}
