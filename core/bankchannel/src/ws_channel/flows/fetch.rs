//! Files of the WS Channel, as needed by the flows that all file channels share, with the retries of
//! docs/protocols/ws-channel.md §8.4.

use std::time::Duration;

use bankchannel_foundation::{
    CallOutcome, Category, Error, Result,
    error::{ErrorRow, row},
    model::Content,
};
use bankchannel_ws_channel::{
    PROTOCOL, errors,
    model::{Bank, FileDescriptor, FileReference, FileStatus, FileType, StatusFilter},
    operations::files::{
        download_file::{DownloadFile, DownloadFileRequest},
        list_files::{ListFiles, ListFilesRequest},
    },
};

use super::steps::FlowSteps;
use crate::{
    ContentDestination,
    file_channel::{ChannelFile, FileChannel, ListedFiles, file_names, ledger::LedgerFile, waiting::AnswerRegistry},
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
    pub(super) fn new(bank: Bank) -> Self {
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

    const CHANNEL: &'static str = PROTOCOL;
    const UPLOAD_REPEATED: &'static ErrorRow = &errors::UPLOAD_REPEATED;
    const ANSWER_NOT_FOUND: &'static ErrorRow = &errors::ANSWER_NOT_FOUND;
    const PAYMENT_REJECTED: &'static ErrorRow = &errors::PAYMENT_REJECTED;
    const FILE_GONE: &'static ErrorRow = &errors::FILE_GONE;
    const GIVES_UNLISTED: bool = false;

    fn flow_limit(&self) -> Option<Duration> {
        Self::flow_limit(self)
    }

    fn exchange_limit(&self, own_s: u32) -> Duration {
        self.limit(own_s)
    }

    fn bank_name(&self, place: &WsChannelPlace) -> String {
        place.bank.to_string()
    }

    /// The session's, or else the settings'.
    fn user(&self) -> Option<String> {
        let email = self.session().email.or_else(|| self.settings().email.clone());
        email.map(|email| email.as_str().to_owned())
    }

    fn place_of_type(place: &WsChannelPlace, file_type: &str) -> Result<WsChannelPlace> {
        let file_type = FileType::parse(file_type).map_err(|why| Error::invalid_field("wait_for", why))?;
        Ok(WsChannelPlace { file_type: Some(file_type), ..place.clone() })
    }

    fn answers(&self) -> &AnswerRegistry<FileDescriptor> {
        &self.0.answers
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

    fn passes(error: &Error) -> bool {
        let passing = [&errors::BANK_UNAVAILABLE, &errors::SERVICE_FAILED, &errors::STORAGE_FULL];
        passing.contains(&error.row()) || broke_off_a_renewal(error)
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
fn broke_off_a_renewal(error: &Error) -> bool {
    let passing =
        [&row::CONNECT_FAILED, &row::CONNECTION_LOST, &row::UNAVAILABLE, &row::RATE_LIMITED, &errors::SERVICE_FAILED];
    error.detail("renewal").is_some_and(|code| passing.iter().any(|row| row.code == code))
}
