//! Limits for heavy work, and locks per user.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use bankchannel_storage::ws_channel::StoredMode;
use bankchannel_transport::background;
use bankchannel_ws_channel::ServiceRefusal;
use tokio::sync::{Mutex, MutexGuard, Semaphore};

use super::fault::HandlerFault;

/// Limit of concurrent password hashes: each takes 19 MiB.
const AT_ONCE_MAX: usize = 8;
/// How long a request waits for a place.
const WAIT: Duration = Duration::from_secs(20);
/// Number of locks.
const LOCKS: usize = 1024;

/// Runs password hashes, RSA decryptions, and checks of foreign keys and signatures outside the threads that serve
/// connections, and only a few at once, so that a flood of logins or uploads takes neither all memory nor all cores.
pub(crate) struct WorkPool {
    permits: Semaphore,
}

impl Default for WorkPool {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { permits: Semaphore::new(cores.clamp(2, AT_ONCE_MAX)) }
    }
}

impl WorkPool {
    /// Runs `work` once a place is free.
    ///
    /// # Errors
    /// 503 when too many others are waiting.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, HandlerFault>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let busy = || ServiceRefusal {
            retry_after_s: Some(5),
            ..ServiceRefusal::new(503, "Service busy, please try again later")
        };
        let permit = tokio::time::timeout(WAIT, self.permits.acquire()).await.map_err(|_| busy())?;
        let _permit = permit.map_err(HandlerFault::internal)?;
        background::blocking(work).await.map_err(HandlerFault::internal)
    }

    /// Runs `work`, which reads foreign bytes, once a place is free.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, HandlerFault>
    where
        T: Send + 'static,
        F: FnOnce(&InPool) -> T + Send + 'static,
    {
        self.run(|| work(&InPool(()))).await
    }

    /// The places that are free.
    pub(crate) fn free_places(&self) -> usize {
        self.permits.available_permits()
    }

    /// Takes all places, so that a test sees what waits for one.
    #[cfg(test)]
    pub(crate) async fn take_all(&self) -> tokio::sync::SemaphorePermit<'_> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let all = u32::try_from(cores.clamp(2, AT_ONCE_MAX)).expect("a few");
        self.permits.acquire_many(all).await.expect("the pool is open")
    }
}

/// Proof that code runs in the pool. Functions that read foreign keys and signatures require it, so that they cannot
/// run on a thread that serves connections.
pub(crate) struct InPool(());

/// Serializes logins, resets and logouts per user, so that simultaneous guesses are counted one after the other and no
/// session outlives a concurrent reset. Users with the same lock wait for each other. With several instances on one
/// database each has its own locks: the lockout then allows a few more guesses.
pub(crate) struct LoginLocks {
    places: Vec<Mutex<()>>,
    state: RandomState,
}

impl Default for LoginLocks {
    fn default() -> Self {
        Self { places: (0..LOCKS).map(|_| Mutex::default()).collect(), state: RandomState::new() }
    }
}

impl LoginLocks {
    /// Waits for this user's lock; it is held until the guard is dropped.
    pub(crate) async fn lock(&self, email: &str, mode: StoredMode) -> MutexGuard<'_, ()> {
        let place = self.state.hash_one((email, mode)) % LOCKS as u64;
        self.places[place as usize].lock().await
    }
}
