//! A file that gets its name when it is complete.

use std::{
    fs::{self, File},
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use crate::{FileAccess, create_new, folder_of, rename, sync_folder, take_free_name};

/// The bytes of a file's name in its unfinished name: the whole stays below the 255 that file systems allow.
const NAME_PART: usize = 200;
/// The number of names to try if files with these names were left behind.
const NAME_TRIES: u32 = 8;

/// A file that is written under another name, in the folder of its own, and is on disk when it gets its own. Removed if it
/// is dropped before.
#[derive(Debug)]
pub struct UnfinishedFile {
    // Present until it is closed: an open file cannot be removed on every file system.
    file: Option<File>,
    path: PathBuf,
    /// Nothing was written since it was synced.
    is_synced: bool,
}

impl UnfinishedFile {
    /// Creates it beside the place where it will be.
    ///
    /// # Errors
    /// Those of the operating system, with the unfinished path; `InvalidInput` for a path that names no file.
    pub fn beside(target: &Path, access: FileAccess) -> Result<Self, (PathBuf, io::Error)> {
        let Some(name) = target.file_name() else {
            return Err((target.to_owned(), io::Error::new(ErrorKind::InvalidInput, "it names no file")));
        };
        let name = name.to_string_lossy();
        let mut tries = 1;
        loop {
            let path = target.with_file_name(unfinished_name(&name, random()));
            match create_new(&path, access) {
                Ok(file) => return Ok(Self { file: Some(file), path, is_synced: false }),
                Err(why) if why.kind() == ErrorKind::AlreadyExists && tries < NAME_TRIES => tries += 1,
                Err(why) => return Err((path, why)),
            }
        }
    }

    /// Its present path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open file.
    ///
    /// # Panics
    /// Never: it is open until it is named.
    pub fn file(&mut self) -> &mut File {
        self.is_synced = false;
        self.file.as_mut().expect("it is open until it is named")
    }

    /// Writes its content to the disk, which naming it does otherwise.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn sync(&mut self) -> io::Result<()> {
        if let Some(file) = self.file.as_ref().filter(|_| !self.is_synced) {
            file.sync_all()?;
            self.is_synced = true;
        }
        Ok(())
    }

    /// Gives it this name in the place of what has it.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn replace(mut self, target: &Path) -> io::Result<()> {
        self.close()?;
        rename(&self.path, target)?;
        sync_folder(folder_of(target))
    }

    /// Gives it this name if nothing has it: neither a file nor a link is overwritten.
    ///
    /// # Errors
    /// `AlreadyExists`, and those of the operating system.
    pub fn take_name(mut self, target: &Path) -> io::Result<()> {
        self.close()?;
        named(take_free_name(&self.path, target), target)
    }

    /// As [`take_name`](Self::take_name), also on a file system that has no way to do it in one step: there an empty file takes
    /// the name first. Not for a file that others wait for.
    ///
    /// # Errors
    /// `AlreadyExists`, and those of the operating system.
    pub fn take_name_anywhere(mut self, target: &Path) -> io::Result<()> {
        self.close()?;
        let taken = match take_free_name(&self.path, target) {
            Err(why) if matches!(why.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => {
                create_new(target, FileAccess::Owner)
                    .and_then(|_| rename(&self.path, target).inspect_err(|_| drop(fs::remove_file(target))))
            }
            taken => taken,
        };
        named(taken, target)
    }

    /// Its content is on disk first.
    fn close(&mut self) -> io::Result<()> {
        self.sync()?;
        drop(self.file.take());
        Ok(())
    }
}

/// Makes the name durable, also that of another file which was there: whoever was second uses it.
fn named(taken: io::Result<()>, target: &Path) -> io::Result<()> {
    match &taken {
        Err(why) if why.kind() != ErrorKind::AlreadyExists => {}
        _ => sync_folder(folder_of(target))?,
    }
    taken
}

impl Drop for UnfinishedFile {
    fn drop(&mut self) {
        drop(self.file.take());
        // It is gone if it was named.
        let _ = fs::remove_file(&self.path);
    }
}

fn unfinished_name(name: &str, suffix: u64) -> String {
    let end = (0..=NAME_PART.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!(".{}.{suffix:016x}.partial", &name[..end])
}

/// A number that another process, even one with the same id, is unlikely to get: the standard library seeds its maps
/// this way.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_is_named_when_it_is_complete_or_nothing_stays() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        let begun = |text: &str| {
            let mut file = UnfinishedFile::beside(&path, FileAccess::Owner).unwrap();
            file.file().write_all(text.as_bytes()).unwrap();
            file
        };
        let names = || fs::read_dir(place.path()).unwrap().count();
        drop(begun("dropped"));
        assert_eq!(names(), 0);
        begun("first").take_name(&path).unwrap();
        assert_eq!(begun("second").take_name(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(begun("second").take_name_anywhere(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names()), ("first", 1));
        begun("third").replace(&path).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names()), ("third", 1));
        assert!(UnfinishedFile::beside(&place.path().join("none/file"), FileAccess::Owner).is_err());
    }

    #[test]
    fn a_long_name_is_shortened_at_a_character() {
        assert!(unfinished_name(&"ä".repeat(120), u64::MAX).len() < 255);
        assert_ne!(random(), random());
        assert_eq!(unfinished_name("a.xml", 255), ".a.xml.00000000000000ff.partial");
    }
}
