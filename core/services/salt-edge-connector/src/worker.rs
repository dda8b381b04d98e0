//! The workers: do the follow-up work of answers, such as asking the bank and reporting to Salt Edge.
//!
//! ```text
//!   request, page, bank interface ──► pending work ─────► one of the workers ──► due time of the next work
//!                                           ▲                                              │
//!                                           └───────────── timekeeper ◄────────────────────┘
//! ```

use std::{sync::Arc, time::Duration};

use bankchannel::salt_edge_connector::WorkRequest;
use bankchannel_foundation::clock::Clock as _;
use bankchannel_storage::salt_edge_connector::SchemaUse;
use bankchannel_transport::background;
use tokio::{sync::watch, task::JoinHandle};

use super::service::ConnectorService;

/// The polling interval if nothing is due: another process may have left work.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// The same with the control interface, which may set the clock.
const LOOK_AGAIN_CONTROLLED: Duration = Duration::from_millis(250);
/// The minimum time between two polls.
const SHORTEST: Duration = Duration::from_millis(10);
/// The pause after a failure of the store.
const PAUSE: Duration = Duration::from_secs(2);

/// How often the store's version is looked at.
const LOOK_AT_SCHEMA: Duration = Duration::from_secs(15);

/// Starts this many workers, and the timekeeper that wakes them when work is due. All end when the service winds down.
pub(super) fn begin(service: &Arc<ConnectorService>, count: u32) -> Vec<JoinHandle<()>> {
    let (told, due) = watch::channel(None);
    let told = Arc::new(told);
    let workers = (0..count).map(|_| {
        let (service, told) = (Arc::clone(service), Arc::clone(&told));
        background::spawn(async move {
            // A worker that panics is replaced.
            loop {
                let (service, told) = (Arc::clone(&service), Arc::clone(&told));
                let ended = background::spawn(async move { work(&service, &told).await }).await;
                let Err(why) = ended else { return };
                tracing::error!(%why, "a worker has failed");
            }
        })
    });
    let mut tasks: Vec<JoinHandle<()>> = workers.collect();
    let service = Arc::clone(service);
    let looking = Arc::clone(&service);
    tasks.push(background::spawn(async move {
        let stop = looking.winding_down.clone();
        let _ = stop.run_until_cancelled(look_at_schema(&looking)).await;
    }));
    tasks.push(background::spawn(async move { keep_time(&service, due).await }));
    tasks
}

/// Works when notified.
async fn work(service: &ConnectorService, told: &watch::Sender<Option<i64>>) {
    loop {
        tokio::select! {
            () = service.winding_down.cancelled() => return,
            () = service.work.notified() => {}
        }
        match service.client().work_with(WorkRequest::builder().at(service.at()), &service.options()).await {
            Ok(worked) => {
                service.readiness.set_fault(None);
                let (now, due) = (service.clock.now_ms(), worked.next_due_at.map(|due| due.as_ms()));
                // An earlier due time found by another worker stays until it is reached.
                told.send_if_modified(|held| {
                    let is_sooner = held.is_some_and(|held| held > now && due.is_none_or(|due| due >= held));
                    if !is_sooner {
                        *held = due;
                    }
                    !is_sooner
                });
            }
            Err(error) => {
                tracing::error!(code = error.code(), why = error.message(), "the work was aborted");
                service.readiness.set_fault(Some("storage"));
                tokio::select! {
                    () = service.winding_down.cancelled() => return,
                    () = tokio::time::sleep(PAUSE) => service.work.notify_one(),
                }
            }
        }
    }
}

/// Looks from time to time whether a newer program has brought the store to a version that this one cannot use.
async fn look_at_schema(service: &ConnectorService) {
    loop {
        tokio::time::sleep(LOOK_AT_SCHEMA).await;
        // A store that does not answer is told by the workers.
        if let Ok(store) = service.client().opened_store(SchemaUse::Create).await
            && let Ok(is_outgrown) = store.is_outgrown().await
        {
            service.readiness.set_outgrown(is_outgrown);
        }
    }
}

/// Wakes a worker when work is due, and at the start for work left from the previous run.
async fn keep_time(service: &ConnectorService, mut due: watch::Receiver<Option<i64>>) {
    service.work.notify_one();
    loop {
        let longest = if service.control.is_some() { LOOK_AGAIN_CONTROLLED } else { LOOK_AGAIN };
        let until = |due_ms: i64| {
            let left = u64::try_from(due_ms - service.clock.now_ms()).unwrap_or_default();
            Duration::from_millis(left).clamp(SHORTEST, longest)
        };
        let wait = due.borrow_and_update().map_or(longest, until);
        tokio::select! {
            () = service.winding_down.cancelled() => return,
            changed = due.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait) => service.work.notify_one(),
        }
    }
}
