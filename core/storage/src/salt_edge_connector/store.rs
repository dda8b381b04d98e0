//! The store handle of connectors.

use super::known::KnownTokens;
use super::schema::{ConnectorSchema, ConnectorTx, ConnectorVerb};
use crate::engine::{
    AppliedMigration, CommitState, Database, DatabaseLoad, DatabaseObserver, PendingMigration, PostgresSettings,
    Result, SchemaUse, SchemaVersions, SqlDialect, SqliteSettings, StorageSchema as _, StoreError, args, is_in_use,
};
use futures_util::future::BoxFuture;
use std::path::Path;
use std::sync::Arc;

/// Whether this key is the recorded one; `None` if none is.
async fn is_sealed_by(tx: &mut ConnectorTx, key_id: &[u8; 8]) -> Result<Option<bool>> {
    let recorded = tx.one::<[u8; 8]>("SELECT key_id FROM sealing_key", &[]).await?;
    Ok(recorded.map(|recorded| recorded == *key_id))
}

fn sealed_with_another_key(place: &str) -> StoreError {
    StoreError::misuse(format!("the data in {place} was sealed with another key"))
}

/// The data of a connector. Cheap to clone; all clones share one writer or pool. Other processes may have it open too.
///
/// Every method is one atomic verb. A method that changes data returns after the change is on disk.
#[derive(Clone)]
pub struct ConnectorStore {
    database: Arc<Database<ConnectorSchema>>,
    pub(super) known: Arc<KnownTokens>,
}

impl ConnectorStore {
    /// The name of the database in a data folder.
    pub const DATABASE_FILE: &'static str = ConnectorSchema::DATABASE_FILE;

    /// Opens or creates a data folder, which other processes may have open too. Must be called inside a tokio runtime,
    /// which then runs the writer.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when a program has the folder open exclusively, [`StoreError::Damaged`],
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::SchemaNewer`], [`StoreError::Io`];
    /// [`StoreError::Misuse`] for another schema's database.
    pub async fn open_sqlite(folder: &Path) -> Result<Self> {
        Self::open_sqlite_to(folder, SchemaUse::Upgrade).await
    }

    /// As [`open_sqlite`](Self::open_sqlite), with what may be done to the tables.
    ///
    /// # Errors
    /// As [`open_sqlite`](Self::open_sqlite); [`StoreError::Absent`], [`StoreError::SchemaOlder`] for tables that are not to
    /// be made or changed.
    pub async fn open_sqlite_to(folder: &Path, tables: SchemaUse) -> Result<Self> {
        let settings = SqliteSettings { is_shared: true, tables, ..SqliteSettings::default() };
        Database::open_sqlite(folder, &settings).await.map(Self::new)
    }

    /// Connects to a PostgreSQL database (`postgres://…`) and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::SchemaNewer`], [`StoreError::ReadOnly`];
    /// [`StoreError::Misuse`] for another schema's database.
    pub async fn connect_postgres(url: &str, settings: &PostgresSettings) -> Result<Self> {
        Database::connect_postgres(url, settings).await.map(Self::new)
    }

    /// Whether a program has this data folder open.
    #[must_use]
    pub fn is_in_use(folder: &Path) -> bool {
        is_in_use(folder)
    }

    fn new(database: Database<ConnectorSchema>) -> Self {
        Self { database: Arc::new(database), known: Arc::default() }
    }

    /// The migrations that opening it has applied.
    #[must_use]
    pub fn applied_migrations(&self) -> &[AppliedMigration] {
        self.database.applied()
    }

    /// The version of its tables when it was opened.
    #[must_use]
    pub fn versions(&self) -> SchemaVersions {
        self.database.versions()
    }

    /// The migrations that its tables lacked when it was opened, oldest first.
    #[must_use]
    pub fn pending_migrations(&self) -> Vec<PendingMigration> {
        self.database.pending()
    }

    /// Whether a newer program has meanwhile brought the tables to a version that this one cannot use.
    ///
    /// # Errors
    /// Environment faults.
    pub fn is_outgrown(&self) -> BoxFuture<'_, Result<bool>> {
        self.database.is_outgrown()
    }

    /// Tells this observer of commits. The first one counts.
    pub fn observe(&self, observer: Arc<dyn DatabaseObserver>) {
        self.database.observe(observer);
    }

    /// How much of the database is in use.
    #[must_use]
    pub fn load(&self) -> DatabaseLoad {
        self.database.load()
    }

    /// Records the id of the key that seals the stored data; the first recorded id stays.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] if the data was sealed with another key.
    pub fn sealed_by(&self, key_id: [u8; 8]) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            // Only the first start writes.
            if self.can_be_sealed_by(key_id).await? {
                return Ok(());
            }
            self.write(key_id, |tx, key_id| {
                Box::pin(async move {
                    let sql = "INSERT INTO sealing_key (one, key_id) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";
                    tx.execute(sql, args![*key_id]).await?;
                    match is_sealed_by(tx, key_id).await? {
                        Some(true) => Ok(()),
                        _ => Err(sealed_with_another_key(tx.place())),
                    }
                })
            })
            .await
        })
    }

    /// Whether this key's id is the recorded one; false if none is recorded yet.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] if the data was sealed with another key.
    pub fn can_be_sealed_by(&self, key_id: [u8; 8]) -> BoxFuture<'_, Result<bool>> {
        self.read(key_id, |tx, key_id| {
            Box::pin(async move {
                match is_sealed_by(tx, key_id).await? {
                    Some(false) => Err(sealed_with_another_key(tx.place())),
                    found => Ok(found.is_some()),
                }
            })
        })
    }

    /// The time of the database server, in milliseconds since 1970; `None` for a folder, whose users share one clock.
    pub fn server_time(&self) -> BoxFuture<'_, Result<Option<i64>>> {
        Box::pin(async move {
            if self.database.dialect() != SqlDialect::Postgres {
                return Ok(None);
            }
            self.read((), |tx, ()| {
                Box::pin(async move {
                    let sql = "SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)";
                    tx.number(sql, &[]).await.map(Some)
                })
            })
            .await
        })
    }

    /// Waits for the accepted verbs, then closes. Later verbs return [`StoreError::Closed`].
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// A value that stays equal until any process commits.
    pub(super) fn commit_state(&self) -> Option<CommitState> {
        self.database.commit_state()
    }

    pub(super) fn write<A, T>(&self, args: A, verb: ConnectorVerb<A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.database.write(args, verb, None)
    }

    pub(super) fn read<A, T>(&self, args: A, verb: ConnectorVerb<A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.database.read(args, verb)
    }

    pub(super) fn read_snapshot<A, T>(&self, args: A, verb: ConnectorVerb<A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.database.read_snapshot(args, verb)
    }
}

impl std::fmt::Debug for ConnectorStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectorStore").field("database", &self.database.dialect()).finish_non_exhaustive()
    }
}
