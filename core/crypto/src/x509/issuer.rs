//! A small certification authority, for emulated banks: ECDSA P-256 with rcgen and aws-lc-rs.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData, SerialNumber, SignatureAlgorithm,
};
use zeroize::Zeroizing;

use super::Certificate;
use crate::rsa::{self, RsaPublicKey};
use crate::{CryptoError, Result};

/// Longest serial number, bytes (RFC 5280 §4.1.2.2).
const MAX_SERIAL_BYTES: usize = 20;
const UNREADABLE: CryptoError = CryptoError::Internal("reading a new certificate");
/// Longest part of a name, characters.
const MAX_NAME_CHARS: usize = 200;

/// A certification authority: its certificate and its private key.
pub struct CertificateIssuer {
    certificate: Certificate,
    issuer: rcgen::Issuer<'static, KeyPair>,
}

/// The data to store to restore the issuer.
#[derive(Clone)]
pub struct IssuerParts {
    /// The CA certificate, PEM.
    pub certificate: String,
    /// Its private key, PKCS#8 PEM. Secret.
    pub private_key: Zeroizing<String>,
}

impl CertificateIssuer {
    /// Makes a new self-signed authority named `common_name`.
    ///
    /// # Errors
    /// [`CryptoError::InvalidRequest`] for an empty or overlong name or a validity that ends before it begins.
    pub fn create(common_name: &str, not_before: Timestamp, not_after: Timestamp) -> Result<Self> {
        let mut params = authority(common_name)?;
        set_validity(&mut params, not_before, not_after)?;
        let key =
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| CryptoError::Internal("CA key generation"))?;
        let signed = params.self_signed(&key).map_err(|_| CryptoError::Internal("signing the CA certificate"))?;
        let certificate = Certificate::from_der(signed.der()).map_err(|_| UNREADABLE)?;
        Ok(Self { certificate, issuer: rcgen::Issuer::new(params, key) })
    }

    /// The parts to store.
    pub fn to_pem_parts(&self) -> IssuerParts {
        IssuerParts {
            certificate: self.certificate.to_pem(),
            private_key: Zeroizing::new(self.issuer.key().serialize_pem()),
        }
    }

    /// Restores a stored issuer.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`] if key or certificate cannot be read or do not match.
    pub fn from_pem_parts(parts: &IssuerParts) -> Result<Self> {
        let certificate = Certificate::from_pem(&parts.certificate).map_err(|_| CryptoError::InvalidKey)?;
        let key = KeyPair::from_pem(&parts.private_key).map_err(|_| CryptoError::InvalidKey)?;
        if key.subject_public_key_info() != certificate.spki_der() {
            return Err(CryptoError::InvalidKey);
        }
        let params = authority(&certificate.subject().display())?;
        Ok(Self { issuer: rcgen::Issuer::new(params, key), certificate })
    }

    /// The CA certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Issues a certificate for the holder of `key`; returns it as PEM.
    ///
    /// `serial` is a positive big-endian number of at most 20 bytes; an empty `subject_o` is left out.
    ///
    /// # Errors
    /// [`CryptoError::InvalidRequest`] for an empty or overlong name, a serial number out of range, or a validity that
    /// ends before it begins.
    pub fn issue(
        &self,
        subject_cn: &str,
        subject_o: &str,
        key: &RsaPublicKey,
        serial: &[u8],
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<String> {
        if serial.is_empty() || serial.len() > MAX_SERIAL_BYTES || serial.iter().all(|&byte| byte == 0) {
            return Err(CryptoError::InvalidRequest("a serial number has 1 to 20 bytes and is not zero"));
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = distinguished_name(subject_cn)?;
        if !subject_o.is_empty() {
            params.distinguished_name.push(DnType::OrganizationName, checked(subject_o)?);
        }
        set_validity(&mut params, not_before, not_after)?;
        params.serial_number = Some(SerialNumber::from_slice(serial));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.use_authority_key_identifier_extension = true;
        let signed = params.signed_by(&LeafKey::new(key)?, &self.issuer);
        let signed = signed.map_err(|_| CryptoError::Internal("signing a certificate"))?;
        Ok(Certificate::from_der(signed.der()).map_err(|_| UNREADABLE)?.to_pem())
    }
}

impl fmt::Debug for CertificateIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("subject", &self.certificate.subject().display()).finish_non_exhaustive()
    }
}

impl fmt::Debug for IssuerParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerParts").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// An RSA key to be certified.
struct LeafKey {
    /// RSAPublicKey (PKCS#1), DER.
    numbers: Vec<u8>,
}

impl LeafKey {
    fn new(key: &RsaPublicKey) -> Result<Self> {
        Ok(Self { numbers: rsa::pkcs1_of_spki(key.spki_der())?.to_vec() })
    }
}

impl PublicKeyData for LeafKey {
    fn der_bytes(&self) -> &[u8] {
        &self.numbers
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

fn authority(common_name: &str) -> Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(common_name)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn distinguished_name(common_name: &str) -> Result<DistinguishedName> {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, checked(common_name)?);
    Ok(name)
}

fn checked(part: &str) -> Result<&str> {
    let usable = !part.is_empty() && part.chars().count() <= MAX_NAME_CHARS && !part.chars().any(char::is_control);
    usable
        .then_some(part)
        .ok_or(CryptoError::InvalidRequest("a name has 1 to 200 characters, none a control character"))
}

fn set_validity(params: &mut CertificateParams, not_before: Timestamp, not_after: Timestamp) -> Result<()> {
    if not_after <= not_before || not_before < Timestamp::UNIX_EPOCH {
        return Err(CryptoError::InvalidRequest("the validity must begin after 1970 and end after it begins"));
    }
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let since_epoch = |time: Timestamp| Duration::from_secs(time.as_second().unsigned_abs());
    params.not_before = epoch + since_epoch(not_before);
    params.not_after = epoch + since_epoch(not_after);
    Ok(())
}
