//! Modes, owners, descriptors.

mod facts;

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::{
    fs::{AtFlags, CWD, Dir, FallocateFlags, FileType, Mode, OFlags, RenameFlags, StatVfsMountFlags},
    io::Errno,
    process::geteuid,
};

use super::FileAccess;
use facts::FileRules;
pub use facts::{FileFacts, FileId, FileState};

/// Permission bits of group and others.
const OTHERS: u32 = 0o077;
/// Permission bits that group and others may not have on a folder.
const OTHERS_WRITE: u32 = 0o022;
const OWN_FILE: u32 = 0o600;
const OWN_FOLDER: u32 = 0o700;

const fn mode_of(access: FileAccess) -> u32 {
    match access {
        FileAccess::Owner => OWN_FILE,
        FileAccess::Readable => 0o644,
        FileAccess::Everyone => 0o666,
    }
}

/// Creates a file for writing; there must be none, nor a link.
///
/// # Errors
/// Those of the operating system.
pub fn create_new(path: &Path, access: FileAccess) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(mode_of(access)).open(path)
}

/// Creates a file of its owner's for writing, or empties it.
///
/// # Errors
/// Those of the operating system.
pub fn create_or_truncate(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(OWN_FILE).open(path)
}

/// Opens a file of its owner's for reading and writing, and creates it if there is none. A link is not followed.
///
/// # Errors
/// Those of the operating system.
pub fn open_or_create(path: &Path) -> io::Result<File> {
    open_plain(path, read_write().mode(OWN_FILE))
}

/// Opens a file that this user writes, as [`open_or_create`]. If others can read it, their access is removed.
///
/// # Errors
/// When it is a link, not a regular file, owned by another user, or cannot be opened.
pub fn open_own(path: &Path) -> io::Result<File> {
    owned(open_plain(path, &mut read_write())?)
}

/// Opens a file that this user appends to, as [`open_own`]: what is written goes to its end.
///
/// # Errors
/// As [`open_own`].
pub fn append_own(path: &Path) -> io::Result<File> {
    owned(open_plain(path, OpenOptions::new().append(true).create(true))?)
}

fn read_write() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options
}

fn owned(file: File) -> io::Result<File> {
    let found = file.metadata()?;
    if found.uid() != geteuid().as_raw() {
        return Err(io::Error::new(ErrorKind::PermissionDenied, format!("it belongs to user {}", found.uid())));
    }
    if found.permissions().mode() & OTHERS != 0 {
        restrict_file(&file)?;
    }
    Ok(file)
}

/// Opens a file without following links, that others cannot write.
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    let file = open_plain(path, OpenOptions::new().read(true))?;
    if file.metadata()?.permissions().mode() & OTHERS_WRITE != 0 {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "others can write it"));
    }
    Ok(file)
}

/// Opens a secret for reading; a link is followed if root or this user made it.
pub(crate) fn open_secret(path: &Path) -> io::Result<File> {
    let mut how = OpenOptions::new();
    how.read(true);
    let link = match fs::symlink_metadata(path)? {
        found if found.is_symlink() => found,
        _ => return open_plain(path, &mut how),
    };
    FileRules(&link).check_link()?;
    plain(how.custom_flags(flags(OFlags::NONBLOCK)).open(path)?)
}

fn open_plain(path: &Path, how: &mut OpenOptions) -> io::Result<File> {
    let opened = how.mode(OWN_FILE).custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK)).open(path);
    match opened {
        Err(why) if why.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            Err(io::Error::new(ErrorKind::PermissionDenied, "it is a link, which is not followed here"))
        }
        opened => plain(opened?),
    }
}

fn plain(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(ErrorKind::PermissionDenied, "it is not a regular file"))
    }
}

/// Converts open flags; the bits always fit, as they come from the same `int`.
fn flags(flags: OFlags) -> i32 {
    i32::try_from(flags.bits()).unwrap_or_default()
}

/// Closes an open file to others.
///
/// # Errors
/// Those of the operating system.
pub fn restrict_file(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(OWN_FILE))
}

/// Closes a folder to others.
///
/// # Errors
/// Those of the operating system.
pub fn restrict_folder(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(OWN_FOLDER))
}

/// Creates a folder that only its owner can enter.
///
/// # Errors
/// Those of the operating system, `AlreadyExists` too.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(OWN_FOLDER).create(path)
}

/// Creates a folder that only its owner can enter, and its parents; none that is there.
///
/// # Errors
/// Those of the operating system.
pub fn make_folders(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(OWN_FOLDER).create(path)
}

/// Refuses a folder whose new files others get: a file has its own mode here.
///
/// # Errors
/// None here.
pub const fn check_heirs(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes the names in a folder durable.
///
/// # Errors
/// Those of the operating system.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes the content of a file durable that is open for reading alone.
///
/// # Errors
/// Those of the operating system.
pub fn sync_opened(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// Gives a file another name, in the place of what has it.
///
/// # Errors
/// Those of the operating system.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Gives a file another name if nothing has it: neither a file nor a link is overwritten. On failure it keeps its name.
///
/// # Errors
/// `AlreadyExists`, and those of the operating system.
pub fn take_free_name(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to).map_err(with_kind) {
        // A file system without links.
        Err(why) if matches!(why.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => {
            let renamed = rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE);
            renamed.map_err(|without| if without == Errno::EXIST { without.into() } else { why })
        }
        // Whoever made it removes what is left of it.
        linked => linked.map(|()| drop(fs::remove_file(from))),
    }
}

/// On macOS a file system without something says so by a number that the standard library has no kind for.
fn with_kind(why: io::Error) -> io::Error {
    match why.raw_os_error() {
        Some(number) if number == Errno::NOTSUP.raw_os_error() && why.kind() != ErrorKind::Unsupported => {
            ErrorKind::Unsupported.into()
        }
        _ => why,
    }
}

/// Cuts a file, or fills it with zeros, to this length in bytes.
///
/// # Errors
/// Those of the operating system.
pub fn set_length(file: &File, length: u64) -> io::Result<()> {
    file.set_len(length)
}

/// Fills the buffer from this offset. The file's position is not used.
///
/// # Errors
/// Those of the operating system; `UnexpectedEof` for a file that is shorter.
pub fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(bytes, offset)
}

/// The absolute path without links.
///
/// # Errors
/// Those of the operating system.
pub fn plain_canonical(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// The number of names of an open file: none once it is removed.
///
/// # Errors
/// Those of the operating system.
pub fn link_count(file: &File) -> io::Result<u64> {
    file.metadata().map(|found| found.nlink())
}

/// Whether closing any handle of a file ends this process's locks on it (`fcntl` locks belong to processes).
pub const fn same_file_locks_end_with_any_handle() -> bool {
    true
}

/// Whether the path is on a read-only file system: mounted secrets can have any mode there, as no user can write.
#[must_use]
pub fn is_read_only(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// The bytes that this user may still write, if the file system says.
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Whether so many bytes have room in an open file. They are allocated, not written.
#[must_use]
pub fn has_room(file: &File, bytes: u64) -> bool {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => true,
        // Not every file system can.
        Err(why) => !matches!(why, Errno::NOSPC | Errno::DQUOT),
    }
}

/// A folder of this user's own. What is done through it reaches this folder, whatever takes its place later.
#[derive(Debug)]
pub struct OpenFolder(File);

impl OpenFolder {
    /// Opens it. A link is followed only in the place that a setting names.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn open(path: &Path, is_named_by_setting: bool) -> io::Result<Self> {
        let follow = if is_named_by_setting { OFlags::empty() } else { OFlags::NOFOLLOW };
        let how = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | follow;
        Ok(Self(rustix::fs::open(path, how, Mode::empty())?.into()))
    }

    /// Creates a private file in it; there must be none of this name.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn create(&self, name: &str) -> io::Result<File> {
        let how = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(&self.0, name, how, Mode::RUSR | Mode::WUSR)?))
    }

    /// Moves a file into it; `CrossesDevices` if it is on another file system.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn adopt(&self, from: &Path, name: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(CWD, from, &self.0, name)?)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// The regular files in it, with the time of their last change. Names that are not UTF-8 are left out.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn files(&self) -> io::Result<Vec<(String, SystemTime)>> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.0)?.flatten() {
            let Ok(name) = entry.file_name().to_str() else { continue };
            let Ok(found) = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            if FileType::from_raw_mode(found.st_mode) == FileType::RegularFile {
                let seconds = u64::try_from(found.st_mtime).unwrap_or_default();
                files.push((name.to_owned(), UNIX_EPOCH + Duration::from_secs(seconds)));
            }
        }
        Ok(files)
    }

    /// Makes the names in it durable.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

#[cfg(test)]
mod tests;
