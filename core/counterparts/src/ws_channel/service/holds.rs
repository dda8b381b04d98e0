//! Calls that a test holds just before they write: by the control interface only.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::sync::Semaphore;

/// Which operations are held, by their names.
#[derive(Default)]
pub(crate) struct Holds {
    held: Mutex<HashMap<String, Arc<Hold>>>,
    count: AtomicUsize,
}

/// One call waits here.
struct Hold {
    is_taken: AtomicBool,
    arrived: Semaphore,
    released: Semaphore,
}

impl Holds {
    /// The next call of this operation waits before it writes.
    pub(crate) fn hold(&self, operation: &str) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let hold = Hold { is_taken: AtomicBool::new(false), arrived: Semaphore::new(0), released: Semaphore::new(0) };
        held.insert(operation.to_owned(), Arc::new(hold));
        self.count.store(held.len(), Ordering::Release);
    }

    /// Waits until the held call of this operation has come to where it writes. False when none is held.
    pub(crate) async fn arrived(&self, operation: &str) -> bool {
        let Some(hold) = self.find(operation) else { return false };
        hold.arrived.acquire().await.is_ok_and(|permit| {
            permit.forget();
            true
        })
    }

    /// Lets the held call of this operation go on. False when none is held.
    pub(crate) fn release(&self, operation: &str) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let hold = held.remove(operation);
        self.count.store(held.len(), Ordering::Release);
        hold.is_some_and(|hold| {
            hold.released.close();
            true
        })
    }

    /// Waits, if this call is the one that is held.
    pub(super) async fn wait(&self, operation: &str) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        if let Some(hold) = self.find(operation)
            && !hold.is_taken.swap(true, Ordering::AcqRel)
        {
            hold.arrived.add_permits(1);
            // Nothing is ever given: closing it is what lets go.
            let _ = hold.released.acquire().await;
        }
    }

    fn find(&self, operation: &str) -> Option<Arc<Hold>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(operation).cloned()
    }
}
