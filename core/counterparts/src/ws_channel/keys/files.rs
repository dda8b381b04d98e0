//! Private files: created once, whole, synced.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use bankchannel_crypto::random;
use bankchannel_foundation::{Error, Result, Secret, error::row, shown};

/// The largest key file that is read.
const MAX_BYTES: u64 = 256 * 1024;

/// What to do about a file that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Make it.
    Make,
    /// Say so.
    Refuse,
}

/// A folder that only its owner can enter.
///
/// # Errors
/// `resource.storage`.
pub(crate) fn private_folder(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|why| unusable(path, &why))
}

/// Reads a private file; makes it when it is not there and that is wanted. Of several processes that make it at the same
/// moment one wins, and all read the winner's.
///
/// # Errors
/// `resource.storage` for a file that cannot be read or written, `configuration.invalid` for one that others can read.
pub(crate) fn read_or_make(path: &Path, missing: Missing, make: impl FnOnce() -> Result<Secret>) -> Result<Secret> {
    match read(path) {
        Ok(Some(text)) => Ok(text),
        Ok(None) if missing == Missing::Make => {
            create(path, make()?.expose().as_bytes())?;
            read(path)?.ok_or_else(|| unusable(path, &ErrorKind::NotFound.into()))
        }
        Ok(None) => Err(unusable(path, &ErrorKind::NotFound.into())),
        Err(why) => Err(why),
    }
}

/// Reads a private file, if it is there.
///
/// # Errors
/// As [`read_or_make`].
pub(crate) fn read(path: &Path) -> Result<Option<Secret>> {
    let metadata = match fs::metadata(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.map_err(|why| unusable(path, &why))?,
    };
    if metadata.permissions().mode() & 0o077 != 0 {
        let why = format!("the key file {} can be read by others: chmod 600 it", shown::path(path));
        return Err(Error::because(&row::CONFIGURATION, why).with("file", shown::path(path)));
    }
    if metadata.len() > MAX_BYTES {
        return Err(super::damaged(path, "it is larger than any key file"));
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(why) if why.kind() == ErrorKind::InvalidData => Err(super::damaged(path, "it is not text")),
        Err(why) => Err(unusable(path, &why)),
    }
}

/// Creates a private file. It appears whole or not at all: written under another name, synced, then linked into place,
/// which fails when somebody else was first; theirs then stays.
fn create(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let unfinished = folder.join(format!(".new-{}", random::base32_lower(12)));
    let made = write_synced(&unfinished, bytes, 0o600).and_then(|()| match fs::hard_link(&unfinished, path) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&unfinished);
    made.and(removed).and_then(|()| File::open(folder)?.sync_all()).map_err(|why| unusable(path, &why))
}

/// Writes a file for others to read, replacing what is there when it differs.
///
/// # Errors
/// `resource.storage`.
pub(crate) fn publish(path: &Path, text: &str) -> Result<()> {
    if fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let unfinished = folder.join(format!(".new-{}", random::base32_lower(12)));
    write_synced(&unfinished, text.as_bytes(), 0o644)
        .and_then(|()| fs::rename(&unfinished, path))
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|why| unusable(path, &why))
}

fn write_synced(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn unusable(path: &Path, why: &std::io::Error) -> Error {
    let text = match why.kind() {
        ErrorKind::NotFound => format!("the key file {} is not there", shown::path(path)),
        _ => format!("the key file {} cannot be used: {why}", shown::path(path)),
    };
    Error::because(&row::STORAGE, text).with("file", shown::path(path))
}
