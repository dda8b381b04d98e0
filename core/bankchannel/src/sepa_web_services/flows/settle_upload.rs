//! Looks for the report that settles an upload without an answer (§6.5).

use std::{
    collections::BTreeSet,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_foundation::{Result, open_regular, prelude::*};
use bankchannel_iso20022::{
    answers::{AnswerFile, BankVerdict, PaymentVerdict},
    data::Code,
    payee_check::OrderWaitsFor,
    status::StatusReport,
};
use bankchannel_sepa_web_services::{
    errors,
    model::{BankFileDescriptor, FileStatusFilter},
    profile::BankFileKind,
};
use bankchannel_transport::background;

use super::{
    Flow,
    channel::{BankFilePlace, FileFlowSteps},
    flow,
};
use crate::{
    CallOptions,
    file_channel::{
        FileChannel as _, ListedFiles,
        fetch::{FileFetch, ends_all, into_folder, list, open_folders},
        ledger::FileLedger,
        repeats::settle_record,
    },
    sepa_web_services::SepaWebServices,
};

/// The upload, and where reports are kept.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SettleBankUploadRequest {
    /// The message id of the file, `GrpHdr/MsgId`: `message_id` of the error. It must be that of one upload only: the
    /// report of another one with the same id would settle this one.
    pub message_id: String,
    /// When it was sent: `request_timestamp` of the error. Reports that the bank made more than five minutes earlier
    /// count for nothing.
    pub uploaded_at: Timestamp,
    /// The bank's type of its status reports (pain.002), at most 40 characters. Default: those of the profile; if it names
    /// none, files of all types.
    pub file_type: Option<String>,
    /// The part of the agreement, at most 80 characters. Default: that of the settings.
    pub target_id: Option<String>,
    /// The folder for the bank's files, that of `download_new_files`: reports that lie there are read, others are
    /// downloaded into it, and `download_new_files` returns them later.
    pub directory: String,
    /// The folder of the ledger. Default: `directory`.
    pub ledger: Option<String>,
    /// The folder in which the upload is recorded: `reject_repeats` of the upload. A report that names the file settles
    /// its record too: from then on the file counts as sent, for a week. Default: `ledger`.
    pub reject_repeats: Option<String>,
}

/// What became of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum BankUploadOutcome {
    /// A report of the bank names the file: the bank has it. Whether it pays says `verdict`.
    Accepted,
    /// No report names it. That proves nothing: do not send the file again; look again later, or ask the bank.
    Unknown,
}

/// What became of the upload.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SettleBankUploadResponse {
    /// What became of it.
    pub outcome: BankUploadOutcome,
    /// The verdict of the bank's reports: `unknown` if there is none.
    pub verdict: PaymentVerdict,
    /// The order's next step at the bank, after a report of the payee check: nothing is paid until then, and the verdict is
    /// `pending`.
    pub waits_for: Option<OrderWaitsFor>,
    /// The bank's status of the file, such as `ACCP` or `RJCT`.
    pub status: Option<Code>,
    /// The first reason for that status, such as `AM04`.
    pub reason: Option<Code>,
    /// Status and reason in words, and while the order waits at the bank, that nothing is paid until then; left out if no
    /// report has a status.
    pub verdict_text: Option<String>,
    /// The reports that name the file, in the bank's order.
    pub reports: Vec<SettlingReport>,
    /// Whether a record in `reject_repeats` was open, and is settled now. False if there is none, and if several files with
    /// this message id are recorded as unknown: the report does not say which of them it means.
    pub record_settled: bool,
    /// The number of the bank's files that were read, those that name other files too.
    pub files_read: u32,
    /// The files that may be reports and could not be fetched or read: what they say is not part of the answer.
    pub not_read: Vec<UnreadBankFile>,
}

/// A report that names the file.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct SettlingReport {
    /// The bank's reference of the report.
    pub file_reference: String,
    /// The bank's type of the report.
    pub file_type: String,
    /// When the bank made it.
    pub file_timestamp: Timestamp,
    /// Its path.
    pub path: String,
}

/// A file that could not be fetched or read.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct UnreadBankFile {
    /// The bank's reference of the file.
    pub file_reference: String,
    /// The bank's type of the file.
    pub file_type: String,
    /// The error code, if it could not be fetched.
    pub error: Option<String>,
    /// Why it could not be fetched or read.
    pub error_message: String,
}

/// How much earlier than the upload a report may seem to be made: two clocks differ, milliseconds.
const CLOCKS_DIFFER_MS: i64 = 300_000;
/// The largest file that is read, bytes.
const SIZE_MAX: u64 = 100 * 1024 * 1024;
/// The maximum number of entries or transactions of a report that is read.
const ENTRIES_MAX: usize = 1_000_000;

/// Look for the report that settles an upload whose outcome is `unknown`.
///
/// The banks do not list what was sent, and their duplicate checks are not promised. What settles an upload is a status
/// report (pain.002) made after it that names its message id, whatever it says of the payments. All reports that the bank
/// still keeps from the day before the upload on are looked at: those in the folder, and others, which are downloaded into
/// it and returned by the next `download_new_files`. The record of the upload in `reject_repeats` is settled too; until
/// then the same bytes are refused. Nothing is sent again, and no lapse of time turns `unknown` into
/// anything else: a file without a message id, or one that no report names, is settled by a person who asks the bank.
#[derive(Debug, Operation)]
#[operation(SettleBankUploadRequest => SettleBankUploadResponse)]
#[declaration(..flow("sepa_web_services.settle_upload"))]
#[errors(errors::{
    NOT_OFFERED, TOKEN_FAILED, FAULT, ANSWER_SIGNATURE, ANSWER_NOT_TRUSTED, ANSWER_NOT_DECRYPTED, BANK_CERTIFICATE_MISSING, REVOCATION_UNKNOWN, ANSWER_STALE, SIGNATURE_REFUSED,
    AGREEMENT_REFUSED, REFUSED, BANK_FAILED,
})]
pub struct SettleBankUpload;

impl Flow<SepaWebServices> for SettleBankUpload {
    async fn run(
        client: &SepaWebServices,
        request: SettleBankUploadRequest,
        options: &CallOptions,
    ) -> Result<SettleBankUploadResponse> {
        if request.message_id.trim().is_empty() {
            return Err(Error::invalid_field("message_id", "is empty: a person settles a file without one"));
        }
        let steps = FileFlowSteps::begin(client, options)?;
        let (folder, ledger_folder) = open_folders(&steps, &request.directory, request.ledger.as_deref()).await?;
        steps.step("listing the bank's reports");
        let place = BankFilePlace {
            target_id: request.target_id.clone(),
            file_type: None,
            start_date: first_day(&request.uploaded_at),
            status: FileStatusFilter::All,
        };
        let ledger = Arc::new(client.ledger(&place, &ledger_folder));
        let mut files = Vec::new();
        for file_type in report_types(client, request.file_type.as_deref()) {
            files.extend(list(&steps, &BankFilePlace { file_type, ..place.clone() }, ListedFiles::All).await?);
        }
        let mut seen = BTreeSet::new();
        let from_ms = request.uploaded_at.as_ms() - CLOCKS_DIFFER_MS;
        files.retain(|file| file.file_timestamp.as_ms() >= from_ms && seen.insert(file.file_reference.clone()));
        let message_id = &*request.message_id;
        let search = ReportSearch { steps: &steps, place: &place, ledger: &ledger, folder: &folder, message_id };
        let mut found = search.search(&files).await?;
        if found.outcome == BankUploadOutcome::Accepted {
            let records = request.reject_repeats.as_deref().or(request.ledger.as_deref()).unwrap_or(&request.directory);
            let upload = (message_id, request.uploaded_at.as_ms() + CLOCKS_DIFFER_MS);
            found.record_settled = settle_record(&steps, &place, records, upload).await?;
        }
        Ok(found)
    }
}

/// The day before the upload, from which lists begin: days are those of the bank's zone.
fn first_day(uploaded_at: &Timestamp) -> Option<Date> {
    let day = Timestamp::from_ms(uploaded_at.as_ms()).as_str().get(..10)?.parse::<Date>().ok()?;
    Some(day.plus_days(-1))
}

/// The types of status reports at the client's bank; no type stands for all.
fn report_types(client: &SepaWebServices, given: Option<&str>) -> Vec<Option<String>> {
    if let Some(given) = given {
        return vec![Some(given.to_owned())];
    }
    match client.file_types(BankFileKind::StatusReport) {
        none if none.is_empty() => vec![None],
        codes => codes.into_iter().map(Some).collect(),
    }
}

/// The search for reports that name a message id.
struct ReportSearch<'s> {
    steps: &'s FileFlowSteps<'s>,
    place: &'s BankFilePlace,
    ledger: &'s Arc<FileLedger>,
    folder: &'s Path,
    message_id: &'s str,
}

impl ReportSearch<'_> {
    /// Looks at each file. An error that all others would have too ends the call.
    async fn search(&self, files: &[BankFileDescriptor]) -> Result<SettleBankUploadResponse> {
        let (mut reports, mut settling, mut not_read, mut files_read) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (at, file) in files.iter().enumerate() {
            let unread = |error: Option<String>, error_message: String| UnreadBankFile {
                file_reference: file.file_reference.clone(),
                file_type: file.file_type.clone(),
                error,
                error_message,
            };
            let fetched =
                into_folder(self.steps, self.ledger, (self.place, file, false), ((at + 1, files.len()), self.folder));
            let path = match fetched.await {
                Ok(FileFetch::Downloaded { path, .. } | FileFetch::Exists { path }) => path,
                Err(error) if ends_all(&error, self.steps) => return Err(error),
                Err(error) => {
                    not_read.push(unread(Some(error.code().to_owned()), error.message().to_owned()));
                    continue;
                }
            };
            match self.read(path.clone()).await? {
                Ok(named) => {
                    files_read += 1;
                    if !named.is_empty() {
                        settling.push(SettlingReport {
                            file_reference: file.file_reference.clone(),
                            file_type: file.file_type.clone(),
                            file_timestamp: file.file_timestamp.clone(),
                            path: path.display().to_string(),
                        });
                    }
                    reports.extend(named);
                }
                Err(why) => not_read.push(unread(None, why)),
            }
        }
        let said = BankVerdict::of_unreferenced(&reports);
        let verdict_text = if said.waits_for.is_some() { said.sentence() } else { said.text.clone() };
        let BankVerdict { verdict, status, reason, waits_for, text: _ } = said;
        Ok(SettleBankUploadResponse {
            outcome: if settling.is_empty() { BankUploadOutcome::Unknown } else { BankUploadOutcome::Accepted },
            verdict,
            waits_for,
            status,
            reason,
            verdict_text: Some(verdict_text).filter(|text| !text.is_empty()),
            reports: settling,
            record_settled: false,
            files_read,
            not_read,
        })
    }

    /// The reports of a file that name the message id; none for a file that is no report. The inner error is for one that
    /// cannot be read.
    async fn read(&self, path: PathBuf) -> Result<std::result::Result<Vec<StatusReport>, String>> {
        let message_id = self.message_id.to_owned();
        let reading = background::blocking(move || {
            let mut bytes = Vec::new();
            let read = open_regular(&path).and_then(|(file, _)| file.take(SIZE_MAX).read_to_end(&mut bytes));
            read.map_err(|why| format!("the file cannot be read: {why}"))?;
            let AnswerFile { content, problem } = AnswerFile::read(&bytes, ENTRIES_MAX);
            match (content, problem) {
                (Some(found), _) => {
                    let is_named = |report: &&StatusReport| report.original_message_id.as_deref() == Some(&*message_id);
                    Ok(found.reports().iter().filter(is_named).cloned().collect())
                }
                (None, Some(problem)) => Err(problem),
                (None, None) => Ok(Vec::new()),
            }
        });
        self.steps.race(reading).await?.map_err(|why| why.error("reading a report was aborted"))
    }
}
