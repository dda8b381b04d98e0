//! Deletes a file: DeleteFile (§4.2).

use bankchannel_foundation::prelude::*;

use crate::{
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    model::{BankFileDescriptor, ExchangeEvidence, FileServiceAnswer, answer::believed_answers},
    operations::{self, EXCHANGE_ERRORS},
    request::FileCommand,
};

/// Which file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DeleteBankFileRequest {
    /// The bank's reference of the file, at most 32 characters.
    #[boundary(wire = "FileReferences")]
    pub file_reference: String,
    /// The part of the agreement, at most 80 characters. Default: that of the settings.
    pub target_id: Option<String>,
    /// Copied into the answer, at most 32 characters.
    pub execution_serial: Option<String>,
    /// The type of the file.
    pub file_type: Option<String>,
}

/// The file is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct DeleteBankFileResponse {
    /// The bank's answer.
    #[boundary(flatten)]
    pub answer: FileServiceAnswer,
    /// The deleted file; empty if the bank does not say so.
    pub file_descriptors: Vec<BankFileDescriptor>,
    /// What shows later which messages were exchanged. Does not travel: the client notes it.
    #[boundary(off_wire)]
    pub evidence: Option<ExchangeEvidence>,
}

believed_answers!(DeleteBankFileResponse);

/// Delete a file at a bank.
///
/// Banks delete files that are marked as deletable: one that was sent and is not processed yet, or one that they offer
/// for downloading. Not every bank offers this.
#[derive(Debug, Operation)]
#[operation(DeleteBankFileRequest => DeleteBankFileResponse)]
#[declaration(..operations::exchange("sepa_web_services.delete_file", "files"))]
#[errors(..EXCHANGE_ERRORS)]
#[route(repeat: Repeat::Never, audited: true, ..operations::reading("DeleteFile"))]
#[exchange(SepaWebServicesCodec, SepaWebServicesTerms::file(FileCommand::DeleteFile))]
pub struct DeleteBankFile;
