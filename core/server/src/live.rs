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

    /// Replaces it if it is still this one, and says whether it was.
    pub(crate) fn put_instead_of(&self, former: &Arc<T>, value: T) -> bool {
        let mut present = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_present = Arc::ptr_eq(&present, former);
        if is_present {
            *present = Arc::new(value);
        }
        is_present
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_was_replaced_meanwhile_stays() {
        let value = LiveValue::new(1);
        let former = value.now();
        assert!(value.put_instead_of(&former, 2));
        assert!(!value.put_instead_of(&former, 3), "it was read before the second");
        assert_eq!(*value.now(), 2);
    }
}
