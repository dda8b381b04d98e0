//! Listings and downloads, with the retries of docs/protocols/ws-channel.md §8.4.

use std::path::{Path, PathBuf};

use bankchannel_foundation::{Content, Error, Outcome, Result, error::row, shown};
use bankchannel_transport::at_least;
use bankchannel_ws_channel::{
    errors,
    model::{Bank, FileDescriptor, FileType, StatusFilter},
    operations::files::{
        download_file::{DownloadFile, DownloadFileRequest, DownloadFileRequestFields, DownloadFileResponse},
        list_files::{ListFiles, ListFilesRequest, ListFilesRequestFields},
    },
};

use super::{
    file_names::file_name,
    journal::{Begun, Journal},
    steps::Steps,
};
use crate::Destination;

/// The maximum number of attempts for a listing or a download.
pub const DOWNLOAD_TRIES: u32 = 3;

/// Lists files; retries after a broken answer.
pub(super) async fn list(
    steps: &Steps<'_>,
    bank: Bank,
    file_type: Option<FileType>,
    status: StatusFilter,
) -> Result<Vec<FileDescriptor>> {
    let mut tries = 1;
    loop {
        let request =
            ListFilesRequest::from(ListFilesRequestFields { bank, file_type: file_type.clone(), status: Some(status) });
        match steps.exchange::<ListFiles>(request).await {
            Ok(answer) => return Ok(answer.file_descriptors),
            Err(error) if tries < DOWNLOAD_TRIES && is_worth_another(&error) => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Downloads one file; retries after a broken answer.
pub(super) async fn download(
    steps: &Steps<'_>,
    bank: Bank,
    file: &FileDescriptor,
    destination: Destination,
) -> Result<Content> {
    let file_type = asked_for(file)?;
    let (mut tries, mut earlier) = (1, None);
    loop {
        let request = DownloadFileRequest::from(DownloadFileRequestFields {
            bank,
            file_type: file_type.clone(),
            file_reference: file.file_reference.clone(),
        });
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

fn asked_for(file: &FileDescriptor) -> Result<FileType> {
    FileType::parse(&file.file_type).map_err(|why| {
        let text = format!("the listing has an invalid FileType: it {why}");
        Error::because(&row::PEER_PROTOCOL, text).with_outcome(Outcome::NotSent)
    })
}

/// Whether another attempt makes sense here. The transport has already retried answers that broke off or were
/// unavailable; a complete but unreadable answer is retried here.
fn is_worth_another(error: &Error) -> bool {
    error.row() == &row::PEER_PROTOCOL
}

/// Whether the bank did not begin to send a file, which then still counts as new.
pub(super) fn was_not_sent(error: &Error) -> bool {
    matches!(error.outcome(), Some(Outcome::NotSent | Outcome::Refused))
}

/// Whether a call failed because the renewal of its session broke off: the next call will renew it.
pub(super) fn broke_off_a_renewal(error: &Error) -> bool {
    let passing =
        [&row::CONNECT_FAILED, &row::CONNECTION_LOST, &row::UNAVAILABLE, &row::RATE_LIMITED, &errors::SERVICE_FAILED];
    error.detail("renewal").is_some_and(|code| passing.iter().any(|row| row.code == code))
}

/// The result of downloading a file into a folder.
pub(super) enum Fetched {
    Downloaded {
        path: PathBuf,
        bytes: u64,
    },
    /// A file with this name exists; its content was not checked.
    Exists {
        path: PathBuf,
    },
}

/// Downloads a file into a folder, unless it exists. A marker in the folder shows a download in progress.
pub(super) async fn into_folder(
    steps: &Steps<'_>,
    bank: Bank,
    file: &FileDescriptor,
    folder: &Path,
) -> Result<Fetched> {
    let name = file_name(file)?;
    let path = folder.join(&name);
    let marker = Journal::of(folder, bank).marker(&name);
    let target = path.clone();
    let beginning = marker.clone();
    let is_marked = match steps.work(move || beginning.begin(&target)).await? {
        Begun::There => {
            steps.say(&format!("{name} exists already, skipping"));
            note(steps, move || marker.end()).await;
            return Ok(Fetched::Exists { path });
        }
        Begun::OnItsWay { is_marked } => is_marked,
    };
    steps.say(&format!("downloading {name}"));
    let content = download(steps, bank, file, Destination::File(path.clone())).await;
    let not_sent = content.as_ref().err().map(was_not_sent);
    match not_sent {
        None => note(steps, move || marker.end()).await,
        // The marker is from an earlier run; that this attempt got nothing does not change it.
        Some(true) if is_marked => {}
        Some(true) => note(steps, move || marker.withdraw()).await,
        Some(false) => note(steps, move || marker.keep()).await,
    }
    Ok(Fetched::Downloaded { path, bytes: content?.known_size().unwrap_or_default() })
}

/// Updates a marker. A marker that stays only costs the next run one more check.
async fn note(steps: &Steps<'_>, noting: impl FnOnce() + Send + 'static) {
    let noted = steps.work(move || {
        noting();
        Ok(())
    });
    let _ = noted.await;
}

/// Downloads a file under a new name, since its own name is `taken` by a file of unknown origin. If it does not arrive,
/// nothing remains in the folder.
pub(super) async fn beside(
    steps: &Steps<'_>,
    bank: Bank,
    file: &FileDescriptor,
    taken: PathBuf,
) -> Result<(PathBuf, u64)> {
    let path = steps.work(move || free_name(&taken)).await?;
    steps.say(&format!("downloading it as {}", shown::path(&path)));
    let content = download(steps, bank, file, Destination::File(path.clone())).await?;
    Ok((path, content.known_size().unwrap_or_default()))
}

/// The maximum number of names tried for one file.
const NAMES_MAX: u32 = 1000;

/// `…~2.dat`, `…~3.dat`: the regular name of a bank's file never contains `~`, so these names cannot be mistaken for
/// one.
fn free_name(taken: &Path) -> Result<PathBuf> {
    let stem = taken.file_stem().unwrap_or_default().to_string_lossy();
    let mut names = (2..=NAMES_MAX).map(|number| taken.with_file_name(format!("{stem}~{number}.dat")));
    names.find(|path| path.symlink_metadata().is_err()).ok_or_else(|| {
        let text = format!("{} exists, and so do the alternative names up to ~{NAMES_MAX}", shown::path(taken));
        Error::because(&row::STORAGE, text).with_outcome(Outcome::NotSent)
    })
}

/// Makes sure that the folder exists; creates the last part of its path if it is missing.
pub(super) async fn open_folder(steps: &Steps<'_>, folder: &str) -> Result<PathBuf> {
    let path = PathBuf::from(folder);
    steps.work(move || make_folder(&path).map(|()| path)).await
}

fn make_folder(path: &Path) -> Result<()> {
    let refused = |why: &dyn std::fmt::Display| {
        Error::invalid_field("directory", format!("{} cannot be used: {why}", shown::path(path)))
            .with_outcome(Outcome::NotSent)
    };
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(refused(&"it is not a folder")),
        Err(_) => std::fs::create_dir(path).map_err(|why| refused(&why)),
    }
}
