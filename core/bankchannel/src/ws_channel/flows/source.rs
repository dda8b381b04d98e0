//! A file that is signed and then sent: opened once, and refused if it changes in between.

use std::{
    fs::{File, Metadata},
    io::Seek,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_foundation::{
    Content, Error, Outcome, Result,
    error::row,
    model::{OpenContent, PieceSource, Pieces},
    shown,
};
use bankchannel_transport::open_regular;
use bytes::{Bytes, BytesMut};

use crate::call::MEMORY_MAX;

/// The number of bytes read at a time when sending.
const PIECE: usize = 192 * 1024;

/// The content to sign and send.
#[derive(Clone)]
pub(super) enum Source {
    Bytes(Bytes),
    File(Arc<Watched>),
}

/// An open file, and its state when it was opened.
pub(super) struct Watched {
    file: File,
    path: PathBuf,
    seen: Seen,
}

/// The metadata that reveal a change of a file.
#[derive(PartialEq, Eq)]
struct Seen {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Seen {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Source {
    /// Opens content. Content in pieces is taken into memory, because it is read twice. Blocks.
    pub(super) fn open(content: Content) -> Result<Self> {
        match content {
            Content::Bytes(bytes) => Ok(Self::Bytes(bytes)),
            Content::File { path, .. } => Watched::open(path).map(|file| Self::File(Arc::new(file))),
            Content::Pieces(pieces) => gather(&pieces).map(Self::Bytes),
            Content::Delivered { .. } => Err(unreadable("the content was already delivered to its destination")),
        }
    }

    /// The size in bytes.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.seen.size,
        }
    }

    /// The file's own name, if the content is a file.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Bytes(_) => None,
            Self::File(file) => file.path.file_name().and_then(|name| name.to_str()),
        }
    }

    /// Opens a reader at the beginning.
    pub(super) fn reader(&self) -> Result<OpenContent> {
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
    pub(super) fn content(&self) -> Content {
        match self {
            Self::Bytes(bytes) => Content::Bytes(bytes.clone()),
            Self::File(file) => {
                let file = Arc::clone(file);
                Content::Pieces(Pieces::again(file.seen.size, move || pieces(Arc::clone(&file))))
            }
        }
    }

    /// Checks that the file was not changed since it was opened.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        match self {
            Self::Bytes(_) => Ok(()),
            Self::File(file) => file.check_unchanged(),
        }
    }
}

impl Watched {
    fn open(path: PathBuf) -> Result<Self> {
        let fail = |why: &dyn std::fmt::Display| unreadable(&shown::unreadable_content(&path, why));
        let (file, metadata) = open_regular(&path).map_err(|why| fail(&why))?;
        let seen = Seen::of(&metadata);
        Ok(Self { file, path, seen })
    }

    fn check_unchanged(&self) -> Result<()> {
        let now = self.file.metadata().map_err(|why| self.unreadable(&why))?;
        if Seen::of(&now) == self.seen { Ok(()) } else { Err(changed(&self.path)) }
    }

    fn unreadable(&self, why: &std::io::Error) -> Error {
        unreadable(&shown::unreadable_content(&self.path, why)).with_io_source(why)
    }
}

fn pieces(file: Arc<Watched>) -> PieceSource {
    let mut offset = 0;
    Box::new(move || {
        let left = file.seen.size - offset;
        if left == 0 {
            file.check_unchanged()?;
            return Ok(None);
        }
        let mut piece = BytesMut::zeroed(PIECE.min(usize::try_from(left).unwrap_or(usize::MAX)));
        file.file.read_exact_at(&mut piece, offset).map_err(|_| changed(&file.path))?;
        offset += piece.len() as u64;
        Ok(Some(piece.freeze()))
    })
}

fn gather(pieces: &Pieces) -> Result<Bytes> {
    let mut next = pieces.take().ok_or_else(|| unreadable("the content was read before and can be read only once"))?;
    let mut all = BytesMut::new();
    while let Some(piece) = next()? {
        if all.len() + piece.len() > MEMORY_MAX {
            let text = format!(
                "content in pieces is read twice here and may have at most {MEMORY_MAX} bytes; give a file's path"
            );
            return Err(Error::because(&row::TOO_LARGE, text)
                .with("limit_bytes", MEMORY_MAX)
                .with_outcome(Outcome::NotSent));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}

fn changed(path: &Path) -> Error {
    unreadable(&format!(
        "{} was changed while it was signed and sent: the signature would not match",
        shown::path(path)
    ))
}

fn unreadable(why: &str) -> Error {
    Error::because(&row::CONTENT_UNREADABLE, why).with_outcome(Outcome::NotSent)
}
