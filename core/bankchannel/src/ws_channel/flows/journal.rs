//! Which downloads were begun and not finished.
//!
//! The bank counts a file as downloaded when it has sent it, not when it has arrived: a run that ends between leaves a file
//! that is no longer new and that nobody has. So each download begins with an empty marker in the folder and ends with its
//! removal; what is marked is tried again by the next run, whatever its status.
//!
//! All of this touches the disk, which may take long to answer: it is not for a thread that drives connections.

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

/// How the markers' names begin.
const PREFIX: &str = ".bankchannel-begun-";
/// How the name of a second marker ends: that of a try that broke off.
const LOST: &str = "-lost";
/// Bytes of the hash that stands for the bank and the file's name in the marker's.
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

    /// Those that earlier runs left; of other banks too.
    pub(super) fn left(&self) -> BTreeSet<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return BTreeSet::new() };
        let names = entries.flatten().map(|entry| entry.file_name());
        names.filter(|name| name.to_string_lossy().starts_with(PREFIX)).map(|name| self.folder.join(name)).collect()
    }

    /// The marker of the file of this name.
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
    /// Noted apart: another run at the same file, whose try came to nothing, takes back what it noted itself.
    lost: PathBuf,
}

/// What a download begins with.
pub(super) enum Begun {
    /// A file of that name is in the folder.
    There,
    /// The marker is on disk; whether an earlier run had begun to download it.
    OnItsWay { is_marked: bool },
}

impl Marker {
    /// Whether it is one of these.
    pub(super) fn is_among(&self, left: &BTreeSet<PathBuf>) -> bool {
        left.contains(&self.begun) || left.contains(&self.lost)
    }

    /// Notes that the download of `target` begins, on disk, unless something of that name is there.
    ///
    /// # Errors
    /// `resource.storage` with outcome `not_sent`.
    pub(super) fn begin(&self, target: &Path) -> Result<Begun> {
        // A symbolic link counts as being there: it is neither followed nor replaced.
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

    /// Removes what a run leaves that was killed while it named the file, on a file system without links: an empty file that
    /// claims the name. Whether it was that and is gone.
    fn clear_claim(&self, found: &Metadata, target: &Path) -> bool {
        let is_begun = || self.begun.exists() || self.lost.exists();
        found.is_file() && found.len() == 0 && is_begun() && fs::remove_file(target).is_ok()
    }

    /// Notes that nothing is to be tried again.
    pub(super) fn end(&self) {
        self.withdraw();
        let _ = fs::remove_file(&self.lost);
    }

    /// Takes back what [`begin`](Self::begin) noted: the bank did not begin to send the file.
    pub(super) fn withdraw(&self) {
        let _ = fs::remove_file(&self.begun);
    }

    /// Notes that the bank may have sent the file and that it did not arrive.
    pub(super) fn keep(&self) {
        let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.lost);
    }

    fn unwritable(&self, why: &std::io::Error) -> Error {
        let text = format!("{} cannot be written: {why}", shown::path(&self.begun));
        Error::because(&row::STORAGE, text).with_outcome(Outcome::NotSent).with_io_source(why)
    }
}
