//! A counterpart's data folder.

use std::path::PathBuf;

use bankchannel_foundation::Result;

pub use crate::private::{folder as private_folder, unusable, write_whole, write_whole_readable};
use crate::{private::plain_canonical, temporary::TemporaryFolder};

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
    let data = plain_canonical(&data).map_err(|why| unusable(&data, &why))?;
    Ok((data, temporary))
}
