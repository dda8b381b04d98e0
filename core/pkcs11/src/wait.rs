//! Locks that may be held for ever: after a fork, by a thread that does not exist in the child.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use crate::{Result, TokenError};

/// The longest wait for a thread of another process, which does not exist here; and for short lookups.
pub(crate) const SHORT: Duration = Duration::from_millis(500);
/// The interval between checks of the lock.
const LOOK: Duration = Duration::from_millis(2);

/// A mutex that knows the process whose thread holds it.
pub(crate) struct ProcessLock<T> {
    mutex: Mutex<T>,
    /// The process that held it last; 0 for none yet. Once this process has held it, no thread of its parent can.
    process: AtomicU32,
}

impl<T> ProcessLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { mutex: Mutex::new(value), process: AtomicU32::new(0) }
    }

    /// Takes the lock, unless threads of this process hold it for longer than `limit`; without a limit it waits for
    /// them.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::Forked`] if the process that this one was forked from was holding it.
    pub(crate) fn lock(&self, limit: Option<Duration>) -> Result<MutexGuard<'_, T>> {
        let own = std::process::id();
        let begun = Instant::now();
        loop {
            match self.mutex.try_lock() {
                Ok(guard) => return Ok(self.held(guard)),
                Err(TryLockError::Poisoned(guard)) => return Ok(self.held(guard.into_inner())),
                Err(TryLockError::WouldBlock) => {}
            }
            let is_own = self.process.load(Ordering::Acquire) == own;
            match limit {
                None if is_own => {
                    let guard = self.mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    return Ok(self.held(guard));
                }
                Some(limit) if is_own && begun.elapsed() > limit => return Err(TokenError::Busy),
                _ if !is_own && begun.elapsed() > SHORT => return Err(TokenError::Forked),
                _ => std::thread::sleep(LOOK),
            }
        }
    }

    /// The content, with exclusive access.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.mutex.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn held<'a>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.process.store(std::process::id(), Ordering::Release);
        guard
    }

    /// Held as after a fork: by a thread of another process.
    #[cfg(test)]
    pub(crate) fn held_by_a_parent(&self) -> MutexGuard<'_, T> {
        let guard = self.mutex.lock().unwrap();
        self.process.store(std::process::id().wrapping_add(1), Ordering::Release);
        guard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(20);

    /// The result for another thread while this one holds the lock.
    fn asked(lock: &ProcessLock<u8>, limit: Option<Duration>) -> Result<u8> {
        std::thread::scope(|scope| scope.spawn(|| lock.lock(limit).map(|value| *value)).join().unwrap())
    }

    #[test]
    fn a_thread_of_this_process_is_busy_and_one_of_another_is_gone() {
        let lock = ProcessLock::new(7);
        let held = lock.lock(None).unwrap();
        assert_eq!(asked(&lock, Some(MOMENT)), Err(TokenError::Busy));
        drop(held);
        let held = lock.held_by_a_parent();
        for limit in [Some(MOMENT), Some(10 * SHORT), None] {
            assert_eq!(asked(&lock, limit), Err(TokenError::Forked), "{limit:?}");
        }
        drop(held);
        assert_eq!(asked(&lock, Some(MOMENT)), Ok(7), "what was given back before the fork is there");
    }

    #[test]
    fn a_thread_of_this_process_is_waited_for_where_no_limit_is_set() {
        let lock = ProcessLock::new(7);
        std::thread::scope(|scope| {
            let held = lock.lock(None).unwrap();
            let waiting = scope.spawn(|| lock.lock(None).map(|value| *value));
            std::thread::sleep(SHORT + MOMENT);
            drop(held);
            assert_eq!(waiting.join().unwrap(), Ok(7));
        });
    }
}
