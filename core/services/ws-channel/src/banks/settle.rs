//! Cleanup after a crash: uploads with an unknown outcome, content files that no row names.

use std::{
    collections::HashSet,
    path::PathBuf,
    time::{Duration, Instant, SystemTime},
};

use bankchannel_storage::ws_channel::{AuditEntry, JournalledUpload, StoreError, UploadEnd, UploadState};
use bankchannel_transport::background;
use bankchannel_ws_channel::model::Bank;

use super::{BankChannel, TIME_LIMITS};
use crate::{files::content, keys::identity, service::BackgroundService};

/// Number of uploads processed at a time.
const PAGE: i64 = 1000;
/// Files written this shortly before the start may belong to this run: file system clocks are coarse.
const MARGIN: Duration = Duration::from_secs(2);
/// In a folder shared by instances, content that no row names may belong to another instance's upload that is not
/// committed yet. No upload takes nearly this long, whatever the machines' clocks show.
const SHARED_MARGIN: Duration = Duration::from_secs(48 * 3600);

/// Number of named files that are looked up in the shared folder as a sample.
const SAMPLE: usize = 1000;

/// How often to look for uploads of other instances, by the service's clock: one that crashed may never start again.
const AGAIN_MS: u64 = 60 * 1000;
/// How often the service's clock is read: it may be moved.
const LOOK: Duration = Duration::from_secs(1);
/// What another instance needs for an upload beside its call, and by how much its clock may differ.
const OTHERS_MARGIN: Duration = Duration::from_secs(120);
/// How often to search the shared folder for unnamed files.
const CLEAN_AGAIN: Duration = Duration::from_secs(24 * 3600);

/// Runs in parallel with the first requests: once if this is the only instance on the database, else repeatedly.
pub(super) async fn run(service: &BackgroundService) {
    if service.store.is_only_writer() {
        log_failure(settle_uploads(service).await);
        log_leftovers(remove_unnamed(service, service.banks.opened - MARGIN).await);
        return;
    }
    let mut cleaned: Option<Instant> = None;
    loop {
        let begun = service.now_ms();
        log_failure(settle_uploads(service).await);
        if cleaned.is_none_or(|at| at.elapsed() >= CLEAN_AGAIN) {
            log_leftovers(remove_unnamed(service, SystemTime::now() - SHARED_MARGIN).await);
            cleaned = Some(Instant::now());
        }
        while service.now_ms().abs_diff(begun) < AGAIN_MS {
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn log_leftovers(removed: Result<(), StoreError>) {
    if let Err(why) = removed {
        tracing::error!(%why, "the search for orphaned content files failed");
    }
}

fn log_failure(settled: Result<(), StoreError>) {
    if let Err(why) = settled {
        tracing::error!(%why, "unfinished uploads cannot be settled");
    }
}

/// Settles uploads that were in transit to a bank when the service ended: they may have arrived. Uploads to a bank that
/// works from the journal are left to that bank.
async fn settle_uploads(service: &BackgroundService) -> Result<(), StoreError> {
    let now = service.now_ms();
    let mut after: Option<(i64, String)> = None;
    loop {
        let from = after.as_ref().map(|(received, id)| (*received, &**id));
        let page = service.writer().uploads_without_content(UploadState::Received, from, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.received, last.id.clone()));
        settle_page(service, page, now).await?;
    }
}

async fn settle_page(service: &BackgroundService, page: Vec<JournalledUpload>, now: i64) -> Result<(), StoreError> {
    // Uploads that began after this are still in progress, here or in another instance.
    let begun_since = |channel: Option<&std::sync::Arc<dyn BankChannel>>| {
        if service.store.is_only_writer() {
            return ms(service.banks.opened);
        }
        // The instance that asks the bank may have another limit, as before a reload.
        let limit = channel.map_or(Duration::ZERO, |channel| channel.time_limit()).max(*TIME_LIMITS.end());
        now.saturating_sub(i64::try_from((limit + OTHERS_MARGIN).as_millis()).unwrap_or(i64::MAX))
    };
    for upload in page {
        let channel = Bank::from_text(&upload.scope.bank).and_then(|bank| service.banks.channel(bank));
        let from_journal = channel.as_ref().is_some_and(|channel| channel.works_from_journal());
        if from_journal || upload.received >= begun_since(channel.as_ref()) {
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
        let end = UploadEnd::announced(UploadState::Unknown, why, "the bank's answer is not known");
        service.writer().with_audit(entry).finish_upload(&upload.id, end, now).await?;
    }
    Ok(())
}

/// Removes content files that no row has named for days: those of rows that were deleted without handing their files
/// over.
pub(crate) async fn remove_old_content(service: &BackgroundService) {
    log_leftovers(remove_unnamed(service, SystemTime::now() - SHARED_MARGIN).await);
}

/// Removes content files older than this that no row names. The files are listed first: a file that a row named then or
/// names since stays.
async fn remove_unnamed(service: &BackgroundService, than: SystemTime) -> Result<(), StoreError> {
    let mut old = older_files(service.files_folder(), than).await;
    old.retain(|name| name != identity::MARKER);
    if !service.store.is_only_writer() {
        // A shared folder may contain files of others.
        old.retain(|name| content::is_own_name(name));
    }
    if old.is_empty() {
        return Ok(());
    }
    let named: HashSet<String> = service.store.content_paths().await?.into_iter().collect();
    old.retain(|name| !named.contains(name));
    if !old.is_empty() && !service.store.is_only_writer() && !belongs_to(service.files_folder(), &named).await {
        tracing::warn!(
            count = old.len(),
            "orphaned content files are kept: the database names no file in this folder, or most of its files are \
             missing here"
        );
        return Ok(());
    }
    if !old.is_empty() {
        tracing::info!(count = old.len(), "orphaned content files are removed");
        content::discard(service, &old).await;
    }
    Ok(())
}

/// Whether a shared folder belongs to the database that names these files: in an empty or foreign folder everything
/// would be removed. The names are unordered, so that some of them are a sample of all.
async fn belongs_to(folder: PathBuf, named: &HashSet<String>) -> bool {
    let some: Vec<PathBuf> = named.iter().take(SAMPLE).map(|name| folder.join(name)).collect();
    let look = move || 2 * some.iter().filter(|path| path.is_file()).count() > some.len();
    background::blocking(look).await.unwrap_or(false)
}

/// The names of the files last changed before this moment.
async fn older_files(folder: PathBuf, than: SystemTime) -> Vec<String> {
    let look = move || {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let old = |entry: &std::fs::DirEntry| {
            entry.metadata().is_ok_and(|m| m.is_file() && m.modified().is_ok_and(|modified| modified < than))
        };
        entries.filter(old).filter_map(|entry| entry.file_name().into_string().ok()).collect()
    };
    background::blocking(look).await.unwrap_or_default()
}

fn ms(time: SystemTime) -> i64 {
    let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
