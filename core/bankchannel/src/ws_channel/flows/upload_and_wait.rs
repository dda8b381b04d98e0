//! Sends a file and waits for the bank's answers (docs/protocols/ws-channel.md §8.2).

use std::sync::Arc;

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_iso20022::errors as iso20022_errors;
use bankchannel_ws_channel::{
    errors,
    model::{FileDescriptor, FileName, FileType, Signatures},
};

use super::{
    Flow, asking_for_signatures,
    fetch::WsChannelPlace,
    flow,
    sign_and_upload::{PreparedUpload, SignAndUploadResponse},
    signing::{FileToSign, UploadAuthority},
    steps::FlowSteps,
};
use crate::{
    CallOptions,
    file_channel::{
        check_first::CheckFirst,
        repeats::RejectRepeats,
        waiting::{AwaitAnswers, AwaitedAnswers, AwaitedFile, FetchedContent, UploadDecision, UploadWait},
    },
    ws_channel::WsChannel,
};

/// The file, the keys, and the answers to wait for.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadAndWaitRequest {
    /// The file, the bank and the keys.
    #[boundary(flatten)]
    pub file: FileToSign,
    /// Signatures over the same bytes that were made elsewhere, in place of `private_key` and `signing_certificate`.
    pub signature: Option<Signatures>,
    /// The types of the answers to wait for, one file of each, such as `pain.002.001.10`. With a status report
    /// (`pain.002`) among them, a rejection ends the wait.
    pub wait_for: Vec<FileType>,
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

/// The service has accepted the file, and the bank has answered: see `verdict` for whether it pays.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadAndWaitResponse {
    /// The bank's decision.
    #[boundary(flatten)]
    pub decision: UploadDecision,
    /// The file name sent to the bank.
    pub file_name: FileName,
    /// The number of bytes sent.
    pub bytes: u64,
    /// The answers to this file: the first of each type in the order of `wait_for`, then further ones of these types.
    pub answers: Vec<BankAnswer>,
    /// The types of `wait_for` of which no answer has come: after a rejection the bank sends none.
    pub missing: Vec<FileType>,
    /// The files that this call has fetched, and which answer no upload of this client that waits: the bank counts them
    /// as downloaded. If there is a ledger, `download_new_files` reports them too.
    pub others: Vec<BankAnswer>,
    /// Remarks: a file whose download was begun and not finished, uploads with the same message id.
    pub notes: Vec<String>,
    /// The service's text on the upload.
    pub response_text: String,
}

/// An answer file of the bank.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct BankAnswer {
    /// The bank's description of the file.
    pub file: FileDescriptor,
    /// Its content.
    #[boundary(flatten)]
    pub fetched: FetchedContent,
}

/// Sign a file, send it, and wait for the bank's answers.
///
/// Notes the existing files of the wanted types, signs and sends the file as `sign_and_upload` does, then polls for
/// new files of each type, fetches them and keeps those that are about this file. A file is an answer only if it says
/// so: a status report by the original message id; a notification or statement by the message id, the UETR or the
/// references of its entries. One that names several uploads is given to each of them. A new file can only be told
/// apart by its content, so all new ones are fetched; those that answer no upload are in `others`. Any number of
/// uploads may wait at once, in several processes too. The wait ends with an answer of each type, or when the bank
/// has rejected the whole file; read `verdict` first. A report that the payees are still checked ends no wait. With
/// `waits_for` = `release` the order waits at the bank after the payee check, and nothing is paid until somebody releases
/// or cancels it there. Every other error after the accepted upload has outcome
/// `accepted` and the detail `upload` = `accepted`: do not send the file again, look for its answers later. Its
/// `partial_response` has the answers that did come. The detail `taken` lists them by type and reference: the bank
/// lists them as downloaded. The detail `begun` lists the files that the bank may have sent and that did not arrive:
/// it may list them as downloaded too. With `directory` or `ledger`, `download_new_files` returns all of them;
/// without, download them by type and reference. With `signing_certificate` it asks a question of kind `signature`
/// for each certificate, as `sign_and_upload` does.
#[derive(Debug, Operation)]
#[operation(UploadAndWaitRequest => UploadAndWaitResponse)]
#[declaration(commands: COMMANDS, ..asking_for_signatures(flow("ws_channel.upload_and_wait", "files")))]
#[errors(
    errors::{
        ANSWER_NOT_FOUND, PAYMENT_REJECTED, UPLOAD_REPEATED, REFERENCE_UNSAFE, PGP_KEY_REFUSED, PGP_KEY_UNFIT,
        PASSPHRASE_REFUSED, SIGNATURE_WRONG, SIGNATURE_KEY_UNKNOWN, UPLOAD_REJECTED, PGP_KEY_MISSING, CONTENT_EMPTY,
    },
    iso20022_errors::PAYMENT_REFUSED,
    errors::{MODE_REFUSED, CERTIFICATE_MISSING, NO_BANK_CHANNEL, BANK_REFUSED, BANK_UNAVAILABLE},
)]
pub struct UploadAndWait;

const COMMANDS: &[Command] = &[Command::when_given("upload-file", &["wait_for"])];

impl Flow<WsChannel> for UploadAndWait {
    async fn run(
        client: &WsChannel,
        request: UploadAndWaitRequest,
        options: &CallOptions,
    ) -> Result<UploadAndWaitResponse> {
        let steps = FlowSteps::begin(client, options)?;
        steps.plan(3);
        let UploadAndWaitRequest { mut file, signature, wait_for, await_answers, check_first, repeats } = request;
        let missing = "private_key, signing_certificate or signature is missing";
        let authority = UploadAuthority::from_given(&mut file, signature, missing)?;
        let wait_for = wait_for.iter().map(|file_type| file_type.as_str().to_owned()).collect();
        let place = WsChannelPlace::new(file.bank);
        let wait = UploadWait::open(&steps, (&place, wait_for), await_answers).await?;
        let prepared = PreparedUpload::new(&steps, file, authority, check_first).await?;
        let upload = Arc::new(prepared.message(&steps).await?);
        let send = prepared.upload(&steps, repeats, &upload);
        let awaited = Box::pin(wait.around(&steps, &upload, send)).await?;
        awaited.returned(|awaited| {
            let AwaitedAnswers { sent, decision, notes, .. } = awaited;
            let SignAndUploadResponse { file_name, bytes, response_text, .. } = sent;
            UploadAndWaitResponse {
                decision,
                file_name,
                bytes,
                answers: awaited.answers.into_iter().map(BankAnswer::from).collect(),
                missing: awaited.missing.iter().filter_map(|name| FileType::parse(name).ok()).collect(),
                others: awaited.others.into_iter().map(BankAnswer::from).collect(),
                notes,
                response_text,
            }
        })
    }
}

impl From<AwaitedFile<FileDescriptor>> for BankAnswer {
    fn from(awaited: AwaitedFile<FileDescriptor>) -> Self {
        Self { file: awaited.file, fetched: awaited.fetched }
    }
}
