//! Who does what follows the answers: asks the bank, and tells Salt Edge.

use std::{sync::Arc, time::Duration};

use bankchannel::salt_edge_connector::flows::work::WorkRequest;
use bankchannel_foundation::clock::Clock as _;
use tokio::task::JoinHandle;

use super::service::Service;

/// How long nobody looks where nothing is due: another process may have left something.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// The same while the clock may be set by others.
const LOOK_AGAIN_CONTROLLED: Duration = Duration::from_millis(250);
/// How long is waited after a failure of the store.
const PAUSE: Duration = Duration::from_secs(2);

/// Starts so many. Each ends when the service winds down.
pub(super) fn begin(service: &Arc<Service>, count: u32) -> Vec<JoinHandle<()>> {
    (0..count)
        .map(|number| {
            let service = Arc::clone(service);
            tokio::spawn(async move { work(&service, number == 0).await })
        })
        .collect()
}

/// The first looks for what is due, the others are woken when something arrives.
async fn work(service: &Service, is_first: bool) {
    // What a stop has left.
    let mut wait = if is_first { Duration::ZERO } else { LOOK_AGAIN };
    loop {
        tokio::select! {
            () = service.winding_down.cancelled() => return,
            () = service.work.notified() => {}
            () = tokio::time::sleep(wait), if is_first => {}
        }
        wait = match service.client().work(WorkRequest { at: service.at() }, &service.options()).await {
            Ok(worked) => {
                let longest = if service.control.is_some() { LOOK_AGAIN_CONTROLLED } else { LOOK_AGAIN };
                let until = |due_ms: i64| {
                    Duration::from_millis(u64::try_from(due_ms - service.clock.now_ms()).unwrap_or_default())
                };
                worked.next_due_at.map_or(longest, |due| until(due.as_ms()).clamp(Duration::from_millis(10), longest))
            }
            Err(error) => {
                tracing::error!(code = error.code(), why = error.message(), "work was broken off");
                PAUSE
            }
        };
    }
}
