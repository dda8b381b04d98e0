//! Files inside an archive: ZIP (stored and deflated members) and gzip, read member by member.
//!
//! ```text
//!  input ─► FileMembers ─┬─► a plain file: its only member, without a name
//!                        └─► ZIP (through a temporary file), gzip (as it arrives) ─► members in the order of the directory,
//!                            those of one archive inside included
//! ```
//!
//! A member's name is a label for people: it is never a path, and nothing is written under it. Each member is unpacked as
//! it is read, within [`UnpackLimits`]; its length and its checksum are compared. A fault of the archive ends the reading; a
//! member that is another kind of file does not.

mod files;
mod gzip;
mod members;
mod names;
mod packed;
mod zip;

use bankchannel_foundation::model::Boundary;

pub(crate) use files::{each_file, each_member, none_of};
pub(crate) use members::{FileMember, FileMembers};

/// Maximum number of members of an archive, with folders and all that is skipped, and those of archives inside.
pub const MAX_MEMBERS: u64 = 10_000;
/// Maximum number of archives inside each other below the outer one.
const MAX_INSIDE: usize = 1;
/// How many times larger than its packed form a member may be, if it is larger than [`RATIO_FROM`]; and all members
/// together than the archive, if they are larger than [`TOTAL_RATIO_FROM`].
pub const MAX_RATIO: u64 = 100;
/// The size from which the ratio of a member counts, in bytes.
const RATIO_FROM: u64 = 1024 * 1024;
/// The size from which the ratio of all members together counts, in bytes.
const TOTAL_RATIO_FROM: u64 = 16 * 1024 * 1024;
/// Maximum number of bytes of an archive, and of all its members together, where a reader has no smaller limit.
pub const MAX_UNPACKED: u64 = 4 * 1024 * 1024 * 1024;

/// What an archive held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ArchiveContent {
    /// Its files, in order, as far as the result goes. Folders, empty files and what macOS adds are left out. That of an
    /// archive inside has the name of that one before it: `inner.zip!statement.xml`.
    pub members: Vec<ArchiveMember>,
    /// Remarks on the archive: that it is empty, bytes before its first file or behind its end.
    pub notes: Vec<String>,
}

/// A file in an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ArchiveMember {
    /// Its name: a label and never a path, without control characters. Of one of more than 100 characters the middle is
    /// left out; one that an earlier file has gets a number behind it.
    pub name: String,
    /// The reason why it was not read: another kind of file, or a fault. Left out if it was read.
    pub not_read: Option<String>,
}

crate::data::boxed!(ArchiveContent);

/// How much may come out of an archive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnpackLimits {
    /// Maximum number of bytes of all members together, and of the archive itself.
    pub(crate) unpacked: u64,
}

impl Default for UnpackLimits {
    fn default() -> Self {
        Self { unpacked: MAX_UNPACKED }
    }
}
