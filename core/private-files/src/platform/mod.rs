//! What differs between systems. Each has a module with the same items, and nothing else of the project names a system for
//! its files: callers say who may use a file, not by which mode or access list.
//!
//! | here | Unix | Windows |
//! |---|---|---|
//! | the owner alone | mode 0600 or 0700 | an access list that names the user alone, given when the file is made |
//! | root | user 0 | SYSTEM, and the group Administrators |
//! | identity | device and inode | volume and file id |
//! | names are durable | the folder is synced | renames are written through, and the file system has the names of files that were synced |

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

pub use system::{
    FileFacts, FileId, FileState, OpenFolder, append_own, check_heirs, create_new, create_or_truncate, free_bytes,
    has_room, is_read_only, link_count, make_folder, make_folders, open_or_create, open_own, plain_canonical,
    read_exact_at, rename, restrict_file, restrict_folder, same_file_locks_end_with_any_handle, set_length,
    sync_folder, sync_opened, take_free_name,
};
pub(crate) use system::{open_for_reading, open_secret};

/// Who may use a file that is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileAccess {
    /// Its owner alone.
    Owner,
    /// Its owner; others may read it, as far as the folder or the umask lets them.
    Readable,
    /// Everyone, as far as the folder or the umask lets them.
    Everyone,
}
