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
/// How long a command waits for another start or migration.
const COMMAND_PATIENCE: Duration = Duration::from_secs(10);

/// How long a step waits for the lock of a table. Whatever wants the table meanwhile waits behind it.
const STEP_PATIENCE: Duration = Duration::from_secs(3);
/// The pause after a step that did not get its lock, which doubles up to the longest one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long such a migration is tried again.
const BLOCKED_PATIENCE: Duration = Duration::from_secs(600);
/// A table that another connection has locked, and which connection that is: the one that began first.
const LOCK_HOLDER: &str = "SELECT CAST(c.relname AS TEXT), COALESCE(a.application_name, ''), CAST(a.pid AS BIGINT) \
     FROM pg_locks l JOIN pg_class c ON c.oid = l.relation \
     JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema() \
     JOIN pg_stat_activity a ON a.pid = l.pid AND a.datname = current_database() \
     WHERE l.granted AND l.pid <> pg_backend_pid() AND c.relkind = 'r' ORDER BY a.xact_start, c.relname LIMIT 1";

/// The versions when a database was opened, and the steps since.
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
    let found = version(tx).await?;
    for migration in pending(found) {
        match apply_committed(tx, migration).await {
            Ok(done) => {
                tell_of_step(found, &done);
                applied.push(done);
            }
            Err(error) => {
                // The first error is the one to report.
                let _ = tx.script("ROLLBACK".to_owned()).await;
                // Tables that are made are no migration yet.
                return Err(if found > 0 { stopped_at(migration, &applied, error) } else { error });
            }
        }
    }
    Ok(applied)
}

async fn apply_committed<S: StorageSchema>(
    tx: &mut StorageTx<S>,
    migration: &SchemaMigration<S>,
) -> Result<AppliedMigration> {
    tx.script("BEGIN IMMEDIATE".to_owned()).await?;
    let done = apply(tx, migration).await?;
    tx.script("COMMIT".to_owned()).await?;
    Ok(done)
}

/// Logs a step that counts. Tables that are made are told of as a whole, by who opens them.
fn tell_of_step(found: i64, done: &AppliedMigration) {
    if found > 0 {
        let took_ms = u64::try_from(done.took.as_millis()).unwrap_or(u64::MAX);
        let AppliedMigration { version, name, .. } = done;
        tracing::info!(target: "bankchannel::life", version, name, took_ms, "the data has a new version");
    }
}

/// The error of a step, with those before it.
fn stopped_at<S: StorageSchema>(
    migration: &SchemaMigration<S>,
    applied: &[AppliedMigration],
    cause: StoreError,
) -> StoreError {
    if applied.is_empty() {
        return cause;
    }
    let named = |version: i64, name: &str| format!("{version} \"{name}\"");
    let applied: Vec<_> = applied.iter().map(|step| named(step.version, step.name)).collect();
    StoreError::MigrationStopped {
        step: named(migration.version, migration.name),
        applied: applied.join(", "),
        cause: Box::new(cause),
    }
}

/// As [`apply_sqlite`], in one transaction; instances that start at the same time wait for each other. A step that does
/// not get its lock soon gives way to those who wait behind it, and all are tried again later.
async fn apply_postgres<S: StorageSchema>(driver: &PostgresDriver<S>, tables: SchemaUse) -> Result<SettledSchema> {
    let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
    loop {
        let mut tx = driver.begin().await?;
        if let Err(why) = lock_postgres(&mut tx, tables).await {
            return Err(driver.roll_back(tx, why).await);
        }
        let why = match apply_all(&mut tx, tables).await {
            Ok(settled) => {
                driver.commit(tx).await?;
                settled.applied.iter().for_each(|done| tell_of_step(settled.versions.found, done));
                return Ok(settled);
            }
            Err(why) => driver.roll_back(tx, why).await,
        };
        let place = match why {
            StoreError::Blocked { place, .. } => place,
            why => return Err(why),
        };
        let reason = lock_holder(driver).await;
        if begun.elapsed() + pause > BLOCKED_PATIENCE {
            return Err(StoreError::Blocked { place, reason });
        }
        tracing::warn!(
            target: "bankchannel::life",
            %place,
            reason,
            again_s = pause.as_secs(),
            "the migration does not get a table, and is tried again"
        );
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn apply_all<S: StorageSchema>(tx: &mut StorageTx<S>, tables: SchemaUse) -> Result<SettledSchema> {
    let mut applied = Vec::new();
    let versions = read_versions(tx, tables).await?;
    create_version_table(tx).await?;
    for migration in pending(versions.found) {
        applied.push(apply(tx, migration).await?);
    }
    Ok(SettledSchema { versions, applied })
}

/// Which connection has a table of the schema, in words.
async fn lock_holder<S: StorageSchema>(driver: &PostgresDriver<S>) -> String {
    let found = async {
        let mut tx = driver.begin().await?;
        let found = tx.one::<(String, String, i64)>(LOCK_HOLDER, &[]).await;
        match found {
            Ok(found) => driver.commit(tx).await.map(|()| found),
            Err(why) => Err(driver.roll_back(tx, why).await),
        }
    };
    match found.await {
        Ok(Some((table, application, process))) if application.is_empty() => {
            format!("process {process} of the server holds the table {table}")
        }
        Ok(Some((table, application, process))) => {
            format!("{application}, process {process} of the server, holds the table {table}")
        }
        _ => "which one is not seen: it may be pg_dump, or a transaction that was left open".to_owned(),
    }
}

/// Waits until no other start and no migration is at work on the database, a command for a short time only. From then on
/// the transaction waits for no table for long.
async fn lock_postgres<S: StorageSchema>(tx: &mut StorageTx<S>, tables: SchemaUse) -> Result<()> {
    if tables == SchemaUse::Create {
        limit_locks(tx, COMMAND_PATIENCE).await?;
    }
    match wait_for_lock(tx).await {
        Err(StoreError::Blocked { place, .. }) => {
            let reason = "a start or a migration is at work on its tables".to_owned();
            Err(StoreError::Blocked { place, reason })
        }
        Ok(()) => limit_locks(tx, STEP_PATIENCE).await,
        Err(why) => Err(why),
    }
}

async fn limit_locks<S: StorageSchema>(tx: &mut StorageTx<S>, time: Duration) -> Result<()> {
    tx.script(format!("SET LOCAL lock_timeout = {}", time.as_millis())).await
}

/// Takes the lock. A long wait is told.
async fn wait_for_lock<S: StorageSchema>(tx: &mut StorageTx<S>) -> Result<()> {
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
