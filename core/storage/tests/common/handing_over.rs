//! Hands verbs to the writer now, to wait for them later.

use std::pin::Pin;
use std::task::Poll;

/// Hands a verb to the writer without waiting for its result. (After 128 of them, tokio makes a task wait.)
pub(crate) async fn hand_over<F: Future + Unpin>(verb: &mut F) {
    let polled = std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *verb).poll(context))).await;
    assert!(polled.is_pending());
}
