//! `DeleteFile`: DELETE `/files/{Bank}/{FileType}/{FileReference}` (§2.23).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Bank, FileReference, FileType},
    service_texts,
};

/// The file to delete.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DeleteFileRequest {
    /// The bank (§6.1).
    #[boundary(profile)]
    pub bank: Bank,
    /// The bank's name of the file type, as listed.
    pub file_type: FileType,
    /// The bank's reference of the file, as listed.
    pub file_reference: FileReference,
}

/// The file is deleted.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DeleteFileResponse {
    /// The service's text.
    pub response_text: String,
}

/// Delete a file at a bank.
///
/// The bank removes the file or marks it deleted, depending on the bank; it may be impossible to restore. A second
/// deletion is refused. Needs a data session.
#[derive(Debug, Operation)]
#[operation(DeleteFileRequest => DeleteFileResponse)]
#[declaration(..declare::exchange("ws_channel.delete_file", "files"))]
#[errors(..declare::MODE_ERRORS, ..declare::BANK_ERRORS, errors::{CERTIFICATE_MISSING, PARAMETER_REFUSED})]
#[route(..declare::at_bank(declare::session("DeleteFile", Method::Delete, "/files/{Bank}/{FileType}/{FileReference}")))]
#[exchange(WsChannelCodec, WsChannelTerms::data(service_texts::DATA_REQUIRED.text))]
pub struct DeleteFile;
