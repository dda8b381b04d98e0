//! Temporary data folders: only their owner can enter them, their name identifies their process, and they are removed
//! with it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use bankchannel_foundation::Result;

use crate::{
    folder::unusable,
    private::{FileAccess, FileFacts, create_new, make_folder, rename},
};

/// Prefix of their names; the process id and a random part follow.
const PREFIX: &str = "bankchannel-server-";
/// A file in each folder that is locked while its process lives.
const LOCK: &str = "in-use";
/// Minimum age of a stale folder without a lock file: a younger one may still be under construction.
const UNLOCKED_MAX: Duration = Duration::from_secs(3600);

/// The existing folders of this process, each with the id of the process that created it: a forked child owns none of
/// them.
static MADE: Mutex<Vec<(u32, PathBuf)>> = Mutex::new(Vec::new());

/// A temporary folder. It is removed when this is dropped, else by [`remove_all`] at the end of the process, or, after
/// a kill, when the next one is created.
pub struct TemporaryFolder {
    path: PathBuf,
    /// Present until the folder is removed: an open file can keep it there.
    lock: Option<File>,
}

impl TemporaryFolder {
    /// Creates a folder, and removes those of this user that killed processes have left.
    ///
    /// # Errors
    /// `resource.storage`.
    pub fn make() -> Result<Self> {
        let parent = std::env::temp_dir();
        let failed = |why: io::Error| unusable(&parent, &why);
        let folder = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", std::process::id()))
            .make_in(&parent, make_folder)
            .map_err(failed)?;
        let path = folder.into_temp_path().keep().map_err(|why| failed(why.error))?;
        let lock = locked(&path).inspect_err(|_| drop(fs::remove_dir_all(&path))).map_err(failed)?;
        folders_made().push((std::process::id(), path.clone()));
        remove_stale(&parent, FileFacts::is_own);
        Ok(Self { path, lock: Some(lock) })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = remove(&self.path, || drop(self.lock.take()));
        // Only after the removal: the process may end while the folder is being removed.
        folders_made().retain(|(_, path)| *path != self.path);
    }
}

/// The lock file of a new folder. It gets its name when it is locked: until then the folder counts as under construction, and
/// a server that starts at the same time does not take it for one that was left.
fn locked(folder: &Path) -> io::Result<File> {
    let new = folder.join("in-use.new");
    let file = create_new(&new, FileAccess::Owner)?;
    file.lock()?;
    rename(&new, &folder.join(LOCK))?;
    Ok(file)
}

/// Removes a folder, its lock file last: the remains of a process that ends meanwhile are removed by the next one. Two
/// may remove one at the same time.
fn remove(folder: &Path, release: impl FnOnce()) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten().filter(|entry| entry.file_name() != LOCK) {
        let path = entry.path();
        let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
    }
    release();
    fs::remove_dir_all(folder)
}

/// Removes the temporary folders of servers that this process started and has not stopped. Call it at the end of the
/// process: a server that still runs loses its data.
pub fn remove_all() {
    let own = std::process::id();
    let folders: Vec<PathBuf> = {
        // In a forked child, a thread of the parent may hold the lock forever.
        let Ok(mut made) = MADE.try_lock() else { return };
        let mine = made.iter().filter(|(process, _)| *process == own).map(|(_, path)| path.clone()).collect();
        made.retain(|(process, _)| *process != own);
        mine
    };
    for folder in folders {
        // A server that still runs may write while its folder is being removed.
        let _ = (0..3).any(|_| remove(&folder, || ()).is_ok());
    }
}

fn folders_made() -> std::sync::MutexGuard<'static, Vec<(u32, PathBuf)>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes folders of this user whose process has ended.
fn remove_stale(parent: &Path, is_own: impl Fn(&FileFacts) -> bool) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) {
            continue;
        }
        let path = entry.path();
        // Without following links: another user may have put one there.
        let Ok(found) = FileFacts::at_itself(&path) else { continue };
        if found.metadata().is_dir() && is_own(&found) && is_left(&path, found.metadata()) {
            let _ = remove(&path, || ());
        }
    }
}

/// Whether no process uses the folder. Process ids do not tell: another container may share the temporary folder.
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
    use std::sync::atomic::{AtomicUsize, Ordering};

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
        remove_stale(parent.path(), |_| false);
        assert!(left.exists(), "another user's");
        remove_stale(parent.path(), FileFacts::is_own);
        assert!(!left.exists());
        assert!(used.exists() && other.exists() && making.exists());

        let made = TemporaryFolder::make().unwrap();
        let path = made.path().to_owned();
        FileFacts::at(&path).unwrap().require_owner_alone("").unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&format!("{PREFIX}{}-", std::process::id())), "{name}");
        assert!(!is_left(&path, &fs::metadata(&path).unwrap()));
        drop(made);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_is_being_made_does_not_look_left() {
        const COUNT: usize = 1000;
        let parent = tempfile::tempdir().unwrap();
        let (folder, next) = (|number: usize| parent.path().join(number.to_string()), AtomicUsize::new(0));
        let looks = |number: usize| {
            fs::metadata(folder(number)).is_ok_and(|found| is_left(&folder(number), &found)).then_some(number)
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                std::iter::repeat_with(|| next.load(Ordering::Acquire)).take_while(|next| *next < COUNT).find_map(looks)
            });
            let mut held = Vec::new();
            for number in 0..COUNT {
                next.store(number, Ordering::Release);
                fs::create_dir(folder(number)).unwrap();
                held.push(locked(&folder(number)).unwrap());
            }
            next.store(COUNT, Ordering::Release);
            assert_eq!(other.join().unwrap(), None);
        });
    }
}
