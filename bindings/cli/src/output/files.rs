//! New files: an existing one is never touched, and a failed write leaves nothing behind.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use bankchannel_foundation::shown;
use bankchannel_private_files::{FileAccess, create_new};
use zeroize::Zeroizing;

use crate::{
    exit::{CommandFailure, CommandOutcome},
    platform,
};

/// A file to write.
pub(crate) struct NewFile {
    /// Its path.
    pub(crate) path: PathBuf,
    /// Who may use it.
    pub(crate) access: FileAccess,
    /// Its content, which may be a private key.
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// Refuses existing paths, also a dangling link and a device.
pub(crate) fn check_new<'a>(paths: impl IntoIterator<Item = &'a Path>) -> CommandOutcome {
    match paths.into_iter().find(|path| is_taken(path)) {
        Some(taken) => Err(exists(taken)),
        None => Ok(()),
    }
}

fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok() || platform::is_device_name(path)
}

/// Writes a new file; an existing one is never touched.
pub(crate) fn write_new(path: &Path, access: FileAccess, bytes: &[u8]) -> CommandOutcome {
    let failed = |why: std::io::Error| match why.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => CommandFailure::usage(format!("{} cannot be written: {why}", shown::path(path))),
    };
    if platform::is_device_name(path) {
        return Err(exists(path));
    }
    let mut file = create_new(path, access).map_err(failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    written.map_err(|why| {
        // An incomplete file could be mistaken for a complete one.
        let _ = fs::remove_file(path);
        failed(why)
    })
}

/// Writes all of these, or none.
pub(crate) fn write_all_new(files: &[NewFile]) -> CommandOutcome {
    check_new(files.iter().map(|file| file.path.as_path()))?;
    for (done, file) in files.iter().enumerate() {
        if let Err(failure) = write_new(&file.path, file.access, &file.bytes) {
            for made in files.iter().take(done) {
                let _ = fs::remove_file(&made.path);
            }
            return Err(failure);
        }
    }
    Ok(())
}

fn exists(path: &Path) -> CommandFailure {
    CommandFailure::usage(format!("{} exists already and was not changed", shown::path(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_written_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| NewFile {
            path: folder.path().join(name),
            access: FileAccess::Owner,
            bytes: Zeroizing::new(name.as_bytes().to_vec()),
        };
        assert!(write_all_new(&[file("a"), file("no-folder/b")]).is_err());
        assert!(!folder.path().join("a").exists());
        fs::write(folder.path().join("b"), "kept").unwrap();
        assert!(write_all_new(&[file("a"), file("b")]).is_err());
        assert!(!folder.path().join("a").exists());
        assert_eq!(fs::read_to_string(folder.path().join("b")).unwrap(), "kept");
        write_all_new(&[file("a"), file("c")]).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("c")).unwrap(), "c");
    }
}
