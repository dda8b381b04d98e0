//! Restore of a backup as a new data folder: only data that can be served is put into place.

use std::{collections::HashSet, fs, path::Path};

use bankchannel_crypto::digest;
use bankchannel_foundation::{
    Error, Result,
    clock::{Clock as _, SystemClock},
    model::Content,
};
use bankchannel_storage::ws_channel::{NamedContent, SealedKind, SealedSecret, WsChannelStore};
use bankchannel_transport::background;
use futures_util::future::BoxFuture;

use super::backup::{BESIDE, BackupSummary, CopiedFiles, MISSING, UnfinishedCopy, private_folder, sync_folder};
use super::certificates;
use crate::{
    certs::material,
    config::ServiceConfig,
    data::{DATABASE, FILES, storage},
    files::content,
    keys::{self, ServiceKeys},
    session,
};

/// Restores a backup as a new data folder, which must be absent or empty, and checks that it can be served: the
/// database is intact, every key exists and opens the sealed data, and the content files match those that the database
/// names.
///
/// # Errors
/// `input.invalid_field` for a backup that is invalid, incomplete or inconsistent, or a folder that is not empty;
/// `resource.storage`.
pub fn restore<'a>(backup: &'a Path, data: &'a Path) -> BoxFuture<'a, Result<BackupSummary>> {
    Box::pin(restored(backup, data))
}

async fn restored(backup: &Path, data: &Path) -> Result<BackupSummary> {
    if !backup.join(DATABASE).is_file() || !backup.join(keys::FOLDER).is_dir() {
        let why = format!("{} holds no backup: {DATABASE} and {} must be in it", backup.display(), keys::FOLDER);
        return Err(Error::invalid_field("backup", why));
    }
    let unfinished = UnfinishedCopy::begin(data, "data")?;
    let restored = put_in_place(backup, &unfinished.folder).await;
    let copied = restored.map_err(|why| unfinished.with_final_names(&why))?;
    unfinished.finish()?;
    Ok(copied)
}

async fn put_in_place(backup: &Path, data: &Path) -> Result<BackupSummary> {
    let (from, to) = (backup.to_owned(), data.to_owned());
    let copied = blocking(move || copy_backup(&from, &to)).await?;
    let named = WsChannelStore::content_of_copy(&data.join(DATABASE)).await.map_err(storage)?;
    let (from, files) = (backup.to_owned(), data.join(FILES));
    let missing_files = blocking(move || compare_content(&from, &files, &named)).await?;
    let store = WsChannelStore::open_sqlite(data).await.map_err(storage)?;
    let checked = check(&store, data).await;
    let certificates = certificates::perhaps_replaced(&store, SystemClock::default().now_s()).await;
    store.close().await;
    checked?;
    Ok(BackupSummary { missing_files, certificates: certificates?, ..copied })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    background::blocking(work).await.map_err(|why| why.error("the work was aborted"))?
}

async fn check(store: &WsChannelStore, data: &Path) -> Result<()> {
    store.check_integrity().await.map_err(storage)?;
    let config = ServiceConfig::default();
    if !ServiceKeys::check_keys(Some(store), data, &config).await? {
        let folder = data.join(keys::FOLDER);
        let lacks: Vec<String> = keys::NEEDED
            .iter()
            .map(|name| folder.join(name))
            .filter(|path| !path.exists())
            .map(|path| path.display().to_string())
            .collect();
        return Err(Error::invalid_field(
            "backup",
            format!("it lacks {}: take a complete backup", lacks.join(" and ")),
        ));
    }
    let keys = ServiceKeys::open(store, data, &config).await?;
    for secret in store.sealed_secrets().await.map_err(storage)? {
        open(&keys, data, &secret)?;
    }
    Ok(())
}

/// Checks that the restored keys open a sealed secret.
fn open(keys: &ServiceKeys, data: &Path, secret: &SealedSecret) -> Result<()> {
    let (associated, what) = match &secret.kind {
        SealedKind::BankKey { bank, purpose, label } => (
            material::associated(&secret.email, bank, purpose, label),
            format!("the {purpose} key of {} at {bank}", secret.email),
        ),
        SealedKind::Totp => (session::totp_binding(&secret.email), format!("the TOTP secret of {}", secret.email)),
    };
    keys.vault().open(&associated, &secret.sealed).map(drop).map_err(|why| {
        let folder = data.join(keys::FOLDER);
        let why = format!("{what} does not open with the keys in {}: {why}", folder.display());
        Error::invalid_field("backup", why)
    })
}

/// Checks that each file named by the database exists with its size, and with its hash if recorded; returns the number
/// of those that were missing when the backup was made.
fn compare_content(backup: &Path, files: &Path, named: &[NamedContent]) -> Result<u64> {
    let missing = fs::read_to_string(backup.join(MISSING)).unwrap_or_default();
    let missing: HashSet<&str> = missing.lines().collect();
    let mut count = 0;
    for NamedContent { path, size, sha256 } in named {
        let file = files.join(path);
        let wrong = |why: &str| Error::invalid_field("backup", format!("{} {why}", file.display()));
        let found = match fs::symlink_metadata(&file) {
            Err(_) if missing.contains(&**path) => {
                count += 1;
                continue;
            }
            Err(_) => return Err(wrong("is not there, and the database names it")),
            Ok(found) => found,
        };
        if !found.is_file() || i64::try_from(found.len()) != Ok(*size) {
            return Err(wrong(&format!("has {} bytes, the database says {size}", found.len())));
        }
        let Some(sha256) = sha256 else { continue };
        let mut hash = digest::Sha256::new();
        let content = Content::File { path: file.clone(), size: None };
        content::feed(&content, |piece| hash.update(piece)).map_err(|why| wrong(&format!("cannot be read: {why}")))?;
        if hash.finish() != sha256.as_slice() {
            return Err(wrong("is not what the database says: its SHA-256 differs"));
        }
    }
    Ok(count)
}

fn copy_backup(backup: &Path, data: &Path) -> Result<BackupSummary> {
    private_folder(data)?;
    let (mut keys_copied, mut files) = (CopiedFiles::default(), CopiedFiles::default());
    keys_copied.keys(&backup.join(keys::FOLDER), &data.join(keys::FOLDER))?;
    if backup.join(FILES).is_dir() {
        files.folder(&backup.join(FILES), &data.join(FILES))?;
    }
    for name in BESIDE {
        if backup.join(name).exists() {
            CopiedFiles::default().file(&backup.join(name), &data.join(name))?;
        }
    }
    let mut database = CopiedFiles::default();
    database.file(&backup.join(DATABASE), &data.join(DATABASE))?;
    sync_folder(data)?;
    Ok(BackupSummary {
        database_bytes: database.bytes,
        files: files.files,
        file_bytes: files.bytes,
        keys: keys_copied.files,
        missing_files: 0,
        certificates: Vec::new(),
    })
}
