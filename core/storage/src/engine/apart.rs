//! Work that blocks, on a thread of its own, which the system may refuse: the runtime's own threads would make it wait
//! for ever then.

use super::{Result, StoreError};

/// Runs the work to its end, even if the caller goes away.
///
/// # Errors
/// [`StoreError::NoThread`]: the work was not begun. [`StoreError::Internal`] if it panicked.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("bankchannel-store".to_owned());
    // The caller may have gone away.
    let begun = thread.spawn(move || drop(sender.send(work())));
    begun.map_err(|why| StoreError::NoThread { reason: why.to_string() })?;
    receiver.await.map_err(|_| StoreError::internal("work of the store panicked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_work_is_done_apart_and_a_panic_is_told() {
        let own = std::thread::current().id();
        assert_ne!(apart(|| std::thread::current().id()).await, Ok(own));
        let panicked = apart(move || assert!(own == std::thread::current().id())).await;
        assert!(matches!(panicked, Err(StoreError::Internal { .. })), "{panicked:?}");
    }
}
