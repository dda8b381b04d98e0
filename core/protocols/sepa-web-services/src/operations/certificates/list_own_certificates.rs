//! Asks which certificates the customer has at the bank (§5.6).

use bankchannel_foundation::prelude::*;

use crate::{
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    model::{ExchangeEvidence, FileServiceAnswer, OwnCertificateState, answer::believed_answers},
    operations::{self, EXCHANGE_ERRORS},
    request::CertificateCommand,
};

/// Which.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct ListOwnCertificatesRequest {
    /// Serial numbers, decimal, at most ten: only these are told. Left out: all of the customer.
    pub serial_numbers: Option<Vec<String>>,
}

/// The certificates.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ListOwnCertificatesResponse {
    /// The bank's answer.
    #[boundary(flatten)]
    pub answer: FileServiceAnswer,
    /// The customer's certificates, as the bank knows them.
    pub own_certificates: Vec<OwnCertificateState>,
    /// What shows later which messages were exchanged. Does not travel: the client notes it.
    #[boundary(off_wire)]
    pub evidence: Option<ExchangeEvidence>,
}

believed_answers!(ListOwnCertificatesResponse);

/// Ask a bank which certificates the customer has, and how they stand.
///
/// Danske has this operation. The request is signed with the present certificate.
#[derive(Debug, Operation)]
#[operation(ListOwnCertificatesRequest => ListOwnCertificatesResponse)]
#[declaration(..operations::exchange("sepa_web_services.list_own_certificates", "certificates"))]
#[errors(..EXCHANGE_ERRORS)]
#[route(..operations::reading(CertificateCommand::ListOwnCertificates.name()))]
#[exchange(SepaWebServicesCodec, SepaWebServicesTerms::certificate(CertificateCommand::ListOwnCertificates))]
pub struct ListOwnCertificates;
