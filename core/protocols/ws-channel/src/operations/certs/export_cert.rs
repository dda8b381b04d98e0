//! `ExportCert`: GET `/certs/{Bank}` (§2.16, §6.4).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Bank, CertAndKey, PgpKeyId},
};

/// The certificate and the export key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ExportCertRequest {
    /// The bank (§6.1).
    #[boundary(profile)]
    pub bank: Bank,
    /// A key that is registered with purpose `export`.
    pub pgp_key_id: PgpKeyId,
}

/// The certificate and its private key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ExportCertResponse {
    /// One pair; two for Danske Bank, signing first.
    pub certs_and_keys: Vec<CertAndKey>,
    /// The service's text.
    pub response_text: String,
}

/// The refusal for a data session (§1.7).
const EXPORT_REFUSAL: &str = "Cert export allowed for admin user only";

/// Export a certificate with its private key, encrypted to a PGP key.
///
/// Own certificates only, and only while export is not disabled. The private key is an OpenPGP message that only the
/// registered export key decrypts, with `decrypt_exported_key`. The service writes every export into its audit trail.
#[derive(Debug, Operation)]
#[operation(ExportCertRequest => ExportCertResponse)]
#[declaration(..declare::exchange("ws_channel.export_cert", "certs"))]
#[errors(
    ..declare::MODE_ERRORS,
    errors::{BANK_UNKNOWN, PGP_KEY_MISSING, CERTIFICATE_MISSING, PARAMETER_REFUSED, NOT_IMPLEMENTED},
)]
#[route(audited: true, ..declare::session("ExportCert", Method::Get, "/certs/{Bank}"))]
#[exchange(WsChannelCodec, WsChannelTerms::admin(EXPORT_REFUSAL))]
pub struct ExportCert;
