//! The uploads of one client that wait for answers: they share listings and fetched files, and each answer goes to the
//! uploads that it is about.
//!
//! ```text
//!   wait ─► listing (one at a time for each type) ─► a new file ─► FetchClaim: one wait fetches it ─► AnswerFile
//!                                                          its owners' inboxes ◄── owners: claims of all waits ┘
//! ```
//!
//! No wait holds another one up: while one lists or fetches, the others look at what is there and at other files.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bankchannel_iso20022::answers::{AnswerClaim, AnswerFile, ClaimedEntry, UploadedMessage};
use bankchannel_ws_channel::model::{Bank, FileDescriptor, FileType};
use bytes::Bytes;
use tokio::sync::Notify;

use crate::file_channel::ledger::LedgerEntry;

/// The time after which a listing that has not ended is made again by another wait.
const LISTING_MAX: Duration = Duration::from_secs(3);
/// The maximum interval between two attempts for a file that cannot be fetched.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// The waits of one client.
#[derive(Default)]
pub(in crate::ws_channel) struct AnswerRegistry {
    state: Mutex<RegistryState>,
    changed: Notify,
}

#[derive(Default)]
struct RegistryState {
    last: u64,
    waits: BTreeMap<u64, RegisteredWait>,
    listings: HashMap<(Bank, FileType), SharedListing>,
    files: HashMap<FileKey, FetchState>,
}

struct RegisteredWait {
    bank: Bank,
    types: Vec<FileType>,
    upload: Arc<UploadedMessage>,
    accepts_unreferenced: bool,
    inbox: Vec<OwnAnswer>,
}

/// A file at a bank.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FileKey {
    bank: Bank,
    file_type: String,
    file_reference: String,
}

impl FileKey {
    pub(super) fn new(bank: Bank, file: &FileDescriptor) -> Self {
        let file_reference = file.file_reference.as_str().to_owned();
        Self { bank, file_type: file.file_type.clone(), file_reference }
    }
}

#[derive(Clone, Copy)]
enum FetchState {
    Running,
    Done,
    Failed { times: u32, until: Instant },
}

#[derive(Default)]
struct SharedListing {
    /// When the running one was begun.
    running: Option<Instant>,
    /// The last complete one, and when it was begun.
    complete: Option<(Instant, Arc<Vec<FileDescriptor>>)>,
}

/// A file that was fetched.
pub(super) struct FetchedFile {
    pub(super) file: FileDescriptor,
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

impl FetchedFile {
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
#[derive(Clone)]
pub(super) struct OwnAnswer {
    pub(super) fetched: Arc<FetchedFile>,
    /// Whether the file itself says nothing of it: no other upload waits, or the call asked for such files.
    pub(super) is_unreferenced: bool,
}

/// The right to fetch a file. Dropped without a result, another wait may try.
pub(super) struct FetchClaim<'r> {
    registry: &'r AnswerRegistry,
    key: Option<FileKey>,
    earlier: u32,
}

/// The right to list files.
struct ListingClaim<'r> {
    registry: &'r AnswerRegistry,
    key: (Bank, FileType),
    begun: Instant,
}

/// Whether a wait may fetch a file.
pub(super) enum FetchTurn<'r> {
    Yours(FetchClaim<'r>),
    /// Another wait is fetching it.
    Running,
    /// It was fetched, or has failed a short time ago.
    NotNow,
}

/// A registered wait; it ends when this is dropped.
pub(super) struct WaitRegistration<'r> {
    registry: &'r AnswerRegistry,
    number: u64,
}

impl AnswerRegistry {
    /// Registers an upload before it is sent: no answer to it can come earlier.
    pub(super) fn register(
        &self,
        bank: Bank,
        types: &[FileType],
        upload: &Arc<UploadedMessage>,
        accepts_unreferenced: bool,
    ) -> WaitRegistration<'_> {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        let (types, upload) = (types.to_vec(), Arc::clone(upload));
        state.waits.insert(number, RegisteredWait { bank, types, upload, accepts_unreferenced, inbox: Vec::new() });
        WaitRegistration { registry: self, number }
    }

    /// A listing that was begun at `not_before` or later: a shared one, or the one that `list` makes. `None` if another
    /// wait's is running.
    pub(super) async fn listing<E>(
        &self,
        bank: Bank,
        file_type: &FileType,
        not_before: Instant,
        list: impl Future<Output = Result<Vec<FileDescriptor>, E>>,
    ) -> Result<Option<Arc<Vec<FileDescriptor>>>, E> {
        let key = (bank, file_type.clone());
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
    pub(super) fn turn(&self, key: FileKey) -> FetchTurn<'_> {
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

    /// The uploads of the waits at a bank, for judging a file.
    pub(super) fn uploads(&self, bank: Bank) -> Vec<(u64, Arc<UploadedMessage>)> {
        let state = self.lock();
        let at_bank = state.waits.iter().filter(|(_, wait)| wait.bank == bank);
        at_bank.map(|(number, wait)| (*number, Arc::clone(&wait.upload))).collect()
    }

    /// Completes when anything has changed since the future was enabled.
    pub(super) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    fn lock(&self) -> MutexGuard<'_, RegistryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FetchClaim<'_> {
    /// Gives a fetched file to its owners, by the claims of the waits in `claims`. `make` gets the number of owners.
    /// Returns the file if it is nobody's.
    pub(super) fn deliver(
        mut self,
        claims: Vec<(u64, AnswerClaim)>,
        make: impl FnOnce(usize) -> FetchedFile,
    ) -> Option<FetchedFile> {
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

impl Drop for FetchClaim<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        self.registry.lock().files.remove(&key);
        self.registry.changed.notify_waiters();
    }
}

impl Drop for ListingClaim<'_> {
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
fn owners(state: &RegistryState, key: &FileKey, claims: &[(u64, AnswerClaim)]) -> Vec<(u64, bool)> {
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
    let wanting = |(number, wait): (&u64, &RegisteredWait)| {
        let wants = wait.bank == key.bank && wait.types.iter().any(|wanted| wanted.as_str() == key.file_type);
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

impl WaitRegistration<'_> {
    /// Takes the answers that have come for this wait.
    pub(super) fn take(&self) -> Vec<OwnAnswer> {
        let mut state = self.registry.lock();
        state.waits.get_mut(&self.number).map(|wait| std::mem::take(&mut wait.inbox)).unwrap_or_default()
    }

    /// The number of other waits of this client for an upload with the same message id: their answers cannot be told
    /// apart.
    pub(super) fn namesakes(&self) -> usize {
        let state = self.registry.lock();
        let Some(own) = state.waits.get(&self.number) else { return 0 };
        let same = |(number, wait): &(&u64, &RegisteredWait)| {
            **number != self.number
                && wait.bank == own.bank
                && own.upload.message_id().is_some()
                && wait.upload.message_id() == own.upload.message_id()
        };
        state.waits.iter().filter(same).count()
    }
}

impl Drop for WaitRegistration<'_> {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        state.waits.remove(&self.number);
        if state.waits.is_empty() {
            state.listings.clear();
            state.files.clear();
        }
    }
}
