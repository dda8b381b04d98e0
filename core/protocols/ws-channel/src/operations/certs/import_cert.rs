//! `ImportCert`: PUT `/certs/{Bank}` (§2.18, §6.3).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Bank, CertificatePem, Name, PrivateKeyPem, WsUserId},
};

/// The certificate and its key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ImportCertRequest {
    /// The bank (§6.1).
    #[boundary(profile)]
    pub bank: Bank,
    /// The signing certificate as PEM.
    pub certificate: CertificatePem,
    /// The company's name exactly as in the contract with the bank.
    #[boundary(profile)]
    pub company: Name,
    /// The certificate's private key as PEM, PKCS#8 or PKCS#1, not encrypted.
    pub private_key: PrivateKeyPem,
    /// The Web Services user id of the contract with the bank.
    pub ws_user_id: WsUserId,
    /// Danske Bank only: the encryption certificate.
    pub enc_certificate: Option<CertificatePem>,
    /// Danske Bank only: the private key of the encryption certificate.
    #[boundary(wire = "EncPrivatekey", alias = "EncPrivateKey")]
    pub enc_private_key: Option<PrivateKeyPem>,
}

/// The certificate is imported.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ImportCertResponse {
    /// The service's text.
    pub response_text: String,
}

/// The refusal for a data session (§1.7).
const IMPORT_REFUSAL: &str = "Cert import allowed for admin user only";

/// Import an existing certificate and its private key.
///
/// For certificates that were enrolled elsewhere. The private key leaves this machine: the service receives it and
/// stores it encrypted. The certificate must not have expired, and must match the key. Danske Bank needs the
/// encryption pair too. One certificate per bank: retire the old one first.
#[derive(Debug, Operation)]
#[operation(ImportCertRequest => ImportCertResponse)]
#[declaration(..declare::exchange("ws_channel.import_cert", "certs"))]
#[errors(..declare::MODE_ERRORS, errors::{BANK_UNKNOWN, CERTIFICATE_REFUSED, CERTIFICATE_EXISTS, PARAMETER_REFUSED})]
#[route(success: 201, ..declare::session("ImportCert", Method::Put, "/certs/{Bank}"))]
#[exchange(WsChannelCodec, WsChannelTerms::admin(IMPORT_REFUSAL))]
pub struct ImportCert;
