//! Verbs that are handed to the writer, and waited for later.

use std::pin::Pin;
use std::task::Poll;

/// Hands a verb to the writer without waiting for its answer. (After 128, tokio makes a task wait.)
pub(crate) async fn hand_over<F: Future + Unpin>(verb: &mut F) {
    let polled = std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *verb).poll(context))).await;
    assert!(polled.is_pending());
}
