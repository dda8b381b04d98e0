//! Locks that may be held for ever: after a fork, by a thread that the child does not have.

use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// What a child of a fork waits for a thread that it may not have.
pub(crate) const SHORT: Duration = Duration::from_millis(500);
/// How often it is looked whether the lock is free.
const LOOK: Duration = Duration::from_millis(2);

/// The lock, unless it takes longer than `wait`.
///
/// # Errors
/// [`Error::Forked`].
pub(crate) fn lock<T>(mutex: &Mutex<T>, wait: Duration) -> Result<MutexGuard<'_, T>> {
    let begun = Instant::now();
    loop {
        match mutex.try_lock() {
            Ok(guard) => return Ok(guard),
            Err(TryLockError::Poisoned(guard)) => return Ok(guard.into_inner()),
            Err(TryLockError::WouldBlock) if begun.elapsed() > wait => return Err(Error::Forked),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK),
        }
    }
}
