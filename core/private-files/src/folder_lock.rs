//! Locks of a folder: exclusive to one process, or shared by several.

use std::{
    fs::{File, TryLockError},
    path::Path,
    thread::sleep,
    time::Duration,
};

use bankchannel_foundation::{Error, Result, error::row, shown};

use crate::{open_or_create, unusable};

/// The name of the lock file beside a state that one process has.
const STATE_LOCK: &str = "state.lock";

/// Number of tries, and the pause between them.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(15);
/// Number of tries for a lock that is held only briefly.
const TURN_TRIES: u32 = 2000;

/// Takes a file's lock. If the previous holder has just forked, the child holds the lock too until it runs its program.
/// So this waits up to 0.3 seconds: call it on a thread that may block.
///
/// # Errors
/// `WouldBlock` if another process holds it.
pub fn lock_soon(file: &File) -> std::result::Result<(), TryLockError> {
    soon(TRIES, || file.try_lock())
}

/// Takes a shared lock, as [`lock_soon`].
///
/// # Errors
/// `WouldBlock` if another process holds it exclusively.
pub fn share_soon(file: &File) -> std::result::Result<(), TryLockError> {
    soon(TRIES, || file.try_lock_shared())
}

/// Takes a lock that is held only briefly: waits up to 30 seconds.
///
/// # Errors
/// `WouldBlock` if a process does not release it.
pub fn lock_in_turn(file: &File) -> std::result::Result<(), TryLockError> {
    soon(TURN_TRIES, || file.try_lock())
}

/// Locks the state in a folder until the file is dropped. Waits as [`lock_soon`].
///
/// # Errors
/// `resource.storage` if another process has it, or the lock file cannot be used.
pub fn lock_state(folder: &Path) -> Result<File> {
    let path = folder.join(STATE_LOCK);
    let file = open_or_create(&path).map_err(|why| unusable(&path, &why))?;
    match lock_soon(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let why = format!("another process has the state in {}", shown::path(folder));
            Err(Error::because(&row::STORAGE, why).with("file", shown::path(&path)))
        }
        Err(TryLockError::Error(why)) => Err(unusable(&path, &why)),
    }
}

fn soon(tries: u32, take: impl Fn() -> std::result::Result<(), TryLockError>) -> std::result::Result<(), TryLockError> {
    for _ in 1..tries {
        match take() {
            Err(TryLockError::WouldBlock) => sleep(PAUSE),
            done => return done,
        }
    }
    take()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_lock_that_is_let_go_of_is_taken_and_one_that_is_held_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let open = || open_or_create(&folder.path().join("lock")).unwrap();
        let first = open();
        first.lock().unwrap();
        let second = open();
        assert!(matches!(lock_soon(&second), Err(TryLockError::WouldBlock)));
        std::thread::scope(|scope| {
            let taken = scope.spawn(|| lock_soon(&second));
            sleep(PAUSE * 2);
            drop(first);
            assert!(taken.join().unwrap().is_ok());
        });
    }
}
