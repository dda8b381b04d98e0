//! Sends a file and waits for the bank's answers (§6.5, §6.7).

use std::sync::Arc;

use bankchannel_foundation::{
    CallOutcome, Result,
    error::Peer,
    model::{Decimal, InlineBytes, Seconds},
    operation::Ask,
    prelude::*,
};
use bankchannel_iso20022::{
    answers::{PaymentVerdict, UploadedMessage},
    data::Code,
    errors as iso20022_errors,
};
use bankchannel_sepa_web_services::{
    errors,
    model::BankFileDescriptor,
    operations::files::upload_file::{UploadBankFile, UploadBankFileRequest, UploadBankFileResponse},
    profile::BankFileKind,
};

use super::{
    Flow,
    channel::{BankFilePlace, FileFlowSteps},
    flow,
};
use crate::{
    CallOptions, ContentDestination,
    client::source::UploadSource,
    file_channel::{
        check_first::CheckFirst,
        parsed::Parsed,
        repeats::{RejectRepeats, UploadedFile},
        waiting::{AnswersWanted, AwaitedAnswers, AwaitedFile, UploadWait},
    },
    sepa_web_services::SepaWebServices,
};

/// The file, and the answers to wait for.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadBankFileAndWaitRequest {
    /// The file's bytes. They are sent as they are, or compressed.
    pub content: Content,
    /// The bank's type of the file, such as `NDCORPAYS` or `pain.001.001.09`, at most 40 characters; case matters.
    pub file_type: String,
    /// The file's name in your own system, at most 80 characters. Default: the name of the content's file, otherwise
    /// `upload`.
    pub user_filename: Option<String>,
    /// Whether the content is compressed (GZIP). Default: as the bank's profile says.
    pub compress: Option<bool>,
    /// The service or account, at most 256 characters.
    pub service_id: Option<String>,
    /// The part of the agreement, at most 80 characters; its files are looked at. Default: that of the settings.
    pub target_id: Option<String>,
    /// Copied into the answer, at most 32 characters.
    pub execution_serial: Option<String>,
    /// The sum of the file's amounts, for the bank to compare.
    pub amount_total: Option<Decimal>,
    /// The number of the file's transactions, for the bank to compare.
    pub transaction_count: Option<u64>,
    /// The bank's types of the answers to wait for, one file of each, such as `pain.002.001.10` or `NDCORPAYL`. With a
    /// status report (pain.002) among them, a rejection ends the wait. Default: the bank's type of status reports, if its
    /// profile names exactly one.
    pub wait_for: Option<Vec<String>>,
    /// The time limit for all answers together, in seconds, fractions allowed. Default: 60. Real banks may take hours: then
    /// look for reports later, with `download_new_files`.
    pub wait_timeout_s: Option<Seconds>,
    /// The interval between two polls, in seconds, fractions allowed, at least 0.1. Default: 1.
    pub poll_interval_s: Option<Seconds>,
    /// The folder for the answers, with names as in `download_new_files`. Without a folder the answers are in the
    /// response. If a name is taken by a file with another content, the answer gets another name, with `~2` before
    /// `.dat`: names contain neither bank nor customer.
    pub directory: Option<String>,
    /// The folder of the ledger, from which `download_new_files` reports fetched files that answer no upload, and those
    /// of a call that failed. Default: `directory`; without both there is none.
    pub ledger: Option<String>,
    /// Whether to take files that carry no reference, although other uploads of this client wait too. Default: false:
    /// such a file is taken only if no other upload of this client waits for its type.
    pub accept_unreferenced: Option<bool>,
    /// Whether the bank's rejection of the whole file is the error `sepa_web_services.payment_rejected`, with the
    /// response as its `partial_response`. Default: false: the response says it in `verdict`.
    pub fail_if_rejected: Option<bool>,
    /// Whether the response also has the answers in parsed form. Default: true.
    pub parse: Option<bool>,
    /// The check before sending.
    #[boundary(flatten)]
    pub check_first: CheckFirst,
    /// The detection of repeated uploads.
    #[boundary(flatten)]
    pub repeats: RejectRepeats,
}

/// The bank has received the file, and answered: see `verdict` for whether it pays.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadBankFileAndWaitResponse {
    /// What the bank says about the file, by its answers.
    pub verdict: PaymentVerdict,
    /// The verdict in a sentence, with the bank's status and reason: `The bank has rejected the file, nothing of it is
    /// paid: RJCT (rejected), reason AM04 (insufficient funds).`
    pub verdict_text: String,
    /// The bank's status of the file, such as `ACCP` or `RJCT`.
    pub status: Option<Code>,
    /// The first reason for that status, such as `AM04`.
    pub reason: Option<Code>,
    /// The message id of the file, by which answers name it; left out if the file has none.
    pub message_id: Option<String>,
    /// The number of bytes of the file, before compression.
    pub bytes: u64,
    /// The answers to this file: the first of each type in the order of `wait_for`, then further ones of these types.
    pub answers: Vec<BankFileAnswer>,
    /// The types of `wait_for` of which no answer has come: after a rejection the bank sends none.
    pub missing: Vec<String>,
    /// The files that this call has fetched, and which answer no upload of this client that waits: the bank counts them
    /// as downloaded. If there is a ledger, `download_new_files` reports them too.
    pub others: Vec<BankFileAnswer>,
    /// Remarks: a file whose download was begun and not finished, uploads with the same message id.
    pub notes: Vec<String>,
    /// The bank's answer to the upload.
    pub upload: UploadBankFileResponse,
}

/// A bank's file that was fetched while an upload waited.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct BankFileAnswer {
    /// The bank's description of the file.
    pub file: BankFileDescriptor,
    /// The file's length in bytes.
    pub bytes: u64,
    /// Status and reason of a status report in words, such as `RJCT (rejected), reason AM04 (insufficient funds)`.
    pub status_text: Option<String>,
    /// The file's path, if a folder was given.
    pub path: Option<String>,
    /// The file's bytes, if no folder was given.
    pub content: Option<InlineBytes>,
    /// The parsed content.
    #[boundary(flatten)]
    pub parsed: Parsed,
}

/// Send a file and wait for the bank's answers.
///
/// Notes the existing files of the wanted types, sends the file once as `upload_file` does, then polls for new files of
/// each type, fetches them and keeps those that are about this file. A file is an answer only if it says so: a status
/// report by the original message id; a notification or statement by the message id, the UETR or the references of its
/// entries. One that names several uploads is given to each of them. A new file can only be told apart by its content, so
/// all new ones are fetched; those that answer no upload are in `others`. Any number of uploads may wait at once, in
/// several processes too. The wait ends with an answer of each type, or when the bank has rejected the whole file; read
/// `verdict` first. If the upload's own answer is lost, the call ends at once with outcome `unknown`: `settle_upload` looks
/// for the report that settles it. Every error after the accepted upload has outcome `accepted` and the detail `upload` =
/// `accepted`: do not send the file again, look for its answers later. Its `partial_response` has the answers that did
/// come. The detail `taken` lists them by type and reference: the bank lists them as downloaded. The detail `begun` lists
/// the files that the bank may have sent and that did not arrive. With `directory` or `ledger`, `download_new_files`
/// returns all of them; without, download them by reference.
#[derive(Debug, Operation)]
#[operation(UploadBankFileAndWaitRequest => UploadBankFileAndWaitResponse)]
#[declaration(asks: &[Ask::Person], ..flow("sepa_web_services.upload_and_wait"))]
#[errors(
    errors::{ANSWER_NOT_FOUND, PAYMENT_REJECTED, UPLOAD_REPEATED, REFERENCE_UNSAFE},
    iso20022_errors::PAYMENT_REFUSED,
    errors::{
        NOT_OFFERED, CONTENT_REFUSED, TOKEN_FAILED, FAULT, ANSWER_SIGNATURE, ANSWER_NOT_TRUSTED, ANSWER_STALE,
        SIGNATURE_REFUSED, AGREEMENT_REFUSED, REFUSED, BANK_FAILED,
    },
)]
pub struct UploadBankFileAndWait;

impl Flow<SepaWebServices> for UploadBankFileAndWait {
    async fn run(
        client: &SepaWebServices,
        request: UploadBankFileAndWaitRequest,
        options: &CallOptions,
    ) -> Result<UploadBankFileAndWaitResponse> {
        let steps = FileFlowSteps::begin(client, options)?;
        steps.plan(3);
        let place = BankFilePlace { target_id: request.target_id.clone(), ..BankFilePlace::default() };
        let wanted = AnswersWanted {
            place: place.clone(),
            wait_for: awaited_types(client, request.wait_for.clone())?,
            wait_timeout: request.wait_timeout_s,
            poll_interval: request.poll_interval_s,
            directory: request.directory.as_deref(),
            ledger: request.ledger.as_deref(),
            accept_unreferenced: request.accept_unreferenced,
            fail_if_rejected: request.fail_if_rejected,
            parse: request.parse,
        };
        let wait = UploadWait::open(&steps, wanted).await?;
        let means_payments = client.file_types(BankFileKind::Payment).contains(&request.file_type);
        let (content, file_type, check) = (request.content, request.file_type.clone(), request.check_first);
        let rules = client.payment_rules();
        steps.step("reading the file");
        let read = steps.work(move || {
            let source = UploadSource::open(content)?;
            check.refuse_faulty(&source, &file_type, means_payments, rules)?;
            let upload = UploadedMessage::read(|| source.reader())?;
            source.check_unchanged()?;
            Ok((source, Arc::new(upload)))
        });
        let (source, upload) = read.await.map_err(|error: Error| error.with_outcome(CallOutcome::NotSent))?;
        let mut sent = UploadBankFileRequest::new(source.content(), request.file_type);
        sent.user_filename =
            request.user_filename.or_else(|| source.name().map(|name| name.chars().take(80).collect()));
        sent.compress = request.compress;
        sent.service_id = request.service_id;
        sent.target_id = request.target_id;
        sent.execution_serial = request.execution_serial;
        sent.amount_total = request.amount_total;
        sent.transaction_count = request.transaction_count;
        let name = sent.user_filename.clone().unwrap_or_default();
        let file = UploadedFile { place: &place, name: &name, source: &source, message_id: upload.message_id() };
        let options = steps.exchange_options::<UploadBankFile>(ContentDestination::Memory);
        let exchange = client.exchange::<UploadBankFile>(sent, &options);
        let send = request.repeats.send_once(&steps, file, exchange);
        let mut awaited = Box::pin(wait.around(&steps, &upload, send)).await?;
        // The request that the bank is asked about is the upload, and not the list that failed after it.
        if let Some(evidence) = awaited.sent.evidence.as_ref()
            && let Some(error) = awaited.failed.take()
        {
            let peer = error.peer().cloned().unwrap_or_default();
            let error = error.with_peer(Peer { request_id: Some(evidence.request_id.clone()), ..peer });
            awaited.failed = Some(error.with("request_timestamp", evidence.request_timestamp.clone()));
        }
        awaited.returned(|awaited| {
            let AwaitedAnswers { sent, verdict, verdict_text, status, reason, missing, notes, .. } = awaited;
            UploadBankFileAndWaitResponse {
                verdict,
                verdict_text,
                status,
                reason,
                message_id: upload.message_id().map(str::to_owned),
                bytes: source.size(),
                answers: awaited.answers.into_iter().map(BankFileAnswer::from).collect(),
                missing,
                others: awaited.others.into_iter().map(BankFileAnswer::from).collect(),
                notes,
                upload: sent,
            }
        })
    }
}

/// The types to wait for: those given, or the bank's one type of status reports.
fn awaited_types(client: &SepaWebServices, given: Option<Vec<String>>) -> Result<Vec<String>> {
    let refused = |text: String| Err(Error::missing_field("wait_for", text).with_outcome(CallOutcome::NotSent));
    match (given, client.file_types(BankFileKind::StatusReport)) {
        (Some(given), _) => Ok(given),
        (None, only) if only.len() == 1 => Ok(only),
        (None, none) if none.is_empty() => {
            refused("wait_for is missing: the bank's profile does not say how its status reports are called".to_owned())
        }
        (None, several) => {
            let named = several.join(", ");
            refused(format!("wait_for is missing: the bank's status reports are of several types ({named})"))
        }
    }
}

impl From<AwaitedFile<BankFileDescriptor>> for BankFileAnswer {
    fn from(awaited: AwaitedFile<BankFileDescriptor>) -> Self {
        let AwaitedFile { file, bytes, status_text, path, content, parsed } = awaited;
        Self { file, bytes, status_text, path, content, parsed }
    }
}
