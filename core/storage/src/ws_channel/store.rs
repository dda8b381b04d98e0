//! The store handle of services.

use super::outcome::VerbOutcome;
use super::schema::{WsChannelSchema, WsChannelVerb};
use super::verbs::audit::AuditSlot;
use super::verbs::maintenance::RunningBackups;
use super::verbs::rights::{RightsSlot, RuledVerb, judge_and_run};
use crate::engine::{
    AppliedMigration, Database, DatabaseLoad, DatabaseObserver, PendingMigration, PostgresSettings, Result,
    SchemaVersions, SqlDialect, SqliteSettings, StoreError,
};
use crate::ws_channel::{AuditEntry, SessionRights};
use futures_util::future::{BoxFuture, FutureExt as _};
use std::path::Path;
use std::sync::Arc;

/// The data of a WS Channel service. Cheap to clone; all clones share one writer or pool.
///
/// Every method is one atomic verb. A method that changes data returns after the change is on disk.
#[derive(Clone)]
pub struct WsChannelStore {
    shared: Arc<SharedStore>,
    audit: AuditSlot,
    rights: RightsSlot,
}

struct SharedStore {
    database: Database<WsChannelSchema>,
    backups: RunningBackups,
}

impl WsChannelStore {
    /// Opens or creates the data folder with the default settings. Must be called inside a tokio runtime, which
    /// then runs the writer.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has the folder open, [`StoreError::Damaged`],
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::SchemaNewer`], [`StoreError::Io`];
    /// [`StoreError::Misuse`] for another schema's database.
    pub async fn open_sqlite(folder: impl AsRef<Path>) -> Result<Self> {
        Self::open_sqlite_with(folder, &SqliteSettings::default()).await
    }

    /// As [`WsChannelStore::open_sqlite`], with settings.
    ///
    /// # Errors
    /// As [`WsChannelStore::open_sqlite`].
    pub async fn open_sqlite_with(folder: impl AsRef<Path>, settings: &SqliteSettings) -> Result<Self> {
        Ok(Self::new(Database::open_sqlite(folder.as_ref(), settings).await?))
    }

    /// Connects to a PostgreSQL database (`postgres://…`) with the default settings and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::SchemaNewer`], [`StoreError::ReadOnly`];
    /// [`StoreError::Misuse`] for another schema's database.
    pub async fn connect_postgres(url: &str) -> Result<Self> {
        Self::connect_postgres_with(url, &PostgresSettings::default()).await
    }

    /// As [`WsChannelStore::connect_postgres`], with settings.
    ///
    /// # Errors
    /// As [`WsChannelStore::connect_postgres`].
    pub async fn connect_postgres_with(url: &str, settings: &PostgresSettings) -> Result<Self> {
        Ok(Self::new(Database::connect_postgres(url, settings).await?))
    }

    /// For data of an older version of this program, opened with [`SchemaUse::Read`](super::SchemaUse::Read):
    /// [`StoreError::SchemaOlder`], which has both versions.
    #[must_use]
    pub fn outdated(&self) -> Option<StoreError> {
        self.database().outdated()
    }

    /// The migrations that opening it has applied.
    #[must_use]
    pub fn applied_migrations(&self) -> &[AppliedMigration] {
        self.database().applied()
    }

    /// The version of its tables when it was opened.
    #[must_use]
    pub fn versions(&self) -> SchemaVersions {
        self.database().versions()
    }

    /// The migrations that its tables lacked when it was opened, oldest first.
    #[must_use]
    pub fn pending_migrations(&self) -> Vec<PendingMigration> {
        self.database().pending()
    }

    /// Whether the database answers, and a newer program has meanwhile brought its tables to a version that this one
    /// cannot use.
    ///
    /// # Errors
    /// Environment faults.
    pub fn is_outgrown(&self) -> BoxFuture<'_, Result<bool>> {
        self.database().is_outgrown()
    }

    /// Tells this observer of commits. The first one counts.
    pub fn observe(&self, observer: Arc<dyn DatabaseObserver>) {
        self.database().observe(observer);
    }

    /// How much of the database is in use.
    #[must_use]
    pub fn load(&self) -> DatabaseLoad {
        self.database().load()
    }

    /// The same store, whose writing verbs each append `entry` to the audit trail in their own transaction, with the
    /// verb's result as outcome unless the entry has one. Verbs that only read append nothing.
    #[must_use]
    pub fn with_audit(&self, entry: AuditEntry) -> Self {
        Self { audit: Some(Arc::new(entry)), ..self.clone() }
    }

    /// Whether this process is the only writer, so that results may be cached under [`WsChannelStore::auth_generation`] and
    /// [`WsChannelStore::files_generation`]. False with PostgreSQL.
    #[must_use]
    pub fn is_only_writer(&self) -> bool {
        self.database().dialect() == SqlDialect::Sqlite
    }

    /// A number that grows before any change of a session's rights or reach is acknowledged: its end, the verification
    /// or removal of its user, a new password, the account's export switch or removal, the tenant's switches and
    /// entitlements, stored and retired certificates, links, PGP keys. Pure additions (a session, a registration, a
    /// key, the reservation of an enrolment or renewal) and second factors do not change it. Read it, then the store,
    /// and cache the result for as long as the number stays the same.
    #[must_use]
    pub fn auth_generation(&self) -> u64 {
        self.database().schema().auth_generation()
    }

    /// A number that grows before any change of the bank files of this connection's owner is acknowledged. Changes of
    /// other accounts may increase it too.
    #[must_use]
    pub fn files_generation(&self, email: &str) -> u64 {
        self.database().schema().files_generation(email)
    }

    /// Waits for the accepted verbs, then closes. Later verbs return [`StoreError::Closed`].
    pub async fn close(&self) {
        self.database().close().await;
    }

    pub(super) fn write<A, T>(&self, args: A, verb: WsChannelVerb<A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: VerbOutcome + Send + 'static,
    {
        // Records of one account are written one after the other.
        let turn = self.audit.as_ref().map(|entry| entry.email.clone());
        let ruled = RuledVerb { args, verb, rights: self.rights.clone(), audit: self.audit.clone() };
        let judged = self.database().write(ruled, judge_and_run::<A, T>, turn);
        judged.map(|judged| judged?.map_err(StoreError::refused)).boxed()
    }

    pub(super) fn database(&self) -> &Database<WsChannelSchema> {
        &self.shared.database
    }

    pub(super) fn judging(&self, rights: Arc<SessionRights>) -> Self {
        Self { rights: Some(rights), ..self.clone() }
    }

    pub(super) fn without_audit(&self) -> Self {
        Self { audit: None, ..self.clone() }
    }

    pub(super) fn backups(&self) -> &RunningBackups {
        &self.shared.backups
    }

    fn new(database: Database<WsChannelSchema>) -> Self {
        let shared = SharedStore { database, backups: RunningBackups::default() };
        Self { shared: Arc::new(shared), audit: None, rights: None }
    }
}

impl std::fmt::Debug for WsChannelStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let database = if self.is_only_writer() { "sqlite" } else { "postgres" };
        f.debug_struct("WsChannelStore").field("database", &database).finish_non_exhaustive()
    }
}
