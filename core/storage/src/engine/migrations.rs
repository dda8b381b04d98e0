//! The migrations of a schema, as a numbered list.

use super::postgres::PostgresDriver;
use std::time::Instant;

use super::{
    AppliedMigration, Result, SchemaMigration, SchemaUse, SqlDialect, StorageSchema, StorageTx, StoreError, args,
};

const VERSION_TABLE: &str = "schema_version";

/// An arbitrary number that other programs on the same server are unlikely to lock. All schemas share it: at most they
/// wait for each other's start.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(7165002611)";

/// The version of the tables, and the one that this program works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SchemaVersions {
    pub(super) found: i64,
    pub(super) known: i64,
}

/// The versions, and what was applied to reach them.
pub(super) struct SettledSchema {
    pub(super) versions: SchemaVersions,
    pub(super) applied: Vec<AppliedMigration>,
}

/// Brings the tables of a folder to the newest version, each step in its own transaction, as far as `tables` allows;
/// returns the versions afterwards.
pub(super) async fn settle_sqlite<S: StorageSchema>(tx: &mut StorageTx<S>, tables: SchemaUse) -> Result<SettledSchema> {
    let versions = read_versions(tx, tables).await?;
    if versions.found < versions.known && tables != SchemaUse::Read {
        let applied = apply_sqlite(tx).await?;
        return Ok(SettledSchema { versions: SchemaVersions { found: versions.known, ..versions }, applied });
    }
    Ok(SettledSchema { versions, applied: Vec::new() })
}

/// As [`settle_sqlite`], with a server.
pub(super) async fn settle_postgres<S: StorageSchema>(
    driver: &PostgresDriver<S>,
    tables: SchemaUse,
) -> Result<SettledSchema> {
    if tables != SchemaUse::Read {
        let applied = apply_postgres(driver, tables).await?;
        let versions = SchemaVersions { found: newest::<S>(), known: newest::<S>() };
        return Ok(SettledSchema { versions, applied });
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
    match tables {
        _ if found > known => Err(StoreError::SchemaNewer { found, known }),
        SchemaUse::Read if found == 0 => Err(StoreError::Absent { place: tx.place().to_owned() }),
        SchemaUse::Create if found != 0 && found < known => Err(StoreError::SchemaOlder { found, known }),
        _ => Ok(SchemaVersions { found, known }),
    }
}

async fn apply_sqlite<S: StorageSchema>(tx: &mut StorageTx<S>) -> Result<Vec<AppliedMigration>> {
    let mut applied = Vec::new();
    tx.script("BEGIN IMMEDIATE".to_owned()).await?;
    create_version_table(tx).await?;
    tx.script("COMMIT".to_owned()).await?;
    for migration in pending(version(tx).await?)? {
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

/// As [`apply_sqlite`]; instances that start at the same time wait for each other.
async fn apply_postgres<S: StorageSchema>(
    driver: &PostgresDriver<S>,
    tables: SchemaUse,
) -> Result<Vec<AppliedMigration>> {
    let mut applied = Vec::new();
    let mut tx = driver.begin().await?;
    tx.script(POSTGRES_LOCK.to_owned()).await?;
    read_versions(&mut tx, tables).await?;
    create_version_table(&mut tx).await?;
    for migration in pending(version(&mut tx).await?)? {
        applied.push(apply(&mut tx, migration).await?);
    }
    driver.commit(tx).await.map(|()| applied)
}

async fn apply<S: StorageSchema>(tx: &mut StorageTx<S>, migration: &SchemaMigration<S>) -> Result<AppliedMigration> {
    let begun = Instant::now();
    tx.script(in_dialect(migration.script, tx.dialect())).await?;
    if let Some(then) = migration.then {
        then(tx).await?;
    }
    tx.execute("INSERT INTO schema_version (version, name) VALUES ($1, $2)", args![migration.version, migration.name])
        .await?;
    Ok(AppliedMigration { version: migration.version, name: migration.name, took: begun.elapsed() })
}

pub(crate) fn pending<S: StorageSchema>(found: i64) -> Result<impl Iterator<Item = &'static SchemaMigration<S>>> {
    let known = newest::<S>();
    if found > known {
        return Err(StoreError::SchemaNewer { found, known });
    }
    Ok(S::MIGRATIONS.iter().filter(move |migration| migration.version > found))
}

pub(crate) fn newest<S: StorageSchema>() -> i64 {
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
