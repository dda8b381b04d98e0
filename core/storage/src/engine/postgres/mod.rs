//! PostgreSQL: one SERIALIZABLE transaction per verb, repeated after a conflict.
//!
//! ```text
//!   caller ── waits for a place ──► task: connection, BEGIN, verb, COMMIT ──► connection goes back
//!     │                              │                  └─ anything else ───► connection is closed
//!     └─ goes away: the task goes on └─ until the verb's time limit
//! ```

mod pool;
mod statements;

pub(super) use pool::ConnectionLease;
pub(super) use statements::{ends_connection, execute, query};

use super::tx::TransactionConnection;
use super::watch::DatabaseWatch;
use super::{CommitOutcome, DatabaseLoad, Result, SchemaUse, StorageSchema, StorageTx, StoreError, job::BoxedJob};
use pool::{ConnectionPlace, ConnectionPool};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use std::hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, timeout_at};

/// Tries of one verb before [`StoreError::Contended`].
const MAX_TRIES: u32 = 30;
const BACKOFF_STEP: Duration = Duration::from_millis(2);
const BACKOFF_MAX: Duration = Duration::from_millis(60);
/// How long migrations may take.
const MIGRATION_LIMIT: Duration = Duration::from_secs(3600);

/// Number of queues over which turns are spread.
const QUEUES: usize = 64;

const WRITE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Settings for a PostgreSQL server.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// Limit of connections; each verb holds one while it runs.
    pub max_connections: u32,
    /// Time limit for connecting.
    pub connect_timeout: Duration,
    /// Time limit of a verb, including the wait for a free connection. Housekeeping may take longer.
    pub verb_timeout: Duration,
    /// What may be done to the tables; with [`SchemaUse::Read`] the server itself refuses every change.
    pub tables: SchemaUse,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self {
            max_connections: 16,
            connect_timeout: Duration::from_secs(5),
            verb_timeout: Duration::from_secs(10),
            tables: SchemaUse::default(),
        }
    }
}

/// The PostgreSQL driver of a database.
pub(super) struct PostgresDriver<S: StorageSchema> {
    pool: Arc<ConnectionPool>,
    place: Arc<str>,
    schema: Arc<S>,
    queues: [Arc<Mutex<()>>; QUEUES],
    verb_timeout: Duration,
    watch: Arc<DatabaseWatch>,
}

impl<S: StorageSchema> PostgresDriver<S> {
    pub(super) async fn connect(
        url: &str,
        settings: &PostgresSettings,
        schema: Arc<S>,
        watch: Arc<DatabaseWatch>,
    ) -> Result<Arc<Self>> {
        // The parse error may quote the address with its password, so it is not shown.
        let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Unreachable {
            reason: "the database address is not a valid postgres:// URL".to_owned(),
        })?;
        let options =
            options.application_name("bankchannel").options(session_settings(settings)).disable_statement_logging();
        let place = place_of(&options);
        let driver = Self {
            pool: Arc::new(ConnectionPool::new(options, settings, place.clone())),
            place,
            schema,
            queues: std::array::from_fn(|_| Arc::default()),
            verb_timeout: settings.verb_timeout,
            watch,
        };
        driver.pool.first_connection().await?;
        Ok(Arc::new(driver))
    }

    pub(super) fn load(&self) -> DatabaseLoad {
        let (connections, connections_max) = self.pool.in_use();
        DatabaseLoad { waiting: 0, connections, connections_max }
    }

    pub(super) async fn write(self: &Arc<Self>, mut job: BoxedJob<S>, turn: Option<String>) -> Result<BoxedJob<S>> {
        let deadline = Instant::now() + self.verb_timeout;
        let turn = match turn {
            Some(key) => Some(self.turn(&key, deadline).await?),
            None => None,
        };
        self.to_the_end(deadline, move |driver, place| async move {
            let _turn = turn;
            let mut place = Some(place);
            for attempt in 1..=MAX_TRIES {
                match driver.try_write(place.take(), deadline, &mut job).await {
                    Err(StoreError::Contended { .. }) => {
                        driver.watch.repeated();
                        tokio::time::sleep(backoff(attempt)).await;
                    }
                    other => return other.map(|()| job),
                }
            }
            Err(StoreError::Contended { tries: MAX_TRIES })
        })
        .await
    }

    /// One statement outside any transaction.
    pub(super) async fn read(self: &Arc<Self>, mut job: BoxedJob<S>) -> Result<BoxedJob<S>> {
        let deadline = Instant::now() + self.verb_timeout;
        self.to_the_end(deadline, move |driver, place| async move {
            let mut place = Some(place);
            loop {
                let mut tx = driver.open(place.take(), deadline, None).await?;
                let done = job.run(&mut tx).await;
                if !tx.ended_while_idle() {
                    return driver.end(tx, TransactionKind::None, done).await.map(|()| job);
                }
                driver.pool.forget_idle();
            }
        })
        .await
    }

    /// Several statements that see the same moment.
    pub(super) async fn read_snapshot(self: &Arc<Self>, mut job: BoxedJob<S>) -> Result<BoxedJob<S>> {
        let deadline = Instant::now() + self.verb_timeout;
        self.to_the_end(deadline, move |driver, place| async move {
            let mut tx = driver.open(Some(place), deadline, Some(SNAPSHOT)).await?;
            let done = job.run(&mut tx).await;
            driver.end(tx, TransactionKind::Reading, done).await.map(|()| job)
        })
        .await
    }

    /// A transaction for migrations.
    pub(super) async fn begin(&self) -> Result<StorageTx<S>> {
        let mut tx = self.open(None, Instant::now() + self.verb_timeout, Some("BEGIN")).await?;
        tx.allow(MIGRATION_LIMIT).await?;
        Ok(tx)
    }

    pub(super) async fn commit(&self, tx: StorageTx<S>) -> Result<()> {
        self.end(tx, TransactionKind::Writing, Ok(())).await
    }

    /// Rolls a transaction back that ends with this error.
    pub(super) async fn roll_back(&self, tx: StorageTx<S>, why: StoreError) -> StoreError {
        match self.end(tx, TransactionKind::Writing, Err(why)).await {
            Err(why) => why,
            Ok(()) => StoreError::internal("a transaction that failed ended well"),
        }
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    async fn try_write(&self, place: Option<ConnectionPlace>, deadline: Instant, job: &mut BoxedJob<S>) -> Result<()> {
        let mut tx = self.open(place, deadline, Some(WRITE)).await?;
        let done = match job.run(&mut tx).await {
            Ok(()) => S::before_commit(&mut tx).await,
            Err(why) => Err(why),
        };
        self.end(tx, TransactionKind::Writing, done).await
    }

    /// Runs `work` in a separate task: dropping the future does not stop work that holds a connection. Before it holds
    /// one, nothing has started.
    async fn to_the_end<F>(
        self: &Arc<Self>,
        deadline: Instant,
        work: impl FnOnce(Arc<Self>, ConnectionPlace) -> F,
    ) -> Result<BoxedJob<S>>
    where
        F: Future<Output = Result<BoxedJob<S>>> + Send + 'static,
    {
        let place = self.pool.place(deadline).await?;
        match tokio::spawn(work(self.clone(), place)).await {
            Ok(done) => done,
            Err(why) if why.is_panic() => Err(StoreError::internal("a verb panicked")),
            Err(_) => Err(StoreError::Closed),
        }
    }

    /// Verbs with the same key queue here, so that they can only conflict with those of other instances.
    async fn turn(&self, key: &str, deadline: Instant) -> Result<OwnedMutexGuard<()>> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let queue = self.queues[(hasher.finish() % QUEUES as u64) as usize].clone();
        timeout_at(deadline, queue.lock_owned())
            .await
            .map_err(|_| self.pool.unreachable("the changes before this one had no answer in time"))
    }

    /// A connection in a transaction started with `begin`.
    async fn open(
        &self,
        mut place: Option<ConnectionPlace>,
        deadline: Instant,
        begin: Option<&'static str>,
    ) -> Result<StorageTx<S>> {
        loop {
            let place = match place.take() {
                Some(place) => place,
                None => self.pool.place(deadline).await?,
            };
            let lease = self.pool.lease(place, deadline).await?;
            let mut tx = StorageTx::new(TransactionConnection::Postgres(lease), self.place.clone());
            tx.limit(deadline);
            let Some(begin) = begin else { return Ok(tx) };
            match tx.script(begin.to_owned()).await {
                Ok(()) => return Ok(tx),
                Err(_) if tx.ended_while_idle() => self.pool.forget_idle(),
                Err(why) => {
                    let ended = self.end(tx, TransactionKind::None, Err(why)).await;
                    return ended.and(Err(StoreError::internal("a transaction that did not begin ended well")));
                }
            }
        }
    }

    /// Ends the transaction. The connection returns to the pool only if the server has confirmed that no transaction is
    /// open; otherwise it is dropped here, which closes it.
    async fn end(&self, mut tx: StorageTx<S>, transaction: TransactionKind, done: Result<()>) -> Result<()> {
        let done = match done {
            // PostgreSQL responds to COMMIT after a failed statement with a rollback and no error.
            Ok(()) if tx.has_failed() => Err(StoreError::internal("a verb went on after a failed statement")),
            done => done,
        };
        let is_over = match (&done, transaction) {
            _ if tx.is_broken() => false,
            (_, TransactionKind::None) => true,
            // The data read is valid, whatever happens to the connection.
            (Ok(_), TransactionKind::Reading) => tx.script("COMMIT".to_owned()).await.is_ok(),
            (Ok(_), TransactionKind::Writing) => {
                let begun = std::time::Instant::now();
                let committed = tx.script("COMMIT".to_owned()).await;
                let outcome = match &committed {
                    Ok(()) => Some(CommitOutcome::Done),
                    Err(StoreError::Unreachable { .. }) => Some(CommitOutcome::Unknown),
                    // Another was first: it is repeated, and counted as that.
                    Err(StoreError::Contended { .. }) => None,
                    Err(_) => Some(CommitOutcome::Failed),
                };
                if let Some(outcome) = outcome {
                    self.watch.committed(begun, outcome);
                }
                if let Err(why) = committed {
                    return Err(self.not_committed(tx, why));
                }
                self.schema.committed(&mut tx.state);
                true
            }
            (Err(_), _) => tx.script("ROLLBACK".to_owned()).await.is_ok(),
        };
        if tx.had_no_answer() {
            self.pool.suspect();
        }
        if is_over && let TransactionConnection::Postgres(lease) = tx.into_connection() {
            lease.give_back();
        }
        done
    }

    /// The error for a COMMIT that did not succeed. An error of the server means a rollback, unless it ended the
    /// connection.
    fn not_committed(&self, mut tx: StorageTx<S>, why: StoreError) -> StoreError {
        match why {
            StoreError::Unreachable { reason } => {
                if tx.had_no_answer() {
                    self.pool.suspect();
                }
                self.schema.committed(&mut tx.state);
                StoreError::Unknown { reason }
            }
            refused => {
                if !tx.is_broken()
                    && let TransactionConnection::Postgres(lease) = tx.into_connection()
                {
                    lease.give_back();
                }
                refused
            }
        }
    }
}

/// The kind of transaction that [`PostgresDriver::end`] ends.
#[derive(Clone, Copy)]
enum TransactionKind {
    None,
    Reading,
    Writing,
}

/// The server-side settings of each connection.
fn session_settings(settings: &PostgresSettings) -> Vec<(&'static str, String)> {
    let limit = settings.verb_timeout.as_millis().to_string();
    let mut all = vec![
        // The server gives up when the caller no longer waits.
        ("statement_timeout", limit.clone()),
        ("idle_in_transaction_session_timeout", limit),
        // The server detects a machine that disappeared. sqlx has no such setting for its own side: there the time
        // limits do this.
        ("tcp_keepalives_idle", "30".to_owned()),
        ("tcp_keepalives_interval", "10".to_owned()),
        ("tcp_keepalives_count", "3".to_owned()),
        // Verbs find rows by indexes. A sequential scan of a small table would make a transaction conflict with every
        // other one.
        ("enable_seqscan", "off".to_owned()),
        // Without an index a query now has a cost estimate so high that it would be JIT-compiled.
        ("jit", "off".to_owned()),
    ];
    if settings.tables == SchemaUse::Read {
        all.push(("default_transaction_read_only", "on".to_owned()));
    }
    all
}

/// The server's address, without user and password.
fn place_of(options: &PgConnectOptions) -> Arc<str> {
    let database = options.get_database().unwrap_or("named like its user");
    let server = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    Arc::from(format!("the PostgreSQL database {database} at {server}"))
}

/// The wait grows with the tries, with jitter so that conflicting verbs do not meet again.
fn backoff(attempt: u32) -> Duration {
    let spread = std::collections::hash_map::RandomState::new().build_hasher().finish() % 1000;
    let full = (BACKOFF_STEP * attempt).min(BACKOFF_MAX);
    full.mul_f64(0.5 + spread as f64 / 2000.0)
}
