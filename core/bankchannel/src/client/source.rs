//! A file that is signed and then sent: opened once, and refused if it changes in between.

use std::{
    fs::File,
    io::{Seek as _, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_foundation::{
    CallOutcome, Error, Result,
    error::row,
    model::{Content, ContentPieces, OpenContent, PieceSource},
    open_regular, shown,
};
use bankchannel_private_files::{FileState, read_exact_at};
use bankchannel_transport::TEMPORARY_FOLDER_VARIABLE;
use bytes::{Bytes, BytesMut};

use crate::call::MEMORY_MAX;

/// The number of bytes read at a time when sending.
const PIECE: usize = 192 * 1024;

/// The content to sign and send.
#[derive(Clone)]
pub(crate) enum UploadSource {
    Bytes(Bytes),
    File(Arc<WatchedFile>),
}

/// An open file, and its state when it was opened.
pub(crate) struct WatchedFile {
    file: File,
    path: PathBuf,
    seen: FileState,
}

impl UploadSource {
    /// Opens content. Content in pieces is read to its end first, because it is needed twice. Blocks.
    pub(crate) fn open(content: Content) -> Result<Self> {
        match content {
            Content::Bytes(bytes) => Ok(Self::Bytes(bytes)),
            Content::File { path, .. } => WatchedFile::open(path).map(|file| Self::File(Arc::new(file))),
            Content::Pieces(pieces) => gather(&pieces),
            Content::Delivered { .. } => Err(unreadable("the content was already delivered to its destination")),
        }
    }

    /// The size in bytes.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.seen.size(),
        }
    }

    /// The file's own name, if the content is a file.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Bytes(_) => None,
            Self::File(file) => file.path.file_name().and_then(|name| name.to_str()),
        }
    }

    /// Opens a reader at the beginning.
    pub(crate) fn reader(&self) -> Result<OpenContent> {
        match self {
            Self::Bytes(bytes) => Ok(OpenContent::Bytes(bytes.clone())),
            Self::File(file) => {
                let mut copy = file.file.try_clone().map_err(|why| file.unreadable(&why))?;
                copy.rewind().map_err(|why| file.unreadable(&why))?;
                Ok(OpenContent::File(copy))
            }
        }
    }

    /// The same bytes as content to send, as often as needed. After a change it ends before its last byte, so that no
    /// server takes the part for the whole.
    pub(crate) fn content(&self) -> Content {
        match self {
            Self::Bytes(bytes) => Content::Bytes(bytes.clone()),
            Self::File(file) => {
                let file = Arc::clone(file);
                Content::Pieces(ContentPieces::again(file.seen.size(), move || pieces(Arc::clone(&file))))
            }
        }
    }

    /// Checks that the file was not changed since it was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        match self {
            Self::Bytes(_) => Ok(()),
            Self::File(file) => file.check_unchanged(),
        }
    }
}

impl WatchedFile {
    fn open(path: PathBuf) -> Result<Self> {
        let fail = |why: &dyn std::fmt::Display| unreadable(&shown::unreadable_content(&path, why));
        let (file, _) = open_regular(&path).map_err(|why| fail(&why))?;
        let seen = FileState::of(&file).map_err(|why| fail(&why))?;
        Ok(Self { file, path, seen })
    }

    fn check_unchanged(&self) -> Result<()> {
        let now = FileState::of(&self.file).map_err(|why| self.unreadable(&why))?;
        if now == self.seen { Ok(()) } else { Err(changed(&self.path)) }
    }

    fn unreadable(&self, why: &std::io::Error) -> Error {
        unreadable(&shown::unreadable_content(&self.path, why)).with_io_source(why)
    }
}

fn pieces(file: Arc<WatchedFile>) -> PieceSource {
    let mut offset = 0;
    Box::new(move || {
        let left = file.seen.size() - offset;
        if left == 0 {
            file.check_unchanged()?;
            return Ok(None);
        }
        let mut piece = BytesMut::zeroed(PIECE.min(usize::try_from(left).unwrap_or(usize::MAX)));
        read_exact_at(&file.file, &mut piece, offset).map_err(|_| changed(&file.path))?;
        offset += piece.len() as u64;
        Ok(Some(piece.freeze()))
    })
}

/// Takes content in pieces to its end: into memory, and larger content into a file without a name.
fn gather(pieces: &ContentPieces) -> Result<UploadSource> {
    let mut next = pieces.take().ok_or_else(|| unreadable("the content was read before and can be read only once"))?;
    let mut spool = UploadSpool::new(MEMORY_MAX);
    while let Some(piece) = next()? {
        spool.write_all(&piece).map_err(|why| unspooled(&why))?;
    }
    spool.finish()
}

/// Content on its way into memory, and larger content into a file without a name, which no other process can open and
/// which ends with its last use.
pub(crate) struct UploadSpool {
    memory: BytesMut,
    memory_max: usize,
    file: Option<File>,
}

impl UploadSpool {
    /// Keeps so many bytes in memory.
    pub(crate) fn new(memory_max: usize) -> Self {
        Self { memory: BytesMut::new(), memory_max, file: None }
    }

    /// The content. Blocks.
    pub(crate) fn finish(self) -> Result<UploadSource> {
        let Some(file) = self.file else { return Ok(UploadSource::Bytes(self.memory.freeze())) };
        let seen = FileState::of(&file).map_err(|why| unspooled(&why))?;
        Ok(UploadSource::File(Arc::new(WatchedFile { file, path: PathBuf::new(), seen })))
    }
}

impl Write for UploadSpool {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        if let Some(file) = &mut self.file {
            return file.write(piece);
        }
        if self.memory.len() + piece.len() > self.memory_max {
            let mut file = tempfile::tempfile()?;
            file.write_all(&std::mem::take(&mut self.memory))?;
            file.write_all(piece)?;
            self.file = Some(file);
        } else {
            self.memory.extend_from_slice(piece);
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The error of a stream that does not fit into the folder for temporary files.
pub(crate) fn unspooled(why: &std::io::Error) -> Error {
    let folder = std::env::temp_dir();
    let text = format!(
        "content that is read twice and is not a file is kept in a file in {}, which cannot be written: {why}; give a \
         file's path, or another folder by {TEMPORARY_FOLDER_VARIABLE}",
        shown::path(&folder)
    );
    Error::because(&row::STORAGE, text).with_outcome(CallOutcome::NotSent).with_io_source(why)
}

fn changed(path: &Path) -> Error {
    unreadable(&format!(
        "{} was changed while it was signed and sent: the signature would not match",
        shown::path(path)
    ))
}

fn unreadable(why: &str) -> Error {
    Error::because(&row::CONTENT_UNREADABLE, why).with_outcome(CallOutcome::NotSent)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read;

    use super::*;

    /// Twice the same bytes, for the signature and for the message.
    #[test]
    fn a_stream_larger_than_memory_may_be_is_read_twice_all_the_same() {
        const PIECES: usize = MEMORY_MAX / (1 << 20) + 2;
        let mut given = 0..PIECES;
        let pieces = move || Ok(given.next().map(|number| Bytes::from(vec![u8::try_from(number).unwrap(); 1 << 20])));
        let source = UploadSource::open(Content::Pieces(ContentPieces::new(pieces))).unwrap();
        assert_eq!((source.size(), source.name()), ((PIECES as u64) << 20, None));
        let UploadSource::File(spool) = &source else { panic!("it is in memory") };
        assert_eq!(bankchannel_private_files::link_count(&spool.file).unwrap(), 0, "nobody else can open it");
        for _ in 0..2 {
            let mut all = Vec::new();
            match source.reader().unwrap() {
                OpenContent::File(mut file) => file.read_to_end(&mut all).unwrap(),
                _ => panic!("it is no file"),
            };
            assert_eq!(all.len(), PIECES << 20);
            assert!(
                all.chunks(1 << 20).enumerate().all(|(number, piece)| piece.iter().all(|b| usize::from(*b) == number))
            );
        }
        source.check_unchanged().unwrap();
    }
}
