//! `UploadFile`: PUT `/files/{Bank}` (§2.21, §5.2).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Bank, FileName, FileType, Signatures},
};

/// The file and its signatures.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadFileRequest {
    /// The bank to send it to (§6.1).
    #[boundary(profile)]
    pub bank: Bank,
    /// The file's bytes, at most 7 MiB at the deployed service.
    #[boundary(wire = "FileContents")]
    pub content: Content,
    /// The file's name, as sent to the bank.
    pub file_name: FileName,
    /// The bank's name of the file type, such as `pain.001.001.09`.
    pub file_type: FileType,
    /// One or more ASCII-armored detached OpenPGP signatures over the raw bytes, one after the other; at least
    /// one by a key that is registered with purpose `authorize`.
    #[boundary(alias = "Signatures")]
    pub signature: Signatures,
    /// Whether to send it although it is unknown whether the bank has the same bytes from an earlier upload, which may then
    /// be paid twice. Only for bankchannel's own service, which otherwise refuses them until that upload is settled.
    /// Default: false.
    pub send_anyway: Option<bool>,
}

/// The file was accepted.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadFileResponse {
    /// The service's text.
    pub response_text: String,
}

/// The refusal for an admin session (§1.7).
const UPLOAD_REFUSAL: &str = "File uploads not allowed on admin mode, use data account mode";

/// Send a signed file to a bank.
///
/// The file is sent once and never repeated automatically, except after a 429, after which nothing was done:
/// identical bytes sent twice are two uploads. If the outcome is `unknown`, look for the bank's answer files before
/// sending the file again; bankchannel's own service refuses the same bytes until then (`ws_channel.upload_unsettled`), and
/// `list_uploads` says its outcome. Needs a data session and a certificate for the bank.
#[derive(Debug, Operation)]
#[operation(UploadFileRequest => UploadFileResponse)]
#[declaration(commands: COMMANDS, ..declare::exchange("ws_channel.upload_file", "files"))]
#[errors(
    ..declare::MODE_ERRORS, ..declare::BANK_ERRORS,
    errors::{
        CERTIFICATE_MISSING, SIGNATURE_MISSING, SIGNATURE_MALFORMED, SIGNATURE_KEY_UNKNOWN, UPLOAD_REJECTED,
        PGP_KEY_MISSING, CONTENT_EMPTY, PARAMETER_REFUSED, UPLOAD_UNSETTLED, BANK_PAUSED,
    },
)]
#[route(
    success: 201,
    repeat: Repeat::AfterRateLimit,
    request_content: Some("FileContents"),
    ..declare::at_bank(declare::session("UploadFile", Method::Put, "/files/{Bank}"))
)]
#[exchange(WsChannelCodec, WsChannelTerms::data(UPLOAD_REFUSAL))]
pub struct UploadFile;

const EXAMPLES: &str = "Examples:\n  bankchannel files upload-file --file-type pain.001.001.09 --private-key authorize-private.asc payment.xml\n  \
             bankchannel files upload-file --file-type pain.001.001.09 --signatures @payment.xml.asc payment.xml\n  \
             bankchannel files upload-file --file-type pain.001.001.09 --signing-certificate authorize-public.asc --signer 'openssl pkeyutl -sign -inkey key.pem -pkeyopt digest:sha256' payment.xml\n\nWith --private-key the command signs the file; with --signatures the file was signed elsewhere. With --signing-certificate\n\
             the key is elsewhere, such as in a smart card or an HSM, and --signer names the program that uses it: here an RSA key\n\
             in a file. The signature is checked before anything is sent. With --wait-for the command waits for the bank's answers\n\
             and writes them to --directory or the current folder; with --json and without --directory they are in the response.";

const COMMANDS: &[Command] = &[Command::named("upload-file").with_examples(EXAMPLES)];
