//! Detects an answer that comes before the request was sent completely.
//!
//! A server that refuses a request may answer before it has read all of it, and close the connection. The HTTP library
//! then gives up at the first failed write, without checking for received data. So the body delivers each piece right
//! after the runtime has polled the sockets: an answer that has arrived is read before the next write.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker, ready},
};

use futures_util::task::AtomicWaker;

/// Delivers the pieces of a body one at a time, each after the sockets were polled.
pub(crate) struct BodyPacer<T> {
    turn: PacerTurn<T>,
}

enum PacerTurn<T> {
    /// The next piece may be made.
    Make,
    /// It is made, and the runtime polls the sockets.
    Look(Option<T>, Arc<SocketLook>),
    /// It was delivered: the connection writes it before the next is made.
    Written,
}

impl<T> Default for BodyPacer<T> {
    fn default() -> Self {
        Self { turn: PacerTurn::Make }
    }
}

impl<T> BodyPacer<T> {
    /// The next piece from `make`.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        mut make: impl FnMut(&mut Context<'_>) -> Poll<Option<T>>,
    ) -> Poll<Option<T>> {
        loop {
            match &mut self.turn {
                PacerTurn::Written => {
                    self.turn = PacerTurn::Make;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                PacerTurn::Make => {
                    let made = ready!(make(context));
                    self.turn = PacerTurn::Look(made, SocketLook::begin());
                }
                PacerTurn::Look(made, look) => {
                    look.task.register(context.waker());
                    if !look.done.load(Ordering::SeqCst) {
                        return Poll::Pending;
                    }
                    let made = made.take();
                    self.turn = PacerTurn::Written;
                    return Poll::Ready(made);
                }
            }
        }
    }
}

/// Done when the runtime has polled the sockets. A connection polls its body several times in between, so a future that
/// is ready when it is polled again would not show this.
#[derive(Default)]
struct SocketLook {
    done: AtomicBool,
    task: AtomicWaker,
}

impl SocketLook {
    fn begin() -> Arc<Self> {
        let look = Arc::new(Self::default());
        let waker = Waker::from(Arc::clone(&look));
        // The runtime keeps the waker until it has polled; outside a runtime it wakes at once.
        let _ = pin!(tokio::task::yield_now()).poll(&mut Context::from_waker(&waker));
        look
    }
}

impl Wake for SocketLook {
    fn wake(self: Arc<Self>) {
        self.done.store(true, Ordering::SeqCst);
        self.task.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_given_when_the_runtime_has_looked_however_often_it_is_asked() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (mut pacer, mut left) = (BodyPacer::default(), 2);
            let mut next = |context: &mut Context<'_>| {
                pacer.poll(context, |_| {
                    left -= 1;
                    Poll::Ready((left >= 0).then_some(left))
                })
            };
            for wanted in [Some(1), Some(0), None] {
                let mut polls = 0;
                let given = std::future::poll_fn(|context| {
                    polls += 1;
                    // Polled twice without a turn of the runtime between, as a connection does.
                    if polls == 1 {
                        assert!(next(context).is_pending());
                    }
                    next(context)
                });
                assert_eq!(given.await, wanted);
                assert!(polls >= 2, "{polls}");
            }
        });
    }
}
