//! Fetches a file: DownloadFile (§4.2).

use bankchannel_foundation::prelude::*;

use crate::{
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    errors,
    model::{ExchangeEvidence, FileServiceAnswer, answer::believed_answers},
    operations,
    request::FileCommand,
};

/// Which file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DownloadBankFileRequest {
    /// The bank's reference of the file, from a list, at most 32 characters.
    #[boundary(wire = "FileReferences")]
    pub file_reference: String,
    /// The service or account, at most 256 characters.
    pub service_id: Option<String>,
    /// The part of the agreement, at most 80 characters. Default: that of the settings.
    pub target_id: Option<String>,
    /// Copied into the answer, at most 32 characters.
    pub execution_serial: Option<String>,
    /// The type of the file, as the list has it. Some banks demand it.
    pub file_type: Option<String>,
}

/// The file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DownloadBankFileResponse {
    /// The bank's answer.
    #[boundary(flatten)]
    pub answer: FileServiceAnswer,
    /// The type of the file, if the bank says so.
    pub file_type: Option<String>,
    /// The file's bytes, unpacked. They are handed out only when all signatures over them hold.
    pub content: Content,
    /// What shows later which messages were exchanged. Does not travel: the client notes it.
    #[boundary(off_wire)]
    pub evidence: Option<ExchangeEvidence>,
}

believed_answers!(DownloadBankFileResponse);

/// Fetch a file from a bank.
///
/// The bank then marks the file as downloaded: it is no longer listed as `NEW`. It may be fetched again while the bank
/// keeps it.
#[derive(Debug, Operation)]
#[operation(DownloadBankFileRequest => DownloadBankFileResponse)]
#[declaration(..operations::exchange("sepa_web_services.download_file", "files"))]
#[errors(errors::{
    NOT_OFFERED, TOKEN_FAILED, FAULT, ANSWER_SIGNATURE, ANSWER_NOT_TRUSTED, ANSWER_NOT_DECRYPTED, BANK_CERTIFICATE_MISSING, REVOCATION_UNKNOWN, ANSWER_STALE, ANSWER_CONTENT,
    SIGNATURE_REFUSED, AGREEMENT_REFUSED, FILE_NOT_FOUND, REFUSED, BANK_FAILED,
})]
#[route(timeout_s: 300, response_content: Some("Content"), ..operations::reading("DownloadFile"))]
#[exchange(SepaWebServicesCodec, SepaWebServicesTerms::file(FileCommand::DownloadFile))]
pub struct DownloadBankFile;
