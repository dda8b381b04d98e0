//! A record of downloads that were begun and not finished.
//!
//! The bank counts a file as downloaded when it has sent it, not when it has arrived. A run that ends in between leaves
//! a file that is no longer new and that was never saved. So each download creates an empty marker in the folder and
//! removes it at its end; the next run tries marked files again, whatever their status.
//!
//! All of this accesses the disk, which may be slow: do not call it on a thread that drives connections.

use std::{
    collections::BTreeSet,
    fs::{self, File, Metadata, OpenOptions},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use bankchannel_crypto::digest;
use bankchannel_foundation::{Error, Outcome, Result, error::row, shown};
use bankchannel_ws_channel::model::Bank;

/// The prefix of the markers' names.
const PREFIX: &str = ".bankchannel-begun-";
/// The suffix of the second marker, for an attempt that broke off.
const LOST: &str = "-lost";
/// The length of the hash of bank and file name in a marker's name, in bytes.
const HASH_BYTES: usize = 16;

/// The markers of one bank's files in one folder.
#[derive(Clone)]
pub(super) struct Journal {
    folder: PathBuf,
    bank: Bank,
}

impl Journal {
    pub(super) fn of(folder: &Path, bank: Bank) -> Self {
        Self { folder: folder.to_owned(), bank }
    }

    /// The markers that earlier runs left, including those for other banks.
    pub(super) fn left(&self) -> BTreeSet<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return BTreeSet::new() };
        let names = entries.flatten().map(|entry| entry.file_name());
        names.filter(|name| name.to_string_lossy().starts_with(PREFIX)).map(|name| self.folder.join(name)).collect()
    }

    /// The marker of the file with this name.
    pub(super) fn marker(&self, name: &str) -> Marker {
        let hash = digest::sha256(format!("{}/{name}", self.bank).as_bytes());
        let name = format!("{PREFIX}{}", digest::hex(&hash[..HASH_BYTES]));
        Marker { lost: self.folder.join(format!("{name}{LOST}")), begun: self.folder.join(name) }
    }
}

/// One file's marker.
#[derive(Clone)]
pub(super) struct Marker {
    begun: PathBuf,
    /// A separate marker: another run for the same file that got nothing removes only the marker that it created
    /// itself.
    lost: PathBuf,
}

/// The state at the start of a download.
pub(super) enum Begun {
    /// A file with that name exists in the folder.
    There,
    /// The marker is on disk; `is_marked` is whether an earlier run had already created it.
    OnItsWay { is_marked: bool },
}

impl Marker {
    /// Whether it is one of these markers.
    pub(super) fn is_among(&self, left: &BTreeSet<PathBuf>) -> bool {
        left.contains(&self.begun) || left.contains(&self.lost)
    }

    /// Creates the marker for the download of `target` on disk, unless something with that name exists.
    ///
    /// # Errors
    /// `resource.storage` with outcome `not_sent`.
    pub(super) fn begin(&self, target: &Path) -> Result<Begun> {
        // A symbolic link counts as existing: it is neither followed nor replaced.
        if let Ok(found) = target.symlink_metadata()
            && !self.clear_claim(&found, target)
        {
            return Ok(Begun::There);
        }
        let mut options = OpenOptions::new();
        let is_marked = match options.write(true).create_new(true).mode(0o600).open(&self.begun) {
            Ok(_) => false,
            Err(why) if why.kind() == ErrorKind::AlreadyExists => true,
            Err(why) => return Err(self.unwritable(&why)),
        };
        let folder = self.begun.parent().unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|why| self.unwritable(&why))?;
        Ok(Begun::OnItsWay { is_marked })
    }

    /// Removes an empty file that claims the name: on a file system without links, it is left by a run that was killed
    /// while it named the file. Returns whether the file was such a claim and is gone.
    fn clear_claim(&self, found: &Metadata, target: &Path) -> bool {
        let is_begun = || self.begun.exists() || self.lost.exists();
        found.is_file() && found.len() == 0 && is_begun() && fs::remove_file(target).is_ok()
    }

    /// Records that nothing needs to be tried again.
    pub(super) fn end(&self) {
        self.withdraw();
        let _ = fs::remove_file(&self.lost);
    }

    /// Undoes [`begin`](Self::begin): the bank did not begin to send the file.
    pub(super) fn withdraw(&self) {
        let _ = fs::remove_file(&self.begun);
    }

    /// Records that the bank may have sent the file and that it did not arrive.
    pub(super) fn keep(&self) {
        let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.lost);
    }

    fn unwritable(&self, why: &std::io::Error) -> Error {
        let text = format!("{} cannot be written: {why}", shown::path(&self.begun));
        Error::because(&row::STORAGE, text).with_outcome(Outcome::NotSent).with_io_source(why)
    }
}
