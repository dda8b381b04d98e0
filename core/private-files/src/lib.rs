//! Access rules for private files and folders, of a server or of a client that keeps keys: other users cannot write them,
//! and links cannot redirect them. Also locks of a folder: [`folder_lock`].
//!
//! | what | rule |
//! |---|---|
//! | folders | the service's user or root owns them; no other user may write them |
//! | files that the server writes | no link; the service's user owns them; others get no access |
//! | secrets that it reads | the service's user owns them and others get no access, or root owns them and the service's group may read |
//!
//! The last rule covers secrets that are mounted into containers or handed over by systemd: owner root, mode 0440, the
//! service's group. The service can then read a key but not change it. Links to secrets are followed if root or the
//! service's user created them: mounted secrets and `certbot` consist of such links.
//!
//! On Windows, access lists take the place of modes, and SYSTEM with the group Administrators that of root.

pub mod folder_lock;
mod platform;
mod unfinished;

use std::{
    fs,
    io::{self, ErrorKind, Read, Write as _},
    path::{Path, PathBuf},
};

use bankchannel_foundation::{Error, Result, Secret, error::row, read_opened_text, shown};

pub use platform::*;
pub use unfinished::UnfinishedFile;

/// Creates a folder that only its owner can enter, if it is absent; refuses one that others can change.
///
/// # Errors
/// `resource.storage` when it cannot be created, `configuration.invalid` when others can change it.
pub fn folder(path: &Path) -> Result<()> {
    create_folder(path)?;
    check_folder(path)
}

fn create_folder(path: &Path) -> Result<()> {
    make_folders(path).map_err(|why| unusable(path, &why))
}

/// Creates a folder inside the server's own, as [`folder`]; a link in its place is refused, whoever made it.
///
/// # Errors
/// As [`folder`]; the refusal of a link says how to have the folder elsewhere.
pub fn inner_folder(path: &Path, elsewhere: &str) -> Result<()> {
    check_inner_folder(path, elsewhere)?;
    create_folder(path)?;
    check_inner_folder(path, elsewhere)
}

/// Checks a folder inside the server's own, if it is there: as [`check_folder`], and a link in its place is refused. The
/// link itself is looked at, never its target.
///
/// # Errors
/// As [`folder`].
pub fn check_inner_folder(path: &Path, elsewhere: &str) -> Result<()> {
    match FileFacts::at_itself(path) {
        Ok(found) if found.metadata().is_symlink() => {
            let shown = shown::path(path);
            Err(refused(path, format!("{shown} is a link, which is not followed: remove the link, and {elsewhere}")))
        }
        Ok(found) => judge_folder(path, &found),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        Err(why) => Err(unusable(path, &why)),
    }
}

/// Refuses a folder that another user owns or can write.
///
/// # Errors
/// As [`folder`].
pub fn check_folder(path: &Path) -> Result<()> {
    judge_folder(path, &FileFacts::at(path).map_err(|why| unusable(path, &why))?)
}

fn judge_folder(path: &Path, found: &FileFacts) -> Result<()> {
    let shown = shown::path(path).to_string();
    if !found.metadata().is_dir() {
        return Err(refused(path, format!("{shown} is not a folder")));
    }
    found.rules().check_folder(path, &shown).map_err(|why| refused(path, why))
}

/// Opens a file written by the server, for reading, without following links.
///
/// # Errors
/// When it is a link, not a regular file, writable by others, or cannot be opened.
pub fn open_for_reading(path: &Path) -> io::Result<fs::File> {
    platform::open_for_reading(path)
}

/// Reads a file of at most this size, as [`open_for_reading`].
///
/// # Errors
/// As [`open_for_reading`], and for one that is larger.
pub fn read_whole(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_for_reading(path)?.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {max_bytes} bytes")));
    }
    Ok(bytes)
}

/// Reads a secret, if it exists.
///
/// # Errors
/// `configuration.invalid` for a secret that others can read or change, `resource.storage` for one that cannot be read.
pub fn read_secret(path: &Path, max_bytes: u64) -> Result<Option<Secret>> {
    let file = match open_secret(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|why| unusable(path, &why))?,
    };
    let found = FileFacts::of(&file).map_err(|why| unusable(path, &why))?;
    check_secret(path, &found)?;
    let found = found.metadata();
    if found.len() > max_bytes {
        return Err(refused(path, format!("{} is larger than any key file", shown::path(path))));
    }
    match read_opened_text(file, found, max_bytes) {
        Ok(text) => Ok(Some(Secret::new(&*text))),
        Err(why) if why.kind() == ErrorKind::InvalidData => {
            Err(refused(path, format!("the key file {} is damaged (it is not text)", shown::path(path))))
        }
        Err(why) => Err(unusable(path, &why)),
    }
}

/// Refuses an opened file with a secret that others can read or change. What was read is judged, and it must still be what
/// has this path, itself or by a link of root or of the service's user: so no link of others led to it.
///
/// # Errors
/// As [`read_secret`]; also when the path is gone or leads to another file by now.
pub fn check_opened_secret(path: &Path, opened: &FileFacts) -> Result<()> {
    let followed = FileFacts::at_itself(path).and_then(|here| match here.metadata().is_symlink() {
        true => here.rules().check_link().and_then(|()| FileFacts::at(path)),
        false => Ok(here),
    });
    let here = followed.map_err(|why| unusable(path, &why))?;
    if !here.is_same_file(opened) {
        return Err(refused(path, format!("{} was replaced while it was read: start again", shown::path(path))));
    }
    check_secret(path, opened)
}

/// Refuses a secret file that others can read or change. A missing file passes: reading it reports the error.
///
/// # Errors
/// As [`read_secret`].
pub fn check_secret_file(path: &Path) -> Result<()> {
    match open_secret(path).and_then(|file| FileFacts::of(&file)) {
        Ok(found) => check_secret(path, &found),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        Err(why) => Err(unusable(path, &why)),
    }
}

fn check_secret(path: &Path, found: &FileFacts) -> Result<()> {
    found.rules().check_secret(&shown::path(path).to_string()).map_err(|why| refused(path, why))
}

/// Whether there is no space, on the disk or for this user.
pub fn is_full(why: &io::Error) -> bool {
    matches!(why.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Writes a private file that is not there yet: it appears whole and on disk, or not at all. `false` if something has its name:
/// that stays, and is on disk too, so that whoever was second uses it.
///
/// # Errors
/// Those of the operating system.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let mut file = UnfinishedFile::beside(path, FileAccess::Owner).map_err(|(_, why)| why)?;
    file.file().write_all(bytes)?;
    match file.take_name(path) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(false),
        named => named.map(|()| true),
    }
}

/// Replaces a file of its owner's atomically: on failure the former file stays.
///
/// # Errors
/// `resource.storage`.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    write_as(path, FileAccess::Owner, bytes)
}

/// Replaces a file that others may read, as [`write_whole`].
///
/// # Errors
/// `resource.storage`.
pub fn write_whole_readable(path: &Path, bytes: &[u8]) -> Result<()> {
    write_as(path, FileAccess::Readable, bytes)
}

fn write_as(path: &Path, access: FileAccess, bytes: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = (|| {
        match fs::remove_file(&beside) {
            Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        let mut file = create_new(&beside, access)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        rename(&beside, path)?;
        // The name is on disk, too.
        sync_folder(folder_of(path))
    })();
    written.map_err(|why| unusable(path, &why))
}

/// The folder that a file is in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn refused(path: &Path, why: String) -> Error {
    Error::because(&row::CONFIGURATION, why).with("file", shown::path(path))
}

/// The error for an unusable file or folder.
pub fn unusable(path: &Path, why: &io::Error) -> Error {
    let shown = shown::path(path);
    Error::because(&row::STORAGE, format!("{shown} cannot be used: {why}")).with("file", shown)
}

#[cfg(test)]
mod tests;
