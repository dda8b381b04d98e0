//! The state file: written completely under a temporary name, synced and renamed, by a dedicated thread.

use std::{
    fs::{self, File},
    io::ErrorKind,
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use bankchannel_foundation::{Error, Result, error::row, shown};
use bankchannel_server::{
    folder::{private_folder, unusable, write_whole},
    private::folder_lock::lock_state,
};

use super::{
    data::{FORMAT, StoredData},
    fixtures,
};

/// The name of the state file in the folder.
pub(super) const FILE: &str = "state.json";
/// How long changes are collected before they are written.
const GATHER: Duration = Duration::from_millis(50);
/// The pause after a write, as a multiple of its duration: under load, most of the time is left to requests.
const REST: u32 = 10;
/// The pause before a failed write is retried.
const AGAIN: Duration = Duration::from_secs(1);

/// The state in memory, and its writer.
pub(super) struct StateKeeper {
    shared: Arc<SharedState>,
    writer: Mutex<Option<JoinHandle<Result<()>>>>,
}

struct SharedState {
    data: Mutex<StoredData>,
    wake: Mutex<WriterWake>,
    woken: Condvar,
}

#[derive(Default)]
struct WriterWake {
    changed: bool,
    stop: bool,
}

/// Access for changing the state. When it is dropped, changes are scheduled for writing.
pub(super) struct StateChange<'a> {
    data: MutexGuard<'a, StoredData>,
    shared: &'a SharedState,
}

impl Deref for StateChange<'_> {
    type Target = StoredData;

    fn deref(&self) -> &StoredData {
        &self.data
    }
}

impl DerefMut for StateChange<'_> {
    fn deref_mut(&mut self) -> &mut StoredData {
        &mut self.data
    }
}

impl Drop for StateChange<'_> {
    fn drop(&mut self) {
        if std::mem::take(&mut self.data.changed) {
            self.shared.wake(|wake| wake.changed = true);
        }
    }
}

impl SharedState {
    fn data(&self) -> MutexGuard<'_, StoredData> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, set: impl FnOnce(&mut WriterWake)) {
        set(&mut self.wake.lock().unwrap_or_else(PoisonError::into_inner));
        self.woken.notify_all();
    }
}

impl StateKeeper {
    /// Reads the state in the folder, or starts with the fixtures.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) fn open(folder: Option<&Path>) -> Result<Self> {
        let Some(folder) = folder else { return Self::new(fixtures::data(), None) };
        private_folder(folder)?;
        let lock = lock_state(folder)?;
        let path = folder.join(FILE);
        let data = match fs::read(&path) {
            Ok(bytes) => read(&path, &bytes)?,
            Err(why) if why.kind() == ErrorKind::NotFound => {
                let data = fixtures::data();
                // Write now: an unwritable folder is detected at start, not when the first change is lost.
                write_whole(&path, &bytes_of(&data)?)?;
                data
            }
            Err(why) => return Err(unusable(&path, &why)),
        };
        Self::new(data, Some((path, lock)))
    }

    fn new(data: StoredData, file: Option<(PathBuf, File)>) -> Result<Self> {
        let shared = Arc::new(SharedState { data: Mutex::new(data), wake: Mutex::default(), woken: Condvar::new() });
        let writer = file.map(|(path, lock)| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().spawn(move || {
                let written = keep(&shared, &path);
                drop(lock);
                written
            })
        });
        let writer = writer.transpose().map_err(|why| Error::because(&row::THREADS, why.to_string()))?;
        Ok(Self { shared, writer: Mutex::new(writer) })
    }

    pub(super) fn read(&self) -> MutexGuard<'_, StoredData> {
        self.shared.data()
    }

    pub(super) fn change(&self) -> StateChange<'_> {
        StateChange { data: self.shared.data(), shared: &self.shared }
    }

    /// Whether there are changes to write; resets the mark. For a state without a folder, which has no writer.
    #[cfg(test)]
    pub(super) fn was_changed(&self) -> bool {
        let mut changed = false;
        self.shared.wake(|wake| changed = std::mem::take(&mut wake.changed));
        changed
    }

    /// Writes the remaining changes and releases the folder.
    ///
    /// # Errors
    /// `resource.storage` when it could not be written.
    pub(super) fn close(&self) -> Result<()> {
        self.shared.wake(|wake| wake.stop = true);
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match writer.map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(written)) => written,
            Some(Err(_)) => Err(Error::internal("the writer of the state has failed")),
        }
    }
}

impl Drop for StateKeeper {
    fn drop(&mut self) {
        if let Err(why) = self.close() {
            tracing::error!(%why, "the last changes of the sandbox bank could not be written");
        }
    }
}

/// The writer thread: runs until it is stopped, with a last write at the end.
fn keep(shared: &SharedState, path: &Path) -> Result<()> {
    let mut pause = GATHER;
    loop {
        let mut wake = shared.wake.lock().unwrap_or_else(PoisonError::into_inner);
        while !wake.changed && !wake.stop {
            wake = shared.woken.wait(wake).unwrap_or_else(PoisonError::into_inner);
        }
        if !wake.stop {
            let rested = shared.woken.wait_timeout_while(wake, pause, |wake| !wake.stop);
            wake = rested.unwrap_or_else(PoisonError::into_inner).0;
        }
        let (changed, stop) = (std::mem::take(&mut wake.changed), wake.stop);
        drop(wake);
        if !changed {
            return Ok(());
        }
        let begun = Instant::now();
        // Only the copy is made under the lock.
        let copy = shared.data().snapshot();
        let written = bytes_of(&copy).and_then(|bytes| write_whole(path, &bytes));
        match written {
            Ok(()) if stop => return Ok(()),
            Ok(()) => pause = GATHER.max(begun.elapsed() * REST),
            Err(why) if stop => return Err(why),
            Err(why) => {
                tracing::error!(%why, "the state of the sandbox bank could not be written; it is tried again");
                shared.wake(|wake| wake.changed = true);
                pause = AGAIN;
            }
        }
    }
}

fn read(path: &Path, bytes: &[u8]) -> Result<StoredData> {
    let damaged = |why: String| {
        let text = format!("{} cannot be read: {why}; repair it, or move it away to start over", shown::path(path));
        Error::because(&row::STORAGE, text).with("file", shown::path(path))
    };
    // The position only: serde's message would show the value.
    let place = |why: &serde_json::Error| format!("it is damaged at line {}, column {}", why.line(), why.column());
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|why| damaged(place(&why)))?;
    match value.get("format").and_then(serde_json::Value::as_u64) {
        Some(format) if format == u64::from(FORMAT) => {}
        Some(format) => return Err(damaged(format!("it has format {format}, this program reads {FORMAT}"))),
        None => return Err(damaged("it is not the state of a sandbox bank".to_owned())),
    }
    let mut data: StoredData = serde_json::from_slice(bytes).map_err(|why| damaged(place(&why)))?;
    data.rebuild();
    Ok(data)
}

fn bytes_of(data: &StoredData) -> Result<Vec<u8>> {
    serde_json::to_vec(data).map_err(Error::internal)
}
