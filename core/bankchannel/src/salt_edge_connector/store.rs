//! A connector's store: opened on first use, once for all clients of a process that name the same store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, TryLockError},
    time::{Duration, Instant},
};

use bankchannel_crypto::digest::sha256_of_texts;
use bankchannel_foundation::{Error, Result, Secret};
use bankchannel_storage::salt_edge_connector::{SchemaUse, SchemaVersions};
use tokio::runtime::Handle;

use super::{engine::OpenStore, settings::ReadyConnector};

/// A store that is open or still to be opened.
type StoreSlot = tokio::sync::OnceCell<OpenStore>;
/// The identity of a store: location and key (hashed), process, runtime.
type StoreIdentity = ([u8; 32], u32, tokio::runtime::Id);

/// The store of one client.
#[derive(Default)]
pub(super) struct StoreHandle(tokio::sync::OnceCell<Arc<StoreSlot>>);

impl StoreHandle {
    /// The open store; opens it first if necessary.
    ///
    /// # Errors
    /// `configuration.invalid` if no store is configured or its key is unusable; `resource.storage`.
    pub(super) async fn open(&self, ready: &ReadyConnector) -> Result<&OpenStore> {
        self.open_to(ready, SchemaUse::Upgrade).await
    }

    /// As [`open`](Self::open), with what may be done to the tables of a store that is not open yet.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(super) async fn open_to(&self, ready: &ReadyConnector, tables: SchemaUse) -> Result<&OpenStore> {
        let place = place(ready)?;
        let slot = self.0.get_or_init(|| shared(place, ready.store_key.as_ref())).await;
        slot.get_or_try_init(|| OpenStore::open(place.expose(), ready.store_key.as_ref(), tables)).await
    }

    /// Looks at the store without opening it for work.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(super) async fn check_store(&self, ready: &ReadyConnector) -> Result<SchemaVersions> {
        OpenStore::check_store(place(ready)?.expose(), ready.store_key.as_ref()).await
    }
}

/// The configured store.
fn place(ready: &ReadyConnector) -> Result<&Secret> {
    let missing =
        "is missing: a folder, or the address of a PostgreSQL database, in which sessions and tokens are kept";
    ready.store.as_ref().ok_or_else(|| Error::invalid_setting("store", missing))
}

/// The slot of this store. A store stays open while a client uses it, and some time longer, because a PHP client ends
/// with its request.
async fn shared(place: &Secret, key: Option<&Secret>) -> Arc<StoreSlot> {
    let texts = [Some(place.expose()), key.map(Secret::expose)];
    let name = (sha256_of_texts(&texts), std::process::id(), Handle::current().id());
    // In the child process of a fork the list may stay locked for ever by a thread of the parent; the child then opens
    // its own store.
    for _ in 0..TRIES {
        if let Some(slot) = listed(name) {
            return slot;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Arc::default()
}

/// The slot with this name in the list; `None` if the list is locked.
fn listed(name: StoreIdentity) -> Option<Arc<StoreSlot>> {
    match STORES.get_or_init(Mutex::default).try_lock() {
        Ok(mut stores) => Some(slot(&mut stores, name)),
        Err(TryLockError::Poisoned(stores)) => Some(slot(&mut stores.into_inner(), name)),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn slot(stores: &mut HashMap<StoreIdentity, CachedStore>, name: StoreIdentity) -> Arc<StoreSlot> {
    let now = Instant::now();
    let is_foreign = |other: &StoreIdentity| other.1 != name.1;
    for foreign in stores.keys().copied().filter(is_foreign).collect::<Vec<_>>() {
        // It belongs to the parent process and must not even be dropped here.
        std::mem::forget(stores.remove(&foreign));
    }
    stores.retain(|_, kept| Arc::strong_count(&kept.slot) > 1 || now.duration_since(kept.used) < IDLE);
    let kept = stores.entry(name).or_insert_with(|| CachedStore { slot: Arc::default(), used: now });
    kept.used = now;
    Arc::clone(&kept.slot)
}

struct CachedStore {
    slot: Arc<StoreSlot>,
    used: Instant,
}

static STORES: OnceLock<Mutex<HashMap<StoreIdentity, CachedStore>>> = OnceLock::new();
/// The time for which an unused store stays open.
const IDLE: Duration = Duration::from_secs(300);
/// The number of attempts to lock the list, which is locked only briefly.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(5);
