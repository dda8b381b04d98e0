//! Listings and downloads, with the retries of docs/protocols/ws-channel.md §8.4.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_foundation::{CallOutcome, Content, Error, Result, error::row, shown};
use bankchannel_transport::{at_least, background, write_new_file};
use bankchannel_ws_channel::{
    errors,
    model::{Bank, FileDescriptor, FileType, StatusFilter},
    operations::files::{
        download_file::{DownloadFile, DownloadFileRequest, DownloadFileResponse},
        list_files::{ListFiles, ListFilesRequest},
    },
};

use bytes::Bytes;

use super::{file_names::file_name, steps::FlowSteps};
use crate::{
    ContentDestination,
    file_ledger::{FileLedger, LedgerFile},
    ws_channel::WsChannel,
};

/// The maximum number of attempts for a listing or a download.
pub const DOWNLOAD_TRIES: u32 = 3;

/// Lists files; retries after a broken answer.
pub(super) async fn list(
    steps: &FlowSteps<'_>,
    bank: Bank,
    file_type: Option<FileType>,
    status: StatusFilter,
) -> Result<Vec<FileDescriptor>> {
    let mut tries = 1;
    loop {
        let mut request = ListFilesRequest::new(bank);
        request.file_type = file_type.clone();
        request.status = Some(status);
        match steps.exchange::<ListFiles>(request).await {
            Ok(answer) => return Ok(answer.file_descriptors),
            Err(error) if tries < DOWNLOAD_TRIES && is_worth_another(&error) => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Downloads one file; retries after a broken answer.
pub(super) async fn download(
    steps: &FlowSteps<'_>,
    bank: Bank,
    file: &FileDescriptor,
    destination: ContentDestination,
) -> Result<Content> {
    let file_type = asked_for(file)?;
    let (mut tries, mut earlier) = (1, None);
    loop {
        let request = DownloadFileRequest::new(bank, file_type.clone(), file.file_reference.clone());
        match steps.exchange_to::<DownloadFile>(request, destination.clone()).await {
            Ok(DownloadFileResponse { content, .. }) => return Ok(content),
            Err(error) if tries < DOWNLOAD_TRIES && is_worth_another(&error) => {
                earlier = at_least(error, earlier).outcome();
                tries += 1;
            }
            Err(error) => return Err(at_least(error, earlier)),
        }
    }
}

/// The type of a listed file, for asking for it.
fn asked_for(file: &FileDescriptor) -> Result<FileType> {
    FileType::parse(&file.file_type).map_err(|why| {
        let text = format!("the listing has an invalid FileType: it {why}");
        Error::because(&row::PEER_PROTOCOL, text).with_outcome(CallOutcome::NotSent)
    })
}

/// Whether another attempt makes sense here. The transport has already retried answers that broke off or were
/// unavailable; a complete but unreadable answer is retried here.
fn is_worth_another(error: &Error) -> bool {
    error.row() == &row::PEER_PROTOCOL
}

/// Whether the bank did not begin to send a file, which then still counts as new.
pub(super) fn was_not_sent(error: &Error) -> bool {
    matches!(error.outcome(), Some(CallOutcome::NotSent | CallOutcome::Refused))
}

/// Whether a call failed because the renewal of its session broke off: the next call will renew it.
pub(super) fn broke_off_a_renewal(error: &Error) -> bool {
    let passing =
        [&row::CONNECT_FAILED, &row::CONNECTION_LOST, &row::UNAVAILABLE, &row::RATE_LIMITED, &errors::SERVICE_FAILED];
    error.detail("renewal").is_some_and(|code| passing.iter().any(|row| row.code == code))
}

/// The ledger of a client's files in a folder. The user is the session's, or else the settings'.
pub(super) fn file_ledger(client: &WsChannel, bank: Bank, folder: &Path) -> FileLedger {
    let email = client.session().email.or_else(|| client.settings().email.clone());
    FileLedger::new(folder, format!("ws-channel/{bank}"), email.map(|email| email.as_str().to_owned()))
}

/// A file as the ledger describes it.
pub(super) fn ledger_file(file: &FileDescriptor, name: &str) -> LedgerFile {
    let described = LedgerFile::new(&file.file_type, file.file_reference.as_str(), &file.file_timestamp);
    LedgerFile { name: name.to_owned(), ..described }
}

/// The result of downloading a file into a folder.
pub(super) enum FileFetch {
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
/// `was_begun` is whether an earlier call left one; `place` is the number of the file, and of all files.
pub(super) async fn into_folder(
    steps: &FlowSteps<'_>,
    ledger: &Arc<FileLedger>,
    (bank, file, was_begun): (Bank, &FileDescriptor, bool),
    (place, folder): ((usize, usize), &Path),
) -> Result<FileFetch> {
    let name = file_name(file)?;
    asked_for(file)?;
    let path = folder.join(&name);
    let (target, described, writing) = (path.clone(), ledger_file(file, &name), Arc::clone(ledger));
    let begun = steps.work(move || match is_taken(&target, was_begun) {
        true => Ok(None),
        false => writing.begin(described).map(Some),
    });
    let Some(entry) = begun.await? else {
        steps.file(place, &format!("{name} exists already, skipping"));
        return Ok(FileFetch::Exists { path });
    };
    steps.file(place, &format!("downloading {name}"));
    let content = download(steps, bank, file, ContentDestination::File(path.clone())).await;
    if let Err(error) = &content {
        let (target, is_storage) = (path.clone(), error.row() == &row::STORAGE);
        let not_sent = was_not_sent(error);
        let checked = background::blocking(move || {
            // Another call has downloaded it at the same time, and reports it.
            let is_there = is_storage && is_taken(&target, false);
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
pub(super) async fn settle(work: impl FnOnce() + Send + 'static) {
    let _ = background::blocking(work).await;
}

/// Whether something has this name: a link is neither followed nor replaced. An empty file that claims the name is
/// removed if the file was begun: on a file system without links, it is left by a run that was killed while it named the
/// file.
fn is_taken(target: &Path, was_begun: bool) -> bool {
    let Ok(found) = target.symlink_metadata() else { return false };
    !(was_begun && found.is_file() && found.len() == 0 && fs::remove_file(target).is_ok())
}

/// Writes an answer into a folder, under its own name or, if that is taken by another content, under a new one. Returns
/// its path.
pub(super) async fn store(
    steps: &FlowSteps<'_>,
    file: &FileDescriptor,
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

/// Makes sure that the folder exists; creates the last part of its path if it is missing.
pub(super) async fn open_folder(steps: &FlowSteps<'_>, field: &'static str, folder: &str) -> Result<PathBuf> {
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
