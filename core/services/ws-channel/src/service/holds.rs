//! Calls that a test holds just before they write; through the control interface only.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::sync::Semaphore;

/// The held operations, by name.
#[derive(Default)]
pub(crate) struct OperationHolds {
    held: Mutex<HashMap<String, Arc<CallHold>>>,
    count: AtomicUsize,
}

/// Holds one call.
struct CallHold {
    is_taken: AtomicBool,
    arrived: Semaphore,
    released: Semaphore,
}

impl OperationHolds {
    /// Holds the next call of this operation before it writes.
    pub(crate) fn hold(&self, operation: &str) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let hold =
            CallHold { is_taken: AtomicBool::new(false), arrived: Semaphore::new(0), released: Semaphore::new(0) };
        held.insert(operation.to_owned(), Arc::new(hold));
        self.count.store(held.len(), Ordering::Release);
    }

    /// Waits until the held call of this operation is about to write. False when none is held.
    pub(crate) async fn arrived(&self, operation: &str) -> bool {
        let Some(hold) = self.find(operation) else { return false };
        hold.arrived.acquire().await.is_ok_and(|permit| {
            permit.forget();
            true
        })
    }

    /// Releases the held call of this operation. False when none is held.
    pub(crate) fn release(&self, operation: &str) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let hold = held.remove(operation);
        self.count.store(held.len(), Ordering::Release);
        hold.is_some_and(|hold| {
            hold.released.close();
            true
        })
    }

    /// Waits if this call is held.
    pub(super) async fn wait(&self, operation: &str) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        if let Some(hold) = self.find(operation)
            && !hold.is_taken.swap(true, Ordering::AcqRel)
        {
            hold.arrived.add_permits(1);
            // No permit is ever added: closing the semaphore releases the call.
            let _ = hold.released.acquire().await;
        }
    }

    fn find(&self, operation: &str) -> Option<Arc<CallHold>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(operation).cloned()
    }
}
