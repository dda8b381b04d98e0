//! The data folder and the store in it.

use std::path::{Path, PathBuf};

use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_storage::{Store, StoreError};

use super::config::Config;
use crate::folder;
pub(crate) use crate::folder::{private_folder, unusable};
use crate::temporary::Temporary;

/// Below the data folder: uploads on their way in.
pub(crate) const SPOOL: &str = "spool";
/// Below the data folder: content too large for a row.
pub(crate) const FILES: &str = "files";

/// Makes the data folder, or a temporary one that goes when the handle is dropped.
///
/// # Errors
/// `resource.storage`.
pub(crate) fn prepare(given: Option<&str>) -> Result<(PathBuf, Option<Temporary>)> {
    let (data, temporary) = folder::prepare(given)?;
    for folder in [SPOOL, FILES] {
        private_folder(&data.join(folder))?;
    }
    Ok((data, temporary))
}

/// Opens the configured store.
///
/// # Errors
/// `resource.storage`, with the cause and what to do.
pub(crate) async fn open_store(config: &Config, data: &Path) -> Result<Store> {
    let opened = match &config.postgres_url {
        Some(url) => Store::connect_postgres_with(url, &config.postgres.settings()).await,
        None => Store::open_sqlite(data).await,
    };
    opened.map_err(storage)
}

/// A fault of the store for somebody who is not a client.
pub(crate) fn storage(why: StoreError) -> Error {
    Error::because(&row::STORAGE, why.to_string())
}
