//! Small files in a private folder that calls and processes share. Looking at a bank makes no folder: without it, nothing is kept.

use std::{
    fs::{File, TryLockError},
    io::ErrorKind,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use bankchannel_foundation::Result;
use bankchannel_private_files as private;

/// How long a process waits for another one: a stopped process must not stop others.
const WAIT: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(5);

/// How long a call waits until a file is kept. It goes on after that: a disk that hangs must not cost an answer.
pub(super) const KEEP_TIMEOUT: Duration = Duration::from_secs(1);

/// Puts a file into the folder, in place of the one of before.
///
/// # Errors
/// `resource.storage`; `configuration.invalid` for a folder that others can change.
pub(super) fn keep(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    private::check_folder(folder)?;
    private::write_whole(&folder.join(name), bytes)
}

/// Does the work while the lock with this name in the folder is held; nothing without the folder.
///
/// # Errors
/// `resource.storage`, also if another process holds the lock for long; those of the work.
pub(super) fn while_locked<T>(folder: &Path, lock: &str, work: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let path = folder.join(lock);
    let lock = private::open_own(&path).and_then(held).map_err(|why| private::unusable(&path, &why))?;
    let done = work();
    // A forked child may hold the file open.
    let _ = lock.unlock();
    done.map(Some)
}

/// The lock, held.
fn held(lock: File) -> std::io::Result<File> {
    let begun = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(why)) => return Err(why),
            Err(TryLockError::WouldBlock) if begun.elapsed() < WAIT => thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => {
                return Err(std::io::Error::new(ErrorKind::WouldBlock, "another process holds it"));
            }
        }
    }
}
