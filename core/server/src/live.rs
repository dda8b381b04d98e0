//! A value that may be replaced while others work with it.

use std::sync::{Arc, PoisonError, RwLock};

/// A value that may be replaced: who has taken it before goes on with the former one.
#[derive(Debug, Default)]
pub struct LiveValue<T>(RwLock<Arc<T>>);

impl<T> LiveValue<T> {
    /// One that begins with this value.
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// The present value.
    #[must_use]
    pub fn now(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces it.
    pub fn put(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}
