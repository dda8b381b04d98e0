//! Our own certificate and key for TLS.

use std::fmt;

use bankchannel_foundation::{Secret, shown};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

/// The unusable part of an identity, and the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityFault {
    /// The certificate, or one of its intermediates.
    Certificate(&'static str),
    /// The private key.
    Key(&'static str),
}

impl fmt::Display for IdentityFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Certificate(why) | Self::Key(why)) = self;
        f.write_str(why)
    }
}

/// A certificate, its intermediates after it, and its private key, all PEM, in the form of
/// [`TlsSettings::client_identity`](crate::TlsSettings).
///
/// # Errors
/// [`IdentityFault`]: a part that cannot be read, or a key that does not match the certificate.
pub fn client_identity(certificate: &str, key: &str) -> Result<Secret, IdentityFault> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| IdentityFault::Certificate("is not PEM"))?;
    if chain.is_empty() {
        return Err(IdentityFault::Certificate("holds no certificate"));
    }
    let private = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| {
        IdentityFault::Key(if shown::key_file_remedy(key).is_empty() {
            "is not a private key as PEM text"
        } else {
            "is not a private key as PEM text; for the key in a file give {\"file\": PATH}"
        })
    })?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(chain, private, &provider).map_err(|fault| match fault {
        rustls::Error::InconsistentKeys(_) => IdentityFault::Key("does not belong to the certificate"),
        rustls::Error::InvalidCertificate(_) => IdentityFault::Certificate("cannot be read"),
        _ => IdentityFault::Key("is not one that TLS can use"),
    })?;
    let both = Secret::new(format!("{certificate}\n{key}"));
    match reqwest::Identity::from_pem(both.expose().as_bytes()) {
        Ok(_) => Ok(both),
        Err(_) => Err(IdentityFault::Certificate("holds more than certificates")),
    }
}
