//! Sends a file: UploadFile (§4.2, §6.5).

use bankchannel_foundation::{model::Decimal, prelude::*};

use crate::{
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    errors,
    model::{BankFileDescriptor, ExchangeEvidence, FileServiceAnswer, answer::believed_answers},
    operations,
    request::FileCommand,
};

/// The file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct UploadBankFileRequest {
    /// The file's bytes. They are sent as they are, or compressed.
    pub content: bankchannel_foundation::model::Content,
    /// The bank's type of the file, such as `NDCORPAYS` or `pain.001.001.09`, at most 40 characters; case matters.
    pub file_type: String,
    /// The file's name in your own system, at most 80 characters. Default: the name of the content's file, otherwise
    /// `upload`.
    pub user_filename: Option<String>,
    /// Whether the content is compressed (GZIP). Default: as the bank's profile says.
    #[boundary(wire = "Compression")]
    pub compress: Option<bool>,
    /// The service or account, at most 256 characters.
    pub service_id: Option<String>,
    /// The part of the agreement, at most 80 characters. Default: that of the settings.
    pub target_id: Option<String>,
    /// Copied into the answer, at most 32 characters.
    pub execution_serial: Option<String>,
    /// The sum of the file's amounts, for the bank to compare.
    pub amount_total: Option<bankchannel_foundation::model::Decimal>,
    /// The number of the file's transactions, for the bank to compare.
    pub transaction_count: Option<u64>,
}

/// The bank has received the file, and not executed it: what becomes of it says its status report.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct UploadBankFileResponse {
    /// The bank's answer.
    #[boundary(flatten)]
    pub answer: FileServiceAnswer,
    /// The sum of the file's amounts as the bank counts it, if it does.
    pub amount_total: Option<Decimal>,
    /// The number of the file's transactions as the bank counts them, if it does.
    pub transaction_count: Option<u64>,
    /// The file at the bank; empty if the bank does not say so: not all do.
    pub file_descriptors: Vec<BankFileDescriptor>,
    /// What shows later which messages were exchanged. Does not travel: the client notes it.
    #[boundary(off_wire)]
    pub evidence: Option<ExchangeEvidence>,
}

believed_answers!(UploadBankFileResponse);

/// Send a file to a bank.
///
/// The file is sent once and never repeated by the library: the banks' channel does not look for repeats. If its answer
/// is lost or cannot be believed, the outcome is `unknown` and stays so: a list does not show sent files. A status
/// report (pain.002) that names the file's message id settles it, or the bank's word to a person. Fetch reports before
/// anything is sent again.
#[derive(Debug, Operation)]
#[operation(UploadBankFileRequest => UploadBankFileResponse)]
#[declaration(..operations::exchange("sepa_web_services.upload_file", "files"))]
#[errors(errors::{
    NOT_OFFERED, CONTENT_REFUSED, TOKEN_FAILED, FAULT, ANSWER_SIGNATURE, ANSWER_NOT_TRUSTED, ANSWER_NOT_DECRYPTED, BANK_CERTIFICATE_MISSING, REVOCATION_UNKNOWN, ANSWER_STALE,
    SIGNATURE_REFUSED, AGREEMENT_REFUSED, REFUSED, BANK_FAILED,
})]
#[route(
    repeat: Repeat::Never,
    audited: true,
    timeout_s: 300,
    request_content: Some("Content"),
    ..operations::reading("UploadFile")
)]
#[exchange(SepaWebServicesCodec, SepaWebServicesTerms::file(FileCommand::UploadFile))]
pub struct UploadBankFile;
