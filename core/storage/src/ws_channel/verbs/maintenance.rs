//! Housekeeping: removes expired data; checks and copies the rest.

use super::bank_codes;
use super::registration::{remove_user, wipe_unverified};
use super::sessions::{SOURCE_KNOWN_MS, SOURCE_SCOPE};
use crate::engine::{Result, StorageSchema as _, StoreError, apart::apart, args, open_copy};
use crate::ws_channel::schema::WsChannelSchema;
use crate::ws_channel::{
    BackupReport, NamedContent, PurgePolicy, PurgeReport, StoredMode, WsChannelStore, WsChannelTx,
};
use bankchannel_private_files::{FileAccess, create_new, make_folders, restrict_file, restrict_folder, sync_folder};
use futures_util::future::BoxFuture;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Name of the folder of a backup for content that is too large for a row.
const FILES_FOLDER: &str = "files";

/// Time limit for work on whole tables, which may take longer than a client waits.
pub(super) const HOUSEKEEPING_LIMIT: Duration = Duration::from_secs(600);

impl WsChannelStore {
    /// Removes expired data. Run it every few minutes.
    pub fn purge(&self, policy: PurgePolicy) -> BoxFuture<'_, Result<PurgeReport>> {
        self.write(policy, |tx, policy| Box::pin(purge(tx, policy)))
    }

    /// Checks the whole database for damage; takes minutes for a large one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first finding; [`StoreError::Unsupported`] with PostgreSQL.
    pub fn check_integrity(&self) -> BoxFuture<'_, Result<()>> {
        self.database().check_integrity()
    }

    /// Paths of all content files that rows name; others below `DATA/files` were left by a crash and may be removed.
    pub fn content_paths(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        self.database().read_snapshot((), |tx, ()| {
            Box::pin(async move {
                tx.allow(HOUSEKEEPING_LIMIT).await?;
                let sql = "SELECT path FROM bank_file WHERE path IS NOT NULL UNION ALL SELECT path FROM upload WHERE path IS NOT NULL";
                tx.all(sql, &[]).await
            })
        })
    }

    /// Removes content files below `folder` (usually `DATA/files`) that no row names any more; absent ones are skipped.
    /// While a backup runs, which may still copy them, they are removed at its end instead.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::ReadOnly`] at the first file that cannot be removed.
    pub async fn discard_content(&self, folder: &Path, paths: &[String]) -> Result<()> {
        let paths =
            paths.iter().filter(|path| super::files::is_safe_path(path)).map(|path| folder.join(path)).collect();
        remove_files(self.backups().defer(paths)).await
    }

    /// Copies the database, as of one moment, and the content files that its rows name, which are in the folder `files`
    /// (usually `DATA/files`), into `target`, which must be absent or empty; afterwards only its owner may enter it. The
    /// service keeps working, and files that it deletes meanwhile are removed when the copy is done. Everything is synced
    /// before this returns. To restore: stop the service and replace the data folder with the copy.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] when `target` is not empty; [`StoreError::Unsupported`] with PostgreSQL; I/O faults.
    pub async fn backup(&self, files: &Path, target: &Path) -> Result<BackupReport> {
        let Some(sqlite) = self.database().sqlite() else {
            return Err(StoreError::Unsupported {
                what: "a backup by this program",
                instead: "back up the database with pg_dump, then copy files_folder and keys_folder; with the instances stopped they fit together",
            });
        };
        make_folders(target).map_err(|error| StoreError::from_io(&error, target))?;
        let mut entries = fs::read_dir(target).map_err(|error| StoreError::from_io(&error, target))?;
        if entries.next().is_some() {
            return Err(StoreError::misuse(format!("the backup folder {} is not empty", target.display())));
        }
        let database = target.join(WsChannelSchema::DATABASE_FILE);
        prepare_backup(target, &database)?;
        // Before the database is copied: files named by its copy stay until they are copied too.
        let running = self.backups().begin();
        let copied = match sqlite.copy_to(&database.display().to_string()).await {
            Ok(()) => copy_named(files.to_owned(), target, database).await,
            Err(why) => Err(why),
        };
        // A file that cannot be removed now is removed with later leftovers.
        let removed = remove_files(running.end()).await;
        copied.and_then(|report| removed.map(|()| report))
    }

    /// The content files that the rows of a database file name, with their sizes in bytes. The file is only read: it
    /// may belong to a backup.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is not a database of this program; I/O faults.
    pub async fn content_of_copy(database: &Path) -> Result<Vec<NamedContent>> {
        named_content(database).await
    }
}

async fn copy_named(source: PathBuf, target: &Path, database: PathBuf) -> Result<BackupReport> {
    let named = named_content(&database).await?;
    let target = target.to_owned();
    apart(move || copy_content(&source, &target, &database, &named)).await?
}

async fn named_content(database: &Path) -> Result<Vec<NamedContent>> {
    let mut tx: WsChannelTx = open_copy(database).await?;
    let sql = "SELECT path, size, NULL FROM bank_file WHERE path IS NOT NULL \
               UNION ALL SELECT path, size, sha256 FROM upload WHERE path IS NOT NULL";
    let rows = tx.all(sql, &[]).await;
    tx.close().await;
    rows
}

/// Removes all files that can be removed; returns the first fault.
async fn remove_files(paths: Vec<PathBuf>) -> Result<()> {
    let mut first = Ok(());
    for path in paths {
        match tokio::fs::remove_file(&path).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound && first.is_ok() => {
                first = Err(StoreError::from_io(&error, &path));
            }
            _ => {}
        }
    }
    first
}

/// The running backups, and the files to remove at their end.
#[derive(Debug, Default)]
pub(crate) struct RunningBackups(Mutex<WaitingFiles>);

#[derive(Debug, Default)]
struct WaitingFiles {
    running: usize,
    paths: Vec<PathBuf>,
}

impl RunningBackups {
    /// Returns those of the paths that may be removed at once; the others wait.
    fn defer(&self, paths: Vec<PathBuf>) -> Vec<PathBuf> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.running == 0 {
            return paths;
        }
        waiting.paths.extend(paths);
        Vec::new()
    }

    fn begin(&self) -> RunningBackup<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).running += 1;
        RunningBackup { backups: self, ended: false }
    }

    /// Ends a backup; returns the waiting paths if it was the last one.
    fn end_one(&self) -> Vec<PathBuf> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.running -= 1;
        if waiting.running == 0 { std::mem::take(&mut waiting.paths) } else { Vec::new() }
    }
}

/// A running backup. If it is dropped before its end, the waiting files are removed too.
struct RunningBackup<'a> {
    backups: &'a RunningBackups,
    ended: bool,
}

impl RunningBackup<'_> {
    fn end(mut self) -> Vec<PathBuf> {
        self.ended = true;
        self.backups.end_one()
    }
}

impl Drop for RunningBackup<'_> {
    fn drop(&mut self) {
        if !self.ended {
            for path in self.backups.end_one() {
                let _ = fs::remove_file(path);
            }
        }
    }
}

// Expired rows, and rows without a user.
const SESSIONS: &str = "DELETE FROM session WHERE expires <= $1 \
    OR NOT EXISTS (SELECT 1 FROM mode_user u WHERE u.email = session.email AND u.mode = session.mode)";
const PENDING: &str = "DELETE FROM pending_auth WHERE expires <= $1 \
    OR NOT EXISTS (SELECT 1 FROM mode_user u WHERE u.email = pending_auth.email AND u.mode = pending_auth.mode)";
// A code for a password reset may be stored for an unknown address, so that codes do not reveal which addresses are
// known.
const CODES: &str = "DELETE FROM code WHERE expires <= $1 \
    OR (purpose <> 'password_reset' \
        AND NOT EXISTS (SELECT 1 FROM mode_user u WHERE u.email = code.email AND u.mode = code.mode))";

const ATTEMPTS: &str = "DELETE FROM attempt WHERE at <= $1 AND scope <> $2";

async fn purge(tx: &mut WsChannelTx, p: &PurgePolicy) -> Result<PurgeReport> {
    tx.allow(HOUSEKEEPING_LIMIT).await?;
    let dead = p.now - p.grace;
    let mut report = PurgeReport {
        challenges: tx.execute("DELETE FROM used_challenge WHERE expires <= $1", args![p.now]).await?,
        sessions: tx.execute(SESSIONS, args![p.now]).await?,
        pending: tx.execute(PENDING, args![dead]).await?,
        codes: tx.execute(CODES, args![dead]).await?,
        attempts: tx.execute(ATTEMPTS, args![p.now - p.attempts_after, SOURCE_SCOPE]).await?,
        registrations: 0,
    };
    let sources = "DELETE FROM attempt WHERE scope = $2 AND at <= $1";
    report.attempts += tx.execute(sources, args![p.now - SOURCE_KNOWN_MS, SOURCE_SCOPE]).await?;
    bank_codes::purge(tx, p.now).await?;
    report.attempts += tx.execute("DELETE FROM lockout WHERE until <= $1", args![p.now]).await?;
    let sql = "SELECT u.email, u.mode, a.api_key, \
               (SELECT count(*) FROM mode_user o WHERE o.email = u.email AND o.mode <> u.mode \
                AND (o.phone_verified * o.email_verified = 1 OR o.created > $1)) \
               FROM mode_user u JOIN account a ON a.email = u.email \
               WHERE u.phone_verified * u.email_verified = 0 AND u.created <= $1 AND a.disabled_at IS NULL";
    let rows: Vec<(String, StoredMode, String, i64)> = tx.all(sql, args![p.now - p.unverified_after]).await?;
    for (email, mode, api_key, others) in rows {
        if others > 0 {
            // The account is kept for the other user.
            remove_user(tx, &email, mode).await?;
        } else {
            wipe_unverified(tx, &email, &api_key, None).await?;
        }
        report.registrations += 1;
    }
    Ok(report)
}

/// Closes the folder to others and creates the database's file, empty and private: SQLite would create it with the
/// umask's mode, and others could read it while it is written.
fn prepare_backup(folder: &Path, database: &Path) -> Result<()> {
    restrict_folder(folder).map_err(|error| StoreError::from_io(&error, folder))?;
    let made = create_new(database, FileAccess::Owner);
    made.map(drop).map_err(|error| StoreError::from_io(&error, database))
}

/// Copies these files to `target/files` and syncs the backup. A missing file was lost before: it is reported, and the
/// backup is useful without it.
fn copy_content(source: &Path, target: &Path, database: &Path, named: &[NamedContent]) -> Result<BackupReport> {
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| StoreError::from_io(&error, &path)
    };
    sync_private(database).map_err(fault(database))?;
    let database_bytes = fs::metadata(database).map_err(fault(database))?.len();
    let mut report = BackupReport { database_bytes, files: 0, file_bytes: 0, missing: Vec::new() };
    let folder = target.join(FILES_FOLDER);
    make_folders(&folder).map_err(fault(&folder))?;
    for NamedContent { path, .. } in named.iter().filter(|named| super::files::is_safe_path(&named.path)) {
        let (from, to) = (source.join(path), folder.join(path));
        match copy_file(&from, &to) {
            Ok(bytes) => {
                report.file_bytes += bytes;
                report.files += 1;
            }
            // Rows of both kinds may name the same file.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => report.missing.push(path.clone()),
            Err(error) => return Err(fault(&from)(error)),
        }
    }
    sync_folder(&folder).map_err(fault(&folder))?;
    sync_folder(target).map_err(fault(target))?;
    Ok(report)
}

fn copy_file(from: &Path, to: &Path) -> std::io::Result<u64> {
    if !fs::symlink_metadata(from)?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut source = fs::File::open(from)?;
    if let Some(folder) = to.parent() {
        make_folders(folder)?;
    }
    let mut target = create_new(to, FileAccess::Owner)?;
    let bytes = std::io::copy(&mut source, &mut target)?;
    target.sync_all()?;
    Ok(bytes)
}

fn sync_private(path: &Path) -> std::io::Result<()> {
    let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
    restrict_file(&file)?;
    file.sync_all()
}
