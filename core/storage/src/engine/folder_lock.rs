//! The lock of a folder that one process at a time may have, or that several share.

use std::{
    fs::{File, TryLockError},
    thread::sleep,
    time::Duration,
};

/// How often it is tried, and how long is waited between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(15);
/// How often a lock is tried that each has for a moment only.
const TURN_TRIES: u32 = 2000;

/// Takes a file's lock. Who had it last may have forked meanwhile: the child has the lock as well, until it runs its program. So
/// this waits a moment, for 0.3 seconds at most: call it on a thread that may.
///
/// # Errors
/// `WouldBlock` where another process has it.
pub fn lock_soon(file: &File) -> Result<(), TryLockError> {
    soon(TRIES, || file.try_lock())
}

/// The same, beside others who share it.
///
/// # Errors
/// `WouldBlock` where somebody has it alone.
pub(super) fn share_soon(file: &File) -> Result<(), TryLockError> {
    soon(TRIES, || file.try_lock_shared())
}

/// Takes a lock that each has for a moment only: this waits for 30 seconds.
///
/// # Errors
/// `WouldBlock` where somebody keeps it.
pub(super) fn lock_in_turn(file: &File) -> Result<(), TryLockError> {
    soon(TURN_TRIES, || file.try_lock())
}

fn soon(tries: u32, take: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
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
        let open = || File::create(folder.path().join("lock")).unwrap();
        let first = open();
        first.lock().unwrap();
        let second = open();
        assert!(matches!(lock_soon(&second), Err(TryLockError::WouldBlock)));
        std::thread::scope(|scope| {
            let taken = scope.spawn(|| lock_soon(&second));
            sleep(PAUSE * 2);
            first.unlock().unwrap();
            assert!(taken.join().unwrap().is_ok());
        });
    }
}
