//! Whether the call that wrote an entry is still running: it holds a lock on a file.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use bankchannel_crypto::{digest, random};
use bankchannel_foundation::{Result, open_regular};
use bankchannel_private_files::{FileAccess, create_new, rename};

use super::unwritable;

/// The prefix of the names of the locked files.
const RUN_PREFIX: &str = ".bankchannel-run-";

/// A running call. The lock ends with the process, however that ends.
#[derive(Debug)]
pub(super) struct LedgerRun {
    id: String,
    path: PathBuf,
    lock: File,
}

impl LedgerRun {
    pub(super) fn begin(folder: &Path) -> Result<Self> {
        let id = digest::hex(&random::bytes::<8>());
        let path = folder.join(format!("{RUN_PREFIX}{id}"));
        // Locked before it has its name, so that no process finds it unlocked.
        let first = folder.join(format!("{RUN_PREFIX}{id}~"));
        let begun = || {
            let lock = create_new(&first, FileAccess::Owner)?;
            lock.lock()?;
            rename(&first, &path)?;
            Ok(lock)
        };
        match begun() {
            Ok(lock) => Ok(Self { id, path, lock }),
            Err(why) => {
                let _ = fs::remove_file(&first);
                Err(unwritable(&path, &why))
            }
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    #[cfg(test)]
    pub(super) fn unlock(&self) {
        self.lock.unlock().expect("the lock is held");
    }
}

impl Drop for LedgerRun {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.lock.unlock();
    }
}

/// Whether this call is still running. The file of one that was killed is removed.
pub(super) fn is_running(folder: &Path, id: &str) -> bool {
    let path = folder.join(format!("{RUN_PREFIX}{id}"));
    let Ok((file, _)) = open_regular(&path) else { return false };
    match file.try_lock_shared() {
        Ok(()) => {
            let _ = fs::remove_file(&path);
            false
        }
        Err(fs::TryLockError::WouldBlock) => true,
        // A file system without locks: the entry is reported, perhaps twice, and never lost.
        Err(fs::TryLockError::Error(_)) => false,
    }
}
