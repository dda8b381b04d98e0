//! Lists files: DownloadFileList (§4.2).

use bankchannel_foundation::prelude::*;

use crate::{
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    model::{BankFileDescriptor, ExchangeEvidence, FileServiceAnswer, FileStatusFilter, answer::believed_answers},
    operations::{self, EXCHANGE_ERRORS},
    request::FileCommand,
};

/// Which files.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct ListBankFilesRequest {
    /// Only files made on this day or later.
    pub start_date: Option<Date>,
    /// Only files made on this day or earlier.
    pub end_date: Option<Date>,
    /// Only files of this status. Default: all that the bank still keeps.
    pub status: Option<FileStatusFilter>,
    /// Only files of this service or account, at most 256 characters.
    pub service_id: Option<String>,
    /// The part of the agreement, at most 80 characters. Default: that of the settings.
    pub target_id: Option<String>,
    /// Copied into the answer, at most 32 characters.
    pub execution_serial: Option<String>,
    /// Only files of this type, the bank's word, at most 40 characters. Some banks list one type at a time.
    pub file_type: Option<String>,
}

/// The files.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ListBankFilesResponse {
    /// The bank's answer.
    #[boundary(flatten)]
    pub answer: FileServiceAnswer,
    /// The files, in the bank's order; empty if there are none.
    pub file_descriptors: Vec<BankFileDescriptor>,
    /// What shows later which messages were exchanged. Does not travel: the client notes it.
    #[boundary(off_wire)]
    pub evidence: Option<ExchangeEvidence>,
}

believed_answers!(ListBankFilesResponse);

/// List the files that a bank holds for the customer.
///
/// Lists the files that the bank has prepared: statements, notifications, status reports. Files that were sent are not
/// listed. A file that was downloaded is not `NEW` any more. There are no pages: narrow a long list with days.
#[derive(Debug, Operation)]
#[operation(ListBankFilesRequest => ListBankFilesResponse)]
#[declaration(..operations::exchange("sepa_web_services.list_files", "files"))]
#[errors(..EXCHANGE_ERRORS)]
#[route(..operations::reading("DownloadFileList"))]
#[exchange(SepaWebServicesCodec, SepaWebServicesTerms::file(FileCommand::DownloadFileList))]
pub struct ListBankFiles;
