//! Revokes certificates of the customer (§5.6).

use bankchannel_foundation::prelude::*;

use super::once;
use crate::{
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    model::{ExchangeEvidence, FileServiceAnswer, RevocationReason, answer::believed_answers},
    operations::{self, EXCHANGE_ERRORS},
    request::CertificateCommand,
};

/// Which, and why.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RevokeCertificateRequest {
    /// The serial numbers, decimal, one to ten. The certificate that signs this request may be among them: then it is the
    /// last request that it signs.
    pub serial_numbers: Vec<String>,
    /// Why. Left out: no reason is given.
    pub revocation_reason: Option<RevocationReason>,
}

/// They are revoked.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct RevokeCertificateResponse {
    /// The bank's answer.
    #[boundary(flatten)]
    pub answer: FileServiceAnswer,
    /// The serial numbers of all that were revoked, decimal: a bank may revoke the other one of a pair too.
    pub serial_numbers: Vec<String>,
    /// Since when.
    pub revocation_time: Option<Timestamp>,
    /// What shows later which messages were exchanged. Does not travel: the client notes it.
    #[boundary(off_wire)]
    pub evidence: Option<ExchangeEvidence>,
}

believed_answers!(RevokeCertificateResponse);

/// Revoke certificates of the customer, as when a key may be in other hands.
///
/// Danske has this operation. It cannot be taken back: without a certificate that holds, a first one must be asked for
/// again, with a new code. If the outcome is `unknown`, `list_own_certificates` shows what holds.
#[derive(Debug, Operation)]
#[operation(RevokeCertificateRequest => RevokeCertificateResponse)]
#[declaration(..operations::exchange("sepa_web_services.revoke_certificate", "certificates"))]
#[errors(..EXCHANGE_ERRORS)]
#[route(..once(CertificateCommand::RevokeCertificate.name()))]
#[exchange(SepaWebServicesCodec, SepaWebServicesTerms::certificate(CertificateCommand::RevokeCertificate))]
pub struct RevokeCertificate;
