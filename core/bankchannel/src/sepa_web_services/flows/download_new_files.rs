//! Downloads all new files into a folder (§6.7).

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_sepa_web_services::{
    errors,
    model::{BankFileDescriptor, FileStatusFilter},
};

use super::{
    Flow,
    channel::{BankFilePlace, FileFlowSteps},
    flow,
};
use crate::{
    CallOptions,
    file_channel::new_files::{DownloadResult, DownloadStatus, FetchedNewFile, NewFilesWanted, fetch_new_files},
    sepa_web_services::SepaWebServices,
};

/// The files to download, and the folder.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DownloadNewBankFilesRequest {
    /// Only files of this type, the bank's word, at most 40 characters. Default: all types; at a bank that lists one type
    /// at a time, each type of reports, statements and notifications in its profile that the agreement has.
    pub file_type: Option<String>,
    /// Only files of this status. Default: `NEW`.
    pub status: Option<FileStatusFilter>,
    /// The part of the agreement, at most 80 characters. Default: that of the settings.
    pub target_id: Option<String>,
    /// The folder, one for each bank and customer. The last part of the path is created if it does not exist.
    pub directory: String,
    /// Only the file with this reference.
    pub file_reference: Option<String>,
    /// The folder of the ledger, which remembers files that were begun and not reported. Default: `directory`. Give the
    /// same folder to calls that share the bank's files, such as `settle_upload`.
    pub ledger: Option<String>,
    /// Whether the answer also has files in parsed form: all files with true, none with false. Default: the files that
    /// this call downloaded.
    pub parse: Option<bool>,
}

/// The result for each file.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct DownloadNewBankFilesResponse {
    /// The files in the order of the list, then those of earlier calls that are no longer listed as new.
    pub files: Vec<DownloadedBankFile>,
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
pub struct DownloadedBankFile {
    /// The file's name in the folder. Absent if no name could be made.
    pub name: Option<String>,
    /// The file's path. Absent if the file failed.
    pub path: Option<String>,
    /// The bank's reference of the file.
    pub file_reference: String,
    /// The bank's type of the file.
    pub file_type: String,
    /// The result of its download.
    #[boundary(flatten)]
    pub result: DownloadResult,
}

/// Download all new files of a bank into a folder.
///
/// Names are `<YYYYMMDD>__<FileType>_<FileReference>.dat`, with the day as the bank wrote it. An existing file does not
/// change, so a second run continues where the first one ended. A file appears under its name only when all signatures
/// over it have held; nothing is overwritten, no link is followed, nothing is written outside the folder. Use one folder
/// for each bank and customer: names contain neither. The list and each file are tried up to three times; a file that
/// fails does not stop the others. A bank marks a file as downloaded when it has sent it, whether it arrives or not; then
/// it is not listed as new again. So small hidden files in the ledger, `.bankchannel-file-…`, remember from before the
/// bank is asked until the call returns which files were not reported: the next call also returns files that a failed or
/// killed call has downloaded, and asks by their references for those that did not arrive. All files of a
/// call count as reported when it returns, and none before. One that the bank has no more is reported once. The call itself fails if the list cannot be read, or if continuing is pointless; then the error's
/// `partial_response` has the result for each file so far.
#[derive(Debug, Operation)]
#[operation(DownloadNewBankFilesRequest => DownloadNewBankFilesResponse)]
#[declaration(..flow("sepa_web_services.download_new_files"))]
#[errors(errors::{
    NOT_OFFERED, TOKEN_FAILED, FAULT, ANSWER_SIGNATURE, ANSWER_NOT_TRUSTED, ANSWER_NOT_DECRYPTED, BANK_CERTIFICATE_MISSING, REVOCATION_UNKNOWN, ANSWER_STALE, ANSWER_CONTENT,
    SIGNATURE_REFUSED, AGREEMENT_REFUSED, FILE_NOT_FOUND, REFERENCE_UNSAFE, REFUSED, BANK_FAILED,
})]
pub struct DownloadNewBankFiles;

impl Flow<SepaWebServices> for DownloadNewBankFiles {
    async fn run(
        client: &SepaWebServices,
        request: DownloadNewBankFilesRequest,
        options: &CallOptions,
    ) -> Result<DownloadNewBankFilesResponse> {
        let steps = FileFlowSteps::begin(client, options)?;
        let place = BankFilePlace {
            target_id: request.target_id.clone(),
            file_type: request.file_type.clone(),
            start_date: None,
            status: request.status.unwrap_or(FileStatusFilter::New),
        };
        let wanted = NewFilesWanted {
            place,
            file_type: request.file_type.as_deref(),
            file_reference: request.file_reference.as_deref(),
            directory: &request.directory,
            ledger: request.ledger.as_deref(),
            parse: request.parse,
        };
        fetch_new_files(&steps, wanted).await?.returned(|fetched| DownloadNewBankFilesResponse {
            downloaded: fetched.count(DownloadStatus::Downloaded),
            existing: fetched.count(DownloadStatus::Exists),
            failed: fetched.count(DownloadStatus::Failed),
            not_tried: fetched.count(DownloadStatus::NotTried),
            files: fetched.files.into_iter().map(DownloadedBankFile::from).collect(),
        })
    }
}

impl From<FetchedNewFile<BankFileDescriptor>> for DownloadedBankFile {
    fn from(found: FetchedNewFile<BankFileDescriptor>) -> Self {
        let FetchedNewFile { file, name, path, result } = found;
        let BankFileDescriptor { file_reference, file_type, .. } = file;
        Self { name, path, file_reference, file_type, result }
    }
}
