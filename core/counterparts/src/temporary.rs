//! Temporary data folders: only their owner can enter them, their name says whose they are, and they go with their
//! process.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use bankchannel_foundation::Result;
use tempfile::TempDir;

use crate::folder::unusable;

/// How their names begin; the process's id and something random follow.
const PREFIX: &str = "bankchannel-server-";
/// A file in each, locked as long as its process lives.
const LOCK: &str = "in-use";
/// How old a folder without that file must be to belong to nobody: it may just be in the making.
const UNLOCKED_MAX: Duration = Duration::from_secs(3600);

/// The folders of this process that are there, each with the process that made it: a fork's child owns none of them.
static MADE: Mutex<Vec<(u32, PathBuf)>> = Mutex::new(Vec::new());

/// A temporary folder. It is removed when this is dropped; else by [`remove_all`] at the process's end; else, after a
/// kill, by whoever makes the next one.
pub(crate) struct Temporary {
    /// There until it is dropped.
    folder: Option<TempDir>,
    path: PathBuf,
    _lock: File,
}

impl Temporary {
    /// Makes one, and removes those of this user that a killed process has left.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(crate) fn make() -> Result<Self> {
        let parent = std::env::temp_dir();
        let failed = |why: io::Error| unusable(&parent, &why);
        let folder = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", std::process::id()))
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&parent)
            .map_err(failed)?;
        let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.path().join(LOCK));
        let lock = lock.and_then(|file| file.lock().map(|()| file)).map_err(failed)?;
        made().push((std::process::id(), folder.path().to_owned()));
        // Its owner is this user: that tells which of the others are.
        if let Ok(own) = fs::metadata(folder.path()) {
            remove_stale(&parent, own.uid());
        }
        Ok(Self { path: folder.path().to_owned(), folder: Some(folder), _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(self.folder.take());
        // Only now: the process may end while the folder is being removed.
        made().retain(|(_, path)| *path != self.path);
    }
}

/// Removes the temporary folders of servers that this process started and has not stopped. For the process's end: a
/// server that still runs loses its data.
pub fn remove_all() {
    let own = std::process::id();
    let folders: Vec<PathBuf> = {
        // In a fork's child a thread of the parent may hold it for ever.
        let Ok(mut made) = MADE.try_lock() else { return };
        let mine = made.iter().filter(|(process, _)| *process == own).map(|(_, path)| path.clone()).collect();
        made.retain(|(process, _)| *process != own);
        mine
    };
    for folder in folders {
        // A server that still runs may write while its folder is being removed.
        let _ = (0..3).any(|_| fs::remove_dir_all(&folder).is_ok());
    }
}

fn made() -> std::sync::MutexGuard<'static, Vec<(u32, PathBuf)>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes folders of this user whose process is gone.
fn remove_stale(parent: &Path, user: u32) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) {
            continue;
        }
        let path = entry.path();
        // Not through a link: somebody else may have put it there.
        let Ok(found) = fs::symlink_metadata(&path) else { continue };
        if found.is_dir() && found.uid() == user && is_left(&path, &found) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Whether nobody uses the folder. Not by the process's id: another container may share the temporary folder.
fn is_left(folder: &Path, found: &fs::Metadata) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(_) => {
            let age = found.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
            age.is_some_and(|age| age > UNLOCKED_MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_is_private_and_what_a_killed_process_left_goes() {
        let parent = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = parent.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let (left, used, other, making) = (
            folder("bankchannel-server-1-left"),
            folder("bankchannel-server-1-used"),
            folder("somebody-else"),
            folder("bankchannel-server-1-making"),
        );
        for path in [&left, &used, &other] {
            fs::write(path.join(LOCK), "").unwrap();
        }
        let held = File::open(used.join(LOCK)).unwrap();
        held.lock().unwrap();
        let user = fs::metadata(parent.path()).unwrap().uid();
        remove_stale(parent.path(), user + 1);
        assert!(left.exists(), "another user's");
        remove_stale(parent.path(), user);
        assert!(!left.exists());
        assert!(used.exists() && other.exists() && making.exists());

        let made = Temporary::make().unwrap();
        let path = made.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&format!("{PREFIX}{}-", std::process::id())), "{name}");
        assert!(!is_left(&path, &fs::metadata(&path).unwrap()));
        drop(made);
        assert!(!path.exists());
    }
}
