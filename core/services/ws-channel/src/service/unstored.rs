//! The last steps of work that a bank has done already, and that the store did not take when they came: the disk was full, the
//! database away. They wait in memory and are stored as soon as the store takes them; an end of the process loses them, and
//! the start after it finds the uploads unknown.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bankchannel_storage::ws_channel::{AuditEntry, StoreError, UploadEnd};
use bankchannel_transport::background;
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{SettlingStore, WsChannelService};

/// Steps that wait at most: no bank is asked for more as long as so many wait.
const WAITING_MAX: usize = 10_000;
/// How often the store is tried while steps wait.
const AGAIN: Duration = Duration::from_secs(1);

/// The last step of a piece of work.
#[derive(Clone)]
pub(crate) struct FinalStep {
    store: SettlingStore,
    kind: FinalStepKind,
}

#[derive(Clone)]
enum FinalStepKind {
    EndUpload { id: String, end: UploadEnd, now: i64 },
    Record(AuditEntry),
}

impl FinalStep {
    /// The end of an upload. The store records it.
    pub(crate) fn end_upload(store: SettlingStore, id: &str, end: UploadEnd, now: i64) -> Self {
        Self { store, kind: FinalStepKind::EndUpload { id: id.to_owned(), end, now } }
    }

    /// A record of a bank's action.
    pub(crate) fn record(store: SettlingStore, entry: AuditEntry) -> Self {
        Self { store, kind: FinalStepKind::Record(entry) }
    }

    /// False if an upload has ended otherwise before, or is gone.
    async fn store(&self) -> Result<bool, StoreError> {
        match &self.kind {
            FinalStepKind::EndUpload { id, end, now } => {
                Ok(self.store.finish_upload(id, end.clone(), *now).await?.is_some())
            }
            FinalStepKind::Record(entry) => self.store.append(entry.clone()).await.map(|()| true),
        }
    }

    /// The answer to the call does not say it any more.
    fn and_told(mut self) -> Self {
        if let FinalStepKind::EndUpload { end, .. } = &mut self.kind {
            end.is_to_be_told = true;
        }
        self
    }

    fn describe(&self) -> String {
        match &self.kind {
            // Without the words of a bank.
            FinalStepKind::EndUpload { id, end, .. } => format!("upload {id}: {}", end.state.as_str()),
            FinalStepKind::Record(entry) => format!("{} {}: {}", entry.operation, entry.object, entry.outcome),
        }
    }
}

/// The steps that wait for the store.
#[derive(Default)]
pub(crate) struct UnstoredSteps {
    waiting: Mutex<VecDeque<FinalStep>>,
    added: Notify,
}

impl UnstoredSteps {
    /// Stores a step. False if an upload has ended otherwise before, or is gone.
    ///
    /// # Errors
    /// Store faults; then the step waits.
    pub(crate) async fn store(&self, step: FinalStep) -> Result<bool, StoreError> {
        let stored = step.store().await;
        if let Err(why) = &stored {
            let step = step.describe();
            tracing::error!(step, %why, "what a bank has done cannot be stored yet: it is kept in memory until it can");
        }
        if stored.is_err() {
            self.add(step);
        }
        stored
    }

    /// Adds a step that waits.
    pub(crate) fn add(&self, step: FinalStep) {
        self.waiting().push_back(step.and_told());
        self.added.notify_one();
    }

    /// Whether no bank should be asked for anything more.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting().len() >= WAITING_MAX
    }

    /// How many steps wait.
    pub(crate) fn count(&self) -> usize {
        self.waiting().len()
    }

    /// Tries each step once, until the store takes none. A step leaves the queue when it is stored: a stop in between loses
    /// none.
    async fn store_waiting(&self) {
        let count = self.waiting().len();
        for _ in 0..count {
            let Some(step) = self.waiting().front().cloned() else { return };
            match step.store().await {
                Ok(_) => {
                    drop(self.waiting().pop_front());
                    tracing::warn!(step = step.describe(), "what a bank has done is stored now");
                }
                // In their order: an upload may have two.
                Err(why) if why.kept_nothing() || matches!(why, StoreError::Unknown { .. } | StoreError::Io { .. }) => {
                    return;
                }
                // The store refuses it for a reason of its own: the others do not wait for it.
                Err(_) => {
                    let mut waiting = self.waiting();
                    let refused = waiting.pop_front();
                    waiting.extend(refused);
                }
            }
        }
    }

    /// Stores what waits, for the last time.
    pub(crate) async fn close(&self) {
        self.store_waiting().await;
        for step in self.waiting().drain(..) {
            let step = step.describe();
            tracing::error!(step, "what a bank has done could not be stored before the stop: settle it by hand");
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<FinalStep>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts storing what waits.
pub(crate) fn begin(service: &Arc<WsChannelService>, stop: &CancellationToken) -> JoinHandle<()> {
    let (service, stop) = (Arc::clone(service), stop.clone());
    background::spawn(async move {
        let work = async {
            loop {
                if service.unstored.waiting().is_empty() {
                    service.unstored.added.notified().await;
                }
                tokio::time::sleep(AGAIN).await;
                service.unstored.store_waiting().await;
            }
        };
        let _ = stop.run_until_cancelled(work).await;
    })
}
