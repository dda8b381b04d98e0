//! `RetireCert`: DELETE `/certs/{Bank}` (§2.19, §6.6).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Bank, Email},
};

/// The certificates to retire.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RetireCertRequest {
    /// The bank (§6.1).
    #[boundary(profile)]
    pub bank: Bank,
    /// A customer's account, for the owner of the API key. Default: the session's own account.
    pub account: Option<Email>,
}

/// The certificates are retired.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RetireCertResponse {
    /// The bank's id.
    pub bank: String,
    /// The certificates' new names, such as `nordea.REMOVED.1a2b3c4d`.
    pub retired_cert_names: Vec<String>,
    /// The service's text.
    pub response_text: String,
}

/// Retire the certificates for a bank.
///
/// Retired certificates are never used again and cannot be restored; accounts that share them lose access at once. A
/// new enrolment or import is then possible. The owner of the API key may retire a customer's certificates. It is
/// never repeated automatically after an error, except a 429, after which nothing was done.
#[derive(Debug, Operation)]
#[operation(RetireCertRequest => RetireCertResponse)]
#[declaration(..declare::exchange("ws_channel.retire_cert", "certs"))]
#[errors(..declare::OWNER_ERRORS, errors::{BANK_UNKNOWN, CERTIFICATE_MISSING, PARAMETER_REFUSED})]
#[route(parameters: Parameters::Query, ..declare::session("RetireCert", Method::Delete, "/certs/{Bank}"))]
#[exchange(WsChannelCodec, WsChannelTerms::ADMIN)]
pub struct RetireCert;
