//! What is known of a file, and the rules by owners and access lists.

use std::{
    fs::{File, Metadata},
    io::{self, ErrorKind},
    path::Path,
};

use super::{
    at, at_itself,
    calls::{self, AccessEntry, AccessList},
    is_read_only,
};

/// SYSTEM, Administrators, the owner's rights, the installer of Windows: the part that root plays elsewhere.
const SYSTEMS: [&str; 4] =
    ["S-1-5-18", "S-1-5-32-544", "S-1-3-4", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"];
const ALLOWS: u8 = 0;
const DENIES: u8 = 1;
/// An entry for what is made inside, not for the folder itself.
const INHERIT_ONLY: u8 = 8;
/// An entry that files made inside get, too.
const FILES_INHERIT: u8 = 1;
/// Reading the content: of the file, or by a general right.
const READS: u32 = 0x0000_0001 | 0x8000_0000 | 0x1000_0000;
/// Writing, appending, removing, changing attributes (they make a link of a folder), rights or owner; in a folder, making and
/// removing what is in it.
const CHANGES: u32 = 0x0000_0002
    | 0x0000_0004
    | 0x0000_0010
    | 0x0000_0040
    | 0x0000_0100
    | 0x0001_0000
    | 0x0004_0000
    | 0x0008_0000
    | 0x4000_0000
    | 0x1000_0000;

/// Which file it is, whatever its name: equal for two names of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    volume: u32,
    index: u64,
}

impl FileId {
    /// The one of an open file.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn of(file: &File) -> io::Result<Self> {
        let found = calls::information(file)?;
        let index = u64::from(found.nFileIndexHigh) << 32 | u64::from(found.nFileIndexLow);
        Ok(Self { volume: found.dwVolumeSerialNumber, index })
    }

    /// The one of what a path leads to.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn at(path: &Path) -> io::Result<Self> {
        Self::of(&at(path)?)
    }

    /// The one of what has a path; of a link, its own.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn at_itself(path: &Path) -> io::Result<Self> {
        Self::of(&at_itself(path)?)
    }
}

/// What reveals a change of a file: size, and the times of the last change of content and of metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    size: u64,
    modified: i64,
    changed: i64,
}

impl FileState {
    /// That of an open file.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn of(file: &File) -> io::Result<Self> {
        let times = calls::times(file)?;
        Ok(Self { size: file.metadata()?.len(), modified: times.LastWriteTime, changed: times.ChangeTime })
    }

    /// The size in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
}

/// What is known of a file or folder: what it is, whose, and who may use it.
#[derive(Debug)]
pub struct FileFacts {
    metadata: Metadata,
    id: FileId,
    /// In the form `S-1-…`.
    owner: String,
    /// One that can read it and is neither its user nor the system.
    reader: Option<String>,
    /// One that can change it.
    changer: Option<String>,
    /// One that can read or change what is made in it.
    heir: Option<String>,
}

impl FileFacts {
    /// Of an open file.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn of(file: &File) -> io::Result<Self> {
        let AccessList { owner, entries } = calls::access_list(file)?;
        let own = calls::own_identity()?;
        let other = |rights: u32| match &entries {
            // Without a list everybody may do everything.
            None => Some("S-1-1-0".to_owned()),
            Some(entries) => {
                let given = entries.iter().find(|entry| entry.flags & INHERIT_ONLY == 0 && gives(entry, rights, own));
                given.map(|entry| entry.identity.clone())
            }
        };
        let (reader, changer) = (other(READS), other(CHANGES));
        let inherited = |entry: &&AccessEntry| entry.flags & FILES_INHERIT != 0 && gives(entry, READS | CHANGES, own);
        let heir = entries.iter().flatten().find(inherited).map(|entry| entry.identity.clone());
        Ok(Self { metadata: file.metadata()?, id: FileId::of(file)?, owner, reader, changer, heir })
    }

    /// Of what a path leads to.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn at(path: &Path) -> io::Result<Self> {
        Self::of(&at(path)?)
    }

    /// Of what has a path, the link itself.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn at_itself(path: &Path) -> io::Result<Self> {
        Self::of(&at_itself(path)?)
    }

    /// Kind, size, times.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Whether this user owns it.
    #[must_use]
    pub fn is_own(&self) -> bool {
        calls::own_identity().is_ok_and(|own| own == self.owner)
    }

    /// Whether others than its owner can use it.
    pub(super) const fn is_open_to_others(&self) -> bool {
        self.reader.is_some() || self.changer.is_some()
    }

    pub(super) const fn is_changed_by_others(&self) -> bool {
        self.changer.is_some()
    }

    pub(super) fn owner_name(&self) -> String {
        calls::name_of(&self.owner)
    }

    /// Refuses, with the reason and the remedy, what anybody but its owner can use.
    ///
    /// # Errors
    /// The text, after the path.
    pub fn require_owner_alone(&self, path: &str) -> Result<(), String> {
        match self.reader.as_ref().or(self.changer.as_ref()) {
            None => Ok(()),
            Some(other) => Err(format!(
                "can be used by {}; it holds secrets and must be its owner's alone: {}",
                calls::name_of(other),
                self.remedy(path, other)
            )),
        }
    }

    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        self.id == other.id
    }

    pub(crate) const fn rules(&self) -> FileRules<'_> {
        FileRules(self)
    }

    fn is_of_system(&self) -> bool {
        SYSTEMS.contains(&&*self.owner)
    }

    /// The command that closes it to this one and to all that its folder lets in.
    fn remedy(&self, path: &str, other: &str) -> String {
        let rights = if self.metadata.is_dir() { "(OI)(CI)F" } else { "F" };
        format!(r#"icacls "{path}" /inheritance:r /remove:g "*{other}" /grant:r "{}:{rights}""#, own_name())
    }
}

/// Whether an entry gives one of these rights to somebody else. One of a kind that is not read counts as one that does.
fn gives(entry: &AccessEntry, rights: u32, own: &str) -> bool {
    entry.kind != DENIES
        && entry.mask & rights != 0
        && (entry.kind != ALLOWS || entry.identity != own && !SYSTEMS.contains(&&*entry.identity))
}

fn own_name() -> String {
    calls::own_identity().map_or_else(|_| "this user".to_owned(), calls::name_of)
}

/// The rules of a service's files.
pub(crate) struct FileRules<'a>(&'a FileFacts);

impl FileRules<'_> {
    /// A folder that other users neither own nor can write. The text is for people.
    pub(crate) fn check_folder(&self, path: &Path, shown: &str) -> Result<(), String> {
        let found = self.0;
        if !found.is_own() && !found.is_of_system() {
            return Err(format!(
                "the folder {shown} belongs to {}, the service runs as {}: give the service a folder of its own",
                found.owner_name(),
                own_name()
            ));
        }
        match &found.changer {
            Some(other) if !is_read_only(path) => {
                let (name, remedy) = (calls::name_of(other), found.remedy(shown, other));
                Err(format!("the folder {shown} can be changed by {name}: {remedy}"))
            }
            _ => self.check_heirs(shown),
        }
    }

    /// A folder whose new files only its owner gets: SQLite makes some without a list of their own. The text is for people.
    pub(crate) fn check_heirs(&self, shown: &str) -> Result<(), String> {
        let Some(other) = &self.0.heir else { return Ok(()) };
        let (name, remedy) = (calls::name_of(other), self.0.remedy(shown, other));
        Err(format!("files that are made in the folder {shown} can be used by {name}: {remedy}"))
    }

    /// A link of the system or of this user.
    pub(crate) fn check_link(&self) -> io::Result<()> {
        if self.0.is_own() || self.0.is_of_system() {
            return Ok(());
        }
        Err(io::Error::new(ErrorKind::PermissionDenied, format!("it is a link of {}", self.0.owner_name())))
    }

    /// A secret that no other user can read or change. The text is for people.
    pub(crate) fn check_secret(&self, shown: &str) -> Result<(), String> {
        let found = self.0;
        if !found.is_own() && !found.is_of_system() {
            return Err(format!(
                "the key file {shown} belongs to {}, the service runs as {}: copy it as that user",
                found.owner_name(),
                own_name()
            ));
        }
        match found.reader.as_ref().or(found.changer.as_ref()) {
            None => Ok(()),
            Some(other) => Err(format!(
                "the key file {shown} can be read by others ({}): {}",
                calls::name_of(other),
                found.remedy(shown, other)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_counts_if_it_gives_the_right_to_somebody_else() {
        let own = "S-1-5-21-1-2-3-1001";
        let entry =
            |kind, flags, mask, identity: &str| AccessEntry { kind, flags, mask, identity: identity.to_owned() };
        for identity in [own, "S-1-5-18", "S-1-5-32-544"] {
            assert!(!gives(&entry(ALLOWS, 0, READS, identity), READS, own), "{identity}");
        }
        for identity in ["S-1-1-0", "S-1-5-21-1-2-3-1002"] {
            assert!(gives(&entry(ALLOWS, 0, READS, identity), READS, own), "{identity}");
            assert!(!gives(&entry(ALLOWS, 0, 0x20, identity), READS, own), "another right");
            assert!(!gives(&entry(DENIES, 0, READS, identity), READS, own));
        }
        assert!(gives(&entry(9, 0, READS, ""), READS, own), "a kind that is not read");
    }
}
