//! What a crash left behind: uploads whose outcome nobody knows, content files that nothing names.

use std::collections::HashSet;

use bankchannel_storage::{AuditEntry, StoreError, UploadState};
use bankchannel_ws_channel::model::Bank;

use super::BANK_TIMEOUT;
use crate::ws_channel::{files::content, service::Service};

/// How many uploads are looked at in one go.
const PAGE: i64 = 1000;
/// What was written so shortly before the start may belong to this run: file systems' clocks are coarse.
const MARGIN: std::time::Duration = std::time::Duration::from_secs(2);

/// Runs once, beside the first requests.
pub(super) async fn after_start(service: &Service) {
    if let Err(why) = settle_uploads(service).await {
        tracing::error!(%why, "uploads left behind cannot be settled");
    }
    // Another instance's files look just like leftovers.
    if service.store.is_only_writer()
        && let Err(why) = remove_unnamed(service).await
    {
        tracing::error!(%why, "content files left behind cannot be looked for");
    }
}

/// An upload on its way to a bank when the service ended: it may have arrived. What a bank that works from the journal
/// still has to do is left to it.
async fn settle_uploads(service: &Service) -> Result<(), StoreError> {
    let now = service.now_ms();
    // Another instance's uploads of this moment are its own.
    let wait_ms =
        if service.store.is_only_writer() { 0 } else { 2 * i64::try_from(BANK_TIMEOUT.as_millis()).unwrap_or(0) };
    for upload in service.store.uploads_in_state(UploadState::Received, PAGE).await? {
        let bank = Bank::from_text(&upload.scope.bank);
        let from_journal = upload.content.is_some()
            || bank.and_then(|bank| service.banks.channel(bank)).is_some_and(|channel| channel.works_from_journal());
        let since_start = upload.received >= ms(service.banks.opened);
        if from_journal || since_start || upload.received > now - wait_ms {
            continue;
        }
        let why = "the service ended while the bank was being asked";
        let entry = AuditEntry {
            at: now,
            api_key: upload.scope.api_key.clone(),
            email: upload.email.clone(),
            operation: "ws_channel.upload_file".into(),
            outcome: UploadState::Unknown.as_str().into(),
            object: upload.scope.bank.clone(),
            detail: format!("{} {why}", upload.id),
            ..AuditEntry::default()
        };
        service.store.with_audit(entry).finish_upload(&upload.id, UploadState::Unknown, why, now).await?;
    }
    Ok(())
}

async fn remove_unnamed(service: &Service) -> Result<(), StoreError> {
    let folder = content::folder(&service.data);
    let old = older_files(folder, service.banks.opened - MARGIN).await;
    if old.is_empty() {
        return Ok(());
    }
    let named: HashSet<String> = service.store.content_paths().await?.into_iter().collect();
    let name = |path: &std::path::Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let unnamed: Vec<String> = old.iter().filter_map(|path| name(path)).filter(|name| !named.contains(name)).collect();
    if !unnamed.is_empty() {
        tracing::info!(count = unnamed.len(), "content files that a crash left behind are removed");
        content::discard(service, &unnamed).await;
    }
    Ok(())
}

async fn older_files(folder: std::path::PathBuf, than: std::time::SystemTime) -> Vec<std::path::PathBuf> {
    let look = move || {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let old = |entry: &std::fs::DirEntry| {
            entry.metadata().is_ok_and(|m| m.is_file() && m.modified().is_ok_and(|modified| modified < than))
        };
        entries.filter(old).map(|entry| entry.path()).collect()
    };
    tokio::task::spawn_blocking(look).await.unwrap_or_default()
}

fn ms(time: std::time::SystemTime) -> i64 {
    let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
