//! Asks for a first certificate, with a code of the bank (§5.3 to §5.5).

use bankchannel_foundation::prelude::*;

use super::{ERRORS, once};
use crate::{
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    model::{BankCertificate, ExchangeEvidence, FileServiceAnswer, answer::certificate_answers},
    operations,
    request::CertificateCommand,
};

/// The request and the code.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RequestBankCertificateRequest {
    /// The request for the certificate, PKCS#10 as PEM text: `make_certificate_request` makes one. **Store its private key
    /// first**: the code works once, and the bank's certificate is worth nothing without the key.
    #[boundary(wire = "Content")]
    pub certificate_request: String,
    /// The request for the certificate of another key of the customer's, the one that decrypts, in the same form. Danske wants
    /// it; other banks have no such certificate.
    #[boundary(wire = "EncryptionContent")]
    pub encryption_certificate_request: Option<String>,
    /// The bank's code. Nordea: the ten digits sent to the administrator's phone. OP: sixteen digits, the eight of the
    /// agreement first, then the eight that come apart; the check digit does not show a wrong order, which locks the
    /// registration. Danske: the PIN; four wrong ones lock it. Others: the transfer key. Blanks do not count.
    #[boundary(wire = "TransferKey")]
    pub code: Secret,
}

/// The certificate.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct RequestBankCertificateResponse {
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

certificate_answers!(RequestBankCertificateResponse);

/// Ask a bank for a first certificate, with the code that it has sent.
///
/// The code is checked for its form before it is spent, and nothing is repeated: if the outcome is `unknown`, the bank may
/// have issued the certificate. Then send the **same** request with the same code again: OP gives the same certificate
/// once more; at other banks ask for a new code if it is refused. A certificate for another key is an error.
#[derive(Debug, Operation)]
#[operation(RequestBankCertificateRequest => RequestBankCertificateResponse)]
#[declaration(..operations::exchange("sepa_web_services.request_certificate", "certificates"))]
#[errors(..ERRORS)]
#[route(..once(CertificateCommand::RequestCertificate.name()))]
#[exchange(SepaWebServicesCodec, SepaWebServicesTerms::certificate(CertificateCommand::RequestCertificate))]
pub struct RequestBankCertificate;
