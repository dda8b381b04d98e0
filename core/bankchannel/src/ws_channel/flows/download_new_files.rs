//! Downloads all new files into a folder (docs/protocols/ws-channel.md §8.4).

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_ws_channel::{
    errors,
    model::{Bank, FileDescriptor, FileReference, FileType, StatusFilter},
};

use super::{Flow, fetch::WsChannelPlace, flow, steps::FlowSteps};
use crate::{
    CallOptions,
    file_channel::new_files::{DownloadResult, DownloadStatus, FetchedNewFile, NewFilesWanted, fetch_new_files},
    ws_channel::WsChannel,
};

/// The files to download, and the folder.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DownloadNewFilesRequest {
    /// The bank that holds them.
    #[boundary(profile)]
    pub bank: Bank,
    /// Only files of this type. Default: all types.
    pub file_type: Option<FileType>,
    /// Only files of this status. Default: `NEW`.
    pub status: Option<StatusFilter>,
    /// The folder, one for each bank and account. The last part of the path is created if it does not exist.
    pub directory: String,
    /// Only the file with this reference.
    pub file_reference: Option<FileReference>,
    /// The folder of the ledger, which remembers files that were begun and not reported. Default: `directory`. Give the
    /// same folder to calls that share the bank's files, such as `upload_and_wait`.
    pub ledger: Option<String>,
    /// Whether the answer also has files in parsed form: all files with true, none with false. Default: the files that
    /// this call downloaded.
    pub parse: Option<bool>,
}

/// The result for each file.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct DownloadNewFilesResponse {
    /// The files in the order of the listing, then those of earlier calls that are no longer listed as new.
    pub files: Vec<DownloadedFile>,
    /// The number of files downloaded.
    pub downloaded: u32,
    /// The number of files that already existed.
    pub existing: u32,
    /// The number of files that failed.
    pub failed: u32,
    /// The number of files that were not tried, because the call ended before or the disk is full.
    pub not_tried: u32,
}

/// The result for one file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DownloadedFile {
    /// The file's name in the folder. Absent if no name could be made.
    pub name: Option<String>,
    /// The file's path. Absent if the file failed.
    pub path: Option<String>,
    /// The bank's reference of the file.
    pub file_reference: FileReference,
    /// The bank's name of the file type.
    pub file_type: String,
    /// The result of its download.
    #[boundary(flatten)]
    pub result: DownloadResult,
}

/// Download all new files into a folder.
///
/// Names are `<YYYYMMDD>__<FileType>_<FileReference>.dat`, with the day as the bank wrote it. An existing file does
/// not change, so a second run continues where the first one ended. A file appears under its name only when it is
/// complete; nothing is overwritten, no link is followed, nothing is written outside the folder. Use one folder for
/// each bank and account: names contain neither, and a file whose name is taken counts as existing. The listing and
/// each file are tried up to three times; a file that fails does not stop the others. If the disk is full, that is
/// the error of this file and of all others, which are not tried. The call itself fails if the listing cannot be
/// read, or if continuing is pointless: the session has ended, the call was cancelled, its time is up. Then the
/// error's `partial_response` has the result for each file so far, parsed. A file is reported once, when the call returns:
/// small hidden files in the ledger, `.bankchannel-file-…`, remember from before the bank is asked until the call
/// returns which files were not reported. So the next call also returns files that a failed or killed call has
/// downloaded, and retries those that did not arrive, even if the bank no longer lists them as new; and it returns
/// files that `upload_and_wait` has fetched and that answer no upload.
#[derive(Debug, Operation)]
#[operation(DownloadNewFilesRequest => DownloadNewFilesResponse)]
#[declaration(commands: COMMANDS, ..flow("ws_channel.download_new_files", "files"))]
#[errors(errors::{
    MODE_REFUSED, CERTIFICATE_MISSING, NO_BANK_CHANNEL, BANK_REFUSED, BANK_UNAVAILABLE, REFERENCE_UNSAFE, FILE_GONE,
})]
pub struct DownloadNewFiles;

const EXAMPLES: &str =
    "Files are named YYYYMMDD__TYPE_REFERENCE.dat after the bank's time stamp; existing files are skipped.";

const COMMANDS: &[Command] = &[Command::named("download-files").with_examples(EXAMPLES)];

impl Flow<WsChannel> for DownloadNewFiles {
    async fn run(
        client: &WsChannel,
        request: DownloadNewFilesRequest,
        options: &CallOptions,
    ) -> Result<DownloadNewFilesResponse> {
        let steps = FlowSteps::begin(client, options)?;
        let place = WsChannelPlace {
            bank: request.bank,
            file_type: request.file_type.clone(),
            status: request.status.unwrap_or(StatusFilter::New),
        };
        let wanted = NewFilesWanted {
            place,
            file_type: request.file_type.as_ref().map(FileType::as_str),
            file_reference: request.file_reference.as_ref().map(FileReference::as_str),
            directory: &request.directory,
            ledger: request.ledger.as_deref(),
            parse: request.parse,
        };
        fetch_new_files(&steps, wanted).await?.returned(|fetched| DownloadNewFilesResponse {
            downloaded: fetched.count(DownloadStatus::Downloaded),
            existing: fetched.count(DownloadStatus::Exists),
            failed: fetched.count(DownloadStatus::Failed),
            not_tried: fetched.count(DownloadStatus::NotTried),
            files: fetched.files.into_iter().map(DownloadedFile::from).collect(),
        })
    }
}

impl From<FetchedNewFile<FileDescriptor>> for DownloadedFile {
    fn from(found: FetchedNewFile<FileDescriptor>) -> Self {
        let FetchedNewFile { file, name, path, result } = found;
        let FileDescriptor { file_reference, file_type, .. } = file;
        Self { name, path, file_reference, file_type, result }
    }
}
