//! `UnshareCerts`: DELETE `/certs/shared/{ExtEmail}` (§2.15, §6.5).

use bankchannel_foundation::prelude::*;

use super::share_certs::ShareCertsResponse;
use crate::{WsChannelCodec, WsChannelTerms, declare, errors, model::Email};

/// The other account.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UnshareCertsRequest {
    /// The other account, under the same API key.
    pub ext_email: Email,
}

/// The links after this call.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UnshareCertsResponse {
    /// The links, as in `share_certs`.
    #[boundary(flatten)]
    pub links: ShareCertsResponse,
}

/// Stop another account from using this account's certificates, or the reverse.
///
/// Takes effect at once, from either end of the link: the lender names the borrower, the borrower names the lender;
/// the owner of the API key names any borrower. The deployed service does not implement this yet and answers
/// `ws_channel.not_implemented`.
#[derive(Debug, Operation)]
#[operation(UnshareCertsRequest => UnshareCertsResponse)]
#[declaration(..declare::exchange("ws_channel.unshare_certs", "certs"))]
#[errors(..declare::MODE_ERRORS, errors::{PARAMETER_REFUSED, NOT_IMPLEMENTED})]
#[route(..declare::session("UnshareCerts", Method::Delete, "/certs/shared/{ExtEmail}"))]
#[exchange(WsChannelCodec, WsChannelTerms::ADMIN)]
pub struct UnshareCerts;
