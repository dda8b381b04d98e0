//! Downloads all new files into a folder (docs/protocols/ws-channel.md §8.4).

use std::path::Path;

use bankchannel_foundation::{
    Boundary, Category, Declaration, Error, Operation, Result, error::Row, operation::Command,
};
use bankchannel_ws_channel::{
    errors,
    model::{Bank, FileDescriptor, FileReference, FileType, StatusFilter},
};

use super::{
    Flow,
    fetch::{Fetched, broke_off_a_renewal, into_folder, list, open_folder},
    file_name, flow,
    journal::Journal,
    parsed::{Parsed, Parser},
    run_by,
    steps::Steps,
};
use crate::{CallOptions, ws_channel::WsChannel};

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
    /// Whether the answer also has files in parsed form: all files with true, none with false. Default: the files that
    /// this call downloaded.
    pub parse: Option<bool>,
}

/// The result for each file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DownloadNewFilesResponse {
    /// The files in the order of the listing.
    pub files: Vec<DownloadedFile>,
    /// The number of files downloaded.
    pub downloaded: u32,
    /// The number of files that already existed.
    pub existing: u32,
    /// The number of files that failed.
    pub failed: u32,
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
    /// The error code, if the file failed.
    pub error: Option<String>,
    /// The error in words, if the file failed.
    pub error_message: Option<String>,
    /// The parsed content.
    #[boundary(flatten)]
    pub parsed: Parsed,
}

/// The result for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum DownloadStatus {
    /// The file is now in the folder.
    Downloaded,
    /// The file already existed and did not change.
    Exists,
    /// The file is not in the folder.
    Failed,
}

const ERRORS: &[&Row] = &[
    &errors::MODE_REFUSED,
    &errors::CERTIFICATE_MISSING,
    &errors::NO_BANK_CHANNEL,
    &errors::BANK_REFUSED,
    &errors::BANK_UNAVAILABLE,
    &errors::REFERENCE_UNSAFE,
];

/// Downloads new files.
#[derive(Debug)]
pub struct DownloadNewFiles;

impl Operation for DownloadNewFiles {
    type Request = DownloadNewFilesRequest;
    type Response = DownloadNewFilesResponse;
    const DECLARATION: Declaration = run_by(
        &[Command::named("download-files")],
        flow(
            "ws_channel.download_new_files",
            "files",
            "Download all new files into a folder",
            "Names are `<YYYYMMDD>__<FileType>_<FileReference>.dat`, with the day as the bank wrote it. An existing \
             file does not change, so a second run continues where the first one ended. A file appears under its name \
             only when it is complete; nothing is overwritten, no link is followed, nothing is written outside the \
             folder. Use one folder for each bank and account: names contain neither, and a file whose name is taken \
             counts as existing. The listing and each file are tried up to three times; a file that fails does not \
             stop the others. The next run for new files retries a file whose download was begun and not finished, \
             even though the bank no longer lists it as new; an empty hidden file in the folder, \
             `.bankchannel-begun-…`, remembers it. The call itself fails if the listing cannot be read, or if \
             continuing is pointless: the session has ended, the call was cancelled, its time is up.",
            ERRORS,
        ),
    );
}

impl Flow<WsChannel> for DownloadNewFiles {
    async fn run(
        client: &WsChannel,
        request: DownloadNewFilesRequest,
        options: &CallOptions,
    ) -> Result<DownloadNewFilesResponse> {
        let steps = Steps::begin(client, options)?;
        let folder = open_folder(&steps, &request.directory).await?;
        steps.say("listing the files");
        let status = request.status.unwrap_or(StatusFilter::New);
        let mut found = list(&steps, request.bank, request.file_type.clone(), status).await?;
        let journal = Journal::of(&folder, request.bank);
        let reading = journal.clone();
        let left = steps.work(move || Ok(reading.left())).await?;
        if status == StatusFilter::New && !left.is_empty() {
            steps.say("listing the files that an earlier run began");
            let all = list(&steps, request.bank, request.file_type, StatusFilter::All).await?;
            let is_new = |file: &FileDescriptor| {
                found.iter().any(|new| (&new.file_type, &new.file_reference) == (&file.file_type, &file.file_reference))
            };
            let was_begun =
                |file: &FileDescriptor| file_name(file).is_ok_and(|name| journal.marker(&name).is_among(&left));
            let begun: Vec<_> = all.into_iter().filter(|file| was_begun(file) && !is_new(file)).collect();
            found.extend(begun);
        }
        let wanted =
            |file: &&FileDescriptor| request.file_reference.as_ref().is_none_or(|only| *only == file.file_reference);
        let mut answer = DownloadNewFilesResponse { files: Vec::new(), downloaded: 0, existing: 0, failed: 0 };
        for file in found.iter().filter(wanted) {
            match into_folder(&steps, request.bank, file, &folder).await {
                Ok(fetched) => answer.note(described(file, &fetched)),
                Err(error) if ends_all(&error, &steps) => return Err(error.with("downloaded", answer.downloaded)),
                Err(error) => answer.note(failed(file, &error)),
            }
        }
        // Parsed after the last download, so that its time does not count against the downloads.
        let mut parser = Parser::new(request.parse);
        for file in &mut answer.files {
            let wanted = request.parse == Some(true) || file.status == DownloadStatus::Downloaded;
            if let Some(path) = file.path.as_deref().filter(|_| wanted) {
                file.parsed = parser.path(&steps, Path::new(path)).await;
            }
        }
        Ok(answer)
    }
}

impl DownloadNewFilesResponse {
    fn note(&mut self, file: DownloadedFile) {
        match file.status {
            DownloadStatus::Downloaded => self.downloaded += 1,
            DownloadStatus::Exists => self.existing += 1,
            DownloadStatus::Failed => self.failed += 1,
        }
        self.files.push(file);
    }
}

/// Whether the other files would fail the same way.
fn ends_all(error: &Error, steps: &Steps<'_>) -> bool {
    match error.category() {
        Category::Authentication if broke_off_a_renewal(error) => false,
        Category::Authentication | Category::Cancelled | Category::ResourceExhausted => true,
        // The time limit of one file does not stop the others.
        Category::TimedOut => steps.is_over(),
        _ => false,
    }
}

fn described(file: &FileDescriptor, fetched: &Fetched) -> DownloadedFile {
    let (status, path, bytes) = match fetched {
        Fetched::Downloaded { path, bytes } => (DownloadStatus::Downloaded, path, Some(*bytes)),
        Fetched::Exists { path } => (DownloadStatus::Exists, path, None),
    };
    DownloadedFile {
        name: path.file_name().map(|name| name.to_string_lossy().into_owned()),
        path: Some(path.display().to_string()),
        bytes,
        status,
        ..of(file)
    }
}

fn failed(file: &FileDescriptor, error: &Error) -> DownloadedFile {
    DownloadedFile {
        name: file_name(file).ok(),
        error: Some(error.code().to_owned()),
        error_message: Some(error.message().to_owned()),
        ..of(file)
    }
}

fn of(file: &FileDescriptor) -> DownloadedFile {
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
