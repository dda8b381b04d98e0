//! `DeleteFile`: DELETE `/files/{Bank}/{FileType}/{FileReference}` (§2.23).

use bankchannel_foundation::{
    Boundary, Declaration, Exchange, Operation, OperationDocs, error::ErrorRow, message::Method,
};

use crate::{
    WsChannelCodec, WsChannelTerms, errors,
    errors::texts,
    model::{Bank, FileReference, FileType},
    route,
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

const ERRORS: &[&ErrorRow] =
    route::errors_of!(route::MODE_ERRORS, route::BANK_ERRORS; &errors::CERTIFICATE_MISSING, &errors::PARAMETER_REFUSED);

/// Delete a file at a bank.
///
/// The bank removes the file or marks it deleted, depending on the bank; it may be impossible to restore. A second
/// deletion is refused. Needs a data session.
#[derive(Debug, OperationDocs)]
pub struct DeleteFile;

impl Operation for DeleteFile {
    type Request = DeleteFileRequest;
    type Response = DeleteFileResponse;
    const DECLARATION: Declaration = route::exchange(
        "ws_channel.delete_file",
        "files",
        Self::DOCS,
        ERRORS,
        route::at_bank(route::session("DeleteFile", Method::Delete, "/files/{Bank}/{FileType}/{FileReference}")),
    );
}

impl Exchange for DeleteFile {
    type Codec = WsChannelCodec;
    const TERMS: WsChannelTerms = WsChannelTerms::data(texts::DATA_REQUIRED.text);
}
