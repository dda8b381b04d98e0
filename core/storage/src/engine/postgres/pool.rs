//! A pool with a limited number of connections to the server. A connection returns only through [`ConnectionLease::give_back`],
//! which is called where it is known to be outside any transaction; dropped in any other way it is closed.
//!
//! sqlx's own pool takes back every dropped connection, even inside a transaction, and then pings it without a time
//! limit: a server that stopped responding would occupy that place forever.

use super::PostgresSettings;
use crate::engine::{Result, SqlDialect, StoreError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

/// A connection used within this time is not pinged before reuse.
const FRESH: Duration = Duration::from_secs(1);
/// Time limit for the ping of an idle connection.
const PING_LIMIT: Duration = Duration::from_secs(2);
/// Connections idle for longer are closed: a firewall may have forgotten them.
const IDLE_MAX: Duration = Duration::from_secs(10 * 60);
/// Connections older than this are closed when they are returned.
const AGE_MAX: Duration = Duration::from_secs(30 * 60);
/// Time limit for closing connections cleanly.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long to wait at start for a server that is starting too.
const START_PATIENCE: Duration = Duration::from_secs(10);
const START_STEP: Duration = Duration::from_millis(200);

/// The connections of one database.
pub(super) struct ConnectionPool {
    options: PgConnectOptions,
    place: Arc<str>,
    connect_timeout: Duration,
    verb_timeout: Duration,
    size: u32,
    places: Arc<Semaphore>,
    idle: Mutex<IdleConnections>,
    closed: AtomicBool,
}

/// Idle connections, the one used last at the end.
#[derive(Default)]
struct IdleConnections {
    connections: Vec<SpareConnection>,
    /// Connections last used before this instant must be pinged before reuse.
    suspect_before: Option<Instant>,
}

struct SpareConnection {
    connection: PgConnection,
    born: Instant,
    used: Instant,
}

/// The right to one connection.
pub(super) type ConnectionPlace = OwnedSemaphorePermit;

/// A connection in use.
pub(crate) struct ConnectionLease {
    connection: PgConnection,
    born: Instant,
    is_reused: bool,
    place: ConnectionPlace,
    pool: Arc<ConnectionPool>,
}

impl ConnectionPool {
    pub(super) fn new(options: PgConnectOptions, settings: &PostgresSettings, place: Arc<str>) -> Self {
        let size = settings.max_connections.max(1);
        Self {
            options,
            place,
            connect_timeout: settings.connect_timeout,
            verb_timeout: settings.verb_timeout,
            size,
            places: Arc::new(Semaphore::new(size as usize)),
            idle: Mutex::default(),
            closed: AtomicBool::new(false),
        }
    }

    /// How many connections are in use, and how many there may be.
    pub(super) fn in_use(&self) -> (usize, usize) {
        let max = self.size as usize;
        (max.saturating_sub(self.places.available_permits()), max)
    }

    /// Waits for a place. Dropping this loses nothing: no connection is held yet.
    pub(super) async fn place(&self, deadline: Instant) -> Result<ConnectionPlace> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        match timeout_at(deadline, self.places.clone().acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) => Err(StoreError::Closed),
            Err(_) => Err(self.unreachable("no connection became free in time")),
        }
    }

    /// A live connection: an idle one, or a new one.
    pub(super) async fn lease(self: &Arc<Self>, place: ConnectionPlace, deadline: Instant) -> Result<ConnectionLease> {
        while let Some((mut spare, must_prove)) = self.take_idle() {
            if must_prove {
                match timeout(PING_LIMIT, spare.connection.ping()).await {
                    Ok(Ok(())) => {}
                    // This one has ended; others may be alive.
                    Ok(Err(_)) => continue,
                    // No response: the others are probably unreachable too. Close them at once, instead of waiting 2
                    // seconds for each.
                    Err(_) => {
                        self.forget_idle();
                        break;
                    }
                }
            }
            let SpareConnection { connection, born, .. } = spare;
            return Ok(ConnectionLease { connection, born, is_reused: true, place, pool: self.clone() });
        }
        let connection = self.connect(deadline).await?;
        Ok(ConnectionLease { connection, born: Instant::now(), is_reused: false, place, pool: self.clone() })
    }

    /// A verb got no response: idle connections must be pinged before they are used again.
    pub(super) fn suspect(&self) {
        self.idle().suspect_before = Some(Instant::now());
    }

    /// Closes the idle connections.
    pub(super) fn forget_idle(&self) {
        let gone = std::mem::take(&mut self.idle().connections);
        drop(gone);
    }

    /// Waits for the accepted verbs, at most the time limit of a verb, then closes the connections. Housekeeping that
    /// takes longer is not waited for: it ends at its time limit or with the process.
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let everybody = timeout(self.verb_timeout + FAREWELL, self.places.acquire_many(self.size)).await;
        self.places.close();
        drop(everybody);
        let idle = std::mem::take(&mut self.idle().connections);
        let farewells = idle.into_iter().map(|spare| spare.connection.close());
        // A server that does not respond will notice later.
        let _ = timeout(FAREWELL, futures_util::future::join_all(farewells)).await;
    }

    /// The first connection: waits for a server that is starting too.
    pub(super) async fn first_connection(self: &Arc<Self>) -> Result<()> {
        let until = Instant::now() + START_PATIENCE;
        let place = self.place(until).await?;
        let connection = loop {
            match self.try_connect(until).await {
                Ok(connection) => break connection,
                Err(error) if is_starting(&error) && Instant::now() + START_STEP < until => {
                    tokio::time::sleep(START_STEP).await;
                }
                Err(error) => return Err(self.fault(&error)),
            }
        };
        let lease = ConnectionLease { connection, born: Instant::now(), is_reused: false, place, pool: self.clone() };
        lease.give_back();
        Ok(())
    }

    async fn connect(&self, deadline: Instant) -> Result<PgConnection> {
        self.try_connect(deadline).await.map_err(|error| self.fault(&error))
    }

    async fn try_connect(&self, deadline: Instant) -> sqlx::Result<PgConnection> {
        let until = deadline.min(Instant::now() + self.connect_timeout);
        let silent = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer while connecting").into());
        timeout_at(until, PgConnection::connect_with(&self.options)).await.unwrap_or_else(silent)
    }

    /// The idle connection that was used last, and whether it must be pinged.
    fn take_idle(&self) -> Option<(SpareConnection, bool)> {
        let mut idle = self.idle();
        let now = Instant::now();
        idle.connections.retain(|spare| now.duration_since(spare.used) < IDLE_MAX);
        let spare = idle.connections.pop()?;
        let is_suspect = idle.suspect_before.is_some_and(|before| spare.used < before);
        let must_prove = is_suspect || now.duration_since(spare.used) > FRESH;
        Some((spare, must_prove))
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, IdleConnections> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn unreachable(&self, reason: &str) -> StoreError {
        StoreError::Unreachable { reason: format!("{}: {reason}", self.place) }
    }

    fn fault(&self, error: &sqlx::Error) -> StoreError {
        StoreError::from_sqlx(error, SqlDialect::Postgres, &self.place)
    }
}

/// Whether the server is just not running yet.
fn is_starting(error: &sqlx::Error) -> bool {
    const CANNOT_CONNECT_NOW: &str = "57P03";
    match error {
        sqlx::Error::Io(fault) => fault.kind() == io::ErrorKind::ConnectionRefused,
        sqlx::Error::Database(fault) => fault.code().is_some_and(|code| code == CANNOT_CONNECT_NOW),
        _ => false,
    }
}

impl ConnectionLease {
    /// Whether it was used before: it may have ended meanwhile without a fault.
    pub(crate) fn is_reused(&self) -> bool {
        self.is_reused
    }

    /// Returns the connection to the pool. Only outside a transaction, with all statements completed.
    pub(super) fn give_back(self) {
        let Self { connection, born, place, pool, .. } = self;
        let used = Instant::now();
        if !pool.closed.load(Ordering::Acquire) && used.duration_since(born) < AGE_MAX {
            pool.idle().connections.push(SpareConnection { connection, born, used });
        }
        // Release the permit last, so that the next holder finds the connection.
        drop(place);
    }
}

impl Deref for ConnectionLease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for ConnectionLease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
