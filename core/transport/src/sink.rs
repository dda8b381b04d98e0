//! The destination of an answer's content.

use std::{
    fs,
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
};

use bankchannel_foundation::{CallOutcome, Error, Result, error::row, model::Content, shown};
use bankchannel_private_files::folder_of;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::{
    background::blocking,
    file_sink::{FileSink, interrupted},
};

/// The destination of an answer's content. A file appears under its name only when it is complete and on disk; a
/// partial one is never left.
#[derive(Debug)]
pub struct ContentSink(SinkKind);

#[derive(Debug)]
enum SinkKind {
    Memory { bytes: Vec<u8>, limit: usize },
    File(FileSink),
    Pieces { sender: mpsc::Sender<Bytes>, size: u64 },
}

impl ContentSink {
    /// Into memory, up to a limit in bytes.
    #[must_use]
    pub fn memory(limit: usize) -> Self {
        Self(SinkKind::Memory { bytes: Vec::new(), limit })
    }

    /// Into a file; an existing one is replaced only if `replace` is true. All file work is done on separate threads:
    /// an unresponsive disk blocks nothing except the callers that wait for it. Needs a tokio runtime.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>, replace: bool) -> Self {
        Self(SinkKind::File(FileSink::new(path.into(), replace)))
    }

    /// To a receiver, piece by piece. The pieces are valid only if the call succeeds.
    #[must_use]
    pub fn pieces(sender: mpsc::Sender<Bytes>) -> Self {
        Self(SinkKind::Pieces { sender, size: 0 })
    }

    /// Checks, before the server is asked for anything, whether a file can be created: the folder exists, and the name
    /// is free.
    ///
    /// # Errors
    /// `input.invalid_field` with outcome `not_sent`.
    pub async fn check(&self) -> Result<()> {
        let SinkKind::File(file) = &self.0 else { return Ok(()) };
        let (path, replace) = file.target();
        blocking(move || check(&path, replace))
            .await
            .map_err(|why| interrupted(why).with_outcome(CallOutcome::NotSent))?
    }

    /// The received content, as the response will describe it.
    #[must_use]
    pub fn described(&mut self) -> Content {
        match &mut self.0 {
            SinkKind::Memory { bytes, .. } => Content::Bytes(std::mem::take(bytes).into()),
            SinkKind::File(file) => file.described(),
            SinkKind::Pieces { size, .. } => Content::Delivered { size: *size },
        }
    }

    /// Makes the received content final: a file gets its name, unless `give_up` ends before the renaming starts.
    ///
    /// # Errors
    /// `resource.storage` if the file cannot be written or exists already; the error with which `give_up` ends.
    pub async fn commit(&mut self, give_up: Pin<&mut (dyn Future<Output = Error> + Send)>) -> Result<()> {
        match &mut self.0 {
            SinkKind::File(file) => file.commit(give_up).await,
            SinkKind::Memory { .. } | SinkKind::Pieces { .. } => Ok(()),
        }
    }

    /// Discards received content that was not made final: afterwards there is no partial file, unless the disk does not
    /// respond; then it is removed once it does.
    pub async fn discard(&mut self) {
        match &mut self.0 {
            SinkKind::File(file) => file.discard().await,
            SinkKind::Memory { .. } | SinkKind::Pieces { .. } => drop(self.reset()),
        }
    }

    /// Adds a piece of the content.
    ///
    /// # Errors
    /// `peer.answer_too_large` in memory, `resource.storage`, `cancelled` if the receiver is gone.
    pub async fn write(&mut self, piece: &[u8]) -> Result<()> {
        match &mut self.0 {
            SinkKind::Memory { bytes, limit } => {
                if bytes.len() + piece.len() > *limit {
                    return Err(Error::because(
                        &row::ANSWER_TOO_LARGE,
                        format!("the content is larger than {limit} bytes; take it as a file"),
                    )
                    .with("limit_bytes", *limit));
                }
                bytes.extend_from_slice(piece);
                Ok(())
            }
            SinkKind::File(file) => file.write(piece).await,
            SinkKind::Pieces { sender, size } => {
                sender.send(Bytes::copy_from_slice(piece)).await.map_err(|_| Error::new(&row::CANCELLED))?;
                *size += piece.len() as u64;
                Ok(())
            }
        }
    }

    /// Discards the received content, for another attempt; false if that is not possible.
    pub fn reset(&mut self) -> bool {
        match &mut self.0 {
            SinkKind::Memory { bytes, .. } => bytes.clear(),
            SinkKind::File(file) => file.reset(),
            SinkKind::Pieces { size, .. } => return *size == 0,
        }
        true
    }
}

fn check(path: &Path, replace: bool) -> Result<()> {
    let refused = |why: String| Err(Error::invalid_field("destination", why).with_outcome(CallOutcome::NotSent));
    if path.file_name().is_none() {
        return refused(format!("{} does not name a file", shown::path(path)));
    }
    if !folder_of(path).is_dir() {
        return refused(format!("{} is not a folder", shown::path(folder_of(path))));
    }
    // A symbolic link counts as existing, wherever it points.
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => refused(format!("{} is a folder", shown::path(path))),
        Ok(_) if !replace => refused(format!("{} exists already", shown::path(path))),
        _ => Ok(()),
    }
}
