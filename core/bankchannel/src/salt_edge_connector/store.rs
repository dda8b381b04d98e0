//! A connector's store: opened when it is first needed, and once for all clients of a process that name the same one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, TryLockError},
    time::{Duration, Instant},
};

use bankchannel_crypto::digest::sha256_of_texts;
use bankchannel_foundation::{Error, Result, Secret};
use tokio::runtime::Handle;

use super::{engine::OpenStore, settings::Ready};

/// A store that is to be opened, or is.
type Slot = tokio::sync::OnceCell<OpenStore>;
/// What tells stores apart: place, key, process, runtime.
type Name = ([u8; 32], u32, tokio::runtime::Id);

/// The store of one client.
#[derive(Default)]
pub(super) struct StoreHandle(tokio::sync::OnceCell<Arc<Slot>>);

impl StoreHandle {
    /// The store, open.
    ///
    /// # Errors
    /// `configuration.invalid` where none is named, or its key is none; `resource.storage`.
    pub(super) async fn open(&self, ready: &Ready) -> Result<&OpenStore> {
        let missing =
            "is missing: a folder, or the address of a PostgreSQL database, in which sessions and tokens are kept";
        let place = ready.store.as_ref().ok_or_else(|| Error::invalid_setting("store", missing))?;
        let slot = self.0.get_or_init(|| shared(place, ready.store_key.as_ref())).await;
        slot.get_or_try_init(|| OpenStore::open(place.expose(), ready.store_key.as_ref())).await
    }
}

/// The slot of this store. Stores are kept while a client has them, and a while longer: a PHP request's client ends with the request.
async fn shared(place: &Secret, key: Option<&Secret>) -> Arc<Slot> {
    let texts = [Some(place.expose()), key.map(Secret::expose)];
    let name = (sha256_of_texts(&texts), std::process::id(), Handle::current().id());
    // A fork's child may find the list locked for ever by a thread of the parent: it then has a store of its own.
    for _ in 0..TRIES {
        if let Some(slot) = listed(name) {
            return slot;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Arc::default()
}

/// The slot of this name in the list, unless somebody else is at it.
fn listed(name: Name) -> Option<Arc<Slot>> {
    match STORES.get_or_init(Mutex::default).try_lock() {
        Ok(mut stores) => Some(slot(&mut stores, name)),
        Err(TryLockError::Poisoned(stores)) => Some(slot(&mut stores.into_inner(), name)),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn slot(stores: &mut HashMap<Name, CachedStore>, name: Name) -> Arc<Slot> {
    let now = Instant::now();
    let is_foreign = |other: &Name| other.1 != name.1;
    for foreign in stores.keys().copied().filter(is_foreign).collect::<Vec<_>>() {
        // The parent's: not even dropping may touch it.
        std::mem::forget(stores.remove(&foreign));
    }
    stores.retain(|_, kept| Arc::strong_count(&kept.slot) > 1 || now.duration_since(kept.used) < IDLE);
    let kept = stores.entry(name).or_insert_with(|| CachedStore { slot: Arc::default(), used: now });
    kept.used = now;
    Arc::clone(&kept.slot)
}

struct CachedStore {
    slot: Arc<Slot>,
    used: Instant,
}

static STORES: OnceLock<Mutex<HashMap<Name, CachedStore>>> = OnceLock::new();
/// How long a store stays open that no client has.
const IDLE: Duration = Duration::from_secs(300);
/// How often the list is tried, which is held for a moment only.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(5);
