//! The migrations of a schema, as a numbered list.

use super::postgres::PostgresDriver;
use super::{Migration, Result, Schema, SqlDialect, StoreError, Tx, args};

/// An arbitrary number that other programs on the same server are unlikely to lock. All schemas share it: at most they
/// wait for each other's start.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(7165002611)";

/// Applies missing migrations, each in its own transaction.
pub(super) async fn apply_sqlite<S: Schema>(tx: &mut Tx<S>) -> Result<()> {
    if has_version_table(tx).await? && version(tx).await? == newest::<S>() {
        return Ok(());
    }
    tx.script("BEGIN IMMEDIATE".to_owned()).await?;
    create_version_table(tx).await?;
    tx.script("COMMIT".to_owned()).await?;
    for migration in pending(version(tx).await?)? {
        tx.script("BEGIN IMMEDIATE".to_owned()).await?;
        if let Err(error) = apply(tx, migration).await {
            // The first error is the one to report.
            let _ = tx.script("ROLLBACK".to_owned()).await;
            return Err(error);
        }
        tx.script("COMMIT".to_owned()).await?;
    }
    Ok(())
}

/// As [`apply_sqlite`]; instances that start at the same time wait for each other.
pub(super) async fn apply_postgres<S: Schema>(driver: &PostgresDriver<S>) -> Result<()> {
    let mut tx = driver.begin().await?;
    tx.script(POSTGRES_LOCK.to_owned()).await?;
    create_version_table(&mut tx).await?;
    for migration in pending(version(&mut tx).await?)? {
        apply(&mut tx, migration).await?;
    }
    driver.commit(tx).await
}

async fn apply<S: Schema>(tx: &mut Tx<S>, migration: &Migration<S>) -> Result<()> {
    tx.script(in_dialect(migration.script, tx.dialect())).await?;
    if let Some(then) = migration.then {
        then(tx).await?;
    }
    tx.execute("INSERT INTO schema_version (version, name) VALUES ($1, $2)", args![migration.version, migration.name])
        .await?;
    Ok(())
}

pub(crate) fn pending<S: Schema>(found: i64) -> Result<impl Iterator<Item = &'static Migration<S>>> {
    let known = newest::<S>();
    if found > known {
        return Err(StoreError::SchemaNewer { found, known });
    }
    Ok(S::MIGRATIONS.iter().filter(move |migration| migration.version > found))
}

pub(crate) fn newest<S: Schema>() -> i64 {
    S::MIGRATIONS.last().map_or(0, |migration| migration.version)
}

async fn has_version_table<S: Schema>(tx: &mut Tx<S>) -> Result<bool> {
    Ok(tx.number("SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'", &[]).await? == 1)
}

async fn create_version_table<S: Schema>(tx: &mut Tx<S>) -> Result<()> {
    let script = "CREATE TABLE IF NOT EXISTS schema_version (version {int} PRIMARY KEY, name {text} NOT NULL){strict}";
    tx.script(in_dialect(script, tx.dialect())).await
}

/// The newest version that was applied. Refuses a database created by another schema.
async fn version<S: Schema>(tx: &mut Tx<S>) -> Result<i64> {
    let mut newest = 0;
    for (index, mut row) in
        tx.query("SELECT version, name FROM schema_version ORDER BY version", &[]).await?.into_iter().enumerate()
    {
        newest = row.int()?;
        let name = row.text()?;
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
