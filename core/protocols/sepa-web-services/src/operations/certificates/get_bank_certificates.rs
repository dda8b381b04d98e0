//! Asks for the certificates of a bank's authorities (§5.4).

use bankchannel_foundation::prelude::*;

use crate::{
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    model::{BankCertificate, ExchangeEvidence, FileServiceAnswer, answer::believed_answers},
    operations::{self, EXCHANGE_ERRORS},
    request::CertificateCommand,
};

/// A request has nothing to say.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct GetBankCertificatesRequest {}

/// The certificates.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct GetBankCertificatesResponse {
    /// The bank's answer.
    #[boundary(flatten)]
    pub answer: FileServiceAnswer,
    /// The certificates of the bank's authorities, as it gives them. None of them becomes an anchor of trust by that: each
    /// must itself lead to one.
    pub certificates: Vec<BankCertificate>,
    /// What shows later which messages were exchanged. Does not travel: the client notes it.
    #[boundary(off_wire)]
    pub evidence: Option<ExchangeEvidence>,
}

believed_answers!(GetBankCertificatesResponse);

/// Ask a bank for the certificates of its authorities.
///
/// OP has this operation. Danske's answer has its own certificates in place of its authorities: for encryption, for
/// signatures, and its root, each with its name. The answer is signed by a certificate whose authority may be in the answer itself: it counts only
/// if it leads to an anchor that was trusted before.
#[derive(Debug, Operation)]
#[operation(GetBankCertificatesRequest => GetBankCertificatesResponse)]
#[declaration(..operations::exchange("sepa_web_services.get_bank_certificates", "certificates"))]
#[errors(..EXCHANGE_ERRORS)]
#[route(..operations::reading(CertificateCommand::GetBankCertificates.name()))]
#[exchange(SepaWebServicesCodec, SepaWebServicesTerms::certificate(CertificateCommand::GetBankCertificates))]
pub struct GetBankCertificates;
