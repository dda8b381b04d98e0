//! A file as it is received: written under a temporary name, in batches, and renamed when it is complete.
//!
//! ```text
//!   pieces ──► gathered ──► batch ──► a thread for file work ──► partial file ──► its name
//! ```
//!
//! The threads that drive connections never touch the file: a disk may take minutes to respond.

use std::{
    fs::{self, File, OpenOptions},
    future::Future,
    hash::{BuildHasher, Hasher, RandomState},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bankchannel_foundation::{Error, Result, error::row, model::Content, shown};
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
    partial: PartialFile,
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
            let mut partial = partial.map_or_else(|| PartialFile::create(&path), Ok)?;
            partial.append(&batch)?;
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
            let mut partial = partial.map_or_else(|| PartialFile::create(&path), Ok)?;
            partial.append(&last)?;
            partial.sync()?;
            if deciding.swap(true, Ordering::SeqCst) {
                // The caller no longer waits: the partial file is removed.
                return Ok(());
            }
            partial.name(&path, replace)
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
    async fn written(&mut self) -> Result<(Option<PartialFile>, Vec<u8>)> {
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

/// A file being written under a temporary name; removed if it is dropped before it got its final name.
#[derive(Debug)]
struct PartialFile {
    file: File,
    path: PathBuf,
}

impl PartialFile {
    fn create(target: &Path) -> Result<Self> {
        let name = target.file_name().ok_or_else(|| Error::invalid_field("path", "must name a file"))?;
        let name = name.to_string_lossy();
        let mut tries = 1;
        loop {
            let path = target.with_file_name(partial_name(&name, random()));
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok(Self { file, path }),
                Err(why) if why.kind() == ErrorKind::AlreadyExists && tries < NAME_TRIES => tries += 1,
                Err(why) => return Err(unwritable(&path, &why)),
            }
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|why| unwritable(&self.path, &why))
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(|why| unwritable(&self.path, &why))
    }

    fn name(self, target: &Path, replace: bool) -> Result<()> {
        if replace {
            fs::rename(&self.path, target).map_err(|why| unwritable(target, &why))?;
        } else {
            self.claim(target).map_err(|why| unwritable(target, &why))?;
        }
        File::open(directory_of(target))
            .and_then(|directory| directory.sync_all())
            .map_err(|why| unwritable(target, &why))
    }

    /// Takes a free name. A hard link is created only if nothing exists there: neither a file nor a symbolic link is
    /// overwritten.
    fn claim(&self, target: &Path) -> std::io::Result<()> {
        match fs::hard_link(&self.path, target) {
            Err(why) if matches!(why.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => {
                // For a file system without links: an empty file of ours takes the name, and is then replaced.
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(target)?;
                fs::rename(&self.path, target).inspect_err(|_| drop(fs::remove_file(target)))
            }
            other => other,
        }
    }
}

/// Writes a file whose content is in memory: it appears complete and on disk, or not at all. `false` if something has
/// its name already: nothing is overwritten, and no link is followed. Blocks.
///
/// # Errors
/// `resource.storage`.
pub fn write_new_file(path: &Path, bytes: &[u8]) -> Result<bool> {
    let mut partial = PartialFile::create(path)?;
    partial.append(bytes)?;
    partial.sync()?;
    match partial.claim(path) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => return Ok(false),
        claimed => claimed.map_err(|why| unwritable(path, &why))?,
    }
    File::open(directory_of(path)).and_then(|folder| folder.sync_all()).map_err(|why| unwritable(path, &why))?;
    Ok(true)
}

/// The bytes of a file's name in its partial name: the whole stays below the 255 that file systems allow.
const NAME_PART: usize = 200;
/// The number of names to try if files with these names were left behind.
const NAME_TRIES: u32 = 8;

fn partial_name(name: &str, suffix: u64) -> String {
    let end = (0..=NAME_PART.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!(".{}.{suffix:016x}.partial", &name[..end])
}

/// A number that another process, even one with the same id, is unlikely to get: the standard library seeds its maps
/// this way.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The folder that a file is in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
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
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn partial_names_differ_and_stay_short() {
        let long = "\u{e4}".repeat(127);
        assert!(partial_name(&long, random()).len() <= 255 && partial_name("a.dat", 1).starts_with(".a.dat."));
        assert_ne!(partial_name("a", random()), partial_name("a", random()));
    }

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
