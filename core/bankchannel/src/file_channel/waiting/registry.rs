//! The uploads of one client that wait for answers: they share listings and fetched files, and each answer goes to the
//! uploads that it is about.
//!
//! ```text
//!   wait ─► listing (one at a time for each type) ─► a new file ─► FetchClaim: one wait fetches it ─► AnswerFile
//!                                                          its owners' inboxes ◄── owners: claims of all waits ┘
//! ```
//!
//! No wait holds another one up: while one lists or fetches, the others look at listed and at other files.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bankchannel_iso20022::answers::{AnswerClaim, AnswerFile, ClaimedEntry, UploadedMessage};
use bytes::Bytes;
use tokio::sync::Notify;

use super::super::{ChannelFile, ledger::LedgerEntry};

/// The time after which a listing that has not ended is made again by another wait.
const LISTING_MAX: Duration = Duration::from_secs(3);
/// The maximum interval between two attempts for a file that cannot be fetched.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// The waits of one client.
pub(crate) struct AnswerRegistry<F> {
    state: Mutex<RegistryState<F>>,
    changed: Notify,
}

struct RegistryState<F> {
    last: u64,
    waits: BTreeMap<u64, RegisteredWait<F>>,
    listings: HashMap<WaitedListingKey, SharedListing<F>>,
    files: HashMap<FileKey, FetchState>,
}

/// The name of a place, and a type of files there.
type WaitedListingKey = (String, String);

impl<F> Default for AnswerRegistry<F> {
    fn default() -> Self {
        let state = RegistryState { last: 0, waits: BTreeMap::new(), listings: HashMap::new(), files: HashMap::new() };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }
}

struct RegisteredWait<F> {
    place: String,
    types: Vec<String>,
    upload: Arc<UploadedMessage>,
    accepts_unreferenced: bool,
    inbox: Vec<OwnAnswer<F>>,
}

/// A file at a bank.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FileKey {
    place: String,
    file_type: String,
    file_reference: String,
}

impl FileKey {
    /// The key of a file at a place of this name.
    pub(super) fn new<F: ChannelFile>(place: &str, file: &F) -> Self {
        let (file_type, file_reference) = file.key();
        Self { place: place.to_owned(), file_type, file_reference }
    }
}

#[derive(Clone, Copy)]
enum FetchState {
    Running,
    Done,
    Failed { times: u32, until: Instant },
}

struct SharedListing<F> {
    /// When the running one was begun.
    running: Option<Instant>,
    /// The last complete one, and when it was begun.
    complete: Option<(Instant, Arc<Vec<F>>)>,
}

impl<F> Default for SharedListing<F> {
    fn default() -> Self {
        Self { running: None, complete: None }
    }
}

/// A file that was fetched.
pub(super) struct FetchedFile<F> {
    pub(super) file: F,
    pub(super) bytes: Bytes,
    pub(super) read: AnswerFile,
    /// Its entry in the ledger of the wait that fetched it. It ends once each owner has reported the file.
    pub(super) entry: Option<FetchedEntry>,
}

/// A ledger entry that several waits share.
pub(super) struct FetchedEntry {
    pub(super) entry: Arc<LedgerEntry>,
    /// The folder of that ledger.
    pub(super) folder: PathBuf,
    /// The owners that have not reported the file.
    pub(super) owners: Mutex<usize>,
}

impl<F> FetchedFile<F> {
    /// Notes that one owner has reported the file. Returns whether it was the last one; then the entry is withdrawn.
    /// Accesses the disk.
    pub(super) fn reported(&self) -> bool {
        let Some(shared) = &self.entry else { return true };
        let mut owners = shared.owners.lock().unwrap_or_else(PoisonError::into_inner);
        *owners = owners.saturating_sub(1);
        let is_last = *owners == 0;
        if is_last {
            shared.entry.withdraw();
        }
        is_last
    }
}

/// A file that is about a wait's upload.
pub(super) struct OwnAnswer<F> {
    pub(super) fetched: Arc<FetchedFile<F>>,
    /// Whether the file itself says nothing of it: no other upload waits, or the call asked for such files.
    pub(super) is_unreferenced: bool,
}

/// The right to fetch a file. Dropped without a result, another wait may try.
pub(super) struct FetchClaim<'r, F> {
    registry: &'r AnswerRegistry<F>,
    key: Option<FileKey>,
    earlier: u32,
}

/// The right to list files.
struct ListingClaim<'r, F> {
    registry: &'r AnswerRegistry<F>,
    key: WaitedListingKey,
    begun: Instant,
}

/// Whether a wait may fetch a file.
pub(super) enum FetchTurn<'r, F> {
    Yours(FetchClaim<'r, F>),
    /// Another wait is fetching it.
    Running,
    /// It was fetched, or has failed a short time ago.
    NotNow,
}

/// A registered wait; it ends when this is dropped.
pub(super) struct WaitRegistration<'r, F> {
    registry: &'r AnswerRegistry<F>,
    number: u64,
}

impl<F> AnswerRegistry<F> {
    /// Registers an upload before it is sent: no answer to it can come earlier.
    pub(super) fn register(
        &self,
        place: &str,
        types: Vec<String>,
        upload: &Arc<UploadedMessage>,
        accepts_unreferenced: bool,
    ) -> WaitRegistration<'_, F> {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        let (place, upload) = (place.to_owned(), Arc::clone(upload));
        state.waits.insert(number, RegisteredWait { place, types, upload, accepts_unreferenced, inbox: Vec::new() });
        WaitRegistration { registry: self, number }
    }

    /// A listing that was begun at `not_before` or later: a shared one, or the one that `list` makes. `None` if another
    /// wait's is running.
    pub(super) async fn listing<E>(
        &self,
        (place, file_type): (&str, &str),
        not_before: Instant,
        list: impl Future<Output = Result<Vec<F>, E>>,
    ) -> Result<Option<Arc<Vec<F>>>, E> {
        let key = (place.to_owned(), file_type.to_owned());
        let claim = {
            let mut state = self.lock();
            let shared = state.listings.entry(key.clone()).or_default();
            if let Some((begun, complete)) = &shared.complete
                && *begun >= not_before
            {
                return Ok(Some(Arc::clone(complete)));
            }
            let now = Instant::now();
            if shared.running.is_some_and(|begun| begun >= not_before && now.duration_since(begun) < LISTING_MAX) {
                return Ok(None);
            }
            shared.running = Some(now);
            ListingClaim { registry: self, key, begun: now }
        };
        let listed = Arc::new(list.await?);
        let mut state = self.lock();
        let shared = state.listings.entry(claim.key.clone()).or_default();
        if shared.complete.as_ref().is_none_or(|(begun, _)| *begun < claim.begun) {
            shared.complete = Some((claim.begun, Arc::clone(&listed)));
        }
        Ok(Some(listed))
    }

    /// Whether the caller is to fetch a file now.
    pub(super) fn turn(&self, key: FileKey) -> FetchTurn<'_, F> {
        let mut state = self.lock();
        let earlier = match state.files.get(&key) {
            Some(FetchState::Running) => return FetchTurn::Running,
            Some(FetchState::Done) => return FetchTurn::NotNow,
            Some(FetchState::Failed { until, .. }) if Instant::now() < *until => return FetchTurn::NotNow,
            Some(FetchState::Failed { times, .. }) => *times,
            None => 0,
        };
        state.files.insert(key.clone(), FetchState::Running);
        FetchTurn::Yours(FetchClaim { registry: self, key: Some(key), earlier })
    }

    /// The uploads of the waits at a place, for judging a file.
    pub(super) fn uploads(&self, place: &str) -> Vec<(u64, Arc<UploadedMessage>)> {
        let state = self.lock();
        let there = state.waits.iter().filter(|(_, wait)| wait.place == place);
        there.map(|(number, wait)| (*number, Arc::clone(&wait.upload))).collect()
    }

    /// Completes when anything has changed since the future was enabled.
    pub(super) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    fn lock(&self) -> MutexGuard<'_, RegistryState<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> FetchClaim<'_, F> {
    /// Gives a fetched file to its owners, by the claims of the waits in `claims`. `make` gets the number of owners.
    /// Returns the file if it has no owner.
    pub(super) fn deliver(
        mut self,
        claims: Vec<(u64, AnswerClaim)>,
        make: impl FnOnce(usize) -> FetchedFile<F>,
    ) -> Option<FetchedFile<F>> {
        let key = self.key.take()?;
        let mut state = self.registry.lock();
        state.files.insert(key.clone(), FetchState::Done);
        let waiting: Vec<(u64, AnswerClaim)> =
            claims.into_iter().filter(|(number, _)| state.waits.contains_key(number)).collect();
        let owners = owners(&state, &key, &waiting);
        let fetched = make(owners.len());
        let nobodys = if owners.is_empty() {
            Some(fetched)
        } else {
            let fetched = Arc::new(fetched);
            for (number, is_unreferenced) in owners {
                if let Some(wait) = state.waits.get_mut(&number) {
                    wait.inbox.push(OwnAnswer { fetched: Arc::clone(&fetched), is_unreferenced });
                }
            }
            None
        };
        drop(state);
        self.registry.changed.notify_waiters();
        nobodys
    }

    /// Notes that the file could not be fetched. It is tried again, each time after a longer pause.
    pub(super) fn failed(mut self, interval: Duration) {
        let Some(key) = self.key.take() else { return };
        let pause = interval.saturating_mul(1 << self.earlier.min(8)).min(PAUSE_MAX);
        let failed = FetchState::Failed { times: self.earlier + 1, until: Instant::now() + pause };
        self.registry.lock().files.insert(key, failed);
        self.registry.changed.notify_waiters();
    }
}

impl<F> Drop for FetchClaim<'_, F> {
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        self.registry.lock().files.remove(&key);
        self.registry.changed.notify_waiters();
    }
}

impl<F> Drop for ListingClaim<'_, F> {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        if let Some(shared) = state.listings.get_mut(&self.key)
            && shared.running == Some(self.begun)
        {
            shared.running = None;
        }
        drop(state);
        self.registry.changed.notify_waiters();
    }
}

/// The waits that a file belongs to, and whether only because it says nothing.
fn owners<F>(state: &RegistryState<F>, key: &FileKey, claims: &[(u64, AnswerClaim)]) -> Vec<(u64, bool)> {
    let named: Vec<(u64, bool)> = numbers(claims, |claim| *claim == AnswerClaim::Named);
    if !named.is_empty() {
        return named;
    }
    // Entries whose references fit several uploads say nothing.
    let mut times: BTreeMap<ClaimedEntry, u32> = BTreeMap::new();
    for (_, claim) in claims {
        if let AnswerClaim::ByReferences(entries) = claim {
            entries.iter().for_each(|entry| *times.entry(*entry).or_default() += 1);
        }
    }
    let by_references = numbers(claims, |claim| match claim {
        AnswerClaim::ByReferences(entries) => entries.iter().any(|entry| times[entry] == 1),
        _ => false,
    });
    if !by_references.is_empty() || claims.iter().any(|(_, claim)| *claim != AnswerClaim::Unreferenced) {
        return by_references;
    }
    let wanting = |(number, wait): (&u64, &RegisteredWait<F>)| {
        let wants = wait.place == key.place && wait.types.contains(&key.file_type);
        wants.then_some((*number, wait.accepts_unreferenced))
    };
    let wanting: Vec<(u64, bool)> = state.waits.iter().filter_map(wanting).collect();
    match wanting.as_slice() {
        [(only, _)] => vec![(*only, true)],
        several => several.iter().filter(|(_, accepts)| *accepts).map(|(number, _)| (*number, true)).collect(),
    }
}

fn numbers(claims: &[(u64, AnswerClaim)], is_owner: impl Fn(&AnswerClaim) -> bool) -> Vec<(u64, bool)> {
    claims.iter().filter(|(_, claim)| is_owner(claim)).map(|(number, _)| (*number, false)).collect()
}

impl<F> WaitRegistration<'_, F> {
    /// Takes the answers that have come for this wait.
    pub(super) fn take(&self) -> Vec<OwnAnswer<F>> {
        let mut state = self.registry.lock();
        state.waits.get_mut(&self.number).map(|wait| std::mem::take(&mut wait.inbox)).unwrap_or_default()
    }

    /// The number of other waits of this client for an upload with the same message id: their answers cannot be told
    /// apart.
    pub(super) fn namesakes(&self) -> usize {
        let state = self.registry.lock();
        let Some(own) = state.waits.get(&self.number) else { return 0 };
        let same = |(number, wait): &(&u64, &RegisteredWait<F>)| {
            **number != self.number
                && wait.place == own.place
                && own.upload.message_id().is_some()
                && wait.upload.message_id() == own.upload.message_id()
        };
        state.waits.iter().filter(same).count()
    }
}

impl<F> Drop for WaitRegistration<'_, F> {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        state.waits.remove(&self.number);
        if state.waits.is_empty() {
            state.listings.clear();
            state.files.clear();
        }
    }
}
