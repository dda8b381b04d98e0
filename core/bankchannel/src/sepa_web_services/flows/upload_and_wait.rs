//! Sends a file and waits for the bank's answers (§6.5, §6.7).

use std::sync::Arc;

use bankchannel_foundation::{CallOutcome, Result, error::Peer, operation::Ask, prelude::*};
use bankchannel_iso20022::{answers::UploadedMessage, errors as iso20022_errors};
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
        repeats::{RejectRepeats, UploadedFile},
        waiting::{AwaitAnswers, AwaitedAnswers, AwaitedFile, FetchedContent, UploadDecision, UploadWait},
    },
    sepa_web_services::SepaWebServices,
};

/// The file, and the answers to wait for.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadBankFileAndWaitRequest {
    /// The file.
    #[boundary(flatten)]
    pub file: UploadBankFileRequest,
    /// The bank's types of the answers to wait for, one file of each, such as `pain.002.001.10` or `NDCORPAYL`. With a
    /// status report (pain.002) among them, a rejection ends the wait. Default: the bank's type of status reports, if its
    /// profile names exactly one.
    pub wait_for: Option<Vec<String>>,
    /// The wait for the answers.
    #[boundary(flatten)]
    pub await_answers: AwaitAnswers,
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
    /// The bank's decision.
    #[boundary(flatten)]
    pub decision: UploadDecision,
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
    /// Its content.
    #[boundary(flatten)]
    pub fetched: FetchedContent,
}

/// Send a file and wait for the bank's answers.
///
/// Notes the existing files of the wanted types in the part of the agreement that `target_id` names, sends the file
/// once as `upload_file` does, then polls for new files of each type there, fetches them and keeps those that are about
/// this file. A file is an answer only if it says so: a status report by the original message id; a notification or
/// statement by the message id, the UETR or the references of its entries. One that names several uploads is given to
/// each of them. A new file can only be told apart by its content, so all new ones are fetched; those that answer no
/// upload are in `others`. Any number of uploads may wait at once, in several processes too. The wait ends with an
/// answer of each type, or when the bank has rejected the whole file; read `verdict` first. A report that the payees are
/// still checked ends no wait. With `waits_for` = `release` the order waits at the bank after the payee check, and nothing
/// is paid until somebody releases or cancels it there. If the upload's own answer
/// is lost, the call ends at once with outcome `unknown`: `settle_upload` looks for the report that settles it. Every
/// error after the accepted upload has outcome `accepted` and the detail `upload` = `accepted`: do not send the file
/// again, look for its answers later. Its `partial_response` has the answers that did come. The detail `taken` lists
/// them by type and reference: the bank lists them as downloaded. The detail `begun` lists the files that the bank may
/// have sent and that did not arrive. With `directory` or `ledger`, `download_new_files` returns all of them; without,
/// download them by reference.
#[derive(Debug, Operation)]
#[operation(UploadBankFileAndWaitRequest => UploadBankFileAndWaitResponse)]
#[declaration(asks: &[Ask::Person], ..flow("sepa_web_services.upload_and_wait"))]
#[errors(
    errors::{ANSWER_NOT_FOUND, PAYMENT_REJECTED, UPLOAD_REPEATED, REFERENCE_UNSAFE},
    iso20022_errors::PAYMENT_REFUSED,
    errors::{
        NOT_OFFERED, CONTENT_REFUSED, TOKEN_FAILED, FAULT, ANSWER_SIGNATURE, ANSWER_NOT_TRUSTED, ANSWER_NOT_DECRYPTED, BANK_CERTIFICATE_MISSING, REVOCATION_UNKNOWN, ANSWER_STALE,
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
        let UploadBankFileAndWaitRequest { mut file, wait_for, await_answers, check_first: check, repeats } = request;
        let place = BankFilePlace { target_id: file.target_id.clone(), ..BankFilePlace::default() };
        let wait = UploadWait::open(&steps, (&place, awaited_types(client, wait_for)?), await_answers).await?;
        let means_payments = client.file_types(BankFileKind::Payment).contains(&file.file_type);
        let (content, file_type) = (file.content, file.file_type.clone());
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
        file.content = source.content();
        let own_name = || source.name().map(|name| name.chars().take(80).collect());
        file.user_filename = file.user_filename.or_else(own_name);
        let name = file.user_filename.clone().unwrap_or_default();
        let uploaded = UploadedFile { place: &place, name: &name, source: &source, message_id: upload.message_id() };
        let options = steps.exchange_options::<UploadBankFile>(ContentDestination::Memory);
        let exchange = client.exchange::<UploadBankFile>(file, &options);
        let send = repeats.send_once(&steps, uploaded, exchange);
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
            let AwaitedAnswers { sent, decision, missing, notes, .. } = awaited;
            UploadBankFileAndWaitResponse {
                decision,
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
        Self { file: awaited.file, fetched: awaited.fetched }
    }
}
