//! Secrets in results that a user keeps in a file.

use std::{
    io::{self, Write as _},
    path::Path,
};

use bankchannel_private_files::{FileAccess, UnfinishedFile};

/// Writes a secret into a new file that only its owner can read; it appears whole and on disk, or not at all.
///
/// # Errors
/// `AlreadyExists`: a file that exists may hold the only copy of another secret. Those of the operating system.
pub fn save_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut file = UnfinishedFile::beside(path, FileAccess::Owner).map_err(|(_, why)| why)?;
    file.file().write_all(text.as_bytes())?;
    file.take_name_anywhere(path)
}
