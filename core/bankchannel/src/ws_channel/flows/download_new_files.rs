//! Downloads all new files into a folder (docs/protocols/ws-channel.md §8.4).

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_foundation::{
    Boundary, Category, Declaration, Error, Operation, OperationDocs, Result, error::ErrorRow, operation::Command,
};
use bankchannel_ws_channel::{
    errors,
    model::{Bank, FileDescriptor, FileReference, FileStatus, FileType, StatusFilter},
};

use super::{
    Flow,
    fetch::{FileFetch, broke_off_a_renewal, file_ledger, into_folder, list, open_folder, settle},
    file_name, flow,
    parsed::{ContentParser, Parsed},
    run_by,
    steps::FlowSteps,
};
use crate::{
    CallOptions,
    file_ledger::{FileLedger, LedgerFile, UnreportedFile},
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
    /// The number of bytes downloaded.
    pub bytes: Option<u64>,
    /// The result.
    pub status: DownloadStatus,
    /// The error code, if the file failed or was not tried.
    pub error: Option<String>,
    /// The error in words, if the file failed or was not tried.
    pub error_message: Option<String>,
    /// The parsed content.
    #[boundary(flatten)]
    pub parsed: Parsed,
}

/// The result for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum DownloadStatus {
    /// The file is now in the folder, and no call has reported it before.
    Downloaded,
    /// The file already existed and did not change.
    Exists,
    /// The file is not in the folder.
    Failed,
    /// The bank was not asked for the file.
    NotTried,
}

const ERRORS: &[&ErrorRow] = &[
    &errors::MODE_REFUSED,
    &errors::CERTIFICATE_MISSING,
    &errors::NO_BANK_CHANNEL,
    &errors::BANK_REFUSED,
    &errors::BANK_UNAVAILABLE,
    &errors::REFERENCE_UNSAFE,
    &errors::FILE_GONE,
];

/// Download all new files into a folder.
///
/// Names are `<YYYYMMDD>__<FileType>_<FileReference>.dat`, with the day as the bank wrote it. An existing file does
/// not change, so a second run continues where the first one ended. A file appears under its name only when it is
/// complete; nothing is overwritten, no link is followed, nothing is written outside the folder. Use one folder for
/// each bank and account: names contain neither, and a file whose name is taken counts as existing. The listing and
/// each file are tried up to three times; a file that fails does not stop the others. If the disk is full, that is
/// the error of this file and of all others, which are not tried. The call itself fails if the listing cannot be
/// read, or if continuing is pointless: the session has ended, the call was cancelled, its time is up. Then the
/// error's `partial_response` has the result for each file so far, parsed. Each file is reported as downloaded once:
/// small hidden files in the ledger, `.bankchannel-file-…`, remember from before the bank is asked until the call
/// returns which files were not reported. So the next call also returns files that a failed or killed call has
/// downloaded, and retries those that did not arrive, even if the bank no longer lists them as new; and it returns
/// files that `upload_and_wait` has fetched and that answer no upload.
#[derive(Debug, OperationDocs)]
pub struct DownloadNewFiles;

impl Operation for DownloadNewFiles {
    type Request = DownloadNewFilesRequest;
    type Response = DownloadNewFilesResponse;
    const DECLARATION: Declaration =
        run_by(&[Command::named("download-files")], flow("ws_channel.download_new_files", "files", Self::DOCS, ERRORS));
}

impl Flow<WsChannel> for DownloadNewFiles {
    async fn run(
        client: &WsChannel,
        request: DownloadNewFilesRequest,
        options: &CallOptions,
    ) -> Result<DownloadNewFilesResponse> {
        let steps = FlowSteps::begin(client, options)?;
        let folder = open_folder(&steps, "directory", &request.directory).await?;
        let ledger_folder = match &request.ledger {
            Some(ledger) => open_folder(&steps, "ledger", ledger).await?,
            None => folder.clone(),
        };
        let ledger = Arc::new(file_ledger(client, request.bank, &ledger_folder));
        steps.step("listing the files");
        let found = found(&steps, &request, &ledger).await?;
        let mut answer = DownloadNewFilesResponse::default();
        let ended = answer.fetch(&steps, (&ledger, &folder), request.bank, &found).await;
        // Parsed after the last download, so that its time does not count against the downloads.
        let mut parser = ContentParser::new(request.parse);
        for file in &mut answer.files {
            let wanted = request.parse == Some(true) || file.status == DownloadStatus::Downloaded;
            if let Some(path) = file.path.as_deref().filter(|_| wanted) {
                file.parsed = parser.path(Path::new(path)).await;
            }
        }
        if let Some(error) = ended {
            return Err(error.with("downloaded", answer.downloaded).with_partial_response(answer));
        }
        let reported: Vec<_> = answer.files.iter().filter(|file| file.is_settled()).map(DownloadedFile::key).collect();
        settle(move || reported.iter().for_each(|(file_type, reference)| ledger.reported(file_type, reference))).await;
        Ok(answer)
    }
}

/// A file to download.
struct WantedFile {
    file: FileDescriptor,
    /// The entry that another call has, or left when it ended.
    begun: Option<UnreportedFile>,
    /// Whether the bank lists it.
    is_listed: bool,
}

/// The bank's files, and those that ended calls began and did not report.
async fn found(
    steps: &FlowSteps<'_>,
    request: &DownloadNewFilesRequest,
    ledger: &Arc<FileLedger>,
) -> Result<Vec<WantedFile>> {
    let status = request.status.unwrap_or(StatusFilter::New);
    let listed = list(steps, request.bank, request.file_type.clone(), status).await?;
    let reading = Arc::clone(ledger);
    let mut left = steps.work(move || Ok(reading.unreported())).await?;
    left.retain(|left| request.file_type.as_ref().is_none_or(|only| only.as_str() == left.file.file_type));
    let mut found: Vec<WantedFile> = Vec::with_capacity(listed.len());
    for file in listed {
        found.push(WantedFile { begun: take(&mut left, &file), file, is_listed: true });
    }
    if !left.is_empty() {
        steps.say("listing the files that an earlier call began");
        let all = list(steps, request.bank, request.file_type.clone(), StatusFilter::All).await?;
        for file in all {
            if let Some(begun) = take(&mut left, &file) {
                found.push(WantedFile { begun: Some(begun), file, is_listed: true });
            }
        }
        let gone = left.into_iter().filter_map(|begun| {
            Some(WantedFile { file: descriptor(&begun.file)?, begun: Some(begun), is_listed: false })
        });
        found.extend(gone);
    }
    let only = request.file_reference.as_ref();
    found.retain(|wanted| only.is_none_or(|only| *only == wanted.file.file_reference));
    Ok(found)
}

/// Takes a file's entry out of those that are left.
fn take(left: &mut Vec<UnreportedFile>, file: &FileDescriptor) -> Option<UnreportedFile> {
    let is_it = |left: &UnreportedFile| {
        left.file.file_type == file.file_type && left.file.file_reference == file.file_reference.as_str()
    };
    let at = left.iter().position(is_it)?;
    Some(left.remove(at))
}

/// The bank's description of a file that it no longer lists.
fn descriptor(begun: &LedgerFile) -> Option<FileDescriptor> {
    Some(FileDescriptor::new(
        FileReference::new(&begun.file_reference).ok()?,
        begun.file_timestamp.clone(),
        begun.file_type.clone(),
        FileStatus::Downloaded,
    ))
}

impl DownloadNewFilesResponse {
    /// Downloads the files. Returns the error that ends the call before its end.
    async fn fetch(
        &mut self,
        steps: &FlowSteps<'_>,
        (ledger, folder): (&Arc<FileLedger>, &Path),
        bank: Bank,
        found: &[WantedFile],
    ) -> Option<Error> {
        let mut ended: Option<Error> = None;
        for (at, WantedFile { file, begun, is_listed }) in found.iter().enumerate() {
            if let Some(error) = &ended {
                self.add_file(not_tried(file, error));
                continue;
            }
            let place = (at + 1, found.len());
            match one(steps, (ledger, folder), (bank, file, begun.as_ref()), (place, *is_listed)).await {
                Ok(fetched) => self.add_file(described(file, &fetched)),
                Err(error) => {
                    self.add_file(failed(file, &error));
                    if ends_all(&error, steps) {
                        ended = Some(error);
                    }
                }
            }
        }
        // A full disk is said of each file.
        ended.filter(|error| error.category() != Category::ResourceExhausted)
    }

    fn add_file(&mut self, file: DownloadedFile) {
        match file.status {
            DownloadStatus::Downloaded => self.downloaded += 1,
            DownloadStatus::Exists => self.existing += 1,
            DownloadStatus::Failed => self.failed += 1,
            DownloadStatus::NotTried => self.not_tried += 1,
        }
        self.files.push(file);
    }
}

impl DownloadedFile {
    /// Whether the ledger need not remember it any more. A file that exists may be another running call's.
    fn is_settled(&self) -> bool {
        self.status == DownloadStatus::Downloaded || self.error.as_deref() == Some(errors::FILE_GONE.code)
    }

    fn key(&self) -> (String, String) {
        (self.file_type.clone(), self.file_reference.as_str().to_owned())
    }
}

/// Downloads one file, unless it is there.
async fn one(
    steps: &FlowSteps<'_>,
    (ledger, folder): (&Arc<FileLedger>, &Path),
    (bank, file, begun): (Bank, &FileDescriptor, Option<&UnreportedFile>),
    (place, is_listed): ((usize, usize), bool),
) -> Result<FileFetch> {
    let mut was_begun = false;
    if let Some(UnreportedFile { file: begun, is_running }) = begun {
        let names = [Some(begun.name.clone()).filter(|name| is_plain(name)), file_name(file).ok()];
        let paths: Vec<_> = names.into_iter().flatten().map(|name| folder.join(name)).collect();
        let arrived = steps.work(move || Ok(paths.into_iter().find_map(complete))).await?;
        match arrived {
            Some((path, _)) if *is_running => return Ok(FileFetch::Exists { path }),
            // It arrived in a call that ended before it could say so.
            Some((path, bytes)) => return Ok(FileFetch::Downloaded { path, bytes }),
            None if !is_listed => return Err(Error::new(&errors::FILE_GONE)),
            None => was_begun = true,
        }
    }
    into_folder(steps, ledger, (bank, file, was_begun), (place, folder)).await
}

/// Whether a name from the ledger stays in the folder.
fn is_plain(name: &str) -> bool {
    !name.starts_with('.') && Path::new(name).file_name().is_some_and(|last| last == name)
}

/// A regular file that is not empty, with its size. Others of this name are handled when the file is downloaded.
fn complete(path: PathBuf) -> Option<(PathBuf, u64)> {
    let found = path.symlink_metadata().ok().filter(|found| found.is_file() && found.len() > 0)?;
    Some((path, found.len()))
}

/// Whether the other files would fail the same way.
fn ends_all(error: &Error, steps: &FlowSteps<'_>) -> bool {
    match error.category() {
        Category::Authentication if broke_off_a_renewal(error) => false,
        Category::Authentication | Category::Cancelled | Category::ResourceExhausted => true,
        // The time limit of one file does not stop the others.
        Category::TimedOut => steps.is_over(),
        _ => false,
    }
}

fn described(file: &FileDescriptor, fetched: &FileFetch) -> DownloadedFile {
    let (status, path, bytes) = match fetched {
        FileFetch::Downloaded { path, bytes } => (DownloadStatus::Downloaded, path, Some(*bytes)),
        FileFetch::Exists { path } => (DownloadStatus::Exists, path, None),
    };
    DownloadedFile {
        name: path.file_name().map(|name| name.to_string_lossy().into_owned()),
        path: Some(path.display().to_string()),
        bytes,
        status,
        ..downloaded_file(file)
    }
}

fn failed(file: &FileDescriptor, error: &Error) -> DownloadedFile {
    DownloadedFile {
        name: file_name(file).ok(),
        error: Some(error.code().to_owned()),
        error_message: Some(error.message().to_owned()),
        ..downloaded_file(file)
    }
}

fn not_tried(file: &FileDescriptor, why: &Error) -> DownloadedFile {
    let text = format!("not tried, because an earlier file failed: {}", why.message());
    DownloadedFile { status: DownloadStatus::NotTried, error_message: Some(text), ..failed(file, why) }
}

fn downloaded_file(file: &FileDescriptor) -> DownloadedFile {
    DownloadedFile {
        name: None,
        path: None,
        file_reference: file.file_reference.clone(),
        file_type: file.file_type.clone(),
        bytes: None,
        status: DownloadStatus::Failed,
        error: None,
        error_message: None,
        parsed: Parsed::default(),
    }
}
