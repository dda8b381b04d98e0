//! Backup and restore of a data folder: database, content files and the keys without which both are worth little.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use bankchannel_crypto::random;
use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_storage::{Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::ws_channel::{
    audit_heads::HEADS_FILE,
    config::Config,
    data::{storage, unusable},
    keys::{self, Keys, Missing},
};

/// The database within a data folder or backup.
pub(super) const DATABASE: &str = "service.sqlite";

/// What a backup or restore copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSummary {
    /// Size of the database, in bytes.
    pub database_bytes: u64,
    /// Content files.
    pub files: u64,
    /// Their size, in bytes.
    pub file_bytes: u64,
    /// Key files.
    pub keys: u64,
}

/// Copies what a data folder consists of into a folder that is absent or empty; everything is synced before the answer.
///
/// # Errors
/// `resource.storage`; `not_supported` with PostgreSQL.
pub(crate) async fn back_up(store: &Store, config: &Config, data: &Path, target: &Path) -> Result<BackupSummary> {
    let unfinished = Unfinished::begin(target, "target")?;
    let summary = copy_data(store, config, data, &unfinished.folder).await?;
    unfinished.finish()?;
    Ok(summary)
}

async fn copy_data(store: &Store, config: &Config, data: &Path, target: &Path) -> Result<BackupSummary> {
    // Lines that come later may name checkpoints that the copy of the database does not have.
    let heads_length = fs::metadata(data.join(HEADS_FILE)).map_or(0, |file| file.len());
    let report = store.backup(target).await.map_err(|why| match why {
        StoreError::Unsupported { .. } => Error::because(&row::NOT_SUPPORTED, why.to_string()),
        other => storage(other),
    })?;
    let mut copied = Copied::default();
    let folder = target.join(keys::FOLDER);
    copied.folder(&keys::folder(data, config), &folder)?;
    // Where a restored folder looks for them without any configuration. One of the service's own is not in use then.
    for (path, name) in keys::kept_elsewhere(config) {
        if fs::remove_file(folder.join(name)).is_ok() {
            copied.files -= 1;
        }
        copied.file(path, &folder.join(name))?;
    }
    sync_folder(&folder)?;
    for name in [keys::PUBLIC_KEY_FILE, HEADS_FILE] {
        if data.join(name).exists() {
            Copied::default().file(&data.join(name), &target.join(name))?;
        }
    }
    let heads = target.join(HEADS_FILE);
    if heads.exists() {
        let cut = fs::OpenOptions::new().write(true).open(&heads).and_then(|file| {
            file.set_len(heads_length)?;
            file.sync_all()
        });
        cut.map_err(|why| unusable(&heads, &why))?;
    }
    sync_folder(target)?;
    Ok(BackupSummary {
        database_bytes: report.database_bytes,
        files: report.files,
        file_bytes: report.file_bytes,
        keys: copied.files,
    })
}

/// Puts a backup in place as a new data folder, which must be absent or empty, and checks that it can be served.
///
/// # Errors
/// `input.invalid_field` for what is no backup or a folder that is not empty; `resource.storage`.
pub async fn restore(backup: &Path, data: &Path) -> Result<BackupSummary> {
    if !backup.join(DATABASE).is_file() || !backup.join(keys::FOLDER).is_dir() {
        let why = format!("{} holds no backup: {DATABASE} and {} must be in it", backup.display(), keys::FOLDER);
        return Err(Error::invalid_field("backup", why));
    }
    let unfinished = Unfinished::begin(data, "data")?;
    let copied = copy_backup(backup, &unfinished.folder)?;
    Keys::load(&unfinished.folder, &Config::default(), Missing::Refuse)?;
    let store = Store::open_sqlite(&unfinished.folder).await.map_err(storage)?;
    let whole = store.check_integrity().await;
    store.close().await;
    whole.map_err(storage)?;
    unfinished.finish()?;
    Ok(copied)
}

/// What is copied into a folder, until it is whole: below the folder itself, which may be a file system of its own. Goes
/// when dropped unfinished.
struct Unfinished<'a> {
    target: &'a Path,
    folder: PathBuf,
}

impl<'a> Unfinished<'a> {
    /// Begins in a folder that is absent or empty.
    fn begin(target: &'a Path, field: &'static str) -> Result<Self> {
        private_folder(target)?;
        let mut entries = fs::read_dir(target).map_err(|why| unusable(target, &why))?;
        if entries.next().is_some() {
            let why = format!("{} is not empty: give a folder that is, or none", target.display());
            return Err(Error::invalid_field(field, why));
        }
        fs::set_permissions(target, fs::Permissions::from_mode(0o700)).map_err(|why| unusable(target, &why))?;
        let folder = target.join(format!(".unfinished-{}", random::base32_lower(12)));
        private_folder(&folder)?;
        Ok(Self { target, folder })
    }

    /// Moves everything to its place, the database last: without it a folder is no backup and no data folder.
    fn finish(self) -> Result<()> {
        let fault = |why: io::Error| unusable(self.target, &why);
        let entries = fs::read_dir(&self.folder).map_err(fault)?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>();
        for name in names.map_err(fault)?.iter().filter(|name| *name != DATABASE) {
            fs::rename(self.folder.join(name), self.target.join(name)).map_err(fault)?;
        }
        sync_folder(self.target)?;
        fs::rename(self.folder.join(DATABASE), self.target.join(DATABASE)).map_err(fault)?;
        fs::remove_dir(&self.folder).map_err(fault)?;
        sync_folder(self.target)
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn copy_backup(backup: &Path, data: &Path) -> Result<BackupSummary> {
    private_folder(data)?;
    let (mut keys_copied, mut files) = (Copied::default(), Copied::default());
    keys_copied.folder(&backup.join(keys::FOLDER), &data.join(keys::FOLDER))?;
    if backup.join("files").is_dir() {
        files.folder(&backup.join("files"), &data.join("files"))?;
    }
    for name in [keys::PUBLIC_KEY_FILE, HEADS_FILE] {
        if backup.join(name).exists() {
            Copied::default().file(&backup.join(name), &data.join(name))?;
        }
    }
    let mut database = Copied::default();
    database.file(&backup.join(DATABASE), &data.join(DATABASE))?;
    sync_folder(data)?;
    Ok(BackupSummary {
        database_bytes: database.bytes,
        files: files.files,
        file_bytes: files.bytes,
        keys: keys_copied.files,
    })
}

#[derive(Default)]
struct Copied {
    files: u64,
    bytes: u64,
}

impl Copied {
    fn folder(&mut self, from: &Path, to: &Path) -> Result<()> {
        private_folder(to)?;
        let entries = fs::read_dir(from).map_err(|why| unusable(from, &why))?;
        for entry in entries {
            let entry = entry.map_err(|why| unusable(from, &why))?;
            let kind = entry.file_type().map_err(|why| unusable(&entry.path(), &why))?;
            // Links are not followed, and what is being written is passed over: a data folder has neither for long.
            if kind.is_dir() {
                self.folder(&entry.path(), &to.join(entry.file_name()))?;
            } else if kind.is_file() {
                self.file(&entry.path(), &to.join(entry.file_name()))?;
            }
        }
        sync_folder(to)
    }

    fn file(&mut self, from: &Path, to: &Path) -> Result<()> {
        self.bytes += copy(from, to).map_err(|why| unusable(to, &why))?;
        self.files += 1;
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    let mut source = File::open(from)?;
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let bytes = io::copy(&mut source, &mut target)?;
    target.sync_all()?;
    Ok(bytes)
}

fn private_folder(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|why| unusable(path, &why))
}

fn sync_folder(path: &Path) -> Result<()> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(|why| unusable(path, &why))
}
