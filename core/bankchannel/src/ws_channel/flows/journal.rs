//! Which downloads were begun and not finished.
//!
//! The bank counts a file as downloaded when it has sent it, not when it has arrived: a run that ends between leaves a file
//! that is no longer new and that nobody has. So each download begins with an empty marker in the folder and ends with its
//! removal; what is marked is tried again by the next run, whatever its status.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use bankchannel_crypto::digest;
use bankchannel_foundation::{Error, Outcome, Result, error::row};
use bankchannel_ws_channel::model::FileDescriptor;

use super::file_name;

/// How the markers' names begin.
const PREFIX: &str = ".bankchannel-begun-";
/// Bytes of the hash that stands for the file's name in the marker's.
const HASH_BYTES: usize = 16;

/// The markers of one folder.
pub(super) struct Journal<'a>(pub(super) &'a Path);

impl Journal<'_> {
    /// Whether an earlier run left anything unfinished.
    pub(super) fn has_any(&self) -> bool {
        let Ok(entries) = fs::read_dir(self.0) else { return false };
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX))
    }

    /// Whether this file's download was begun and not finished.
    pub(super) fn holds(&self, file: &FileDescriptor) -> bool {
        self.marker(file).is_some_and(|marker| marker.symlink_metadata().is_ok())
    }

    /// Notes that a download begins, on disk.
    ///
    /// # Errors
    /// `resource.storage` with outcome `not_sent`.
    pub(super) fn begin(&self, file: &FileDescriptor) -> Result<()> {
        // A file without a name is not downloaded.
        let Some(marker) = self.marker(file) else { return Ok(()) };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        match options.open(&marker).and_then(|_| File::open(self.0)?.sync_all()) {
            Err(why) if why.kind() != std::io::ErrorKind::AlreadyExists => {
                let text = format!("{} cannot be written: {why}", marker.display());
                Err(Error::because(&row::STORAGE, text).with_outcome(Outcome::NotSent))
            }
            _ => Ok(()),
        }
    }

    /// Notes that nothing is to be tried again. A marker that stays costs the next run a look.
    pub(super) fn end(&self, file: &FileDescriptor) {
        if let Some(marker) = self.marker(file) {
            let _ = fs::remove_file(marker);
        }
    }

    fn marker(&self, file: &FileDescriptor) -> Option<PathBuf> {
        let name = file_name(file).ok()?;
        let hash = digest::sha256(name.as_bytes());
        Some(self.0.join(format!("{PREFIX}{}", digest::hex(&hash[..HASH_BYTES]))))
    }
}
