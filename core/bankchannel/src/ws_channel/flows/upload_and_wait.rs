//! Sends a file and waits for the bank's answers (docs/protocols/ws-channel.md §8.2).

use std::sync::Arc;

use bankchannel_foundation::{
    Result,
    model::{InlineBytes, Seconds},
    prelude::*,
};
use bankchannel_iso20022::{answers::PaymentVerdict, data::Code, errors as iso20022_errors};
use bankchannel_ws_channel::{
    errors,
    model::{Bank, FileDescriptor, FileName, FileType, PgpPrivateKeys, Signatures, SigningCertificates},
    operations::pgp::sign_file::SignatureHash,
};

use super::{
    Flow, asking_for_signatures,
    fetch::WsChannelPlace,
    flow,
    sign_and_upload::{SignAndUploadResponse, prepare},
    signing::{GivenAuthority, UploadAuthority},
    steps::FlowSteps,
};
use crate::{
    CallOptions,
    file_channel::{
        check_first::CheckFirst,
        parsed::Parsed,
        repeats::RejectRepeats,
        waiting::{AnswersWanted, AwaitedAnswers, AwaitedFile, UploadWait},
    },
    ws_channel::WsChannel,
};

/// The file, the keys, and the answers to wait for.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadAndWaitRequest {
    /// The bank to send it to.
    #[boundary(profile)]
    pub bank: Bank,
    /// The bank's name of the file type, such as `pain.001.001.09`.
    pub file_type: FileType,
    /// The file's name, as sent to the bank. Default: the file's name on disk.
    pub file_name: Option<FileName>,
    /// The file's bytes.
    pub content: Content,
    /// The armored private key that is registered with purpose `authorize`. Give one of this, `signing_certificate` and
    /// `signature`.
    pub private_key: Option<PgpPrivateKeys>,
    /// The passphrase of the private keys that are locked.
    pub passphrase: Option<Secret>,
    /// The armored public key that is registered with purpose `authorize`, if its private key is elsewhere: in an HSM,
    /// a smart card, an agent. Several keys, one after the other, make one signature each. The call asks a question of
    /// kind `signature` for each key, as `sign_and_upload` does.
    pub signing_certificate: Option<SigningCertificates>,
    /// The hash algorithm of the signature. Default: SHA-256.
    pub hash: Option<SignatureHash>,
    /// Signatures over the same bytes that were made elsewhere.
    pub signature: Option<Signatures>,
    /// The types of the answers to wait for, one file of each, such as `pain.002.001.10`. With a status report
    /// (`pain.002`) among them, a rejection ends the wait.
    pub wait_for: Vec<FileType>,
    /// The time limit for all answers together, in seconds, fractions allowed. Default: 60.
    pub wait_timeout_s: Option<Seconds>,
    /// The interval between two polls, in seconds, fractions allowed, at least 0.1. Default: 1.
    pub poll_interval_s: Option<Seconds>,
    /// The folder for the answers, with names as in `download_new_files`. Without a folder the answers are in the
    /// response. If a name is taken by a file with another content, the answer gets another name, with `~2` before
    /// `.dat`: names contain neither bank nor account.
    pub directory: Option<String>,
    /// The folder of the ledger, from which `download_new_files` reports fetched files that answer no upload, and those
    /// of a call that failed. Default: `directory`; without both there is none.
    pub ledger: Option<String>,
    /// Whether to take files that carry no reference, although other uploads of this client wait too. Default: false:
    /// such a file is taken only if no other upload of this client waits for its type.
    pub accept_unreferenced: Option<bool>,
    /// Whether the bank's rejection of the whole file is the error `ws_channel.payment_rejected`, with the response as
    /// its `partial_response`. Default: false: the response says it in `verdict`.
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

/// The service has accepted the file, and the bank has answered: see `verdict` for whether it pays.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadAndWaitResponse {
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

/// Sign a file, send it, and wait for the bank's answers.
///
/// Notes the existing files of the wanted types, signs and sends the file as `sign_and_upload` does, then polls for
/// new files of each type, fetches them and keeps those that are about this file. A file is an answer only if it says
/// so: a status report by the original message id; a notification or statement by the message id, the UETR or the
/// references of its entries. One that names several uploads is given to each of them. A new file can only be told
/// apart by its content, so all new ones are fetched; those that answer no upload are in `others`. Any number of
/// uploads may wait at once, in several processes too. The wait ends with an answer of each type, or when the bank
/// has rejected the whole file; read `verdict` first. Every other error after the accepted upload has outcome
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
        let UploadAndWaitRequest { private_key, passphrase, signing_certificate, hash, signature, .. } = request;
        let given = GivenAuthority { private_key, passphrase, signing_certificate, hash, signature };
        let authority = UploadAuthority::from_given(given, "private_key, signing_certificate or signature is missing")?;
        let wanted = AnswersWanted {
            place: WsChannelPlace::new(request.bank),
            wait_for: request.wait_for.iter().map(|file_type| file_type.as_str().to_owned()).collect(),
            wait_timeout: request.wait_timeout_s,
            poll_interval: request.poll_interval_s,
            directory: request.directory.as_deref(),
            ledger: request.ledger.as_deref(),
            accept_unreferenced: request.accept_unreferenced,
            fail_if_rejected: request.fail_if_rejected,
            parse: request.parse,
        };
        let wait = UploadWait::open(&steps, wanted).await?;
        let check = (request.bank, request.file_type.clone(), request.check_first);
        let prepared = prepare(&steps, request.content, request.file_name, authority, check).await?;
        let upload = Arc::new(prepared.message(&steps).await?);
        let send = prepared.upload(&steps, (request.bank, request.file_type), request.repeats, &upload);
        let awaited = Box::pin(wait.around(&steps, &upload, send)).await?;
        awaited.returned(|awaited| {
            let AwaitedAnswers { sent, verdict, verdict_text, status, reason, notes, .. } = awaited;
            let SignAndUploadResponse { file_name, bytes, response_text, .. } = sent;
            UploadAndWaitResponse {
                verdict,
                verdict_text,
                status,
                reason,
                message_id: upload.message_id().map(str::to_owned),
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
        let AwaitedFile { file, bytes, status_text, path, content, parsed } = awaited;
        Self { file, bytes, status_text, path, content, parsed }
    }
}
