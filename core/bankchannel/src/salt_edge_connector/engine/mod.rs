//! The engine of a connector: its store, its questions to the bank, its reports to the hub.
//!
//! ```text
//!   request ─► requests ─► verified, judged, committed ─► HTTP answer
//!                 │ a request for data: the bank is asked at once
//!                 └─ anything else becomes a task ─┐
//!   work ─► tasks: the bank is asked ─► steps: its answer and the callback that reports it, one commit
//!       └─► callbacks: signed and sent until the hub has accepted them
//! ```
//!
//! Everything about customers, third parties and secrets is sealed by the [`vault`] before the store sees it.

mod bank;
mod callbacks;
mod fetching;
mod lanes;
mod question;
mod records;
mod requests;
mod sessions;
mod steps;
mod tasks;
mod third_party;
mod tokens;
mod vault;
mod work;

use std::{
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use bankchannel_crypto::random;
use bankchannel_foundation::{
    Cache, Error, Result, Secret,
    clock::{Clock as _, SystemClock},
    error::row,
    model::Timestamp,
};
use bankchannel_storage::salt_edge_connector::{
    ConnectorSession, ConnectorStore, ConnectorToken, PostgresSettings, RowId, SchemaUse, SchemaVersions, StoreError,
};
use bankchannel_transport::background;
use data_encoding::HEXLOWER;

pub use bank::SaltEdgeBank;
pub(super) use requests::HandledRequest;
pub(super) use tokens::{ReconciledTokens, SessionPageData};

use super::ConnectorInner;
use crate::CallOptions;
use vault::StoreVault;

/// The maximum number of decrypted token records in memory.
const OPENED: u64 = 4096;

/// A connector's open store, and the key that decrypts its records.
pub(super) struct OpenStore {
    pub(super) store: ConnectorStore,
    vault: StoreVault,
    third_parties: third_party::ThirdParties,
    /// Decrypted token records, each with the sealed record that it came from.
    opened: Cache<RowId, Arc<OpenedToken>>,
    clock: StoreClock,
}

/// The clock of all processes that share a store: that of the database server, if there is one.
#[derive(Default)]
struct StoreClock {
    /// How far it is ahead of this machine's, in milliseconds.
    ahead_ms: AtomicI64,
    /// When that was measured last, by this machine's clock.
    measured_ms: AtomicI64,
}

/// How often the clock of the database server is compared.
const COMPARED_MS: i64 = 60 * 1000;
/// A difference that is logged: the machine's clock should be set.
const FAR_MS: i64 = 5 * 1000;

impl StoreClock {
    /// Compares the clocks, once a minute. Half of the time that the question took is the way back.
    async fn compare(&self, store: &ConnectorStore, options: &CallOptions) -> Result<(), StoreError> {
        let asked = SystemClock::default().now_ms();
        let measured = self.measured_ms.load(Ordering::Relaxed);
        if (asked - measured).abs() < COMPARED_MS {
            return Ok(());
        }
        let Some(server) = store.server_time().await? else {
            self.measured_ms.store(i64::MAX / 2, Ordering::Relaxed);
            return Ok(());
        };
        let now = SystemClock::default().now_ms();
        // In whole seconds: what differs by less is the way of the question, and differs from process to process.
        let ahead = (server - (asked + (now - asked) / 2) + 500).div_euclid(1000) * 1000;
        self.ahead_ms.store(ahead, Ordering::Relaxed);
        self.measured_ms.store(now, Ordering::Relaxed);
        if ahead.abs() > FAR_MS {
            options.warn(format!(
                "this machine's clock is {} s off the database's, which counts for sessions and reports: set it, since \
                 Salt Edge's requests are verified with it",
                -ahead / 1000
            ));
        }
        Ok(())
    }
}

/// A token's record in sealed and decrypted form.
struct OpenedToken {
    sealed: Vec<u8>,
    record: Arc<records::TokenRecord>,
}

impl OpenStore {
    /// Opens a store: a folder, or a PostgreSQL database. Its tables are made or changed as far as `tables` allows.
    ///
    /// # Errors
    /// `resource.storage`; `configuration.invalid` for a key that is missing or does not belong to the store.
    pub(super) async fn open(place: &str, key: Option<&Secret>, tables: SchemaUse) -> Result<Self> {
        if matches!(tables, SchemaUse::Upgrade | SchemaUse::Migrate) {
            // A migration is not undone: first the key is compared, where there is data.
            match Self::check_store(place, key).await {
                Err(why) if !matches!(StoreError::behind(&why), Some(StoreError::Absent { .. })) => return Err(why),
                _ => {}
            }
        }
        let (vault, store) = opened(place, key, tables).await?;
        match store.sealed_by(vault.key_id()).await {
            Ok(()) => {
                let third_parties = third_party::none_known();
                let clock = StoreClock::default();
                Ok(Self { store, vault, third_parties, opened: Cache::new(OPENED), clock })
            }
            Err(why) => {
                store.close().await;
                Err(not_opened(why))
            }
        }
    }

    /// Looks at a store, and changes nothing in it: whether it opens, with this key; which version it has.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(super) async fn check_store(place: &str, key: Option<&Secret>) -> Result<SchemaVersions> {
        let (vault, store) = opened(place, key, SchemaUse::Read).await?;
        let (looked, versions) = (store.can_be_sealed_by(vault.key_id()).await, store.versions());
        store.close().await;
        looked.map(|_| versions).map_err(not_opened)
    }
}

/// A store and the key that it is to have.
async fn opened(place: &str, key: Option<&Secret>, tables: SchemaUse) -> Result<(StoreVault, ConnectorStore)> {
    if place.starts_with("postgres://") || place.starts_with("postgresql://") {
        let why = "is missing: a store in PostgreSQL needs one, base64 of 32 bytes, which is kept elsewhere";
        let key = key.ok_or_else(|| Error::invalid_setting("store_key", why))?;
        let vault = StoreVault::from_text(key)?;
        let settings = PostgresSettings { tables, ..PostgresSettings::default() };
        return Ok((vault, ConnectorStore::connect_postgres(place, &settings).await.map_err(unusable)?));
    }
    let folder = Path::new(place);
    let is_absent = !folder.join(ConnectorStore::DATABASE_FILE).exists();
    if is_absent && matches!(tables, SchemaUse::Read | SchemaUse::Migrate) {
        // Before the key is read, which would be made.
        return Err(unusable(StoreError::Absent { place: folder.display().to_string() }));
    }
    let vault = vault_of(folder, key).await?;
    Ok((vault, ConnectorStore::open_sqlite_to(folder, tables).await.map_err(unusable)?))
}

/// The key of a store in a folder: the given one, or that in the folder.
async fn vault_of(folder: &Path, key: Option<&Secret>) -> Result<StoreVault> {
    opens_here()?;
    let key = match key {
        Some(key) => key.clone(),
        None => {
            let folder = folder.to_owned();
            let read = move || vault::key_in(&folder, ConnectorStore::DATABASE_FILE);
            let read = background::blocking(read).await;
            read.map_err(|why| why.error("reading the store's key was aborted"))??
        }
    };
    StoreVault::from_text(&key)
}

fn not_opened(why: StoreError) -> Error {
    match why {
        StoreError::Misuse { reason } => {
            Error::invalid_setting("store_key", format!("is not the key of this store: {reason}"))
        }
        fault => unusable(fault),
    }
}

/// Checks that a folder may be opened in this process. SQLite tracks a process's locks in memory: in the child process
/// of a fork, a copy of the parent's records would pass for locks that the child holds.
fn opens_here() -> Result<()> {
    static OPENED_BY: OnceLock<u32> = OnceLock::new();
    if *OPENED_BY.get_or_init(std::process::id) == std::process::id() {
        return Ok(());
    }
    let why =
        "the parent process had a store in a folder open before it forked: fork first, or keep the store in PostgreSQL";
    Err(Error::because(&row::FORKED, why))
}

/// One call of the engine.
pub(super) struct ConnectorEngine<'a> {
    client: &'a ConnectorInner,
    store: &'a ConnectorStore,
    vault: &'a StoreVault,
    third_parties: &'a third_party::ThirdParties,
    opened: &'a Cache<RowId, Arc<OpenedToken>>,
    clock: &'a StoreClock,
    options: &'a CallOptions,
    /// The deadline of the call, if it has a time limit.
    deadline: Option<Instant>,
    at: Option<i64>,
}

impl<'a> ConnectorEngine<'a> {
    /// Starts a call. `at` is the time of the call, if it is not now.
    pub(super) fn new(
        client: &'a ConnectorInner,
        open: &'a OpenStore,
        options: &'a CallOptions,
        at: Option<&Timestamp>,
    ) -> Self {
        let deadline = options.timeout.and_then(|limit| Instant::now().checked_add(limit));
        Self {
            client,
            store: &open.store,
            vault: &open.vault,
            third_parties: &open.third_parties,
            opened: &open.opened,
            clock: &open.clock,
            options,
            deadline,
            at: at.map(Timestamp::as_ms),
        }
    }

    /// The time of the call, in milliseconds since 1970: of the clock that all users of the store share.
    pub(super) fn now(&self) -> i64 {
        let shared = || SystemClock::default().now_ms() + self.clock.ahead_ms.load(Ordering::Relaxed);
        self.at.unwrap_or_else(shared)
    }

    /// The time of the call by this machine's clock, in seconds: signatures are verified with it.
    fn arrived_s(&self) -> i64 {
        self.at.unwrap_or_else(|| SystemClock::default().now_ms()).div_euclid(1000)
    }

    /// Compares this machine's clock with that of the store, from time to time.
    async fn compare_clocks(&self) -> Result<(), StoreError> {
        match self.at {
            Some(_) => Ok(()),
            None => self.clock.compare(self.store, self.options).await,
        }
    }

    /// The record of a token. It is decrypted once, since a third party sends many requests.
    ///
    /// # Errors
    /// `resource.storage`: the record is damaged or was moved.
    fn opened_record(&self, token: &ConnectorToken) -> Result<Arc<records::TokenRecord>> {
        if let Some(known) = self.opened.get(&token.id).filter(|known| known.sealed == token.sealed) {
            return Ok(Arc::clone(&known.record));
        }
        let record: Arc<_> =
            self.vault.open::<records::TokenRecord>(&token.sealed, vault::SealedRow::Token(token.id))?.into();
        let opened = OpenedToken { sealed: token.sealed.clone(), record: Arc::clone(&record) };
        self.opened.insert(token.id, Arc::new(opened), 1);
        Ok(record)
    }

    fn session_record(&self, session: &ConnectorSession) -> Result<records::SessionRecord> {
        self.vault.open(&session.sealed, vault::SealedRow::Session(session.id))
    }
}

/// A new row's id.
fn new_id() -> RowId {
    random::bytes()
}

/// A row's id as text.
pub(super) fn id_text(id: RowId) -> String {
    HEXLOWER.encode(&id)
}

/// Parses a row's id.
///
/// # Errors
/// `input.invalid_field`.
pub(super) fn read_id(field: &'static str, text: &str) -> Result<RowId> {
    let read = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| RowId::try_from(bytes).ok());
    read.ok_or_else(|| {
        Error::invalid_field(field, "must be an id that this connector returned: 32 lower-case hex digits")
    })
}

/// How often a change is retried while the store is temporarily unavailable, and the pause between attempts.
const BUSY_TRIES: u32 = 10;
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// Makes an idempotent change and retries while the store is temporarily unavailable, so that the result from the bank
/// or the hub is not lost.
async fn again_while_busy<T, F: Future<Output = Result<T, StoreError>>>(change: impl Fn() -> F) -> Result<T> {
    again_while(|tries| tries < BUSY_TRIES, change).await
}

/// The same as long as `goes_on`, which gets the number of attempts made.
async fn again_while<T, F: Future<Output = Result<T, StoreError>>>(
    goes_on: impl Fn(u32) -> bool,
    change: impl Fn() -> F,
) -> Result<T> {
    let mut tries = 0;
    loop {
        tries += 1;
        match change().await {
            Err(fault) if is_passing(&fault) && goes_on(tries) => tokio::time::sleep(BUSY_PAUSE).await,
            done => return done.map_err(unusable),
        }
    }
}

/// Whether the store may be available later.
fn is_passing(fault: &StoreError) -> bool {
    matches!(
        fault,
        StoreError::Unreachable { .. }
            | StoreError::Unknown { .. }
            | StoreError::Contended { .. }
            | StoreError::Locked { .. }
            | StoreError::Full { .. }
    )
}

/// The error for an unusable store.
fn unusable(fault: StoreError) -> Error {
    let row = if matches!(fault, StoreError::NoThread { .. }) { &row::THREADS } else { &row::STORAGE };
    let error = Error::because(row, fault.to_string());
    match fault {
        // For the service, which says what to do.
        StoreError::Absent { .. } | StoreError::SchemaOlder { .. } => error.with_source(fault),
        _ => error,
    }
}

/// A time in its boundary form.
fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[tokio::test]
    async fn what_must_be_kept_is_tried_until_the_store_is_back() {
        let away = AtomicU32::new(0);
        // Away for longer than a change is retried otherwise.
        let change = |counted: &'static str| {
            let tries = away.fetch_add(1, Ordering::SeqCst);
            async move {
                match tries {
                    0..13 => Err(StoreError::Unreachable { reason: counted.to_owned() }),
                    _ => Ok(()),
                }
            }
        };
        assert!(again_while(|_| true, || change("away")).await.is_ok());
        let away = AtomicU32::new(0);
        let change = || {
            away.fetch_add(1, Ordering::SeqCst);
            async { Err::<(), _>(StoreError::Unreachable { reason: String::new() }) }
        };
        assert!(again_while(|tries| tries < 3, change).await.is_err());
        assert_eq!(away.load(Ordering::SeqCst), 3);
        // A fault that does not pass is told at once.
        let away = AtomicU32::new(0);
        let change = || {
            away.fetch_add(1, Ordering::SeqCst);
            async { Err::<(), _>(StoreError::Misuse { reason: String::new() }) }
        };
        assert!(again_while(|_| true, change).await.is_err());
        assert_eq!(away.load(Ordering::SeqCst), 1);
    }
}
