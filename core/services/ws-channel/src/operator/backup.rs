//! Backup of a data folder: the database, the content files, and the keys that both need.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_crypto::random;
use bankchannel_foundation::{
    Error, Result,
    error::row,
    model::Boundary,
    operation::{DataAccess, OperatorForm, OperatorOption, OptionForm},
};
use bankchannel_server::{
    operator::ThisProcess,
    operator_commands,
    private::{self, FileAccess, create_new, make_folders, rename, restrict_folder},
};
use bankchannel_storage::ws_channel::{StoreError, WsChannelStore};
use bankchannel_transport::background;
use serde_json::Value;

use super::{api::AdminApi, restore::restore};
use crate::{
    audit_heads::HEADS_FILE,
    config::ServiceConfig,
    data::{DATABASE, FILES, storage, unusable},
    files::content,
    keys::{self, identity},
};

operator_commands! {
    /// The command that makes a backup.
    pub(super) static BACKUP_COMMANDS: AdminApi, "ws-channel";

    /// Copy database, files and keys to a new folder.
    ///
    /// Everything is synced before this ends, and no request waits for it. Not with PostgreSQL.
    BackUp("ws_channel_operator.backup", OperatorForm {
        options: &[OperatorOption { form: OptionForm::Folder, ..OperatorOption::named("target", "to") }],
        examples: &["--to backup-2026-11-20"],
        ..OperatorForm::reading("backup")
    }): BackupOrder => CopiedData, async AdminApi::back_up;
}

operator_commands! {
    /// The command that restores one.
    pub(super) static RESTORE_COMMANDS: ThisProcess, "ws-channel";

    /// Make a data folder from a backup.
    ///
    /// The database must be intact, every key there, the sealed data open with them, and each content file as the database names it;
    /// otherwise nothing is left behind.
    Restore("ws_channel_operator.restore", OperatorForm {
        access: DataAccess::None,
        options: &[
            OperatorOption { form: OptionForm::Folder, ..OperatorOption::named("backup", "from") },
            OperatorOption { form: OptionForm::Folder, ..OperatorOption::named("data", "data") },
        ],
        examples: &["--from backup-2026-11-20 --data ws-data-restored"],
        notes: of_restored_certificates,
        ..OperatorForm::changing("restore")
    }): RestoreOrder => RestoredData, async restore_folder;
}

/// File of a backup that lists the content files, one per line, that were missing when it was made.
pub(super) const MISSING: &str = "missing-files.txt";
/// The files of a backup other than database, keys and content.
pub(super) const BESIDE: [&str; 2] = [keys::PUBLIC_KEY_FILE, HEADS_FILE];

/// Where a backup goes.
#[derive(Debug, Clone, Boundary)]
pub(super) struct BackupOrder {
    /// The folder, absent or empty.
    pub(super) target: String,
}

/// A backup that was made.
#[derive(Debug, Boundary)]
pub(super) struct CopiedData {
    /// What was copied.
    pub(super) copied: CopiedCounts,
}

/// Which backup becomes a data folder.
#[derive(Debug, Clone, Boundary)]
pub(super) struct RestoreOrder {
    /// The backup.
    backup: String,
    /// The new data folder, empty or absent.
    data: String,
}

/// A data folder that was made.
#[derive(Debug, Boundary)]
pub(super) struct RestoredData {
    /// What was restored.
    restored: RestoredCounts,
}

/// The counts of a copy.
#[derive(Debug, Boundary)]
#[boundary(flattened)]
pub(super) struct CopiedCounts {
    /// Size of the database, in bytes.
    database_bytes: u64,
    /// Number of content files.
    files: u64,
    /// Their size, in bytes.
    file_bytes: u64,
    /// Number of key files.
    keys: u64,
    /// Number of content files that the database names but that were missing when the backup was made.
    missing_files: u64,
}

/// The counts of a data folder that was made, and what to look after.
#[derive(Debug, Boundary)]
struct RestoredCounts {
    /// The counts.
    #[boundary(flatten)]
    counts: CopiedCounts,
    /// Certificates that their bank may have replaced since the backup was made; absent if there are none.
    certificates: Option<Vec<RestoredCertificate>>,
}

impl From<BackupSummary> for CopiedCounts {
    fn from(summary: BackupSummary) -> Self {
        let BackupSummary { database_bytes, files, file_bytes, keys, missing_files, certificates: _ } = summary;
        Self { database_bytes, files, file_bytes, keys, missing_files }
    }
}

impl From<CopiedCounts> for BackupSummary {
    fn from(counts: CopiedCounts) -> Self {
        let CopiedCounts { database_bytes, files, file_bytes, keys, missing_files } = counts;
        Self { database_bytes, files, file_bytes, keys, missing_files, certificates: Vec::new() }
    }
}

/// Summary of a backup or restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSummary {
    /// Size of the database, in bytes.
    pub database_bytes: u64,
    /// Number of content files.
    pub files: u64,
    /// Their size, in bytes.
    pub file_bytes: u64,
    /// Number of key files.
    pub keys: u64,
    /// Number of content files that the database names but that were missing when the backup was made.
    pub missing_files: u64,
    /// Restored certificates that their bank may have replaced since the backup was made: their renewal was under way, or due
    /// since.
    pub certificates: Vec<RestoredCertificate>,
}

/// A restored certificate that its bank may have replaced since.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct RestoredCertificate {
    /// The account.
    pub email: String,
    /// The bank.
    pub bank: String,
    /// The user id at the bank.
    pub ws_user_id: String,
    /// Its serial number, hex.
    pub serial: Option<String>,
    /// Why it may have been replaced, and what to do.
    pub person: String,
}

impl AdminApi {
    async fn back_up(self: Arc<Self>, order: BackupOrder) -> Result<CopiedData> {
        let copied = back_up(&self.store, &self.config, self.data()?, Path::new(&order.target)).await?;
        Ok(CopiedData { copied: copied.into() })
    }
}

async fn restore_folder(_: Arc<ThisProcess>, order: RestoreOrder) -> Result<RestoredData> {
    let mut summary = restore(Path::new(&order.backup), Path::new(&order.data)).await?;
    let certificates = Some(std::mem::take(&mut summary.certificates)).filter(|found| !found.is_empty());
    Ok(RestoredData { restored: RestoredCounts { counts: summary.into(), certificates } })
}

/// What to do about each certificate that may have been replaced.
fn of_restored_certificates(_: &Value, answer: &Value) -> Vec<String> {
    let certificates = answer["restored"]["certificates"].as_array().into_iter().flatten();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let note = |one: &Value| {
        let [email, bank, user, person] = ["email", "bank", "ws_user_id", "person"].map(|name| text(one, name));
        format!("{email} at {bank}, user id {user}: {person}")
    };
    certificates.map(note).collect()
}

/// Copies a data folder into a folder that is absent or empty; everything is synced before this returns. No request
/// waits for the backup.
///
/// # Errors
/// `resource.storage`; `not_supported` with PostgreSQL.
pub(crate) async fn back_up(
    store: &WsChannelStore,
    config: &ServiceConfig,
    data: &Path,
    target: &Path,
) -> Result<BackupSummary> {
    let unfinished = UnfinishedCopy::begin(target, "target")?;
    let copied = copy_data(store, config, data, &unfinished.folder).await;
    let summary = copied.map_err(|why| unfinished.with_final_names(&why))?;
    unfinished.finish()?;
    Ok(summary)
}

async fn copy_data(
    store: &WsChannelStore,
    config: &ServiceConfig,
    data: &Path,
    target: &Path,
) -> Result<BackupSummary> {
    // Later lines may name checkpoints that are not in the copy of the database.
    let heads_length = fs::metadata(data.join(HEADS_FILE)).map_or(0, |file| file.len());
    let report = store.backup(&content::folder(data, config), target).await.map_err(|why| match why {
        StoreError::Unsupported { .. } => Error::because(&row::NOT_SUPPORTED, why.to_string()),
        other => storage(other),
    })?;
    let id = store.installation().await.map_err(storage)?.id().map(str::to_owned);
    let (config, data, target) = (config.clone(), data.to_owned(), target.to_owned());
    let missing = report.missing;
    let missing_files = missing.len() as u64;
    let copying = background::blocking(move || {
        let keys = copy_beside(&config, &data, &target, id.as_deref(), &missing)?;
        cut(&target.join(HEADS_FILE), heads_length).map(|()| keys)
    });
    let keys = copying.await.map_err(Error::internal)??;
    if missing_files > 0 {
        tracing::error!(missing_files, "content files that the database names are not there: the backup lacks them");
    }
    Ok(BackupSummary {
        database_bytes: report.database_bytes,
        files: report.files,
        file_bytes: report.file_bytes,
        keys,
        missing_files,
        certificates: Vec::new(),
    })
}

/// Copies everything except database and content; returns the number of keys.
fn copy_beside(
    config: &ServiceConfig,
    data: &Path,
    target: &Path,
    id: Option<&str>,
    missing: &[String],
) -> Result<u64> {
    let mut copied = CopiedFiles::default();
    let folder = target.join(keys::FOLDER);
    copied.keys(&keys::folder(data, config), &folder)?;
    // Where a restored folder looks for them without any configuration. The service's own key of the same name is not
    // in use then.
    for (path, name) in keys::kept_elsewhere(config) {
        if fs::remove_file(folder.join(name)).is_ok() {
            copied.files -= 1;
        }
        copied.file(path, &folder.join(name))?;
    }
    sync_folder(&folder)?;
    for name in BESIDE {
        if data.join(name).exists() {
            CopiedFiles::default().file(&data.join(name), &target.join(name))?;
        }
    }
    if let Some(id) = id {
        let files = target.join(FILES);
        identity::mark(&files, id).map_err(|why| unusable(&files, &why))?;
    }
    if !missing.is_empty() {
        let path = target.join(MISSING);
        let written = create_new(&path, FileAccess::Owner).and_then(|mut file| {
            file.write_all((missing.join("\n") + "\n").as_bytes())?;
            file.sync_all()
        });
        written.map_err(|why| unusable(&path, &why))?;
    }
    sync_folder(target)?;
    Ok(copied.files)
}

/// Truncates a file that grew while the rest was copied.
fn cut(path: &Path, length: u64) -> Result<()> {
    let cut = OpenOptions::new().write(true).open(path).and_then(|file| {
        file.set_len(length)?;
        file.sync_all()
    });
    match cut {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(unusable(path, &why)),
        _ => Ok(()),
    }
}

/// An incomplete copy, kept in a subfolder of the target, which may be a separate file system. Removed when dropped
/// before it is finished.
pub(super) struct UnfinishedCopy<'a> {
    target: &'a Path,
    pub(super) folder: PathBuf,
}

impl<'a> UnfinishedCopy<'a> {
    /// Starts a copy into a folder that is absent or empty.
    pub(super) fn begin(target: &'a Path, field: &'static str) -> Result<Self> {
        private_folder(target)?;
        let mut entries = fs::read_dir(target).map_err(|why| unusable(target, &why))?;
        if entries.next().is_some() {
            let why = format!("{} is not empty: give a folder that is, or none", target.display());
            return Err(Error::invalid_field(field, why));
        }
        restrict_folder(target).map_err(|why| unusable(target, &why))?;
        let folder = target.join(format!(".unfinished-{}", random::base32_lower(12)));
        private_folder(&folder)?;
        Ok(Self { target, folder })
    }

    /// The error with the final paths, which are those that the user looks for.
    pub(super) fn with_final_names(&self, error: &Error) -> Error {
        let (from, to) = (self.folder.display().to_string(), self.target.display().to_string());
        let mut named = Error::because(error.row(), error.message().replace(&from, &to));
        for key in ["file", "field"] {
            if let Some(detail) = error.detail(key) {
                named = named.with(key, detail.replace(&from, &to));
            }
        }
        named
    }

    /// Moves everything into place, the database last: without it a folder is neither a backup nor a data folder.
    pub(super) fn finish(self) -> Result<()> {
        let fault = |why: io::Error| unusable(self.target, &why);
        let entries = fs::read_dir(&self.folder).map_err(fault)?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>();
        for name in names.map_err(fault)?.iter().filter(|name| *name != DATABASE) {
            rename(&self.folder.join(name), &self.target.join(name)).map_err(fault)?;
        }
        sync_folder(self.target)?;
        rename(&self.folder.join(DATABASE), &self.target.join(DATABASE)).map_err(fault)?;
        fs::remove_dir(&self.folder).map_err(fault)?;
        sync_folder(self.target)
    }
}

impl Drop for UnfinishedCopy<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Counts of copied files.
#[derive(Default)]
pub(super) struct CopiedFiles {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

impl CopiedFiles {
    /// Copies the key files of a folder. Mounted secrets are links to files: these are followed, as the service does.
    pub(super) fn keys(&mut self, from: &Path, to: &Path) -> Result<()> {
        private_folder(to)?;
        for entry in fs::read_dir(from).map_err(|why| unusable(from, &why))? {
            let name = entry.map_err(|why| unusable(from, &why))?.file_name();
            let (source, target) = (from.join(&name), to.join(&name));
            let is_marker = name == identity::MARKER;
            if !source.is_file() || name.as_encoded_bytes().starts_with(b".") && !is_marker {
                continue;
            }
            self.file(&source, &target)?;
            self.files -= u64::from(is_marker);
        }
        sync_folder(to)
    }

    /// Copies a folder with its contents. Links are not followed.
    pub(super) fn folder(&mut self, from: &Path, to: &Path) -> Result<()> {
        private_folder(to)?;
        let entries = fs::read_dir(from).map_err(|why| unusable(from, &why))?;
        for entry in entries {
            let entry = entry.map_err(|why| unusable(from, &why))?;
            let kind = entry.file_type().map_err(|why| unusable(&entry.path(), &why))?;
            if kind.is_dir() {
                self.folder(&entry.path(), &to.join(entry.file_name()))?;
            } else if kind.is_file() {
                self.file(&entry.path(), &to.join(entry.file_name()))?;
                self.files -= u64::from(entry.file_name() == identity::MARKER);
            }
        }
        sync_folder(to)
    }

    pub(super) fn file(&mut self, from: &Path, to: &Path) -> Result<()> {
        self.bytes += copy(from, to).map_err(|why| unusable(from, &why))?;
        self.files += 1;
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    let mut source = File::open(from)?;
    let mut target = create_new(to, FileAccess::Owner)?;
    let bytes = io::copy(&mut source, &mut target)?;
    target.sync_all()?;
    Ok(bytes)
}

pub(super) fn private_folder(path: &Path) -> Result<()> {
    make_folders(path).map_err(|why| unusable(path, &why))
}

pub(super) fn sync_folder(path: &Path) -> Result<()> {
    private::sync_folder(path).map_err(|why| unusable(path, &why))
}
