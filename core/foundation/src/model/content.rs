//! A file's content: may be large, and therefore stays outside the JSON.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use super::{Boundary, Object, Reader, Representation, Shape, Value, Writer, reader::kind};
use crate::{Error, shown};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

/// The content of a file.
///
/// On the boundary it is passed alongside the JSON, or in it as `{"path": PATH}` or `{"base64": TEXT}`.
#[derive(Clone)]
pub enum Content {
    /// In memory.
    Bytes(Bytes),
    /// In a file, read when needed.
    File {
        /// The path.
        path: PathBuf,
        /// The size in bytes when last checked; `None` if not checked yet.
        size: Option<u64>,
    },
    /// Arriving piece by piece.
    Pieces(ContentPieces),
    /// Already delivered to the caller's destination.
    Delivered {
        /// The size in bytes.
        size: u64,
    },
}

/// Content that arrives piece by piece; `None` from the source is the end.
#[derive(Clone)]
pub struct ContentPieces {
    source: Arc<Mutex<ContentSource>>,
    size: Option<u64>,
}

/// A blocking source of pieces.
pub type PieceSource = Box<dyn FnMut() -> Result<Option<Bytes>, Error> + Send>;

enum ContentSource {
    Once(Option<PieceSource>),
    Again(Box<dyn FnMut() -> PieceSource + Send>),
}

impl ContentPieces {
    /// Takes a blocking source of pieces, which is read once.
    pub fn new(source: impl FnMut() -> Result<Option<Bytes>, Error> + Send + 'static) -> Self {
        Self { source: Arc::new(Mutex::new(ContentSource::Once(Some(Box::new(source))))), size: None }
    }

    /// Takes a function that opens a source of exactly `size` bytes, as often as needed.
    pub fn again(size: u64, open: impl FnMut() -> PieceSource + Send + 'static) -> Self {
        Self { source: Arc::new(Mutex::new(ContentSource::Again(Box::new(open)))), size: Some(size) }
    }

    /// Takes the source. A source that can be read only once goes to the first caller.
    #[must_use]
    pub fn take(&self) -> Option<PieceSource> {
        match &mut *self.source.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
            ContentSource::Once(source) => source.take(),
            ContentSource::Again(open) => Some(open()),
        }
    }

    /// The total size in bytes of all pieces, if known.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    fn is_repeatable(&self) -> bool {
        matches!(&*self.source.lock().unwrap_or_else(std::sync::PoisonError::into_inner), ContentSource::Again(_))
    }
}

impl Content {
    /// The size in bytes, if known without reading.
    #[must_use]
    pub fn known_size(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File { size, .. } => *size,
            Self::Delivered { size } => Some(*size),
            Self::Pieces(pieces) => pieces.size,
        }
    }

    /// Whether it can be read a second time, as a retried request needs.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        match self {
            Self::Bytes(_) | Self::File { .. } => true,
            Self::Pieces(pieces) => pieces.is_repeatable(),
            Self::Delivered { .. } => false,
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Content({} bytes)", bytes.len()),
            Self::File { path, size: Some(size) } => write!(f, "Content({size} bytes in {})", shown::path(path)),
            Self::File { path, size: None } => write!(f, "Content({})", shown::path(path)),
            Self::Pieces(_) => f.write_str("Content(pieces)"),
            Self::Delivered { size } => write!(f, "Content({size} bytes, delivered)"),
        }
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&std::path::Path> for Content {
    fn from(path: &std::path::Path) -> Self {
        Self::File { path: path.to_owned(), size: None }
    }
}

impl From<PathBuf> for Content {
    fn from(path: PathBuf) -> Self {
        Self::File { path, size: None }
    }
}

impl From<&PathBuf> for Content {
    fn from(path: &PathBuf) -> Self {
        path.as_path().into()
    }
}

const FORMS: &str = "must be given as content beside the JSON, as {\"path\": PATH} or as {\"base64\": TEXT}";

impl Boundary for Content {
    const SHAPE: &'static Shape = &Shape::Content;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        if reader.representation() == Representation::Wire {
            // The message's reader has streamed the bytes out and left an empty string.
            return match value {
                Value::String(_) => reader.take_content().ok_or_else(|| reader.invalid("must be base64")),
                other => Err(reader.invalid(format!("must be a base64 string, not {}", kind(&other)))),
            };
        }
        let Value::Object(map) = value else { return Err(reader.invalid(FORMS)) };
        if reader.has_content() {
            return Err(reader.invalid("is given twice: beside the JSON and in it"));
        }
        let one = if map.len() == 1 { map.iter().next() } else { None };
        match one.and_then(|(key, value)| Some((key, value.as_str()?))) {
            Some(("path", _)) if reader.refuses_references() => Err(reader.invalid(
                "must be the content itself, beside the JSON or as {\"base64\": TEXT}: no file is opened for a message that \
                 comes over a connection",
            )),
            Some(("path", path)) => Ok(Self::File { path: path.into(), size: None }),
            Some(("base64", text)) => STANDARD
                .decode(text)
                .map(Self::from)
                .map_err(|_| reader.invalid("base64: must be standard base64 with padding")),
            _ => Err(reader.invalid(FORMS)),
        }
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        if writer.representation() == Representation::Wire {
            writer.keep(self);
            return "".into();
        }
        let mut map = Object::new();
        if writer.shows() {
            match &self {
                Self::Bytes(bytes) => map.push("base64", STANDARD.encode(bytes)),
                Self::File { path, .. } => map.push("path", path.display().to_string()),
                Self::Pieces(_) | Self::Delivered { .. } => {}
            }
            return Value::Object(map);
        }
        if let Some(size) = self.known_size() {
            map.push("size", size);
        }
        if let Self::File { path, .. } = &self {
            map.push("path", path.display().to_string());
        }
        writer.keep(self);
        Value::Object(map)
    }

    fn absent(reader: &mut Reader<'_>) -> Option<Self> {
        reader.take_content()
    }
}
