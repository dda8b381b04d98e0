//! What the service does beside requests: old things go, the audit trail's head is written down.

use std::{io::Write, os::unix::fs::OpenOptionsExt, path::Path, sync::Arc, time::Duration};

use bankchannel_crypto::digest;
use bankchannel_foundation::model::Timestamp;
use bankchannel_storage::{AuditVerdict, PurgePolicy, StoreError};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    banks::remove_old_content,
    files::content,
    service::{Service, System},
};

/// The heads of the audit trail, one line a day: kept elsewhere too, they show a rewritten trail.
pub(crate) const HEADS_FILE: &str = "audit-heads.jsonl";

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Registrations that nobody verified go after a week (WS Channel sheet §3.3).
const UNVERIFIED_AFTER_MS: i64 = 7 * DAY_MS;
/// Codes and tokens that are over still answer "expired" for a day.
const GRACE_MS: i64 = DAY_MS;
/// How often it is looked whether a day has passed: on the service's clock, which a test may move.
const LOOK: Duration = Duration::from_secs(20);
/// How long a start lets requests go first.
const AFTER_START: Duration = Duration::from_secs(5);
/// Spooled uploads older than this were left behind by a process that was killed.
const SPOOL_AGE: Duration = Duration::from_secs(24 * 3600);

/// Begins the upkeep.
pub(crate) fn begin(service: &Arc<Service>, stop: &CancellationToken) -> JoinHandle<()> {
    let (service, stop) = (System::of(service), stop.clone());
    tokio::spawn(async move {
        let mut last = None;
        let mut wait = AFTER_START;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            wait = LOOK;
            let now = service.now_ms();
            if last.is_none_or(|at: i64| (now - at).abs() >= DAY_MS) {
                last = Some(now);
                daily(&service).await;
            }
        }
    })
}

/// What is done every day. Failures are logged: the next day tries again.
pub(crate) async fn daily(service: &System) {
    clean_spool(&service.data.join("spool"), SPOOL_AGE);
    match purge(service).await {
        Ok(()) => {}
        Err(why) => tracing::error!(%why, "old records could not be removed"),
    }
    match service.writer().remove_leftovers().await {
        Ok(unnamed) => content::discard(service, &unnamed).await,
        Err(why) => tracing::error!(%why, "what belongs to nobody could not be removed"),
    }
    if service.store.is_only_writer() {
        // With others on its database the service looks by itself.
        remove_old_content(service).await;
    }
    match service.writer().verify_audit().await {
        Ok(AuditVerdict::Intact { records, head }) => {
            let line = json!({
                "at": Timestamp::from_ms(service.now_ms()).as_str(),
                "records": records,
                "head": digest::hex(&head),
            });
            tracing::info!(records, head = digest::hex(&head), "the audit trail is intact");
            if let Err(why) = append(&service.data.join(HEADS_FILE), &line.to_string()) {
                tracing::error!(%why, "the head of the audit trail could not be written down");
            }
        }
        Ok(AuditVerdict::Broken { seq }) => {
            tracing::error!(seq, "the audit trail was changed: it breaks at this record")
        }
        Err(why) => tracing::error!(%why, "the audit trail could not be read"),
    }
}

async fn purge(service: &System) -> Result<(), StoreError> {
    let config = &service.config;
    let longest_window = i64::from(config.lockout.window_s.max(config.code_lockout.window_s)) * 1000;
    let policy = PurgePolicy {
        now: service.now_ms(),
        unverified_after: UNVERIFIED_AFTER_MS,
        attempts_after: longest_window.max(DAY_MS),
        grace: GRACE_MS,
    };
    let report = service.writer().purge(policy).await?;
    tracing::info!(?report, "old records were removed");
    Ok(())
}

/// Removes spooled uploads older than this: nobody will finish them.
pub(crate) fn clean_spool(spool: &Path, age: Duration) {
    let Ok(entries) = std::fs::read_dir(spool) else { return };
    for entry in entries.flatten() {
        let old = entry.metadata().and_then(|data| data.modified()).map(|at| at.elapsed().unwrap_or_default() >= age);
        if old.unwrap_or(false) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_data()
}
