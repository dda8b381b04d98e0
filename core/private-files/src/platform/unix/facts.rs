//! What is known of a file, and the rules by owners and modes.

use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use rustix::process::{getegid, geteuid, getgroups};

use super::{OTHERS, OTHERS_WRITE, OWN_FILE, OWN_FOLDER, is_read_only};

/// Permission bits that group and others may not have on a secret that root owns.
const BEYOND_GROUP_READ: u32 = 0o037;
const ROOT: u32 = 0;

/// Which file it is, whatever its name: equal for two names of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The one of an open file.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn of(file: &File) -> io::Result<Self> {
        file.metadata().map(|found| Self::from_metadata(&found))
    }

    /// The one of what a path leads to.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn at(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|found| Self::from_metadata(&found))
    }

    /// The one of what has a path; of a link, its own.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn at_itself(path: &Path) -> io::Result<Self> {
        fs::symlink_metadata(path).map(|found| Self::from_metadata(&found))
    }

    fn from_metadata(found: &Metadata) -> Self {
        Self { device: found.dev(), inode: found.ino() }
    }
}

/// What reveals a change of a file: size, and the times of the last change of content and of metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileState {
    /// That of an open file.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn of(file: &File) -> io::Result<Self> {
        let found = file.metadata()?;
        Ok(Self {
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }

    /// The size in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
}

/// What is known of a file or folder: what it is, whose, and who may use it.
#[derive(Debug)]
pub struct FileFacts(Metadata);

impl FileFacts {
    /// Of an open file.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn of(file: &File) -> io::Result<Self> {
        file.metadata().map(Self)
    }

    /// Of what a path leads to.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn at(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(Self)
    }

    /// Of what has a path, the link itself.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn at_itself(path: &Path) -> io::Result<Self> {
        fs::symlink_metadata(path).map(Self)
    }

    /// Kind, size, times.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.0
    }

    /// Whether this user owns it.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn is_own(&self) -> bool {
        self.0.uid() == geteuid().as_raw()
    }

    /// Refuses, with the reason and the remedy, what anybody but its owner can use.
    ///
    /// # Errors
    /// The text, after the path.
    pub fn require_owner_alone(&self, path: &str) -> Result<(), String> {
        let wanted = if self.0.is_dir() { OWN_FOLDER } else { OWN_FILE };
        let mode = self.0.permissions().mode() & 0o7777;
        if mode == wanted {
            return Ok(());
        }
        Err(format!("has mode {mode:04o}; it holds secrets and must have {wanted:04o}: chmod {wanted:o} {path}"))
    }

    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        FileId::from_metadata(&self.0) == FileId::from_metadata(&other.0)
    }

    pub(crate) const fn rules(&self) -> FileRules<'_> {
        FileRules(&self.0)
    }
}

/// The rules of a service's files.
pub(crate) struct FileRules<'a>(pub(super) &'a Metadata);

impl FileRules<'_> {
    /// A folder that other users neither own nor can write. The text is for people.
    pub(crate) fn check_folder(&self, path: &Path, shown: &str) -> Result<(), String> {
        let (own, found) = (geteuid().as_raw(), self.0);
        if found.uid() != own && found.uid() != ROOT {
            return Err(format!(
                "the folder {shown} belongs to user {}, the service runs as user {own}: chown {own} it, or give the service a \
                 folder of its own",
                found.uid()
            ));
        }
        let mode = found.permissions().mode() & 0o7777;
        if mode & OTHERS_WRITE != 0 && !is_read_only(path) {
            return Err(format!("the folder {shown} can be written by others (mode {mode:04o}): chmod 700 it"));
        }
        Ok(())
    }

    /// A link of root or of this user.
    pub(crate) fn check_link(&self) -> io::Result<()> {
        if [ROOT, geteuid().as_raw()].contains(&self.0.uid()) {
            return Ok(());
        }
        Err(io::Error::new(ErrorKind::PermissionDenied, format!("it is a link of user {}", self.0.uid())))
    }

    /// A secret that no other user can read or change. The text is for people.
    pub(crate) fn check_secret(&self, shown: &str) -> Result<(), String> {
        let (own, found) = (geteuid().as_raw(), self.0);
        let mode = found.permissions().mode() & 0o7777;
        if found.uid() == own && mode & OTHERS == 0 {
            return Ok(());
        }
        if found.uid() == ROOT && mode & BEYOND_GROUP_READ == 0 && (mode & OTHERS == 0 || is_own_group(found.gid())) {
            return Ok(());
        }
        Err(if found.uid() != own && found.uid() != ROOT {
            format!(
                "the key file {shown} belongs to user {}, the service runs as user {own}: chown {own} it",
                found.uid()
            )
        } else if found.uid() == own && own != ROOT {
            format!("the key file {shown} can be read by others (mode {mode:04o}): chmod 600 it")
        } else {
            format!(
                "the key file {shown} can be read by others (mode {mode:04o}, group {}): chmod 600 it, or 440 with owner root and \
                 the service's own group",
                found.gid()
            )
        })
    }
}

fn is_own_group(group: u32) -> bool {
    getegid().as_raw() == group || getgroups().is_ok_and(|all| all.iter().any(|one| one.as_raw() == group))
}
