//! Opens files without blocking, and reads those of limited size.

use std::{
    fs::{File, Metadata},
    io::{self, ErrorKind, Read as _},
    path::Path,
};

use zeroize::Zeroizing;

/// The room that reading wants behind a file's content: with less it reads through memory of its own.
const ROOM_BEYOND: usize = 64;

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

/// The bytes of a regular file of at most `max_bytes`, as [`read_opened`] has them.
///
/// # Errors
/// Those of [`open_regular`] and [`read_opened`].
pub fn read_regular(path: &Path, max_bytes: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    open_regular(path).and_then(|(file, opened)| read_opened(file, &opened, max_bytes))
}

/// The text of a regular file of at most `max_bytes`, as [`read_opened_text`] has it.
///
/// # Errors
/// Those of [`open_regular`] and [`read_opened_text`].
pub fn read_regular_text(path: &Path, max_bytes: u64) -> io::Result<Zeroizing<String>> {
    open_regular(path).and_then(|(file, opened)| read_opened_text(file, &opened, max_bytes))
}

/// The bytes of an opened file of at most `max_bytes`; `opened` is what the file was when it was opened. They are wiped when
/// they are dropped, and no part of them is left elsewhere in memory: the file may have a secret.
///
/// # Errors
/// Those of the operating system; `FileTooLarge` for a file that is longer, `Other` for one that grows while it is read.
pub fn read_opened(file: File, opened: &Metadata, max_bytes: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    // A pipe has no size, nor has a file that the system makes when it is read.
    let largest = match opened.len() {
        size if opened.is_file() && size > 0 => size.min(max_bytes),
        _ => max_bytes,
    };
    let longer = || io::Error::new(ErrorKind::FileTooLarge, format!("it is longer than {max_bytes} bytes"));
    if opened.is_file() && opened.len() > max_bytes {
        return Err(longer());
    }
    // With its room from the start, so that no part is copied and left behind when it grows.
    let room = usize::try_from(largest).unwrap_or_default().saturating_add(ROOM_BEYOND);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(largest + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > largest {
        false => Ok(bytes),
        true if largest == max_bytes => Err(longer()),
        true => Err(io::Error::other("it grew while it was read")),
    }
}

/// The text of an opened file, as [`read_opened`] has its bytes, without the mark of its encoding (U+FEFF) that editors of
/// Windows begin a file with.
///
/// # Errors
/// Those of [`read_opened`]; `InvalidData` for bytes that are not UTF-8.
pub fn read_opened_text(file: File, opened: &Metadata, max_bytes: u64) -> io::Result<Zeroizing<String>> {
    let mut bytes = read_opened(file, opened, max_bytes)?;
    if bytes.starts_with("\u{feff}".as_bytes()) {
        bytes.drain(.."\u{feff}".len());
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(fault) => {
            drop(Zeroizing::new(fault.into_bytes()));
            Err(io::Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn said<T: std::fmt::Debug>(read: io::Result<T>) -> (ErrorKind, String) {
        let why = read.unwrap_err();
        (why.kind(), why.to_string())
    }

    #[test]
    fn a_file_is_read_to_its_bound_and_not_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "grüße").unwrap();
        assert_eq!(*read_regular(&path, 7).unwrap(), "grüße".as_bytes());
        assert_eq!(*read_regular_text(&path, 7).unwrap(), "grüße");
        let longer = (ErrorKind::FileTooLarge, "it is longer than 6 bytes".to_owned());
        assert_eq!(said(read_regular(&path, 6)), longer);
        assert_eq!(said(read_regular_text(&path, 6)), longer);
        std::fs::write(&path, "\u{feff}ää").unwrap();
        assert_eq!(*read_regular_text(&path, 7).unwrap(), "ää");
        std::fs::write(&path, "").unwrap();
        assert!(read_regular(&path, 6).unwrap().is_empty());
    }

    /// So that no part of a secret is copied and left behind when the buffer grows.
    #[test]
    fn what_is_read_has_its_room_from_the_start() {
        use std::{
            io::{Seek as _, Write as _},
            os::fd::OwnedFd,
        };
        const MOST: u64 = 100_000;
        let read = |file: File| read_opened_text(file.try_clone().unwrap(), &file.metadata().unwrap(), MOST);
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(&[b'x'; 4096]).unwrap();
        drop(writer);
        let text = read(OwnedFd::from(reader).into()).unwrap();
        assert_eq!((text.len(), text.capacity() as u64 >= MOST), (4096, true), "a pipe has no size");
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[b'x'; 10]).unwrap();
        file.rewind().unwrap();
        let opened = file.metadata().unwrap();
        let text = read(file.try_clone().unwrap()).unwrap();
        assert_eq!((text.len(), text.capacity() < 4096), (10, true), "a file needs no more than its own");
        file.write_all(b"more").unwrap();
        file.rewind().unwrap();
        assert_eq!(said(read_opened(file, &opened, MOST)).1, "it grew while it was read");
    }

    #[test]
    fn what_is_no_text_or_no_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(said(read_regular_text(&path, 9)), (ErrorKind::InvalidData, "it is not UTF-8 text".to_owned()));
        assert_eq!(said(read_regular(folder.path(), 9)).1, "it is not a regular file");
    }

    /// Files that the system makes when they are read have no size.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_a_size_is_read() {
        let (file, opened) = open_regular(Path::new("/proc/self/status")).unwrap();
        assert_eq!(opened.len(), 0);
        assert!(read_opened_text(file, &opened, 1 << 20).unwrap().contains("Pid:"));
        assert_eq!(said(read_regular(Path::new("/proc/self/status"), 9)).1, "it is longer than 9 bytes");
    }
}
