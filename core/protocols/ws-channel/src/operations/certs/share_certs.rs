//! `ShareCerts`: PUT `/certs/shared/{ExtEmail}` (§2.15, §6.5).

use bankchannel_foundation::prelude::*;

use crate::{WsChannelCodec, WsChannelTerms, declare, errors, model::Email};

/// The other account.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ShareCertsRequest {
    /// The other account, under the same API key.
    pub ext_email: Email,
    /// Whether to accept the other account's offer (`offered_from`) instead of sharing own certificates. Only for
    /// services that ask the borrower.
    pub accept: Option<bool>,
}

/// The links after this call.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct ShareCertsResponse {
    /// The account whose certificates this account uses; none or one.
    pub shared_from: Vec<crate::model::Email>,
    /// The accounts that use this account's certificates.
    pub shared_to: Vec<crate::model::Email>,
    /// Accounts that offer their certificates to this one (`share_certs` with `accept` accepts, `unshare_certs`
    /// declines). Only services that ask the borrower send it.
    pub offered_from: Option<Vec<crate::model::Email>>,
    /// Accounts that have not yet accepted this account's certificates.
    pub offered_to: Option<Vec<crate::model::Email>>,
    /// The service's text.
    pub response_text: String,
}

/// Let another account use this account's certificates.
///
/// Covers all banks of this account, present and future; the other account's own certificate takes precedence over a
/// shared one. The other account may use the certificates for files. It never sees, exports or shares them. Files
/// that it sends need its own authorize keys. An account can use the certificates of only one other account.
/// Repeating it changes nothing. A service of this library allows it only to the owner of the API key, or asks the
/// borrower: its setting `sharing`.
#[derive(Debug, Operation)]
#[operation(ShareCertsRequest => ShareCertsResponse)]
#[declaration(..declare::exchange("ws_channel.share_certs", "certs"))]
#[errors(..declare::OWNER_ERRORS, errors::PARAMETER_REFUSED)]
#[route(success: 201, ..declare::session("ShareCerts", Method::Put, "/certs/shared/{ExtEmail}"))]
#[exchange(WsChannelCodec, WsChannelTerms::ADMIN)]
pub struct ShareCerts;
