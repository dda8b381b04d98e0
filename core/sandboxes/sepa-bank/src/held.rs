//! Answers that wait until a test lets them go, so that it need not guess how long something else takes.

use std::time::Duration;

use bankchannel_foundation::{Error, Result};
use tokio::sync::watch;

/// How long `held` waits for answers.
const ARRIVAL: Duration = Duration::from_secs(20);

/// The answers that wait until the next release.
#[derive(Default)]
struct HeldRound {
    number: u64,
    count: u32,
}

/// The answers that wait.
pub(crate) struct HeldAnswers(watch::Sender<HeldRound>);

/// An answer that waits, until it is dropped or its round is over.
struct HeldAnswer<'h> {
    round: &'h watch::Sender<HeldRound>,
    number: u64,
}

impl Default for HeldAnswers {
    fn default() -> Self {
        Self(watch::Sender::new(HeldRound::default()))
    }
}

impl HeldAnswers {
    /// Waits for the next release.
    pub(crate) async fn wait(&self) {
        let mut changes = self.0.subscribe();
        let mut number = 0;
        self.0.send_modify(|round| {
            round.count += 1;
            number = round.number;
        });
        let _held = HeldAnswer { round: &self.0, number };
        // An error would say that the sender is gone, which is borrowed here.
        let _ = changes.wait_for(|round| round.number != number).await;
    }

    /// Waits until as many wait as are ordered.
    ///
    /// # Errors
    /// `input.invalid_field` if they do not come.
    pub(crate) async fn arrived(&self, count: u32) -> Result<u32> {
        let mut changes = self.0.subscribe();
        match tokio::time::timeout(ARRIVAL, changes.wait_for(|round| round.count >= count)).await {
            Ok(Ok(round)) => Ok(round.count),
            _ => Err(Error::invalid_field("count", format!("is {count}: fewer answers wait"))),
        }
    }

    /// Lets all go that wait now.
    pub(crate) fn release(&self) -> u32 {
        let mut released = 0;
        self.0.send_modify(|round| {
            released = round.count;
            *round = HeldRound { number: round.number + 1, count: 0 };
        });
        released
    }
}

impl Drop for HeldAnswer<'_> {
    fn drop(&mut self) {
        self.round.send_if_modified(|round| {
            let waits = round.number == self.number;
            round.count -= u32::from(waits);
            waits
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{join, join3};

    use super::*;

    #[tokio::test]
    async fn a_release_is_for_those_that_wait() {
        let held = HeldAnswers::default();
        let order = async |count| held.arrived(count).await.unwrap();
        let releasing = async {
            assert_eq!(order(2).await, 2);
            assert_eq!(held.release(), 2);
            // The next one to wait is another one, even if the two have not gone yet.
            assert_eq!(held.release(), 0);
        };
        join3(held.wait(), held.wait(), releasing).await;
        // One whose connection is cut waits no more.
        let given_up = tokio::time::timeout(Duration::from_millis(1), held.wait());
        assert!(given_up.await.is_err());
        assert_eq!(order(0).await, 0);
        let third = async {
            order(1).await;
            held.release()
        };
        assert_eq!(join(held.wait(), third).await.1, 1);
    }
}
