//! The migrations of a schema, as a numbered list.

use super::postgres::PostgresDriver;
use super::{
    AppliedMigration, Result, SchemaMigration, SchemaUse, SchemaVersions, SqlDialect, StorageSchema, StorageTx,
    StoreError, args,
};
use std::pin::pin;
use std::time::{Duration, Instant};

const VERSION_TABLE: &str = "schema_version";
const FLOOR_TABLE: &str = "schema_floor";
/// One row: the version that a program must know to use the tables.
const CREATE_FLOOR: &str = "CREATE TABLE IF NOT EXISTS schema_floor \
                            (one {int} PRIMARY KEY CHECK (one = 1), works_with {int} NOT NULL){strict}";

/// An arbitrary number that other programs on the same server are unlikely to lock. All schemas share it: at most they
/// wait for each other's start.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(7165002611)";

/// A lock that takes longer is told in the log.
const LONG: Duration = Duration::from_secs(3);

/// The versions when a database was opened, and what was applied since.
pub(super) struct SettledSchema {
    pub(super) versions: SchemaVersions,
    pub(super) applied: Vec<AppliedMigration>,
}

/// Brings the tables of a folder to the newest version, each step in its own transaction, as far as `tables` allows.
pub(super) async fn settle_sqlite<S: StorageSchema>(tx: &mut StorageTx<S>, tables: SchemaUse) -> Result<SettledSchema> {
    let versions = read_versions(tx, tables).await?;
    if versions.found < versions.known && tables != SchemaUse::Read {
        return Ok(SettledSchema { versions, applied: apply_sqlite(tx).await? });
    }
    Ok(SettledSchema { versions, applied: Vec::new() })
}

/// As [`settle_sqlite`], with a server.
pub(super) async fn settle_postgres<S: StorageSchema>(
    driver: &PostgresDriver<S>,
    tables: SchemaUse,
) -> Result<SettledSchema> {
    if tables != SchemaUse::Read {
        return apply_postgres(driver, tables).await;
    }
    let mut tx = driver.begin().await?;
    let versions = read_versions(&mut tx, tables).await?;
    driver.commit(tx).await?;
    Ok(SettledSchema { versions, applied: Vec::new() })
}

/// Compares the tables with those of this program, and changes nothing.
async fn read_versions<S: StorageSchema>(tx: &mut StorageTx<S>, tables: SchemaUse) -> Result<SchemaVersions> {
    let known = newest::<S>();
    let found = if tx.has_table(VERSION_TABLE).await? { version(tx).await? } else { 0 };
    let works_with = if tx.has_table(FLOOR_TABLE).await? {
        tx.one::<i64>("SELECT works_with FROM schema_floor", &[]).await?
    } else {
        None
    };
    let versions = SchemaVersions { found, known, works_with };
    match tables {
        _ if versions.needed() > known => Err(StoreError::SchemaNewer { found, needed: versions.needed(), known }),
        SchemaUse::Read | SchemaUse::Migrate if found == 0 => Err(StoreError::Absent { place: tx.place().to_owned() }),
        SchemaUse::Create if found != 0 && found < known => Err(StoreError::SchemaOlder { found, known }),
        _ => Ok(versions),
    }
}

/// Whether a newer program has taken something from the tables since they were opened that this one needs. They must have
/// a floor.
pub(super) async fn is_outgrown<S: StorageSchema>(tx: &mut StorageTx<S>) -> Result<bool> {
    let needed = tx.one::<i64>("SELECT works_with FROM schema_floor", &[]).await?;
    Ok(needed.is_some_and(|needed| needed > newest::<S>()))
}

async fn apply_sqlite<S: StorageSchema>(tx: &mut StorageTx<S>) -> Result<Vec<AppliedMigration>> {
    let mut applied = Vec::new();
    tx.script("BEGIN IMMEDIATE".to_owned()).await?;
    create_version_table(tx).await?;
    tx.script("COMMIT".to_owned()).await?;
    for migration in pending(version(tx).await?) {
        tx.script("BEGIN IMMEDIATE".to_owned()).await?;
        match apply(tx, migration).await {
            Ok(done) => applied.push(done),
            Err(error) => {
                // The first error is the one to report.
                let _ = tx.script("ROLLBACK".to_owned()).await;
                return Err(error);
            }
        }
        tx.script("COMMIT".to_owned()).await?;
    }
    Ok(applied)
}

/// As [`apply_sqlite`], in one transaction; instances that start at the same time wait for each other.
async fn apply_postgres<S: StorageSchema>(driver: &PostgresDriver<S>, tables: SchemaUse) -> Result<SettledSchema> {
    let mut applied = Vec::new();
    let mut tx = driver.begin().await?;
    lock_postgres(&mut tx).await?;
    let versions = read_versions(&mut tx, tables).await?;
    create_version_table(&mut tx).await?;
    for migration in pending(versions.found) {
        applied.push(apply(&mut tx, migration).await?);
    }
    driver.commit(tx).await?;
    Ok(SettledSchema { versions, applied })
}

/// Waits until no other start and no migration is at work on the database. A long wait is told.
async fn lock_postgres<S: StorageSchema>(tx: &mut StorageTx<S>) -> Result<()> {
    let (begun, place) = (Instant::now(), tx.place().to_owned());
    let mut locking = pin!(tx.script(POSTGRES_LOCK.to_owned()));
    if let Ok(locked) = tokio::time::timeout(LONG, &mut locking).await {
        return locked;
    }
    tracing::warn!(
        target: "bankchannel::life",
        %place,
        "waiting for another start or migration that has the database's tables locked"
    );
    let locked = locking.await;
    let waited_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: "bankchannel::life", %place, waited_ms, "the wait for the database's tables is over");
    locked
}

async fn apply<S: StorageSchema>(tx: &mut StorageTx<S>, migration: &SchemaMigration<S>) -> Result<AppliedMigration> {
    let begun = Instant::now();
    tx.script(in_dialect(migration.script, tx.dialect())).await?;
    if let Some(then) = migration.then {
        then(tx).await?;
    }
    if let Some(works_with) = migration.works_with {
        tx.script(in_dialect(CREATE_FLOOR, tx.dialect())).await?;
        let sql = "INSERT INTO schema_floor (one, works_with) VALUES (1, $1) \
                   ON CONFLICT (one) DO UPDATE SET works_with = excluded.works_with";
        tx.execute(sql, args![works_with]).await?;
    }
    tx.execute("INSERT INTO schema_version (version, name) VALUES ($1, $2)", args![migration.version, migration.name])
        .await?;
    Ok(AppliedMigration { version: migration.version, name: migration.name, took: begun.elapsed() })
}

/// The migrations that tables of this version lack.
pub(super) fn pending<S: StorageSchema>(found: i64) -> impl Iterator<Item = &'static SchemaMigration<S>> {
    S::MIGRATIONS.iter().filter(move |migration| migration.version > found)
}

fn newest<S: StorageSchema>() -> i64 {
    S::MIGRATIONS.last().map_or(0, |migration| migration.version)
}

async fn create_version_table<S: StorageSchema>(tx: &mut StorageTx<S>) -> Result<()> {
    let script = "CREATE TABLE IF NOT EXISTS schema_version (version {int} PRIMARY KEY, name {text} NOT NULL){strict}";
    tx.script(in_dialect(script, tx.dialect())).await
}

/// The newest version that was applied. Refuses a database created by another schema.
async fn version<S: StorageSchema>(tx: &mut StorageTx<S>) -> Result<i64> {
    let mut newest = 0;
    let sql = "SELECT version, name FROM schema_version ORDER BY version";
    for (index, (version, name)) in tx.all::<(i64, String)>(sql, &[]).await?.into_iter().enumerate() {
        newest = version;
        if index == 0 && S::MIGRATIONS.first().is_none_or(|first| first.name != name) {
            return Err(StoreError::misuse(format!(
                "{} belongs to another schema, whose first migration is \"{name}\"; \
                 give this one another database",
                tx.place()
            )));
        }
    }
    Ok(newest)
}

/// Replaces the placeholders by types. Text is compared by bytes in both databases.
pub(crate) fn in_dialect(script: &str, dialect: SqlDialect) -> String {
    let words = match dialect {
        SqlDialect::Sqlite => [
            ("{int}", "INTEGER"),
            ("{text}", "TEXT"),
            ("{blob}", "BLOB"),
            ("{strict}", " STRICT"),
            ("{keyed}", " STRICT, WITHOUT ROWID"),
        ],
        SqlDialect::Postgres => [
            ("{int}", "BIGINT"),
            ("{text}", "TEXT COLLATE \"C\""),
            ("{blob}", "BYTEA"),
            ("{strict}", ""),
            ("{keyed}", ""),
        ],
    };
    words.iter().fold(script.to_owned(), |script, (word, meaning)| script.replace(word, meaning))
}
