//! The progress of a running call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The progress of a call. A bar shows [`fraction`](Self::fraction), [`text`](Self::text) beside it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// The current step, for a person; empty in a call of one exchange.
    pub text: String,
    /// Whether the bytes are sent or received; `None` when a step begins.
    pub direction: Option<ProgressDirection>,
    /// Bytes of the current message's body that were sent or received so far.
    pub bytes: u64,
    /// The total number of these bytes, if known.
    pub total: Option<u64>,
    /// The number of the current step, from 1; 0 if the call has no steps.
    pub step: u32,
    /// The number of steps, if it is known.
    pub steps: Option<u32>,
    /// The number of the current file, from 1, in a call for several files.
    pub file: Option<u32>,
    /// The number of files.
    pub files: Option<u32>,
    /// The share of the whole call that is done, from 0 to 1, if it is known. It never falls.
    pub fraction: Option<f64>,
}

/// The direction of the bytes of a [`Progress`].
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressDirection {
    /// To the peer.
    Send,
    /// From the peer.
    Receive,
}

impl ProgressDirection {
    /// `send` or `receive`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Receive => "receive",
        }
    }
}

impl Progress {
    /// A report, such as a program's tests give to its own callback.
    pub fn new(text: impl Into<String>, bytes: u64, total: Option<u64>) -> Self {
        let direction = (bytes > 0).then_some(ProgressDirection::Send);
        Self { text: text.into(), direction, bytes, total, ..Self::default() }
    }
}

/// Receives the progress of a call; clones belong to the same call.
#[derive(Clone)]
pub struct ProgressWatcher {
    tell: Arc<dyn Fn(&Progress) + Send + Sync>,
    pub(crate) stage: FlowStage,
}

impl ProgressWatcher {
    /// Calls this function with the progress of a call. It runs in the call's own task, so it must return quickly and
    /// never block.
    pub fn new(tell: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell), stage: FlowStage::default() }
    }

    /// Reports progress.
    pub fn tell(&self, progress: &Progress) {
        (self.tell)(progress);
    }

    /// Reports bytes of the current message.
    pub(crate) fn moved(&self, direction: ProgressDirection, bytes: u64, total: Option<u64>) {
        self.tell(&self.stage.moved(direction, bytes, total));
    }
}

impl std::fmt::Debug for ProgressWatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProgressWatcher")
    }
}

/// How far a call is, shared by all its exchanges.
#[derive(Clone, Default)]
pub(crate) struct FlowStage(Arc<Mutex<WatcherState>>);

#[derive(Default)]
struct WatcherState {
    now: Progress,
    /// The direction whose bytes count for the fraction: that of the content.
    counts: Option<ProgressDirection>,
}

impl FlowStage {
    /// A flow begins.
    pub(crate) fn begin(&self) {
        *self.state() = WatcherState::default();
    }

    /// The number of steps that the call will have.
    pub(crate) fn plan_steps(&self, steps: u32) {
        self.state().now.steps = Some(steps);
    }

    /// The next step begins.
    pub(crate) fn begin_step(&self, text: &str) -> Progress {
        let mut state = self.state();
        state.now.step += 1;
        let steps = state.now.steps.map(|steps| steps.max(state.now.step));
        state.now.steps = steps;
        let done = steps.map(|steps| f64::from(state.now.step - 1) / f64::from(steps));
        state.say(text, done)
    }

    /// The next of so many files begins.
    pub(crate) fn begin_file(&self, file: u32, files: u32, text: &str) -> Progress {
        let mut state = self.state();
        (state.now.file, state.now.files) = (Some(file), Some(files));
        state.say(text, Some(f64::from(file - 1) / f64::from(files)))
    }

    /// A remark on the current step.
    pub(crate) fn remark(&self, text: &str) -> Progress {
        self.state().say(text, None)
    }

    /// An exchange begins: the direction of its content, if it has content.
    pub(crate) fn begin_exchange(&self, content: Option<ProgressDirection>) {
        let mut state = self.state();
        state.counts = content;
        if state.now.step == 0 {
            state.now = Progress::default();
        }
    }

    /// Bytes of the current message have moved.
    pub(crate) fn moved(&self, direction: ProgressDirection, bytes: u64, total: Option<u64>) -> Progress {
        let mut state = self.state();
        (state.now.direction, state.now.bytes, state.now.total) = (Some(direction), bytes, total);
        if state.counts == Some(direction)
            && let Some(total) = total.filter(|total| *total > 0)
        {
            #[allow(clippy::cast_precision_loss)] // a share, for a bar
            let part = (bytes as f64 / total as f64).min(1.0);
            let done = state.share_of_part(part);
            state.rise(Some(done));
        }
        state.now.clone()
    }

    fn state(&self) -> MutexGuard<'_, WatcherState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WatcherState {
    fn say(&mut self, text: &str, done: Option<f64>) -> Progress {
        text.clone_into(&mut self.now.text);
        (self.now.direction, self.now.bytes, self.now.total) = (None, 0, None);
        self.rise(done);
        self.now.clone()
    }

    /// The share of the call that is done after this part of the current file, step or exchange.
    fn share_of_part(&self, part: f64) -> f64 {
        match (self.now.file.zip(self.now.files), self.now.steps) {
            (Some((file, files)), _) => (f64::from(file - 1) + part) / f64::from(files),
            (None, Some(steps)) if self.now.step > 0 => (f64::from(self.now.step - 1) + part) / f64::from(steps),
            _ => part,
        }
    }

    fn rise(&mut self, done: Option<f64>) {
        let before = self.now.fraction;
        self.now.fraction = done.map(|done| before.map_or(done, |before| before.max(done))).or(before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_of_steps_rises_to_its_end() {
        let stage = FlowStage::default();
        stage.plan_steps(2);
        let signing = stage.begin_step("signing");
        assert_eq!((signing.step, signing.steps, signing.fraction), (1, Some(2), Some(0.0)));
        assert_eq!(stage.begin_step("sending").fraction, Some(0.5));
        stage.begin_exchange(Some(ProgressDirection::Send));
        let half = stage.moved(ProgressDirection::Send, 5, Some(10));
        assert_eq!((half.text.as_str(), half.fraction), ("sending", Some(0.75)));
        assert_eq!(
            stage.moved(ProgressDirection::Receive, 1, Some(10)).fraction,
            Some(0.75),
            "an answer is no content"
        );
        // A repeated attempt begins again; the bar does not fall.
        assert_eq!(stage.moved(ProgressDirection::Send, 1, Some(10)).fraction, Some(0.75));
        assert_eq!(stage.moved(ProgressDirection::Send, 10, Some(10)).fraction, Some(1.0));
    }

    #[test]
    fn files_count_and_one_exchange_has_its_own_share() {
        let stage = FlowStage::default();
        stage.begin_step("listing");
        stage.begin_exchange(Some(ProgressDirection::Receive));
        let second = stage.begin_file(2, 4, "downloading b");
        assert_eq!((second.file, second.files, second.fraction), (Some(2), Some(4), Some(0.25)));
        assert_eq!(stage.moved(ProgressDirection::Receive, 1, Some(2)).fraction, Some(0.375));

        let single = FlowStage::default();
        single.begin_exchange(Some(ProgressDirection::Send));
        assert_eq!(single.moved(ProgressDirection::Send, 1, Some(4)).fraction, Some(0.25));
        assert_eq!(single.moved(ProgressDirection::Receive, 4, None).fraction, Some(0.25));
    }
}
