//! Asks for the next certificate, signed with the present one (§5.3 to §5.5).

use bankchannel_foundation::prelude::*;

use super::{ERRORS, once};
use crate::{
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    model::{BankCertificate, ExchangeEvidence, FileServiceAnswer, answer::certificate_answers},
    operations,
    request::CertificateCommand,
};

/// The request.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RenewBankCertificateRequest {
    /// The request for the certificate, PKCS#10 as PEM text, for a new key: `make_certificate_request` makes one. **Store
    /// its private key first**: at Nordea the present certificate is of no use once the bank has answered.
    #[boundary(wire = "Content")]
    pub certificate_request: String,
    /// The request for the certificate of another key of the customer's, the one that decrypts, in the same form. Danske wants
    /// it; other banks have no such certificate.
    #[boundary(wire = "EncryptionContent")]
    pub encryption_certificate_request: Option<String>,
}

/// The certificate.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct RenewBankCertificateResponse {
    /// The bank's answer.
    #[boundary(flatten)]
    pub answer: FileServiceAnswer,
    /// The certificates of the answer: mostly one.
    pub certificates: Vec<BankCertificate>,
    /// The certificate for the key of the request, as PEM text. Does not travel: the client picks it, and an answer without
    /// it is an error.
    #[boundary(off_wire)]
    pub certificate: Option<String>,
    /// The certificate for the key that decrypts, if it was asked for, in the same form. Does not travel: the client finds it
    /// among `certificates`.
    #[boundary(off_wire)]
    pub encryption_certificate: Option<String>,
    /// What shows later which messages were exchanged. Does not travel: the client notes it.
    #[boundary(off_wire)]
    pub evidence: Option<ExchangeEvidence>,
}

certificate_answers!(RenewBankCertificateResponse);

/// Ask a bank for the next certificate, before the present one ends.
///
/// The request is signed with the present certificate, the client's. Nothing is repeated: if the outcome is `unknown`, the
/// bank may have issued the certificate. Then send the **same** request again, and never one for another key: banks give
/// the certificate once more, or refuse the present one because the new one counts already. A certificate for another key
/// is an error.
#[derive(Debug, Operation)]
#[operation(RenewBankCertificateRequest => RenewBankCertificateResponse)]
#[declaration(..operations::exchange("sepa_web_services.renew_certificate", "certificates"))]
#[errors(..ERRORS)]
#[route(..once(CertificateCommand::RenewCertificate.name()))]
#[exchange(SepaWebServicesCodec, SepaWebServicesTerms::certificate(CertificateCommand::RenewCertificate))]
pub struct RenewBankCertificate;
