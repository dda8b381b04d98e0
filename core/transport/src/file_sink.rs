//! A file as it is received: written under a temporary name, in batches, and renamed when it is complete.
//!
//! ```text
//!   pieces ──► gathered ──► batch ──► a thread for file work ──► partial file ──► its name
//! ```
//!
//! The threads that drive connections never touch the file: a disk may take minutes to respond.

use std::{
    future::Future,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bankchannel_foundation::{Error, Result, error::row, model::Content, shown};
use bankchannel_private_files::{FileAccess, UnfinishedFile};
use tokio::runtime::Handle;

use crate::background::{RunningWork, UndoneWork, blocking};

/// Bytes written at a time: one thread switch for each.
const BATCH: usize = 256 * 1024;
/// How long a failed call waits for the removal of its partial file. A responsive disk needs milliseconds.
const REMOVAL_MAX: Duration = Duration::from_secs(1);

/// A file being received.
#[derive(Debug)]
pub(crate) struct FileSink {
    path: PathBuf,
    replace: bool,
    size: u64,
    /// Data that was received and not handed on yet.
    gathered: Vec<u8>,
    /// The batch handed on last. It holds the partial file, which is removed with it if the result is not taken.
    work: Option<RunningWork<Result<WrittenBatch>>>,
}

/// The result of a batch, for the next one.
#[derive(Debug)]
struct WrittenBatch {
    partial: UnfinishedFile,
    /// Empty, to be refilled.
    buffer: Vec<u8>,
}

impl FileSink {
    pub(crate) fn new(path: PathBuf, replace: bool) -> Self {
        Self { path, replace, size: 0, gathered: Vec::new(), work: None }
    }

    /// The path of the file, and whether it may replace an existing one.
    pub(crate) fn target(&self) -> (PathBuf, bool) {
        (self.path.clone(), self.replace)
    }

    pub(crate) fn described(&self) -> Content {
        Content::File { path: self.path.clone(), size: Some(self.size) }
    }

    pub(crate) async fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.gathered.extend_from_slice(piece);
        self.size += piece.len() as u64;
        if self.gathered.len() < BATCH {
            return Ok(());
        }
        // The next batch is gathered while this one is written: at most two are in memory.
        let (partial, buffer) = self.written().await?;
        let mut batch = std::mem::replace(&mut self.gathered, buffer);
        let path = self.path.clone();
        self.work = Some(blocking(move || {
            let mut partial = partial.map_or_else(|| begin(&path), Ok)?;
            append(&mut partial, &batch)?;
            batch.clear();
            Ok(WrittenBatch { partial, buffer: batch })
        }));
        Ok(())
    }

    /// Renames the file once all of it is on disk, unless `give_up` ends before the renaming starts.
    pub(crate) async fn commit(&mut self, mut give_up: Pin<&mut (dyn Future<Output = Error> + Send)>) -> Result<()> {
        let (partial, _) = tokio::select! {
            written = self.written() => written?,
            error = &mut give_up => return Err(error),
        };
        let (last, (path, replace)) = (std::mem::take(&mut self.gathered), self.target());
        let decided = Arc::new(AtomicBool::new(false));
        let deciding = Arc::clone(&decided);
        let naming = blocking(move || {
            // Empty content is a file too.
            let mut partial = partial.map_or_else(|| begin(&path), Ok)?;
            append(&mut partial, &last)?;
            partial.sync().map_err(|why| unwritable(partial.path(), &why))?;
            if deciding.swap(true, Ordering::SeqCst) {
                // The caller no longer waits: the partial file is removed.
                return Ok(());
            }
            let named = if replace { partial.replace(&path) } else { partial.take_name_anywhere(&path) };
            named.map_err(|why| unwritable(&path, &why))
        });
        let mut naming = pin!(naming);
        let ended = tokio::select! {
            ended = &mut naming => ended,
            error = &mut give_up => {
                if !decided.swap(true, Ordering::SeqCst) {
                    return Err(error);
                }
                // Renaming has started: the report must match the files on disk.
                naming.await
            }
        };
        ended.map_err(interrupted)?
    }

    /// Discards the received data, and waits for the removal of the partial file, but not for a disk that does not
    /// respond.
    pub(crate) async fn discard(&mut self) {
        self.gathered.clear();
        self.size = 0;
        let Some(work) = self.work.take() else { return };
        let removal = async {
            let written = work.await;
            blocking(move || drop(written)).await
        };
        let _ = tokio::time::timeout(REMOVAL_MAX, removal).await;
    }

    /// Discards the received data; the partial file is removed as soon as possible.
    pub(crate) fn reset(&mut self) {
        self.gathered.clear();
        self.size = 0;
        let Some(work) = self.work.take() else { return };
        match Handle::try_current() {
            // A finished batch holds the partial file, and this thread drives connections.
            Ok(_) => drop(blocking(move || drop(work))),
            Err(_) => drop(work),
        }
    }

    /// The file as left by the last batch, once it has ended, and a buffer to reuse. If dropped while waiting, it takes
    /// nothing.
    async fn written(&mut self) -> Result<(Option<UnfinishedFile>, Vec<u8>)> {
        let Some(work) = &mut self.work else { return Ok((None, Vec::new())) };
        let ended = work.await;
        self.work = None;
        let WrittenBatch { partial, buffer } = ended.map_err(interrupted)??;
        Ok((Some(partial), buffer))
    }
}

impl Drop for FileSink {
    fn drop(&mut self) {
        self.reset();
    }
}

/// Writes a file whose content is in memory: it appears complete and on disk, or not at all. `false` if something has
/// its name already: nothing is overwritten, and no link is followed. Blocks.
///
/// # Errors
/// `resource.storage`.
pub fn write_new_file(path: &Path, bytes: &[u8]) -> Result<bool> {
    let mut partial = begin(path)?;
    append(&mut partial, bytes)?;
    match partial.take_name_anywhere(path) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(false),
        named => named.map(|()| true).map_err(|why| unwritable(path, &why)),
    }
}

fn begin(path: &Path) -> Result<UnfinishedFile> {
    UnfinishedFile::beside(path, FileAccess::Owner).map_err(|(partial, why)| match why.kind() {
        ErrorKind::InvalidInput if path.file_name().is_none() => Error::invalid_field("path", "must name a file"),
        _ => unwritable(&partial, &why),
    })
}

fn append(partial: &mut UnfinishedFile, bytes: &[u8]) -> Result<()> {
    let written = partial.file().write_all(bytes);
    written.map_err(|why| unwritable(partial.path(), &why))
}

fn unwritable(path: &Path, why: &std::io::Error) -> Error {
    Error::because(&row::STORAGE, format!("{} cannot be written: {why}", shown::path(path))).with_io_source(why)
}

/// The runtime was shut down, or the work panicked.
pub(crate) fn interrupted(why: UndoneWork) -> Error {
    why.error("work on the file was aborted")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, sync::mpsc};

    use super::*;

    /// A folder of a test, and a runtime whose only thread for file work waits for an unresponsive disk until it is
    /// released.
    struct Stalled {
        folder: PathBuf,
        // Dropped before the runtime, which waits for its threads.
        disk: mpsc::Sender<()>,
        runtime: tokio::runtime::Runtime,
    }

    impl Stalled {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("bankchannel-{name}-{}", std::process::id()));
            fs::create_dir(&folder).unwrap();
            let runtime =
                tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_time().build().unwrap();
            let (disk, answer) = mpsc::channel();
            runtime.spawn_blocking(move || answer.recv());
            Self { folder, disk, runtime }
        }

        fn entries(&self) -> usize {
            fs::read_dir(&self.folder).unwrap().count()
        }

        /// Lets the disk respond, and waits for all work handed to it before.
        fn answer(&self) {
            self.disk.send(()).unwrap();
            self.runtime.block_on(async { tokio::task::spawn_blocking(|| ()).await.unwrap() });
        }
    }

    impl Drop for Stalled {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    fn cancelled() -> Error {
        Error::new(&row::CANCELLED)
    }

    #[test]
    fn a_disk_that_does_not_answer_holds_no_thread_and_nothing_is_left() {
        let stalled = Stalled::new("write");
        let mut sink = FileSink::new(stalled.folder.join("file"), false);
        stalled.runtime.block_on(async {
            sink.write(&[1; BATCH]).await.unwrap();
            let next = tokio::time::timeout(Duration::from_millis(50), sink.write(&[2; BATCH])).await;
            assert!(next.is_err(), "two batches are held at most");
            let give_up = pin!(async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                cancelled()
            });
            let ended = sink.commit(give_up);
            assert_eq!(ended.await.unwrap_err().code(), "cancelled");
            sink.discard().await;
        });
        assert_eq!(stalled.entries(), 0);
        stalled.answer();
        assert_eq!(stalled.entries(), 0);
    }

    #[test]
    fn who_gives_up_before_the_file_has_its_name_gets_no_file() {
        let stalled = Stalled::new("commit");
        let mut sink = FileSink::new(stalled.folder.join("file"), false);
        stalled.runtime.block_on(async {
            sink.write(b"few bytes").await.unwrap();
            let give_up = pin!(async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                cancelled()
            });
            let ended = sink.commit(give_up);
            assert_eq!(ended.await.unwrap_err().code(), "cancelled");
        });
        stalled.answer();
        assert_eq!(stalled.entries(), 0);
    }

    #[test]
    fn what_is_dropped_between_two_batches_leaves_nothing() {
        let stalled = Stalled::new("drop");
        stalled.disk.send(()).unwrap();
        let mut sink = FileSink::new(stalled.folder.join("file"), false);
        stalled.runtime.block_on(async {
            sink.write(&[1; BATCH]).await.unwrap();
            tokio::task::spawn_blocking(|| ()).await.unwrap();
            assert_eq!(stalled.entries(), 1, "the partial file");
            drop(sink);
            tokio::task::spawn_blocking(|| ()).await.unwrap();
        });
        assert_eq!(stalled.entries(), 0);
    }

    #[test]
    fn batches_and_the_rest_arrive_in_order() {
        let stalled = Stalled::new("order");
        stalled.disk.send(()).unwrap();
        let path = stalled.folder.join("file");
        let mut sink = FileSink::new(path.clone(), false);
        let bytes: Vec<u8> = (0..BATCH * 3 + 5).map(|at| (at * 31 % 251) as u8).collect();
        stalled.runtime.block_on(async {
            sink.write(b"of an attempt that broke off").await.unwrap();
            sink.reset();
            for piece in bytes.chunks(10_007) {
                sink.write(piece).await.unwrap();
            }
            sink.commit(pin!(std::future::pending())).await.unwrap();
        });
        assert!(matches!(sink.described(), Content::File { size: Some(size), .. } if size == bytes.len() as u64));
        assert_eq!((fs::read(&path).unwrap() == bytes, stalled.entries()), (true, 1));
    }
}
