//! The bank's state: customers, files, used ids, books. No HTTP, no XML.
//!
//! ```text
//!   data       what there is, and each change of it        fixtures   the customers of the first start
//!   journal    changes as lines of a file, replayed at the start; acknowledged changes survive a kill
//! ```
//!
//! Everything that writes can fail with `resource.storage`: then nothing has changed.

mod data;
mod fixtures;
mod journal;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bankchannel_foundation::{Error, Result, error::row, shown};

pub(crate) use data::{
    CustomerBooks, Revocation, SandboxChange, SandboxCustomer, SandboxFile, SandboxOrder, StateData,
};
pub use data::{CustomerStanding, FileKind};
use journal::StateJournal;

/// The bank's state. Every method may be called from any thread, and may block.
pub(crate) struct SepaBankState {
    inner: Mutex<StateInner>,
    /// The folder with the contents of files.
    files: PathBuf,
}

struct StateInner {
    data: StateData,
    journal: StateJournal,
}

impl SepaBankState {
    /// Reads the state in this folder, or starts with the fixtures. A folder can be used by one process at a time.
    ///
    /// # Errors
    /// `resource.storage` if the folder cannot be used or is used by another process, and for a damaged journal.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let files = folder.join("files");
        bankchannel_server::folder::private_folder(&files)?;
        let (journal, data) = StateJournal::open(folder, fixtures::data)?;
        Ok(Self { inner: Mutex::new(StateInner { data, journal }), files })
    }

    fn inner(&self) -> MutexGuard<'_, StateInner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&StateData) -> T) -> T {
        look(&self.inner().data)
    }

    /// Looks at the state and changes it, in one step: all changes are written, or none. Changes are on disk before this
    /// returns, unless they only say that an id was used.
    ///
    /// # Errors
    /// Those of `look`, and `resource.storage`.
    pub(crate) fn change<T, E: From<Error>>(
        &self,
        look: impl FnOnce(&StateData) -> Result<(T, Vec<SandboxChange>), E>,
    ) -> Result<T, E> {
        let mut inner = self.inner();
        let (value, changes) = look(&inner.data)?;
        if !changes.is_empty() {
            inner.journal.append(&changes)?;
            changes.into_iter().for_each(|change| inner.data.apply(change));
        }
        Ok(value)
    }

    /// Goes back to the fixtures.
    pub(crate) fn reset(&self) -> Result<()> {
        let mut inner = self.inner();
        let data = fixtures::data();
        inner.journal.replace(&data)?;
        inner.data = data;
        Ok(())
    }

    /// Stores the content of a file; it is on disk when this returns.
    pub(crate) fn store(&self, reference: &str, bytes: &[u8]) -> Result<()> {
        bankchannel_server::folder::write_whole(&self.files.join(reference), bytes)
    }

    /// The content of a file.
    pub(crate) fn content(&self, reference: &str) -> Result<Vec<u8>> {
        let path = self.files.join(reference);
        std::fs::read(&path)
            .map_err(|why| Error::because(&row::STORAGE, format!("{} cannot be read: {why}", shown::path(&path))))
    }
}
