//! Access lists, handles, identities of files. What the module `unix` says of each item holds here, too.

mod calls;
mod facts;

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Component, Path, PathBuf, Prefix},
    thread::sleep,
    time::{Duration, SystemTime},
};

use calls::{Descriptor, Opening};
use windows_sys::Win32::{
    Foundation::{
        ERROR_ACCESS_DENIED, ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION,
        GENERIC_READ, GENERIC_WRITE,
    },
    Storage::FileSystem::{
        CREATE_NEW, FILE_APPEND_DATA, FILE_ATTRIBUTE_NORMAL, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
        FILE_GENERIC_WRITE, FILE_LIST_DIRECTORY, FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ,
        FILE_SHARE_WRITE, FILE_WRITE_DATA, OPEN_ALWAYS, OPEN_EXISTING, READ_CONTROL, WRITE_DAC,
    },
};

use super::FileAccess;
pub use facts::{FileFacts, FileId, FileState};

const SHARED: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
/// `FILE_READ_ONLY_VOLUME`.
const READ_ONLY_VOLUME: u32 = 0x0008_0000;
/// A virus scanner or an indexer may hold a file for a moment: number of tries, and the pause between them.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// The access list of what is its owner's alone.
fn owner_alone(is_folder: bool) -> io::Result<Descriptor> {
    let own = calls::own_identity()?;
    let inherited = if is_folder { "OICI" } else { "" };
    Descriptor::from_text(&format!("O:{own}D:P(A;{inherited};FA;;;{own})"))
}

fn opened(path: &Path, access: u32, creation: u32, flags: u32) -> io::Result<File> {
    let made = match creation {
        OPEN_EXISTING => None,
        _ => Some(owner_alone(false)?),
    };
    let access = access | FILE_READ_ATTRIBUTES | READ_CONTROL;
    calls::open(path, &Opening { access, share: SHARED, creation, flags, descriptor: made.as_ref() })
}

/// What a path leads to, to look at it.
fn at(path: &Path) -> io::Result<File> {
    opened(path, 0, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS)
}

/// What has a path, to look at it.
fn at_itself(path: &Path) -> io::Result<File> {
    opened(path, 0, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
}

/// Creates a file for writing; there must be none, nor a link.
///
/// # Errors
/// Those of the operating system.
pub fn create_new(path: &Path, access: FileAccess) -> io::Result<File> {
    match access {
        FileAccess::Owner => {
            opened(path, GENERIC_WRITE, CREATE_NEW, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT)
        }
        FileAccess::Readable | FileAccess::Everyone => File::options().write(true).create_new(true).open(path),
    }
}

/// Creates a file of its owner's for writing, or empties it.
///
/// # Errors
/// Those of the operating system.
pub fn create_or_truncate(path: &Path) -> io::Result<File> {
    let file = opened(path, GENERIC_WRITE, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL)?;
    file.set_len(0)?;
    Ok(file)
}

/// Opens a file of its owner's for reading and writing, and creates it if there is none. A link is not followed.
///
/// # Errors
/// Those of the operating system.
pub fn open_or_create(path: &Path) -> io::Result<File> {
    open_plain(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS)
}

/// Opens a file that this user writes, as [`open_or_create`]. If others can read it, their access is removed.
///
/// # Errors
/// When it is a link, not a regular file, owned by another user, or cannot be opened.
pub fn open_own(path: &Path) -> io::Result<File> {
    owned(open_or_create(path)?)
}

/// Opens a file that this user appends to, as [`open_own`]: what is written goes to its end.
///
/// # Errors
/// As [`open_own`].
pub fn append_own(path: &Path) -> io::Result<File> {
    // With the right to write anywhere, it would not go to the end.
    owned(open_plain(path, FILE_GENERIC_WRITE & !FILE_WRITE_DATA | FILE_APPEND_DATA, OPEN_ALWAYS)?)
}

fn owned(file: File) -> io::Result<File> {
    let found = FileFacts::of(&file)?;
    if !found.is_own() {
        let why = format!("it belongs to {}", found.owner_name());
        return Err(io::Error::new(ErrorKind::PermissionDenied, why));
    }
    if found.is_open_to_others() {
        restrict_file(&file)?;
    }
    Ok(file)
}

/// Opens a file without following links, that others cannot write.
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    let file = open_plain(path, GENERIC_READ, OPEN_EXISTING)?;
    if FileFacts::of(&file)?.is_changed_by_others() {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "others can write it"));
    }
    Ok(file)
}

/// Opens a secret for reading; a link is followed if the system or this user made it.
pub(crate) fn open_secret(path: &Path) -> io::Result<File> {
    let found = FileFacts::at_itself(path)?;
    if !found.metadata().is_symlink() {
        return open_plain(path, GENERIC_READ, OPEN_EXISTING);
    }
    found.rules().check_link()?;
    plain(opened(path, GENERIC_READ, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL)?)
}

fn open_plain(path: &Path, access: u32, creation: u32) -> io::Result<File> {
    let file = opened(path, access, creation, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT)?;
    if file.metadata()?.is_symlink() {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "it is a link, which is not followed here"));
    }
    plain(file)
}

fn plain(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(ErrorKind::PermissionDenied, "it is not a regular file"))
    }
}

/// Closes an open file to others.
///
/// # Errors
/// Those of the operating system.
pub fn restrict_file(file: &File) -> io::Result<()> {
    calls::set_access_list(&calls::reopen(file, WRITE_DAC | READ_CONTROL, SHARED)?, &owner_alone(false)?)
}

/// Closes a folder to others.
///
/// # Errors
/// Those of the operating system.
pub fn restrict_folder(path: &Path) -> io::Result<()> {
    let folder = opened(path, WRITE_DAC, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS)?;
    calls::set_access_list(&folder, &owner_alone(true)?)
}

/// Creates a folder that only its owner can enter.
///
/// # Errors
/// Those of the operating system, `AlreadyExists` too.
pub fn make_folder(path: &Path) -> io::Result<()> {
    calls::create_folder(path, &owner_alone(true)?)
}

/// Creates a folder that only its owner can enter, and its parents; none that is there.
///
/// # Errors
/// Those of the operating system.
pub fn make_folders(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    match make_folder(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => {
            make_folders(path.parent().ok_or(why)?)?;
            there(path, make_folder(path))
        }
        made => there(path, made),
    }
}

/// Somebody else may have made it.
fn there(path: &Path, made: io::Result<()>) -> io::Result<()> {
    made.or_else(|why| if path.is_dir() { Ok(()) } else { Err(why) })
}

/// Refuses a folder whose new files others get, because they inherit its access list.
///
/// # Errors
/// `PermissionDenied` with the reason and the remedy.
pub fn check_heirs(folder: &Path) -> io::Result<()> {
    let checked = FileFacts::at(folder)?.rules().check_heirs(&folder.display().to_string());
    checked.map_err(|why| io::Error::new(ErrorKind::PermissionDenied, why))
}

/// Makes the names in a folder durable. They are: renames are written through, and a file that was synced has its name.
///
/// # Errors
/// None here.
pub const fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes the content of a file durable that is open for reading alone.
///
/// # Errors
/// Those of the operating system.
pub fn sync_opened(file: &File) -> io::Result<()> {
    // Only one who may write may ask for it.
    calls::reopen(file, GENERIC_WRITE, SHARED)?.sync_all()
}

/// Gives a file another name, in the place of what has it.
///
/// # Errors
/// Those of the operating system.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| match calls::rename_over(from, to) {
        // The standard library also replaces a file that somebody has open, where the file system can.
        Err(why) if is_code(&why, &[ERROR_ACCESS_DENIED]) => fs::rename(from, to),
        renamed => renamed,
    })
}

/// Gives a file another name if nothing has it: neither a file nor a link is overwritten. On failure it keeps its name.
///
/// # Errors
/// `AlreadyExists`, and those of the operating system.
pub fn take_free_name(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| calls::rename_to_free(from, to))
}

/// Tries again while another program looks at the file.
fn patiently(act: impl Fn() -> io::Result<()>) -> io::Result<()> {
    const HELD: [u32; 3] = [ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION];
    for _ in 1..TRIES {
        match act() {
            Err(why) if is_code(&why, &HELD) => sleep(PAUSE),
            done => return done,
        }
    }
    act()
}

fn is_code(why: &io::Error, codes: &[u32]) -> bool {
    why.raw_os_error().is_some_and(|code| codes.contains(&code.cast_unsigned()))
}

/// Cuts a file, or fills it with zeros, to this length in bytes.
///
/// # Errors
/// Those of the operating system.
pub fn set_length(file: &File, length: u64) -> io::Result<()> {
    // One that only appends has no right to it.
    calls::reopen(file, GENERIC_WRITE, SHARED)?.set_len(length)
}

/// Fills the buffer from this offset. The file's position is moved.
///
/// # Errors
/// Those of the operating system; `UnexpectedEof` for a file that is shorter.
pub fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    while !bytes.is_empty() {
        match file.seek_read(bytes, offset) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                bytes = &mut bytes[count..];
                offset += count as u64;
            }
            Err(why) if why.kind() == ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    Ok(())
}

/// The absolute path without links, in the form that people write.
///
/// # Errors
/// Those of the operating system.
pub fn plain_canonical(path: &Path) -> io::Result<PathBuf> {
    /// The most that programs without support for long paths take.
    const PLAIN_MAX: usize = 259;
    let whole = path.canonicalize()?;
    let text = whole.to_str().filter(|text| text.len() <= PLAIN_MAX);
    let plain = match (whole.components().next(), text) {
        (Some(Component::Prefix(prefix)), Some(text)) => match prefix.kind() {
            Prefix::VerbatimDisk(_) => text.strip_prefix(r"\\?\").map(PathBuf::from),
            Prefix::VerbatimUNC(..) => text.strip_prefix(r"\\?\UNC").map(|share| PathBuf::from(format!(r"\{share}"))),
            _ => None,
        },
        _ => None,
    };
    // Names of devices, and those that end with a dot or a blank, mean something else in the short form.
    let is_same = |plain: &PathBuf| std::path::absolute(plain).is_ok_and(|whole| whole == *plain);
    Ok(plain.filter(is_same).unwrap_or(whole))
}

/// The number of names of an open file: none once it is removed.
///
/// # Errors
/// Those of the operating system.
pub fn link_count(file: &File) -> io::Result<u64> {
    calls::information(file).map(|found| u64::from(found.nNumberOfLinks))
}

/// Whether closing any handle of a file ends this process's locks on it: locks belong to handles.
pub const fn same_file_locks_end_with_any_handle() -> bool {
    false
}

/// Whether the path is on a read-only file system: mounted secrets can have any access list there, as no user can write.
#[must_use]
pub fn is_read_only(path: &Path) -> bool {
    at(path).and_then(|file| calls::volume_flags(&file)).is_ok_and(|flags| flags & READ_ONLY_VOLUME != 0)
}

/// The bytes that this user may still write, if the file system says.
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    calls::free_bytes(folder).ok()
}

/// Whether so many bytes have room in an open file. They are allocated, not written.
#[must_use]
pub fn has_room(file: &File, bytes: u64) -> bool {
    match calls::allocate(file, bytes) {
        Ok(()) => true,
        // Not every file system can.
        Err(why) => !is_code(&why, &[ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED]),
    }
}

/// A folder of this user's own. While it is open, nothing can take its place.
#[derive(Debug)]
pub struct OpenFolder {
    path: PathBuf,
    _held: File,
}

impl OpenFolder {
    /// Opens it. A link is followed only in the place that a setting names.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn open(path: &Path, is_named_by_setting: bool) -> io::Result<Self> {
        let link = if is_named_by_setting { 0 } else { FILE_FLAG_OPEN_REPARSE_POINT };
        let how = Opening {
            access: FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES,
            // Nobody can rename or remove it meanwhile.
            share: FILE_SHARE_READ | FILE_SHARE_WRITE,
            creation: OPEN_EXISTING,
            flags: FILE_FLAG_BACKUP_SEMANTICS | link,
            descriptor: None,
        };
        let held = calls::open(path, &how)?;
        let found = held.metadata()?;
        if found.is_symlink() || !found.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        // A link may lead elsewhere later: what is held is named by its own path.
        let own = if is_named_by_setting { plain_canonical(path)? } else { path.to_owned() };
        if FileId::at(&own)? != FileId::of(&held)? {
            return Err(io::Error::other("it was replaced while it was opened"));
        }
        Ok(Self { path: own, _held: held })
    }

    /// Creates a private file in it; there must be none of this name.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn create(&self, name: &str) -> io::Result<File> {
        create_new(&self.path.join(name), FileAccess::Owner)
    }

    /// Moves a file into it; `CrossesDevices` if it is on another file system.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn adopt(&self, from: &Path, name: &str) -> io::Result<()> {
        rename(from, &self.path.join(name))
    }

    /// Removes a file.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    /// The regular files in it, with the time of their last change. Names that are not Unicode are left out.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn files(&self) -> io::Result<Vec<(String, SystemTime)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)?.flatten() {
            let (Ok(name), Ok(found)) = (entry.file_name().into_string(), entry.metadata()) else { continue };
            if let (true, Ok(modified)) = (found.is_file(), found.modified()) {
                files.push((name, modified));
            }
        }
        Ok(files)
    }

    /// Makes the names in it durable.
    ///
    /// # Errors
    /// None here.
    pub const fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
