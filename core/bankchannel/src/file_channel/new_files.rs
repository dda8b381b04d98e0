//! New files into a folder: the part of `download_new_files` that all file channels share.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_foundation::{Category, Error, Result, model::Boundary};

use super::{
    ChannelFile, FileChannel, ListedFiles,
    fetch::{FileFetch, ends_all, into_folder, list, open_folders},
    file_names::file_name,
    ledger::{FileLedger, ReportedFile, UnreportedFile},
    parsed::{ContentParser, Parsed},
    steps::ChannelFlowSteps,
};

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

/// Which new files, and where they go.
pub(crate) struct NewFilesWanted<'r, C: FileChannel> {
    /// Where they are.
    pub(crate) place: C::Place,
    /// Only files of this type.
    pub(crate) file_type: Option<&'r str>,
    /// Only the file with this reference.
    pub(crate) file_reference: Option<&'r str>,
    /// The folder.
    pub(crate) directory: &'r str,
    /// The folder of the ledger, if it is another one.
    pub(crate) ledger: Option<&'r str>,
    /// Whether files are parsed; without a value those that this call downloaded.
    pub(crate) parse: Option<bool>,
}

/// A file, and what became of its download.
pub(crate) struct FetchedNewFile<F> {
    pub(crate) file: F,
    pub(crate) name: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) result: DownloadResult,
}

/// The result of the download of a file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct DownloadResult {
    /// The number of bytes downloaded.
    pub bytes: Option<u64>,
    /// The result.
    pub status: crate::file_channel::new_files::DownloadStatus,
    /// The error code, if the file failed or was not tried.
    pub error: Option<String>,
    /// The error in words, if the file failed or was not tried.
    pub error_message: Option<String>,
    /// The parsed content.
    #[boundary(flatten)]
    pub parsed: crate::file_channel::parsed::Parsed,
}

impl DownloadResult {
    /// The result of a file without a download.
    fn failed(status: DownloadStatus, error: &Error, text: String) -> Self {
        let (error, error_message) = (Some(error.code().to_owned()), Some(text));
        Self { error, error_message, ..Self::new(status, Parsed::default()) }
    }
}

/// The results.
pub(crate) struct FetchedNewFiles<F> {
    pub(crate) files: Vec<FetchedNewFile<F>>,
    /// The error that has ended the call before its end.
    ended: Option<Error>,
}

impl<F: ChannelFile> FetchedNewFiles<F> {
    /// The number of files with this result.
    pub(crate) fn count(&self, status: DownloadStatus) -> u32 {
        u32::try_from(self.files.iter().filter(|file| file.result.status == status).count()).unwrap_or(u32::MAX)
    }

    /// The end of the call: the response, or the error that has ended it, which carries the response.
    pub(crate) fn returned<R: Boundary>(mut self, respond: impl FnOnce(Self) -> R) -> Result<R> {
        let (ended, downloaded) = (self.ended.take(), self.count(DownloadStatus::Downloaded));
        let response = respond(self);
        match ended {
            Some(error) => Err(error.with("downloaded", downloaded).with_partial_response(response)),
            None => Ok(response),
        }
    }
}

/// The files that the call reports to its program. A file that the bank has no more is reported once, and its entry says
/// why from then on; one that exists may be another running call's.
fn reported<C: FileChannel>(files: &[FetchedNewFile<C::File>]) -> Vec<ReportedFile> {
    let reported = files.iter().filter_map(|file| {
        let DownloadResult { status, error, error_message, .. } = &file.result;
        let is_gone = error.as_deref() == Some(C::FILE_GONE.code);
        let is_settled = *status == DownloadStatus::Downloaded || is_gone;
        let (file_type, file_reference) = is_settled.then(|| file.file.key())?;
        Some(ReportedFile { file_type, file_reference, lost: error_message.clone().filter(|_| is_gone) })
    });
    reported.collect()
}

/// Fetches the new files. If an error ends the call before its end, the ledger still remembers them all.
///
/// # Errors
/// Those of the listing and of the folders: nothing was fetched.
pub(crate) async fn fetch_new_files<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    wanted: NewFilesWanted<'_, C>,
) -> Result<FetchedNewFiles<C::File>> {
    let (folder, ledger_folder) = open_folders(steps, wanted.directory, wanted.ledger).await?;
    let ledger = Arc::new(steps.client.ledger(&wanted.place, &ledger_folder));
    steps.step("listing the files");
    let found = listed_and_left(steps, &wanted, &ledger).await?;
    let (mut files, ended) = fetch_each(steps, (&ledger, &folder), &wanted.place, &found).await;
    // Parsed after the last download, so that its time does not count against the downloads.
    let mut parser = ContentParser::new(wanted.parse);
    for file in &mut files {
        let is_wanted = wanted.parse == Some(true) || file.result.status == DownloadStatus::Downloaded;
        if let Some(path) = file.path.as_deref().filter(|_| is_wanted) {
            file.result.parsed = parser.path(Path::new(path)).await;
        }
    }
    if ended.is_none() {
        let reported = reported::<C>(&files);
        // The last step: a call that is killed before has reported none of them.
        steps.hand_over(move || ledger.report(&reported)).await;
    }
    Ok(FetchedNewFiles { files, ended })
}

/// A file to download.
struct WantedFile<F> {
    file: F,
    /// The entry that another call has, or left when it ended.
    begun: Option<UnreportedFile>,
    /// Whether the bank lists it.
    is_listed: bool,
}

/// The bank's files, and those that ended calls began and did not report.
async fn listed_and_left<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    wanted: &NewFilesWanted<'_, C>,
    ledger: &Arc<FileLedger>,
) -> Result<Vec<WantedFile<C::File>>> {
    let listed = list(steps, &wanted.place, ListedFiles::Wanted).await?;
    let reading = Arc::clone(ledger);
    let mut left = steps.work(move || Ok(reading.unreported())).await?;
    left.retain(|left| wanted.file_type.is_none_or(|only| only == left.file.file_type));
    let mut found: Vec<WantedFile<C::File>> = Vec::with_capacity(listed.len());
    for file in listed {
        found.push(WantedFile { begun: take(&mut left, &file), file, is_listed: true });
    }
    if !left.is_empty() {
        steps.say("listing the files that an earlier call began");
        let all = list(steps, &wanted.place, ListedFiles::All).await?;
        for file in all {
            if let Some(begun) = take(&mut left, &file) {
                found.push(WantedFile { begun: Some(begun), file, is_listed: true });
            }
        }
        let gone = left.into_iter().filter_map(|begun| {
            Some(WantedFile { file: C::File::of_ledger(&begun.file)?, begun: Some(begun), is_listed: false })
        });
        found.extend(gone);
    }
    found.retain(|found| wanted.file_reference.is_none_or(|only| only == found.file.file_reference()));
    Ok(found)
}

/// Takes a file's entry out of those that are left.
fn take<F: ChannelFile>(left: &mut Vec<UnreportedFile>, file: &F) -> Option<UnreportedFile> {
    let is_it = |left: &UnreportedFile| {
        left.file.file_type == file.file_type() && left.file.file_reference == file.file_reference()
    };
    let at = left.iter().position(is_it)?;
    Some(left.remove(at))
}

/// Downloads the files. Returns the error that ends the call before its end, too.
async fn fetch_each<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    (ledger, folder): (&Arc<FileLedger>, &Path),
    place: &C::Place,
    found: &[WantedFile<C::File>],
) -> (Vec<FetchedNewFile<C::File>>, Option<Error>) {
    let mut ended: Option<Error> = None;
    let mut files = Vec::with_capacity(found.len());
    for (at, wanted) in found.iter().enumerate() {
        if let Some(error) = &ended {
            files.push(not_tried(&wanted.file, error));
            continue;
        }
        match download_one(steps, (ledger, folder), (place, wanted), (at + 1, found.len())).await {
            Ok(fetched) => files.push(described(&wanted.file, &fetched)),
            Err(error) => {
                files.push(failed::<C>(&wanted.file, &error));
                if ends_all(&error, steps) {
                    ended = Some(error);
                }
            }
        }
    }
    // A full disk is said of each file.
    (files, ended.filter(|error| error.category() != Category::ResourceExhausted))
}

/// Downloads one file, unless it is there.
async fn download_one<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    (ledger, folder): (&Arc<FileLedger>, &Path),
    (place, wanted): (&C::Place, &WantedFile<C::File>),
    number: (usize, usize),
) -> Result<FileFetch> {
    let WantedFile { file, begun, is_listed } = wanted;
    let mut was_begun = false;
    if let Some(UnreportedFile { file: begun, is_running }) = begun {
        let names = [Some(begun.name.clone()).filter(|name| is_plain(name)), file_name(file).ok()];
        let paths: Vec<_> = names.into_iter().flatten().map(|name| folder.join(name)).collect();
        let arrived = steps.work(move || Ok(paths.into_iter().find_map(complete))).await?;
        match arrived {
            Some((path, _)) if *is_running => return Ok(FileFetch::Exists { path }),
            // It arrived in a call that ended before it could say so.
            Some((path, bytes)) => return Ok(FileFetch::Downloaded { path, bytes }),
            None if !is_listed && !C::GIVES_UNLISTED => return Err(Error::new(C::FILE_GONE)),
            None => was_begun = true,
        }
    }
    into_folder(steps, ledger, (place, file, was_begun), (number, folder)).await
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

fn described<F: ChannelFile>(file: &F, fetched: &FileFetch) -> FetchedNewFile<F> {
    let (status, path, bytes) = match fetched {
        FileFetch::Downloaded { path, bytes } => (DownloadStatus::Downloaded, path, Some(*bytes)),
        FileFetch::Exists { path } => (DownloadStatus::Exists, path, None),
    };
    FetchedNewFile {
        file: file.clone(),
        name: path.file_name().map(|name| name.to_string_lossy().into_owned()),
        path: Some(path.display().to_string()),
        result: DownloadResult { bytes, ..DownloadResult::new(status, Parsed::default()) },
    }
}

fn failed<C: FileChannel>(file: &C::File, error: &Error) -> FetchedNewFile<C::File> {
    let mut text = error.message().to_owned();
    if error.row() == C::FILE_GONE {
        text = format!("{text} ({} of {})", file.file_type(), file.file_timestamp());
    }
    not_fetched(file, DownloadResult::failed(DownloadStatus::Failed, error, text))
}

fn not_tried<F: ChannelFile>(file: &F, why: &Error) -> FetchedNewFile<F> {
    let text = format!("not tried, because an earlier file failed: {}", why.message());
    not_fetched(file, DownloadResult::failed(DownloadStatus::NotTried, why, text))
}

fn not_fetched<F: ChannelFile>(file: &F, result: DownloadResult) -> FetchedNewFile<F> {
    FetchedNewFile { file: file.clone(), name: file_name(file).ok(), path: None, result }
}
