//! Opens a data folder: ownership, private files, early and clear faults.

use super::{LOCK_FILE, OPENING_FILE, SqliteSettings};
use crate::engine::tx::TransactionConnection;
use crate::engine::{Result, SchemaUse, SqlDialect, StorageSchema, StorageTx, StoreError};
use bankchannel_private_files::folder_lock::{lock_in_turn, lock_soon, share_soon};
use bankchannel_private_files::{check_heirs, make_folders, open_or_create, sync_folder};
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Sqlite, SqliteConnection};
use std::fs::{File, TryLockError};
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

const PAGE_BYTES: u32 = 4096;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// A backup or an inspecting `sqlite3` may lock the database for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const STATEMENT_CACHE: usize = 256;

/// The locks held on a folder.
pub(super) struct FolderLocks {
    /// Until the database is closed.
    pub(super) folder: File,
    /// Until it is open.
    pub(super) opening: Option<File>,
}

/// Creates the folder (0700) if absent and takes its lock; fails here if the lock is not available.
pub(super) fn lock_folder(folder: &Path, is_shared: bool) -> Result<FolderLocks> {
    if !folder.is_dir() {
        make_folders(folder).map_err(|error| StoreError::from_io(&error, folder))?;
    }
    // SQLite makes files beside the database, with the mode of that.
    check_heirs(folder).map_err(|error| StoreError::from_io(&error, folder))?;
    let lock = |name: &str, take: fn(&File) -> std::result::Result<(), TryLockError>| {
        let path = folder.join(name);
        let file = open_or_create(&path).map_err(|error| StoreError::from_io(&error, &path))?;
        match take(&file) {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { place: folder.display().to_string() }),
            Err(TryLockError::Error(error)) => Err(StoreError::from_io(&error, &path)),
        }
    };
    if !is_shared {
        return Ok(FolderLocks { folder: lock(LOCK_FILE, lock_soon)?, opening: None });
    }
    Ok(FolderLocks { folder: lock(LOCK_FILE, share_soon)?, opening: Some(lock(OPENING_FILE, lock_in_turn)?) })
}

/// Whether a program has this data folder open.
#[must_use]
pub fn is_in_use(folder: &Path) -> bool {
    let lock = File::open(folder.join(LOCK_FILE));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Creates the file with mode 0600 (SQLite gives its log the same), and looks at the header of an existing one.
/// A shared file may be open in this process already, and is not opened here: closing it again would release SQLite's
/// locks on it (`fcntl` locks belong to processes, not to descriptors).
pub(super) fn prepare_file(path: &Path, is_shared: bool) -> Result<()> {
    let io = |error: &std::io::Error| StoreError::from_io(error, path);
    if is_shared && std::fs::metadata(path).is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let mut file = open_or_create(path).map_err(|error| io(&error))?;
    let length = file.metadata().map_err(|error| io(&error))?.len();
    if length == 0 {
        // The file's name must survive a power cut as well as its content.
        let folder = path.parent().unwrap_or(Path::new("."));
        return sync_folder(folder).map_err(|error| io(&error));
    }
    let mut header = [0u8; 100];
    let damaged = |reason: &str| StoreError::Damaged { place: path.display().to_string(), reason: reason.to_owned() };
    file.read_exact(&mut header).map_err(|_| damaged("the file is shorter than a header"))?;
    if &header[..16] != MAGIC {
        return Err(damaged("file is not a database"));
    }
    // Page count and size are in the header; pages that are still in the log may be missing from the file.
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let pages = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log_is_empty = std::fs::metadata(&log).map_or(true, |log| log.len() == 0);
    if log_is_empty && pages * page > length {
        return Err(damaged("the file is shorter than its header says"));
    }
    Ok(())
}

pub(super) async fn connect_writer(path: &Path, settings: &SqliteSettings, place: &str) -> Result<SqliteConnection> {
    let mut options = match settings.tables {
        // Not even the kind of the journal is set, which the file records.
        SchemaUse::Read => reader_options(path, SchemaUse::Read),
        SchemaUse::Create | SchemaUse::Upgrade | SchemaUse::Migrate => base_options(path).page_size(PAGE_BYTES),
    };
    if let Some(bytes) = settings.max_database_bytes {
        options = options.pragma("max_page_count", (bytes / u64::from(PAGE_BYTES)).max(1).to_string());
    }
    options.connect().await.map_err(|error| StoreError::from_sqlx(&error, SqlDialect::Sqlite, place))
}

pub(super) async fn connect_plain(path: &Path, place: &str) -> Result<SqliteConnection> {
    plain_options(path).connect().await.map_err(|error| StoreError::from_sqlx(&error, SqlDialect::Sqlite, place))
}

/// Opens a copy of a database that has no writers, only to read it: no log file is created.
///
/// # Errors
/// [`StoreError::Damaged`] if it is not a database; I/O faults.
pub async fn open_copy<S: StorageSchema>(path: &Path) -> Result<StorageTx<S>> {
    let place = path.display().to_string();
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).immutable(true).disable_statement_logging();
    let connection =
        options.connect().await.map_err(|error| StoreError::from_sqlx(&error, SqlDialect::Sqlite, &place))?;
    Ok(StorageTx::new(TransactionConnection::Writer(Box::new(connection)), place.into()))
}

pub(super) fn reader_pool(path: &Path, settings: &SqliteSettings) -> SqlitePool {
    PoolOptions::<Sqlite>::new()
        .max_connections(settings.readers.max(1))
        .min_connections(0)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(reader_options(path, settings.tables))
}

fn reader_options(path: &Path, tables: SchemaUse) -> SqliteConnectOptions {
    let options = if tables == SchemaUse::Read { plain_options(path) } else { base_options(path) };
    options.pragma("query_only", "1")
}

fn base_options(path: &Path) -> SqliteConnectOptions {
    plain_options(path).journal_mode(SqliteJournalMode::Wal)
}

/// Options that leave the file's journal as it is.
fn plain_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .synchronous(SqliteSynchronous::Full)
        // On macOS a file is on the disk, and not in the disk's memory, if this is asked for; elsewhere it says nothing.
        .pragma("fullfsync", "1")
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging()
}
