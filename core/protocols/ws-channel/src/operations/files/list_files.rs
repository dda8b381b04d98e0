//! `ListFiles`: GET `/files/{Bank}` (§2.20).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Bank, FileDescriptor, FileType, StatusFilter},
};

/// The bank and the filters.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListFilesRequest {
    /// The bank that holds them (§6.1).
    #[boundary(profile)]
    pub bank: Bank,
    /// Only files of this type. Default: all types. `ALL` is not a type.
    pub file_type: Option<FileType>,
    /// Only files of this status. Default: all files.
    pub status: Option<StatusFilter>,
}

/// The files at the bank.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListFilesResponse {
    /// The files, oldest first; at most the 10,000 newest.
    pub file_descriptors: Vec<FileDescriptor>,
    /// The service's text.
    pub response_text: String,
}

/// List the files that a bank holds for the account.
///
/// Lists statements, notifications and status reports that the bank has prepared: new files and files that were
/// downloaded before. Uploaded files are not listed. Needs a certificate for the bank, own or shared.
#[derive(Debug, Operation)]
#[operation(ListFilesRequest => ListFilesResponse)]
#[declaration(..declare::exchange("ws_channel.list_files", "files"))]
#[errors(..declare::SESSION_ERRORS, ..declare::BANK_ERRORS, errors::{CERTIFICATE_MISSING, PARAMETER_REFUSED})]
#[route(..declare::at_bank(declare::session("ListFiles", Method::Get, "/files/{Bank}")))]
#[exchange(WsChannelCodec, WsChannelTerms::SESSION)]
pub struct ListFiles;
