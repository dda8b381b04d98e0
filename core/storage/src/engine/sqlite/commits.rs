//! Detects commits by any process: read from the log's index, without a query.
//!
//! In WAL mode all processes that have a database open share its index, the file `-shm`. Each commit changes the index
//! header, which is stored twice, when the commit becomes visible to readers. The header has a change counter, the
//! log's length, and a checksum over the whole log (<https://www.sqlite.org/walformat.html>, "The WAL-Index Header").
//! While it stays the same, everything read before is still current.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use bankchannel_private_files::{FileId, link_count, read_exact_at, same_file_locks_end_with_any_handle};

/// Length of a header in bytes.
const HEADER: usize = 48;
/// The format's only version.
const VERSION: u32 = 3_007_000;
/// Offset of the flag that the header is filled in.
const IS_INITIALIZED: usize = 12;

/// A state of the database: equal until any process commits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CommitState([u8; HEADER]);

/// Reads the index of one database.
pub(super) struct CommitWatch(Arc<File>);

impl CommitWatch {
    /// For a database that this process has open. `None` if its index cannot be read.
    pub(super) fn open(database: &Path) -> Option<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push("-shm");
        if !same_file_locks_end_with_any_handle() {
            return Some(Self(Arc::new(File::open(&path).ok()?)));
        }
        let mut watched = watched()?;
        // An index is removed with the last connection of all processes; then no process has a lock on it.
        watched.retain(|file| link_count(file).is_ok_and(|count| count > 0));
        let id = FileId::at(path.as_ref()).ok()?;
        let known = watched.iter().find(|file| FileId::of(file).is_ok_and(|found| found == id));
        if let Some(known) = known {
            return Some(Self(Arc::clone(known)));
        }
        let file = Arc::new(File::open(&path).ok()?);
        watched.push(Arc::clone(&file));
        Some(Self(file))
    }

    /// The current state. `None` during a commit.
    pub(super) fn state(&self) -> Option<CommitState> {
        let mut bytes = [0; 2 * HEADER];
        read_exact_at(&self.0, &mut bytes, 0).ok()?;
        let (first, second) = bytes.split_at(HEADER);
        let version = u32::from_ne_bytes(first[..4].try_into().ok()?);
        let is_whole = first == second && version == VERSION && first[IS_INITIALIZED] == 1;
        if is_whole { first.try_into().ok().map(CommitState) } else { None }
    }
}

/// The list of watched indexes, locked only briefly. `None` if the lock is taken: in a forked child, a thread of the
/// parent may hold it forever.
fn watched() -> Option<MutexGuard<'static, Vec<Arc<File>>>> {
    for _ in 0..TRIES {
        match WATCHED.try_lock() {
            Ok(watched) => return Some(watched),
            Err(TryLockError::Poisoned(watched)) => return Some(watched.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
    None
}

const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(1);

/// The indexes that this process reads. Each stays open as long as it exists: closing one would release SQLite's locks
/// on it (`fcntl` locks belong to processes, not to descriptors).
static WATCHED: Mutex<Vec<Arc<File>>> = Mutex::new(Vec::new());
