//! Housekeeping: what is over goes, what is kept can be checked and copied.

use super::registration::{remove_user, wipe_unverified};
use crate::driver::sqlite::{DATABASE_FILE, FILES_FOLDER, create_private_dir};
use crate::driver::{Dialect, Tx, args};
use crate::entities::common::Mode;
use crate::entities::maintenance::{BackupReport, PurgePolicy, PurgeReport};
use crate::error::{Result, StoreError};
use crate::store::Store;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What goes over whole tables may take longer than what a client waits for.
const HOUSEKEEPING_LIMIT: Duration = Duration::from_secs(600);

impl Store {
    /// Removes what is over. Run it every few minutes.
    ///
    /// # Errors
    /// Environment faults only.
    pub async fn purge(&self, policy: PurgePolicy) -> std::result::Result<PurgeReport, StoreError> {
        self.write(policy, |tx, policy| Box::pin(purge(tx, policy))).await
    }

    /// Reads the whole database for damage; minutes for a large one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first finding; [`StoreError::Unsupported`] with PostgreSQL.
    pub async fn check_integrity(&self) -> std::result::Result<(), StoreError> {
        self.read((), |tx, ()| {
            Box::pin(async move {
                if tx.dialect() == Dialect::Postgres {
                    return Err(StoreError::Unsupported {
                        what: "the integrity check",
                        instead: "run the server's pg_amcheck",
                    });
                }
                let finding = match tx.first("PRAGMA integrity_check(1)", &[]).await? {
                    Some(mut row) => row.text()?,
                    None => String::new(),
                };
                if finding == "ok" {
                    return Ok(());
                }
                Err(StoreError::Damaged { place: DATABASE_FILE.to_owned(), reason: finding })
            })
        })
        .await
    }

    /// Paths of all content files that rows name; others below `DATA/files` were left by a crash and may go.
    ///
    /// # Errors
    /// Environment faults only.
    pub async fn content_paths(&self) -> std::result::Result<Vec<String>, StoreError> {
        self.read_snapshot((), |tx, ()| {
            Box::pin(async move {
                tx.allow(HOUSEKEEPING_LIMIT).await?;
                let sql = "SELECT path FROM bank_file WHERE path IS NOT NULL UNION ALL SELECT path FROM upload WHERE path IS NOT NULL";
                tx.query(sql, &[]).await?.into_iter().map(|mut row| row.text()).collect()
            })
        })
        .await
    }

    /// Removes content files below `folder` (usually `DATA/files`) that no row names any more; absent ones are
    /// passed over. Waits for a running backup, which may still copy them.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::ReadOnly`] at the first file that cannot be removed.
    pub async fn discard_content(&self, folder: &Path, paths: &[String]) -> std::result::Result<(), StoreError> {
        let _guard = self.content_guard().read().await;
        for path in paths.iter().filter(|path| super::files::is_safe_path(path)) {
            let path = folder.join(path);
            match tokio::fs::remove_file(&path).await {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::from_io(&error, &path)),
            }
        }
        Ok(())
    }

    /// Copies the database, at one moment, and the content files into `target`, which must be absent or empty; nobody but
    /// its owner may enter it from then on.
    /// The service may go on working. Everything is synced before the answer. Restore: stop the service, put the
    /// copy in place of the data folder.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] when `target` is not empty; [`StoreError::Unsupported`] with PostgreSQL; faults of
    /// reading and writing.
    pub async fn backup(&self, target: &Path) -> std::result::Result<BackupReport, StoreError> {
        let Some(sqlite) = self.sqlite() else {
            return Err(StoreError::Unsupported {
                what: "a backup by this program",
                instead: "back up the database with pg_dump, then copy files_folder and keys_folder; with the instances stopped they fit together",
            });
        };
        create_private_dir(target).map_err(|error| StoreError::from_io(&error, target))?;
        let mut entries = fs::read_dir(target).map_err(|error| StoreError::from_io(&error, target))?;
        if entries.next().is_some() {
            return Err(StoreError::misuse(format!("the backup folder {} is not empty", target.display())));
        }
        let database = target.join(DATABASE_FILE);
        prepare_backup(target, &database)?;
        // From here to the end no content file may vanish that the copied rows name.
        let _guard = self.content_guard().write().await;
        let name = database.to_str().ok_or_else(|| StoreError::misuse("the backup folder's name is not UTF-8"))?;
        sqlite.copy_to(name).await?;
        let folder = sqlite.folder().to_owned();
        let target = target.to_owned();
        let copied =
            tokio::task::spawn_blocking(move || copy_content(&folder.join(FILES_FOLDER), &target, &database)).await;
        copied.map_err(|_| StoreError::internal("copying the content files panicked"))?
    }
}

// What is over, and what belongs to nobody.
const SESSIONS: &str = "DELETE FROM session WHERE expires <= $1 \
    OR NOT EXISTS (SELECT 1 FROM mode_user u WHERE u.email = session.email AND u.mode = session.mode)";
const PENDING: &str = "DELETE FROM pending_auth WHERE expires <= $1 \
    OR NOT EXISTS (SELECT 1 FROM mode_user u WHERE u.email = pending_auth.email AND u.mode = pending_auth.mode)";
const CODES: &str = "DELETE FROM code WHERE expires <= $1 \
    OR NOT EXISTS (SELECT 1 FROM mode_user u WHERE u.email = code.email AND u.mode = code.mode)";

async fn purge(tx: &mut Tx, p: &PurgePolicy) -> Result<PurgeReport> {
    tx.allow(HOUSEKEEPING_LIMIT).await?;
    let dead = p.now - p.grace;
    let mut report = PurgeReport {
        challenges: tx.execute("DELETE FROM used_challenge WHERE expires <= $1", args![p.now]).await?,
        sessions: tx.execute(SESSIONS, args![p.now]).await?,
        pending: tx.execute(PENDING, args![dead]).await?,
        codes: tx.execute(CODES, args![dead]).await?,
        attempts: tx.execute("DELETE FROM attempt WHERE at <= $1", args![p.now - p.attempts_after]).await?,
        registrations: 0,
    };
    report.attempts += tx.execute("DELETE FROM lockout WHERE until <= $1", args![p.now]).await?;
    let sql = "SELECT u.email, u.mode, a.api_key, \
               (SELECT count(*) FROM mode_user o WHERE o.email = u.email AND o.mode <> u.mode \
                AND (o.phone_verified * o.email_verified = 1 OR o.created > $1)) \
               FROM mode_user u JOIN account a ON a.email = u.email \
               WHERE u.phone_verified * u.email_verified = 0 AND u.created <= $1";
    for mut row in tx.query(sql, args![p.now - p.unverified_after]).await? {
        let (email, mode, api_key, others) = (row.text()?, row.word(Mode::parse)?, row.text()?, row.int()?);
        if others > 0 {
            // The other user keeps the account.
            remove_user(tx, &email, mode).await?;
        } else {
            wipe_unverified(tx, &email, &api_key, None).await?;
        }
        report.registrations += 1;
    }
    Ok(report)
}

/// Closes the folder to others and makes the database's file, empty and private: SQLite would make it by the umask, and
/// others could read it while it is written.
fn prepare_backup(folder: &Path, database: &Path) -> Result<()> {
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .map_err(|error| StoreError::from_io(&error, folder))?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(database).map(drop).map_err(|error| StoreError::from_io(&error, database))
}

/// Copies everything below `source` to `target/files` and syncs what the backup consists of.
fn copy_content(source: &Path, target: &Path, database: &Path) -> Result<BackupReport> {
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| StoreError::from_io(&error, &path)
    };
    sync_private(database).map_err(fault(database))?;
    let database_bytes = fs::metadata(database).map_err(fault(database))?.len();
    let mut report = BackupReport { database_bytes, files: 0, file_bytes: 0 };
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        let (from, to) = (source.join(&inner), target.join(FILES_FOLDER).join(&inner));
        if !from.is_dir() {
            continue;
        }
        create_private_dir(&to).map_err(fault(&to))?;
        for entry in fs::read_dir(&from).map_err(fault(&from))? {
            let entry = entry.map_err(fault(&from))?;
            let kind = entry.file_type().map_err(fault(&from))?;
            if kind.is_dir() {
                folders.push(inner.join(entry.file_name()));
            } else if kind.is_file() {
                let copy = to.join(entry.file_name());
                report.file_bytes += fs::copy(entry.path(), &copy).map_err(fault(&copy))?;
                report.files += 1;
                sync_private(&copy).map_err(fault(&copy))?;
            }
        }
        sync_folder(&to).map_err(fault(&to))?;
    }
    sync_folder(target).map_err(fault(target))?;
    Ok(report)
}

fn sync_private(path: &Path) -> std::io::Result<()> {
    let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    fs::File::open(path)?.sync_all()
}
