//! What a crash left behind: uploads whose outcome nobody knows, content files that nothing names.

use std::collections::HashSet;

use bankchannel_storage::{AuditEntry, StoreError, Upload, UploadState};
use bankchannel_ws_channel::model::Bank;

use super::BANK_TIMEOUT;
use crate::ws_channel::{files::content, service::Service};

/// How many uploads are looked at in one go.
const PAGE: i64 = 1000;
/// What was written so shortly before the start may belong to this run: file systems' clocks are coarse.
const MARGIN: std::time::Duration = std::time::Duration::from_secs(2);

/// How often uploads of other instances are looked at: one that crashed may never start again.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(60);

/// Begins beside the first requests. Alone on its database the service looks once; with others, again and again.
pub(super) async fn run(service: &Service) {
    after_start(service).await;
    while !service.store.is_only_writer() {
        tokio::time::sleep(AGAIN).await;
        log_failure(settle_uploads(service).await);
    }
}

async fn after_start(service: &Service) {
    log_failure(settle_uploads(service).await);
    // Another instance's files look just like leftovers.
    if service.store.is_only_writer()
        && let Err(why) = remove_unnamed(service).await
    {
        tracing::error!(%why, "content files left behind cannot be looked for");
    }
}

fn log_failure(settled: Result<(), StoreError>) {
    if let Err(why) = settled {
        tracing::error!(%why, "uploads left behind cannot be settled");
    }
}

/// An upload on its way to a bank when the service ended: it may have arrived. What a bank that works from the journal
/// still has to do is left to it.
async fn settle_uploads(service: &Service) -> Result<(), StoreError> {
    let now = service.now_ms();
    let mut after: Option<(i64, String)> = None;
    loop {
        let from = after.as_ref().map(|(received, id)| (*received, &**id));
        let page = service.store.uploads_without_content(UploadState::Received, from, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.received, last.id.clone()));
        settle_page(service, page, now).await?;
    }
}

async fn settle_page(service: &Service, page: Vec<Upload>, now: i64) -> Result<(), StoreError> {
    // What was on its way at this moment is still being asked, here or by another instance.
    let begun_since = if service.store.is_only_writer() {
        ms(service.banks.opened)
    } else {
        now - 2 * i64::try_from(BANK_TIMEOUT.as_millis()).unwrap_or(0)
    };
    for upload in page {
        let bank = Bank::from_text(&upload.scope.bank);
        let from_journal =
            bank.and_then(|bank| service.banks.channel(bank)).is_some_and(|channel| channel.works_from_journal());
        if from_journal || upload.received >= begun_since {
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
    let folder = service.files_folder();
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
