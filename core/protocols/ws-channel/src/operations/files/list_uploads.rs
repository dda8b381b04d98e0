//! `ListUploads`: GET `/uploads/{Bank}`, an addition of bankchannel's own service (§2.20).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Bank, UploadDescriptor},
};

/// The bank.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListUploadsRequest {
    /// The bank that the files were sent to (§6.1).
    #[boundary(profile)]
    pub bank: Bank,
}

/// The files that were sent.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListUploadsResponse {
    /// The uploads, oldest first; at most the 1,000 newest.
    pub uploads: Vec<UploadDescriptor>,
    /// The service's text.
    pub response_text: String,
}

/// List the files that the account has sent to a bank, and the outcome of each.
///
/// Says of an upload whose outcome was unknown whether it is settled, how, and why. The bank is not asked: its status
/// report says how it processes a file that it received. Only bankchannel's own service has this operation.
#[derive(Debug, Operation)]
#[operation(ListUploadsRequest => ListUploadsResponse)]
#[declaration(..declare::exchange("ws_channel.list_uploads", "files"))]
#[errors(..declare::SESSION_ERRORS, errors::{BANK_UNKNOWN, NO_BANK_CHANNEL, PARAMETER_REFUSED})]
#[route(..declare::session("ListUploads", Method::Get, "/uploads/{Bank}"))]
#[exchange(WsChannelCodec, WsChannelTerms::SESSION)]
pub struct ListUploads;
