//! Opening a file without waiting for somebody else.

use std::{
    fs::{File, Metadata},
    io,
    path::Path,
};

/// Opens a regular file for reading. Anything else is refused before it is opened: opening a pipe waits for its writer,
/// maybe for ever.
///
/// # Errors
/// Those of the file system; one of kind `Other` for what is no regular file.
pub fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    regular(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // Looked at again: the name may have changed hands.
    let metadata = regular(file.metadata()?)?;
    Ok((file, metadata))
}

fn regular(metadata: Metadata) -> io::Result<Metadata> {
    if metadata.is_file() { Ok(metadata) } else { Err(io::Error::other("it is not a regular file")) }
}
