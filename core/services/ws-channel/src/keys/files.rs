//! Private files: created once, completely, synced.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use bankchannel_crypto::random;
use bankchannel_foundation::{Error, Result, Secret, error::row, shown};

use bankchannel_server::private;

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
    create(path, make()?.expose().as_bytes()).map_err(|why| unusable(path, &why))?;
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

/// Creates a private file atomically: writes it under another name, syncs it, then links it into place. The link fails
/// if another process was first; that file then stays.
///
/// # Errors
/// I/O errors.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let unfinished = folder.join(format!(".new-{}", random::base32_lower(12)));
    let made = write_synced(&unfinished, bytes, 0o600).and_then(|()| match fs::hard_link(&unfinished, path) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&unfinished);
    made.and(removed).and_then(|()| File::open(folder)?.sync_all())
}

/// Checks that files can be created in a folder by creating one: mode and owner do not tell.
///
/// # Errors
/// I/O errors.
pub(crate) fn try_making_files(folder: &Path) -> std::io::Result<()> {
    let tried = folder.join(format!(".new-{}", random::base32_lower(12)));
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&tried)?;
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
