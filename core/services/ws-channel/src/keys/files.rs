//! Private files: created once, completely, synced.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
};

use bankchannel_crypto::random;
use bankchannel_foundation::{Error, Result, Secret, error::row, shown};

use bankchannel_server::private::{self, FileAccess, UnfinishedFile};

/// Size limit of a key file.
const MAX_BYTES: u64 = 256 * 1024;

/// Reads a private file; creates it if it is absent. If several processes create it at once, one wins and all read the
/// winner's file.
///
/// # Errors
/// `resource.storage` for a file that cannot be read or written, `configuration.invalid` for one that others can read.
pub(crate) fn read_or_make(path: &Path, make: impl FnOnce() -> Result<Secret>) -> Result<Secret> {
    if let Some(text) = read(path)? {
        return Ok(text);
    }
    private::write_new(path, make()?.expose().as_bytes()).map_err(|why| unusable(path, &why))?;
    read(path)?.ok_or_else(|| unusable(path, &ErrorKind::NotFound.into()))
}

/// Reads a private file; creates it if it is absent and that is allowed.
///
/// # Errors
/// As [`read_or_make`].
pub(crate) fn read_or(path: &Path, may_make: bool, make: impl FnOnce() -> Result<Secret>) -> Result<Option<Secret>> {
    if may_make { read_or_make(path, make).map(Some) } else { read(path) }
}

/// Reads a private file, if it exists.
///
/// # Errors
/// As [`read_or_make`].
pub(crate) fn read(path: &Path) -> Result<Option<Secret>> {
    private::read_secret(path, MAX_BYTES)
}

/// Checks that files can be created in a folder by creating one: mode and owner do not tell.
///
/// # Errors
/// I/O errors.
pub(crate) fn try_making_files(folder: &Path) -> std::io::Result<()> {
    let tried = folder.join(format!(".new-{}", random::base32_lower(12)));
    drop(private::create_new(&tried, FileAccess::Owner)?);
    fs::remove_file(&tried)
}

/// Writes a file that others may read, replacing a different one.
///
/// # Errors
/// `resource.storage`.
pub(crate) fn publish(path: &Path, text: &str) -> Result<()> {
    if fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
        return Ok(());
    }
    let replaced = UnfinishedFile::beside(path, FileAccess::Readable).map_err(|(_, why)| why).and_then(|mut file| {
        file.file().write_all(text.as_bytes())?;
        file.replace(path)
    });
    replaced.map_err(|why| unusable(path, &why))
}

fn unusable(path: &Path, why: &std::io::Error) -> Error {
    let text = match why.kind() {
        ErrorKind::NotFound => format!("the key file {} is not there", shown::path(path)),
        _ => format!("the key file {} cannot be used: {why}", shown::path(path)),
    };
    Error::because(&row::STORAGE, text).with("file", shown::path(path))
}
