//! The schema, as a numbered list. A published migration is never changed; a new one is appended.

use crate::driver::postgres::PostgresDriver;
use crate::driver::{Dialect, Tx, args};
use crate::error::{Result, StoreError};

struct Migration {
    version: i64,
    name: &'static str,
    script: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "initial", script: include_str!("0001_initial.sql") },
    Migration { version: 2, name: "audit chains", script: include_str!("0002_audit_chains.sql") },
    Migration { version: 3, name: "installation", script: include_str!("0003_installation.sql") },
    Migration { version: 4, name: "link offers", script: include_str!("0004_link_offers.sql") },
];

/// Records get their numbers from a sequence, which no transaction waits for. Free room in the pages of chains' ends keeps an
/// update from touching the index, where transactions of other accounts would meet it.
const POSTGRES_AUDIT_CHAINS: &str = "CREATE SEQUENCE audit_seq; \
    SELECT setval('audit_seq', (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit), false); \
    ALTER TABLE audit_chain SET (fillfactor = 50)";

/// Any number that other programs on the same server are unlikely to lock.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(7165002611)";

/// Applies what is missing, each migration in a transaction of its own.
pub(crate) async fn apply_sqlite(tx: &mut Tx) -> Result<()> {
    if has_version_table(tx).await? && version(tx).await? == newest() {
        return Ok(());
    }
    tx.script("BEGIN IMMEDIATE".to_owned()).await?;
    create_version_table(tx).await?;
    tx.script("COMMIT".to_owned()).await?;
    for migration in pending(version(tx).await?)? {
        tx.script("BEGIN IMMEDIATE".to_owned()).await?;
        if let Err(error) = apply(tx, migration).await {
            // The first error is the one to tell.
            let _ = tx.script("ROLLBACK".to_owned()).await;
            return Err(error);
        }
        tx.script("COMMIT".to_owned()).await?;
    }
    Ok(())
}

/// As [`apply_sqlite`]; instances that start together wait for each other.
pub(crate) async fn apply_postgres(driver: &PostgresDriver) -> Result<()> {
    let mut tx = driver.begin().await?;
    tx.script(POSTGRES_LOCK.to_owned()).await?;
    create_version_table(&mut tx).await?;
    for migration in pending(version(&mut tx).await?)? {
        apply(&mut tx, migration).await?;
    }
    driver.commit(tx).await
}

async fn apply(tx: &mut Tx, migration: &Migration) -> Result<()> {
    tx.script(in_dialect(migration.script, tx.dialect())).await?;
    if migration.version == 1 {
        // Bytes are written differently in the two dialects, so the chain's beginning is a parameter.
        tx.execute("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, $1)", args![crate::verbs::audit::CHAIN_START])
            .await?;
    }
    if migration.version == 2 && tx.dialect() == Dialect::Postgres {
        tx.script(POSTGRES_AUDIT_CHAINS.to_owned()).await?;
    }
    tx.execute("INSERT INTO schema_version (version, name) VALUES ($1, $2)", args![migration.version, migration.name])
        .await?;
    Ok(())
}

fn pending(found: i64) -> Result<impl Iterator<Item = &'static Migration>> {
    if found > newest() {
        return Err(StoreError::SchemaNewer { found, known: newest() });
    }
    Ok(MIGRATIONS.iter().filter(move |migration| migration.version > found))
}

fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

async fn has_version_table(tx: &mut Tx) -> Result<bool> {
    Ok(tx.number("SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'", &[]).await? == 1)
}

async fn create_version_table(tx: &mut Tx) -> Result<()> {
    let script = "CREATE TABLE IF NOT EXISTS schema_version (version {int} PRIMARY KEY, name {text} NOT NULL){strict}";
    tx.script(in_dialect(script, tx.dialect())).await
}

async fn version(tx: &mut Tx) -> Result<i64> {
    tx.number("SELECT COALESCE(MAX(version), 0) FROM schema_version", &[]).await
}

/// Fills in the types. Text is compared by bytes in both databases.
fn in_dialect(script: &str, dialect: Dialect) -> String {
    let words = match dialect {
        Dialect::Sqlite => [
            ("{int}", "INTEGER"),
            ("{text}", "TEXT"),
            ("{blob}", "BLOB"),
            ("{strict}", " STRICT"),
            ("{keyed}", " STRICT, WITHOUT ROWID"),
        ],
        Dialect::Postgres => [
            ("{int}", "BIGINT"),
            ("{text}", "TEXT COLLATE \"C\""),
            ("{blob}", "BYTEA"),
            ("{strict}", ""),
            ("{keyed}", ""),
        ],
    };
    words.iter().fold(script.to_owned(), |script, (word, meaning)| script.replace(word, meaning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_ascend_and_every_word_is_filled_in() {
        assert!(MIGRATIONS.windows(2).all(|two| two[0].version < two[1].version));
        for migration in MIGRATIONS {
            for dialect in [Dialect::Sqlite, Dialect::Postgres] {
                assert!(!in_dialect(migration.script, dialect).contains('{'), "{}", migration.name);
            }
        }
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let (newer, newest) = (newest() + 1, newest());
        assert!(
            matches!(pending(newer).err(), Some(StoreError::SchemaNewer { found, known }) if (found, known) == (newer, newest))
        );
        assert_eq!(pending(newest).map(Iterator::count), Ok(0));
    }
}
