//! Content that is open for reading once, from the beginning.

use std::{
    fmt,
    fs::File,
    io::{self, Read, Seek as _, SeekFrom},
};

use bytes::{Buf as _, Bytes};

/// Content that is open for reading once, from the beginning.
pub enum OpenContent {
    /// In memory.
    Bytes(Bytes),
    /// An open file.
    File(File),
    /// Content that arrives while it is read.
    Other(Box<dyn Read + Send>),
}

impl OpenContent {
    /// Skips this many bytes; a file is not read for it. After the end there is nothing more to read.
    ///
    /// # Errors
    /// I/O errors of the file or the source.
    pub fn skip(&mut self, count: u64) -> io::Result<()> {
        match self {
            Self::Bytes(bytes) => bytes.advance(bytes.len().min(usize::try_from(count).unwrap_or(usize::MAX))),
            Self::File(file) => {
                // Clamped: every file system limits positions beyond the end.
                let end = file.metadata()?.len();
                let to = file.stream_position()?.saturating_add(count);
                file.seek(SeekFrom::Start(to.min(end)))?;
            }
            Self::Other(source) => {
                io::copy(&mut source.take(count), &mut io::sink())?;
            }
        }
        Ok(())
    }

    /// The size, and the first `most` bytes, without consuming them; `None` for content that arrives while it is read.
    ///
    /// # Errors
    /// I/O errors of the file.
    pub fn beginning(&mut self, max: usize) -> io::Result<Option<(u64, Vec<u8>)>> {
        match self {
            Self::Bytes(bytes) => Ok(Some((bytes.len() as u64, bytes[..bytes.len().min(max)].to_vec()))),
            Self::File(file) => {
                let mut read = Vec::new();
                let at = file.stream_position()?;
                file.take(max as u64).read_to_end(&mut read)?;
                file.seek(SeekFrom::Start(at))?;
                Ok(Some((file.metadata()?.len(), read)))
            }
            Self::Other(_) => Ok(None),
        }
    }
}

impl Read for OpenContent {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bytes(bytes) => {
                let count = buffer.len().min(bytes.len());
                bytes.copy_to_slice(&mut buffer[..count]);
                Ok(count)
            }
            Self::File(file) => file.read(buffer),
            Self::Other(source) => source.read(buffer),
        }
    }
}

impl fmt::Debug for OpenContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes(_) => "OpenContent::Bytes(…)",
            Self::File(_) => "OpenContent::File(…)",
            Self::Other(_) => "OpenContent::Other(…)",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use super::*;

    fn rest(mut content: OpenContent, skip: u64) -> Vec<u8> {
        let mut read = vec![0; 2];
        content.read_exact(&mut read).unwrap();
        content.skip(skip).unwrap();
        content.read_to_end(&mut read).unwrap();
        read
    }

    #[test]
    fn skipping_is_the_same_wherever_content_lies() {
        let text = b"0123456789";
        let file = || {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text).unwrap();
            file.rewind().unwrap();
            file
        };
        for (skip, wanted) in [(0, "0123456789"), (3, "0156789"), (8, "01"), (9, "01"), (u64::MAX, "01")] {
            let all = [
                OpenContent::Bytes(Bytes::from_static(text)),
                OpenContent::File(file()),
                OpenContent::Other(Box::new(io::Cursor::new(text))),
            ];
            for content in all {
                let told = format!("{content:?}");
                assert_eq!(rest(content, skip), wanted.as_bytes(), "{told} {skip}");
            }
        }
    }
}
