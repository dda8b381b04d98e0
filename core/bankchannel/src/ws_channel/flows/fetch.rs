//! Files of the WS Channel: what the flows that all file channels share need of it, with the retries of
//! docs/protocols/ws-channel.md §8.4; and answers stored in a folder.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use bankchannel_foundation::{
    CallOutcome, Category, Content, Error, Result,
    error::{ErrorRow, row},
    shown,
};
use bankchannel_transport::{background, write_new_file};
use bankchannel_ws_channel::{
    errors,
    model::{Bank, FileDescriptor, FileReference, FileStatus, FileType, StatusFilter},
    operations::files::{
        download_file::{DownloadFile, DownloadFileRequest},
        list_files::{ListFiles, ListFilesRequest},
    },
};

use bytes::Bytes;

use super::steps::FlowSteps;
pub(super) use crate::file_channel::fetch::{download, ledger_file, list, open_folder, settle, was_not_sent};
use crate::{
    ContentDestination,
    file_channel::{
        ChannelFile, FileChannel, ListedFiles, file_names,
        ledger::{FileLedger, LedgerFile},
    },
    ws_channel::WsChannel,
};

/// Where the files of a call are.
#[derive(Debug, Clone)]
pub(crate) struct WsChannelPlace {
    pub(crate) bank: Bank,
    /// Only files of this type.
    pub(crate) file_type: Option<FileType>,
    /// Which files count as wanted.
    pub(crate) status: StatusFilter,
}

impl WsChannelPlace {
    /// All files of a bank.
    pub(super) fn of(bank: Bank) -> Self {
        Self { bank, file_type: None, status: StatusFilter::New }
    }
}

impl ChannelFile for FileDescriptor {
    const REFERENCE_UNSAFE: &'static ErrorRow = &errors::REFERENCE_UNSAFE;

    fn file_type(&self) -> &str {
        &self.file_type
    }

    fn file_reference(&self) -> &str {
        self.file_reference.as_str()
    }

    fn file_timestamp(&self) -> &str {
        self.file_timestamp.as_str()
    }

    fn of_ledger(begun: &LedgerFile) -> Option<Self> {
        Some(Self::new(
            FileReference::new(&begun.file_reference).ok()?,
            begun.file_timestamp.clone(),
            begun.file_type.clone(),
            FileStatus::Downloaded,
        ))
    }
}

impl FileChannel for WsChannel {
    type File = FileDescriptor;
    type Place = WsChannelPlace;

    const FILE_GONE: &'static ErrorRow = &errors::FILE_GONE;
    const GIVES_UNLISTED: bool = false;

    fn flow_limit(&self) -> Option<Duration> {
        Self::flow_limit(self)
    }

    fn exchange_limit(&self, own_s: u32) -> Duration {
        self.limit(own_s)
    }

    /// The user is the session's, or else the settings'.
    fn ledger(&self, place: &WsChannelPlace, folder: &Path) -> FileLedger {
        let email = self.session().email.or_else(|| self.settings().email.clone());
        FileLedger::new(folder, format!("ws-channel/{}", place.bank), email.map(|email| email.as_str().to_owned()))
    }

    async fn list(steps: &FlowSteps<'_>, place: &WsChannelPlace, which: ListedFiles) -> Result<Vec<FileDescriptor>> {
        let mut request = ListFilesRequest::new(place.bank);
        request.file_type = place.file_type.clone();
        request.status = Some(match which {
            ListedFiles::Wanted => place.status,
            ListedFiles::All => StatusFilter::All,
        });
        Ok(steps.exchange::<ListFiles>(request).await?.file_descriptors)
    }

    async fn download(
        steps: &FlowSteps<'_>,
        place: &WsChannelPlace,
        file: &FileDescriptor,
        destination: ContentDestination,
    ) -> Result<Content> {
        let request = DownloadFileRequest::new(place.bank, asked_for(file)?, file.file_reference.clone());
        Ok(steps.exchange_to::<DownloadFile>(request, destination).await?.content)
    }

    fn check(file: &FileDescriptor) -> Result<()> {
        asked_for(file).map(drop)
    }

    fn ends_all(error: &Error) -> bool {
        error.category() == Category::Authentication && !broke_off_a_renewal(error)
    }
}

/// The name of a file from a bank: `<YYYYMMDD>__<FileType>_<FileReference>.dat`, with the day as written by the bank.
///
/// A character other than a letter, digit, point, `_` or `-` becomes `_`; a part of the text's hash is then added, so
/// that two files never share a name.
///
/// # Errors
/// `ws_channel.reference_unsafe` if the type or the reference is empty or has a path separator or a control character,
/// if the time stamp does not begin with a day, or if the name would be too long: no honest bank names a file so.
pub fn file_name(file: &FileDescriptor) -> Result<String> {
    file_names::file_name(file)
}

/// The type of a listed file, for asking for it.
fn asked_for(file: &FileDescriptor) -> Result<FileType> {
    FileType::parse(&file.file_type).map_err(|why| {
        let text = format!("the listing has an invalid FileType: it {why}");
        Error::because(&row::PEER_PROTOCOL, text).with_outcome(CallOutcome::NotSent)
    })
}

/// Whether a call failed because the renewal of its session broke off: the next call will renew it.
pub(super) fn broke_off_a_renewal(error: &Error) -> bool {
    let passing =
        [&row::CONNECT_FAILED, &row::CONNECTION_LOST, &row::UNAVAILABLE, &row::RATE_LIMITED, &errors::SERVICE_FAILED];
    error.detail("renewal").is_some_and(|code| passing.iter().any(|row| row.code == code))
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
