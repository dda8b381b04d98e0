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

const ERRORS: &[&ErrorRow] = declare::errors_of!(declare::SESSION_ERRORS; &errors::BANK_UNKNOWN, &errors::NO_BANK_CHANNEL, &errors::PARAMETER_REFUSED);

/// List the files that the account has sent to a bank, and the outcome of each.
///
/// Says of an upload whose outcome was unknown whether it is settled, how, and why. The bank is not asked: its status
/// report says how it processes a file that it received. Only bankchannel's own service has this operation.
#[derive(Debug, OperationDocs)]
pub struct ListUploads;

impl Operation for ListUploads {
    type Request = ListUploadsRequest;
    type Response = ListUploadsResponse;
    const DECLARATION: Declaration = declare::exchange(
        "ws_channel.list_uploads",
        "files",
        Self::DOCS,
        ERRORS,
        declare::session("ListUploads", Method::Get, "/uploads/{Bank}"),
    );
}

impl Exchange for ListUploads {
    type Codec = WsChannelCodec;
    const TERMS: WsChannelTerms = WsChannelTerms::SESSION;
}
