//! The handle that services hold.

use crate::driver::Verb;
use crate::driver::postgres::{PostgresDriver, PostgresSettings};
use crate::driver::sqlite::{SqliteDriver, SqliteSettings};
use crate::driver::tx::Touched;
use crate::entities::audit::AuditEntry;
use crate::entities::rights::Rights;
use crate::error::{Result, StoreError};
use crate::outcome::Outcome;
use crate::verbs::audit::AuditSlot;
use crate::verbs::maintenance::Backups;
use crate::verbs::rights::{RightsSlot, Ruled, judge_and_run};
use futures_util::future::BoxFuture;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Listings are counted per group of accounts: enough to tell a busy account from the others.
const FILE_GROUPS: usize = 64;

/// The data of a WS Channel service. Cheap to clone; all clones share one writer or pool.
///
/// Every method is one atomic verb. A method that changes something answers after the change is on disk.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    audit: AuditSlot,
    rights: RightsSlot,
}

struct Shared {
    driver: Driver,
    generations: Arc<Generations>,
    backups: Backups,
}

enum Driver {
    Sqlite(Box<SqliteDriver>),
    Postgres(PostgresDriver),
}

impl Store {
    /// Opens or creates the data folder with the default settings. Must be called inside a tokio runtime, which
    /// then runs the writer.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has the folder, [`StoreError::Damaged`],
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::SchemaNewer`], [`StoreError::Io`].
    pub async fn open_sqlite(folder: impl AsRef<Path>) -> std::result::Result<Self, StoreError> {
        Self::open_sqlite_with(folder, &SqliteSettings::default()).await
    }

    /// As [`Store::open_sqlite`], with settings.
    ///
    /// # Errors
    /// As [`Store::open_sqlite`].
    pub async fn open_sqlite_with(
        folder: impl AsRef<Path>,
        settings: &SqliteSettings,
    ) -> std::result::Result<Self, StoreError> {
        let generations = Arc::new(Generations::default());
        let driver = SqliteDriver::open(folder.as_ref(), settings, generations.clone()).await?;
        Ok(Self::assemble(Driver::Sqlite(Box::new(driver)), generations))
    }

    /// Connects to a PostgreSQL database (`postgres://…`) with the default settings and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::SchemaNewer`], [`StoreError::ReadOnly`].
    pub async fn connect_postgres(url: &str) -> std::result::Result<Self, StoreError> {
        Self::connect_postgres_with(url, &PostgresSettings::default()).await
    }

    /// As [`Store::connect_postgres`], with settings.
    ///
    /// # Errors
    /// As [`Store::connect_postgres`].
    pub async fn connect_postgres_with(
        url: &str,
        settings: &PostgresSettings,
    ) -> std::result::Result<Self, StoreError> {
        let generations = Arc::new(Generations::default());
        let driver = PostgresDriver::connect(url, settings, generations.clone()).await?;
        crate::migrations::apply_postgres(&driver).await?;
        Ok(Self::assemble(Driver::Postgres(driver), generations))
    }

    /// The same store, whose next writing verbs each append `entry` to the audit trail in their own transaction,
    /// with the verb's result as outcome unless the entry brings one. Verbs that only read append nothing.
    #[must_use]
    pub fn with_audit(&self, entry: AuditEntry) -> Self {
        Self { audit: Some(Arc::new(entry)), ..self.clone() }
    }

    /// Whether this process is the only one that writes, so that answers may be cached under
    /// [`Store::auth_generation`] and [`Store::files_generation`]. False with PostgreSQL.
    #[must_use]
    pub fn is_only_writer(&self) -> bool {
        matches!(self.shared.driver, Driver::Sqlite(_))
    }

    /// A number that grows before any change to what a session may do or reach is acknowledged: its end, the verification or
    /// removal of its user, a new password, the account's export switch or removal, the tenant's switches and
    /// entitlements, stored and retired certificates, links, PGP keys. What is only added (a session, a registration, a key, the
    /// reservation of an enrolment or renewal) and second factors do not make it grow. Read it, then the store, and keep
    /// the answer for as long as the number stays.
    #[must_use]
    pub fn auth_generation(&self) -> u64 {
        self.shared.generations.auth.load(Ordering::Acquire)
    }

    /// A number that grows before any change of the bank files of this connection's owner is acknowledged. Other
    /// accounts may make it grow too.
    #[must_use]
    pub fn files_generation(&self, email: &str) -> u64 {
        self.shared.generations.files[file_group(email)].load(Ordering::Acquire)
    }

    /// Waits for the accepted verbs, then closes. Later verbs answer [`StoreError::Closed`].
    pub async fn close(&self) {
        match &self.shared.driver {
            Driver::Sqlite(driver) => driver.close().await,
            Driver::Postgres(driver) => driver.close().await,
        }
    }

    // The three return boxed futures so that a verb's arguments stand in memory once, not in every future above.

    pub(crate) fn write<A, T>(&self, args: A, verb: Verb<A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Outcome + Send + 'static,
    {
        Box::pin(async move {
            let ruled = Ruled { args, verb, rights: self.rights.clone() };
            let judged = match &self.shared.driver {
                Driver::Sqlite(driver) => driver.write(ruled, judge_and_run::<A, T>, self.audit.clone()).await,
                Driver::Postgres(driver) => driver.write(ruled, judge_and_run::<A, T>, self.audit.clone()).await,
            };
            judged?.map_err(|lost| StoreError::RightsEnded { lost })
        })
    }

    /// A verb of one reading statement.
    pub(crate) fn read<A, T>(&self, args: A, verb: Verb<A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        Box::pin(async move {
            match &self.shared.driver {
                Driver::Sqlite(driver) => driver.read(&args, verb).await,
                Driver::Postgres(driver) => driver.read(args, verb).await,
            }
        })
    }

    /// A verb of several reading statements that must see the same moment.
    pub(crate) fn read_snapshot<A, T>(&self, args: A, verb: Verb<A, T>) -> BoxFuture<'_, Result<T>>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        Box::pin(async move {
            match &self.shared.driver {
                Driver::Sqlite(driver) => driver.read_snapshot(&args, verb).await,
                Driver::Postgres(driver) => driver.read_snapshot(args, verb).await,
            }
        })
    }

    /// The SQLite half, for what only it can do.
    pub(crate) fn sqlite(&self) -> Option<&SqliteDriver> {
        match &self.shared.driver {
            Driver::Sqlite(driver) => Some(driver),
            Driver::Postgres(_) => None,
        }
    }

    pub(crate) fn judging(&self, rights: Arc<Rights>) -> Self {
        Self { rights: Some(rights), ..self.clone() }
    }

    pub(crate) fn without_audit(&self) -> Self {
        Self { audit: None, ..self.clone() }
    }

    pub(crate) fn backups(&self) -> &Backups {
        &self.shared.backups
    }

    fn assemble(driver: Driver, generations: Arc<Generations>) -> Self {
        let shared = Shared { driver, generations, backups: Backups::default() };
        Self { shared: Arc::new(shared), audit: None, rights: None }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let database = if self.is_only_writer() { "sqlite" } else { "postgres" };
        f.debug_struct("Store").field("database", &database).finish_non_exhaustive()
    }
}

/// Counters by which caches learn that they are old.
pub(crate) struct Generations {
    auth: AtomicU64,
    files: [AtomicU64; FILE_GROUPS],
}

impl Default for Generations {
    fn default() -> Self {
        Self { auth: AtomicU64::new(0), files: std::array::from_fn(|_| AtomicU64::new(0)) }
    }
}

impl Generations {
    pub(crate) fn bump(&self, touched: &Touched) {
        if touched.auth {
            self.auth.fetch_add(1, Ordering::AcqRel);
        }
        for email in &touched.files {
            self.files[file_group(email)].fetch_add(1, Ordering::AcqRel);
        }
    }
}

fn file_group(email: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    email.hash(&mut hasher);
    (hasher.finish() % FILE_GROUPS as u64) as usize
}
