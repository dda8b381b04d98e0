//! The data folder and the store in it.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_storage::{Store, StoreError};

use super::config::Config;

/// Below the data folder: uploads on their way in.
pub(crate) const SPOOL: &str = "spool";
/// Below the data folder: content too large for a row.
pub(crate) const FILES: &str = "files";

/// Makes the data folder, or a temporary one that goes when the handle is dropped.
///
/// # Errors
/// `resource.storage`.
pub(crate) fn prepare(given: Option<&str>) -> Result<(PathBuf, Option<tempfile::TempDir>)> {
    let (data, temporary) = match given {
        Some(path) => (PathBuf::from(path), None),
        None => {
            let folder = tempfile::tempdir().map_err(|why| unusable(Path::new("(temporary)"), &why))?;
            (folder.path().to_owned(), Some(folder))
        }
    };
    for folder in [data.clone(), data.join(SPOOL), data.join(FILES)] {
        private_folder(&folder)?;
    }
    let data = data.canonicalize().map_err(|why| unusable(&data, &why))?;
    Ok((data, temporary))
}

/// Makes a folder that only its owner can enter, where it is not there yet.
///
/// # Errors
/// `resource.storage`.
pub(crate) fn private_folder(folder: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|why| unusable(folder, &why))
}

/// Opens the configured store.
///
/// # Errors
/// `resource.storage`, with the cause and what to do.
pub(crate) async fn open_store(config: &Config, data: &Path) -> Result<Store> {
    let opened = match &config.postgres_url {
        Some(url) => Store::connect_postgres(url).await,
        None => Store::open_sqlite(data).await,
    };
    opened.map_err(storage)
}

/// A fault of the store for somebody who is not a client.
pub(crate) fn storage(why: StoreError) -> Error {
    Error::because(&row::STORAGE, why.to_string())
}

/// A file or folder that cannot be used.
pub(crate) fn unusable(path: &Path, why: &std::io::Error) -> Error {
    Error::because(&row::STORAGE, format!("{} cannot be used: {why}", path.display())).with("file", path.display())
}
