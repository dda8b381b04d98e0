//! Progress of a call, on its way to the caller.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bankchannel::{AnsweredExchange, ExchangeHooks, Progress, ProgressWatcher, RequestedExchange};

use crate::CallEvent;

/// The minimum interval between reports of bytes. Steps, and the last bytes of a message, are always reported.
const EVERY: Duration = Duration::from_millis(100);

/// The maximum number of progress reports waiting for the caller; the oldest is dropped first.
const UNTOLD_MAX: usize = 64;

/// The maximum number of requests and answers waiting for the caller; the oldest is dropped first.
const EXCHANGES_MAX: usize = 256;

/// A request of a call that begins, or the answer to it.
#[derive(Debug, Clone)]
pub struct ExchangeStage {
    /// The request.
    pub request: RequestedExchange,
    /// The answer; `None` when the request begins.
    pub answer: Option<AnsweredExchange>,
}

/// The progress that has not been reported to the caller yet.
#[derive(Clone, Default)]
pub(crate) struct UntoldProgress(Arc<Mutex<UntoldState>>);

#[derive(Default)]
struct UntoldState {
    list: VecDeque<Progress>,
    exchanges: VecDeque<ExchangeStage>,
    /// Bytes that came too soon after others: reported unless later bytes of the same message are.
    skipped: Option<Progress>,
    /// The time of the last report of bytes.
    told: Option<Instant>,
}

impl UntoldProgress {
    /// Takes the oldest report: requests and answers come first.
    pub(crate) fn take(&self) -> Option<CallEvent> {
        let mut state = self.state();
        let exchange = state.exchanges.pop_front().map(CallEvent::Exchange);
        exchange.or_else(|| state.list.pop_front().map(CallEvent::Progress))
    }

    /// Hooks that report requests and answers, and never wait for the caller. `wake` is called after each.
    pub(crate) fn hooks(&self, wake: impl Fn() + Send + Sync + 'static) -> ExchangeHooks {
        let wake = Arc::new(wake);
        let tell = |untold: &Self, request: &RequestedExchange, answer: Option<&AnsweredExchange>| {
            let exchanges = &mut untold.state().exchanges;
            if exchanges.len() == EXCHANGES_MAX {
                exchanges.pop_front();
            }
            exchanges.push_back(ExchangeStage { request: request.clone(), answer: answer.cloned() });
        };
        let (before, woken) = (self.clone(), Arc::clone(&wake));
        let after = self.clone();
        ExchangeHooks::new()
            .before(move |request| {
                tell(&before, request, None);
                woken();
            })
            .after(move |request, answer| {
                tell(&after, request, Some(answer));
                wake();
            })
    }

    /// The call ends: the last bytes are reported, however soon they came.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        if let Some(skipped) = state.skipped.take() {
            state.add(skipped);
        }
    }

    /// A receiver for the call's progress that never waits for the caller. `wake` is called after a report is added.
    pub(crate) fn watcher(&self, wake: impl Fn() + Send + Sync + 'static) -> ProgressWatcher {
        let untold = self.clone();
        ProgressWatcher::new(move |progress: &Progress| {
            if untold.state().is_due(progress) {
                wake();
            }
        })
    }

    fn state(&self) -> MutexGuard<'_, UntoldState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UntoldState {
    /// Adds progress of the call; false if it is not to be reported now.
    fn is_due(&mut self, progress: &Progress) -> bool {
        if let Some(skipped) = self.skipped.take().filter(|skipped| !continues(skipped, progress)) {
            self.add(skipped);
        }
        if progress.direction.is_some() && !is_whole(progress) {
            if self.told.is_some_and(|told| told.elapsed() < EVERY) {
                self.skipped = Some(progress.clone());
                return false;
            }
            self.told = Some(Instant::now());
        }
        self.add(progress.clone());
        true
    }

    fn add(&mut self, progress: Progress) {
        if self.list.back().is_some_and(|last| continues(last, &progress)) {
            self.list.pop_back();
        } else if self.list.len() == UNTOLD_MAX {
            self.list.pop_front();
        }
        self.list.push_back(progress);
    }
}

/// Whether all bytes of a message have been sent or received.
fn is_whole(progress: &Progress) -> bool {
    progress.total == Some(progress.bytes)
}

/// Whether it is a later report of the same bytes.
fn continues(last: &Progress, progress: &Progress) -> bool {
    let are_bytes = last.direction.is_some() && last.direction == progress.direction;
    are_bytes && !is_whole(last) && last.total == progress.total && last.bytes <= progress.bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress_of(event: Option<CallEvent>) -> Option<Progress> {
        event.map(|event| if let CallEvent::Progress(progress) = event { progress } else { panic!("no progress") })
    }

    fn news(text: &str, bytes: u64, total: Option<u64>) -> Progress {
        Progress::new(text, bytes, total)
    }

    #[test]
    fn a_slow_caller_is_told_every_step_and_the_newest_bytes() {
        let untold = UntoldProgress::default();
        let said = [
            news("listing", 0, None),
            news("", 1, Some(9)),
            news("", 5, Some(9)),
            news("", 9, Some(9)),
            news("", 2, Some(9)),
            news("next", 0, None),
        ];
        said.iter().for_each(|one| untold.state().add(one.clone()));
        let told: Vec<_> = std::iter::from_fn(|| progress_of(untold.take())).collect();
        assert_eq!(told, [said[0].clone(), said[3].clone(), said[4].clone(), said[5].clone()]);
    }

    #[test]
    fn bytes_are_told_now_and_then_and_what_waits_is_bounded() {
        let untold = UntoldProgress::default();
        let watcher = untold.watcher(|| ());
        for bytes in 1..=1000 {
            watcher.tell(&news("", bytes, Some(1000)));
        }
        let told: Vec<_> = std::iter::from_fn(|| progress_of(untold.take())).collect();
        assert_eq!(told.last(), Some(&news("", 1000, Some(1000))));
        // A message of unknown length, and its end.
        for bytes in 1..=1000 {
            watcher.tell(&news("", bytes, None));
        }
        untold.end();
        let told: Vec<_> = std::iter::from_fn(|| progress_of(untold.take())).collect();
        assert_eq!(told.last(), Some(&news("", 1000, None)));
        for step in 0..1000 {
            watcher.tell(&news(&step.to_string(), 0, None));
        }
        let told: Vec<_> = std::iter::from_fn(|| progress_of(untold.take())).collect();
        assert_eq!((told.len(), told[0].text.as_str(), told[63].text.as_str()), (64, "936", "999"));
    }
}
