//! `DownloadFile`: GET `/files/{Bank}/{FileType}/{FileReference}` (§2.22).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Bank, FileReference, FileType},
};

/// The file to download.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DownloadFileRequest {
    /// The bank (§6.1).
    #[boundary(profile)]
    pub bank: Bank,
    /// The bank's name of the file type, as listed.
    pub file_type: FileType,
    /// The bank's reference of the file, as listed.
    pub file_reference: FileReference,
}

/// The file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DownloadFileResponse {
    /// The file's bytes.
    pub content: Content,
    /// The service's text.
    pub response_text: String,
}

/// The refusal for an admin session (§1.7).
const DOWNLOAD_REFUSAL: &str = "File downloads not allowed on admin mode, use data account mode";

/// Download a file from a bank.
///
/// The file's status at the bank becomes `DLD`. It can be downloaded again: the bytes are the same. Needs a data
/// session.
#[derive(Debug, Operation)]
#[operation(DownloadFileRequest => DownloadFileResponse)]
#[declaration(commands: COMMANDS, ..declare::exchange("ws_channel.download_file", "files"))]
#[errors(..declare::MODE_ERRORS, ..declare::BANK_ERRORS, errors::{CERTIFICATE_MISSING, PARAMETER_REFUSED})]
#[route(
    audited: true,
    response_content: Some("Content"),
    ..declare::at_bank(declare::session("DownloadFile", Method::Get, "/files/{Bank}/{FileType}/{FileReference}"))
)]
#[exchange(WsChannelCodec, WsChannelTerms::data(DOWNLOAD_REFUSAL))]
pub struct DownloadFile;

const EXAMPLES: &str =
    "Without --output the file is written to stdout unchanged; with --json the response holds it as base64.";

const COMMANDS: &[Command] = &[Command::named("download-file").with_examples(EXAMPLES)];
