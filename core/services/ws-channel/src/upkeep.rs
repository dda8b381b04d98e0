//! Background upkeep: removes old data, writes checkpoints of the audit trail.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bankchannel_crypto::digest;
use bankchannel_storage::ws_channel::{AuditCheckpoint, AuditVerdict, PurgePolicy, StoreError};
use bankchannel_transport::background;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    audit_heads,
    banks::remove_old_content,
    data::SPOOL,
    files::content,
    service::{BackgroundService, WsChannelService},
};
use bankchannel_server::{http::intake::SpoolFile, private::OpenFolder};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Unverified registrations are removed after a week (docs/protocols/ws-channel.md §3.3).
const UNVERIFIED_AFTER_MS: i64 = 7 * DAY_MS;
/// Expired codes and tokens are still reported as "expired" for a day.
const GRACE_MS: i64 = DAY_MS;
/// How often to check whether a day has passed, on the service's clock, which a test may move.
const LOOK: Duration = Duration::from_secs(20);
/// Age of a checkpoint after which the next check writes a new one: at most a minute is between them.
const CHECKPOINT_AFTER_MS: i64 = 40_000;
/// Delay after a start, so that requests go first.
const AFTER_START: Duration = Duration::from_secs(5);
/// Spooled uploads older than this were left by a killed process.
const SPOOL_AGE: Duration = Duration::from_secs(24 * 3600);

/// Starts the upkeep.
pub(crate) fn begin(service: &Arc<WsChannelService>, stop: &CancellationToken) -> JoinHandle<()> {
    let (service, stop) = (BackgroundService::new(service), stop.clone());
    // Housekeeping may take minutes, longer than a stop waits. Each of its changes to the store is atomic, and files
    // that remain are removed another day.
    background::spawn(async move {
        let _ = stop.run_until_cancelled(run(&service)).await;
    })
}

async fn run(service: &BackgroundService) {
    let (mut last, mut noted) = (None, None);
    let mut wait = AFTER_START;
    loop {
        tokio::time::sleep(wait).await;
        wait = LOOK;
        let now = service.now_ms();
        if last.is_none_or(|at: i64| (now - at).abs() >= DAY_MS) {
            last = Some(now);
            daily(service).await;
        }
        checkpoint(service, &mut noted, now).await;
    }
}

/// The daily work. Failures are logged and retried the next day.
pub(crate) async fn daily(service: &BackgroundService) {
    clean_spool(&service.data.join(SPOOL), SPOOL_AGE);
    match purge(service).await {
        Ok(()) => {}
        Err(why) => tracing::error!(%why, "old records could not be removed"),
    }
    match service.writer().remove_leftovers().await {
        Ok(unnamed) => content::discard(service, &unnamed).await,
        Err(why) => tracing::error!(%why, "orphaned records could not be removed"),
    }
    if service.store.is_only_writer() {
        // With several instances on one database, the settling task does this (`banks/settle.rs`).
        remove_old_content(service).await;
    }
    if let Err(why) = verify_audit(service).await {
        tracing::error!(%why, "the audit trail could not be checked");
    }
}

/// Checks the whole trail and saves its newest checkpoint.
async fn verify_audit(service: &BackgroundService) -> Result<(), StoreError> {
    service.writer().checkpoint_audit(service.now_ms(), 0).await?;
    let known = audit_heads::read(&service.data).unwrap_or_else(|why| {
        tracing::error!(%why, "the saved heads of the audit trail cannot be read");
        Vec::new()
    });
    match service.writer().verify_audit_against(known).await? {
        AuditVerdict::Intact { records, chains, checkpoint, .. } => {
            service.metrics.audit_is_intact(true);
            let head = checkpoint.map(|checkpoint| digest::hex(&checkpoint.hash));
            tracing::info!(records, chains, head, "the audit trail is intact");
            if let Some(checkpoint) = checkpoint {
                log_checkpoint(service, &checkpoint);
            }
        }
        AuditVerdict::Broken { seq, account, reason } => {
            service.metrics.audit_is_intact(false);
            // The name of a chain is an account's address.
            let account = account.filter(|chain| !chain.is_empty()).map(|chain| service.pseudonym(&chain));
            tracing::error!(seq, account = account.as_deref(), reason, "the audit trail was changed");
        }
    }
    Ok(())
}

/// Writes a checkpoint over all chains, unless another instance has just done so; saves one per hour in the data
/// folder.
async fn checkpoint(service: &BackgroundService, noted: &mut Option<i64>, now: i64) {
    let written = service.writer().checkpoint_audit(now, CHECKPOINT_AFTER_MS).await;
    if written.is_ok() {
        service.metrics.audit_is_covered();
    }
    match written {
        Ok(Some(checkpoint)) if noted.is_none_or(|at| (now - at).abs() >= HOUR_MS) => {
            *noted = Some(now);
            log_checkpoint(service, &checkpoint);
        }
        Ok(_) => {}
        Err(why) => tracing::warn!(%why, "no checkpoint of the audit trail could be written"),
    }
}

fn log_checkpoint(service: &WsChannelService, checkpoint: &AuditCheckpoint) {
    if let Err(why) = audit_heads::append(&service.data, checkpoint) {
        tracing::error!(%why, "the head of the audit trail could not be saved");
    }
}

async fn purge(service: &BackgroundService) -> Result<(), StoreError> {
    let config = service.config();
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

/// Removes spooled uploads older than this: they will never be finished. Nothing else is removed, whatever the folder
/// holds, and a link in its place is not followed.
pub(crate) fn clean_spool(spool: &Path, age: Duration) {
    let Ok(folder) = OpenFolder::open(spool, false) else { return };
    let Ok(files) = folder.files() else { return };
    let now = SystemTime::now();
    for (name, changed) in files.into_iter().filter(|(name, _)| SpoolFile::is_name(name)) {
        if now.duration_since(changed).unwrap_or_default() >= age {
            let _ = folder.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn upkeep_removes_its_own_old_files_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let (spool, link) = (place.path().join("spool"), place.path().join("link"));
        fs::create_dir(&spool).unwrap();
        symlink(&spool, &link).unwrap();
        let own = format!("upload-{}", "a2".repeat(10));
        let all = [own.as_str(), "upload-short", "letters.txt", &"upload-".repeat(3)];
        let put = || all.iter().for_each(|name| fs::write(spool.join(name), "x").unwrap());
        let left = || fs::read_dir(&spool).unwrap().count();
        put();
        clean_spool(&link, Duration::ZERO);
        assert_eq!(left(), all.len(), "a link is not followed");
        clean_spool(&spool, Duration::from_secs(3600));
        assert_eq!(left(), all.len(), "none is old enough");
        clean_spool(&spool, Duration::ZERO);
        assert_eq!(left(), all.len() - 1);
        assert!(!spool.join(own).exists());
    }
}
