//! `ListCerts`: GET `/certs` (§2.13).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare,
    model::{BankConnection, CertDescriptor, Email, RetiredCert},
};

/// The request has no fields.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListCertsRequest;

/// The certificates.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListCertsResponse {
    /// Own, active certificates.
    pub certs: Vec<CertDescriptor>,
    /// The reachable banks, with own or shared certificates (API 2.8).
    pub connections: Option<Vec<BankConnection>>,
    /// Retired certificates, if there are any (API 2.9).
    pub retired: Option<Vec<RetiredCert>>,
    /// Accounts that offer their certificates to this one, if there are any: `share_certs` with `accept` accepts,
    /// `unshare_certs` declines. Only services that ask the borrower send it.
    pub offered_from: Option<Vec<Email>>,
    /// The service's text.
    pub response_text: String,
}

/// List the account's bank certificates.
///
/// The account's own certificates, the banks that it can reach with own or shared certificates, and the retired
/// certificates. The service renews certificates automatically, 30 days before they expire: serial number and expiry
/// then change.
#[derive(Debug, Operation)]
#[operation(ListCertsRequest => ListCertsResponse)]
#[declaration(..declare::exchange("ws_channel.list_certs", "certs"))]
#[errors(..declare::SESSION_ERRORS)]
#[route(..declare::session("ListCerts", Method::Get, "/certs"))]
#[exchange(WsChannelCodec, WsChannelTerms::SESSION)]
pub struct ListCerts;
