//! Listings and downloads of any file channel, tried again, into a folder.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bankchannel_foundation::{CallOutcome, Category, Error, Result, error::row, model::Content, shown};
use bankchannel_transport::{at_least, background, write_new_file};
use bytes::Bytes;

use super::{
    ChannelFile, FileChannel, ListedFiles,
    file_names::file_name,
    ledger::{FileLedger, LedgerFile},
    steps::ChannelFlowSteps,
};
use crate::ContentDestination;

/// The maximum number of attempts for a listing or a download.
pub const DOWNLOAD_TRIES: u32 = 3;

/// Lists files; tries again after an answer that was broken.
pub(crate) async fn list<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    place: &C::Place,
    which: ListedFiles,
) -> Result<Vec<C::File>> {
    let mut tries = 1;
    loop {
        match C::list(steps, place, which).await {
            Ok(files) => return Ok(files),
            Err(error) if tries < DOWNLOAD_TRIES && C::is_worth_another(&error) => {
                pause_after(steps, &error, tries).await?;
                tries += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Downloads one file; tries again after an answer that was broken.
pub(crate) async fn download<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    place: &C::Place,
    file: &C::File,
    destination: ContentDestination,
) -> Result<Content> {
    C::check(file)?;
    let (mut tries, mut earlier) = (1, None);
    loop {
        match C::download(steps, place, file, destination.clone()).await {
            Ok(content) => return Ok(content),
            Err(error) if tries < DOWNLOAD_TRIES && C::is_worth_another(&error) => {
                pause_after(steps, &error, tries).await?;
                earlier = at_least(error, earlier).outcome();
                tries += 1;
            }
            Err(error) => return Err(at_least(error, earlier)),
        }
    }
}

/// A broken answer is asked for again at once; a bank that has failed gets time.
async fn pause_after<C: FileChannel>(steps: &ChannelFlowSteps<'_, C>, error: &Error, tries: u32) -> Result<()> {
    if error.row() == &row::PEER_PROTOCOL {
        return Ok(());
    }
    steps.wait(Duration::from_secs(u64::from(tries))).await
}

/// Whether the bank did not begin to send a file, which then still counts as new.
pub(crate) fn was_not_sent(error: &Error) -> bool {
    matches!(error.outcome(), Some(CallOutcome::NotSent | CallOutcome::Refused))
}

/// Whether the other files would fail the same way.
pub(crate) fn ends_all<C: FileChannel>(error: &Error, steps: &ChannelFlowSteps<'_, C>) -> bool {
    match error.category() {
        Category::Cancelled | Category::ResourceExhausted => true,
        // The time limit of one file does not stop the others.
        Category::TimedOut => steps.is_over(),
        _ => C::ends_all(error),
    }
}

/// A file as the ledger describes it.
pub(crate) fn ledger_file<F: ChannelFile>(file: &F, name: &str) -> LedgerFile {
    let described = LedgerFile::new(file.file_type(), file.file_reference(), file.file_timestamp());
    LedgerFile { name: name.to_owned(), ..described }
}

/// The result of downloading a file into a folder.
pub(crate) enum FileFetch {
    Downloaded {
        path: PathBuf,
        bytes: u64,
    },
    /// A file with this name exists; its content was not checked.
    Exists {
        path: PathBuf,
    },
}

/// Downloads a file into a folder, unless it exists. The ledger has an entry for it from before the bank is asked;
/// `was_begun` is whether an earlier call left one; `number` is that of the file, and of all files.
pub(crate) async fn into_folder<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    ledger: &Arc<FileLedger>,
    (place, file, was_begun): (&C::Place, &C::File, bool),
    (number, folder): ((usize, usize), &Path),
) -> Result<FileFetch> {
    let name = file_name(file)?;
    C::check(file)?;
    let path = folder.join(&name);
    let (target, described, writing) = (path.clone(), ledger_file(file, &name), Arc::clone(ledger));
    let begun = steps.work(move || match is_taken(&target, was_begun) {
        true => Ok(None),
        false => writing.begin(described).map(Some),
    });
    let Some(entry) = begun.await? else {
        steps.file(number, &format!("{name} exists already, skipping"));
        return Ok(FileFetch::Exists { path });
    };
    steps.file(number, &format!("downloading {name}"));
    let content = download(steps, place, file, ContentDestination::File(path.clone())).await;
    if let Err(error) = &content {
        // The target is not looked at after the caller gave up.
        let (target, is_given_up) =
            (path.clone(), matches!(error.category(), Category::Cancelled | Category::TimedOut));
        // A file that the bank has no more stays noted, with the bank's words.
        let not_sent = was_not_sent(error) && error.row() != C::FILE_GONE;
        let checked = background::blocking(move || {
            // Another call has downloaded it at the same time, and reports it: whether this one found the name taken before
            // it asked the bank, or afterwards, or the bank gives a file once.
            let is_there = !is_given_up && is_taken(&target, false);
            if not_sent || is_there {
                entry.withdraw();
            }
            is_there
        });
        if checked.await.unwrap_or_default() {
            return Ok(FileFetch::Exists { path });
        }
    }
    Ok(FileFetch::Downloaded { path, bytes: content?.known_size().unwrap_or_default() })
}

/// Updates the ledger, whatever the call's time limit. An entry that stays costs a later call one more check.
pub(crate) async fn settle(work: impl FnOnce() + Send + 'static) {
    let _ = background::blocking(work).await;
}

/// Whether something has this name: a link is neither followed nor replaced. An empty file that claims the name is
/// removed if the file was begun: on a file system without links, it is left by a run that was killed while it named the
/// file.
fn is_taken(target: &Path, was_begun: bool) -> bool {
    let Ok(found) = target.symlink_metadata() else { return false };
    !(was_begun && found.is_file() && found.len() == 0 && fs::remove_file(target).is_ok())
}

/// The folder for files, and that of the ledger: the same one, if no other is given.
pub(crate) async fn open_folders<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    directory: &str,
    ledger: Option<&str>,
) -> Result<(PathBuf, PathBuf)> {
    let folder = open_folder(steps, "directory", directory).await?;
    let ledger = match ledger {
        Some(ledger) => open_folder(steps, "ledger", ledger).await?,
        None => folder.clone(),
    };
    Ok((folder, ledger))
}

/// Makes sure that the folder exists; creates the last part of its path if it is missing.
pub(crate) async fn open_folder<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    field: &'static str,
    folder: &str,
) -> Result<PathBuf> {
    let path = PathBuf::from(folder);
    steps.work(move || make_folder(&path, field).map(|()| path)).await
}

fn make_folder(path: &Path, field: &str) -> Result<()> {
    let refused = |why: &dyn std::fmt::Display| {
        Error::invalid_field(field, format!("{} cannot be used: {why}", shown::path(path)))
            .with_outcome(CallOutcome::NotSent)
    };
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(refused(&"it is not a folder")),
        Err(_) => std::fs::create_dir(path).map_err(|why| refused(&why)),
    }
}

/// Writes an answer into a folder, under its own name or, if that is taken by another content, under a new one. Returns
/// its path.
pub(crate) async fn store<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    file: &C::File,
    bytes: Bytes,
    folder: &Path,
) -> Result<PathBuf> {
    let path = folder.join(file_name(file)?);
    let stored = background::blocking(move || {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let others = (2..=NAMES_MAX).map(|number| path.with_file_name(format!("{stem}~{number}.dat")));
        for name in std::iter::once(path.clone()).chain(others) {
            if write_new_file(&name, &bytes)? || has_content(&name, &bytes) {
                return Ok(name);
            }
        }
        let text = format!("{} exists, and so do the alternative names up to ~{NAMES_MAX}", shown::path(&path));
        Err(Error::because(&row::STORAGE, text))
    });
    let path = stored.await.map_err(|why| why.error("writing a file was aborted"))??;
    steps.say(&format!("saved {}", shown::path(&path)));
    Ok(path)
}

/// Whether a file has exactly this content: then it is the same file of the bank, which another call has stored.
fn has_content(path: &Path, bytes: &[u8]) -> bool {
    let regular = path.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() == bytes.len() as u64);
    regular && fs::read(path).is_ok_and(|found| found == bytes)
}

/// The maximum number of names tried for one file: `…~2.dat`, `…~3.dat`. The regular name of a bank's file never contains
/// `~`, so these names cannot be mistaken for one.
const NAMES_MAX: u32 = 1000;
