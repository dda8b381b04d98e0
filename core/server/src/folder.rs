//! A counterpart's data folder.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use bankchannel_foundation::Result;

pub use crate::private::{folder as private_folder, unusable};
use crate::temporary::TemporaryFolder;

/// Creates the data folder, or a temporary one that is removed when the handle is dropped.
///
/// # Errors
/// `resource.storage`.
pub fn prepare(given: Option<&str>) -> Result<(PathBuf, Option<TemporaryFolder>)> {
    let (data, temporary) = match given {
        Some(path) => (PathBuf::from(path), None),
        None => {
            let folder = TemporaryFolder::make()?;
            (folder.path().to_owned(), Some(folder))
        }
    };
    private_folder(&data)?;
    let data = data.canonicalize().map_err(|why| unusable(&data, &why))?;
    Ok((data, temporary))
}

/// Replaces a file atomically, with this mode: on failure the former file stays.
///
/// # Errors
/// `resource.storage`.
pub fn write_whole(path: &Path, mode: u32, bytes: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = (|| {
        match fs::remove_file(&beside) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    written.map_err(|why| unusable(path, &why))
}
