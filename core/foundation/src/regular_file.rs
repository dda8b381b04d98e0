//! Opens a file without blocking.

use std::{
    fs::{File, Metadata},
    io,
    path::Path,
};

/// Opens a regular file for reading. Anything else is refused before it is opened: opening a pipe waits for its writer,
/// possibly for ever.
///
/// # Errors
/// Those of the file system; one of kind `Other` if it is not a regular file.
pub fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    regular(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // Checked again: the name may now belong to another file.
    let metadata = regular(file.metadata()?)?;
    Ok((file, metadata))
}

fn regular(metadata: Metadata) -> io::Result<Metadata> {
    if metadata.is_file() { Ok(metadata) } else { Err(io::Error::other("it is not a regular file")) }
}
