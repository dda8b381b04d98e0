//! New files: an existing one is never touched, and a failed write leaves nothing behind.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use bankchannel_foundation::shown;
use zeroize::Zeroizing;

use crate::exit::{CommandFailure, CommandOutcome};

/// A file to write.
pub(crate) struct NewFile {
    /// Its path.
    pub(crate) path: PathBuf,
    /// Its permissions.
    pub(crate) mode: u32,
    /// Its content, which may be a private key.
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// Refuses existing paths, also a dangling link.
pub(crate) fn check_new<'a>(paths: impl IntoIterator<Item = &'a Path>) -> CommandOutcome {
    match paths.into_iter().find(|path| path.symlink_metadata().is_ok()) {
        Some(taken) => Err(exists(taken)),
        None => Ok(()),
    }
}

/// Writes a new file; an existing one is never touched.
pub(crate) fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> CommandOutcome {
    let failed = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::AlreadyExists => exists(path),
        _ => CommandFailure::usage(format!("{} cannot be written: {why}", shown::path(path))),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
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
        if let Err(failure) = write_new(&file.path, file.mode, &file.bytes) {
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
            mode: 0o600,
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
