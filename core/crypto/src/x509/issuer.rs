//! A small certification authority, for emulated banks: ECDSA P-256 or RSA, with rcgen and aws-lc-rs.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData, SanType, SerialNumber, SignatureAlgorithm,
};
use zeroize::Zeroizing;

use super::Certificate;
use crate::rsa::{self, RsaPrivateKey, RsaPublicKey};
use crate::{CryptoError, Result, random};

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

/// A certificate to be issued.
#[derive(Debug, Clone, Copy)]
pub struct NewCertificate<'a> {
    /// The subject's name (CN), 1 to 200 characters.
    pub common_name: &'a str,
    /// The subject's organisation (O); empty for none.
    pub organization: &'a str,
    /// The subject's country (C), two letters; empty for none.
    pub country: &'a str,
    /// The serial number of the subject, not of the certificate; empty for none.
    pub subject_serial: &'a str,
    /// The subject's key.
    pub key: &'a RsaPublicKey,
    /// The serial number, big-endian, 1 to 20 bytes; empty for a random one.
    pub serial: &'a [u8],
    /// The beginning.
    pub not_before: Timestamp,
    /// The end.
    pub not_after: Timestamp,
    /// Its purpose.
    pub purpose: CertificatePurpose<'a>,
}

/// The purpose of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificatePurpose<'a> {
    /// To sign messages and to receive encrypted ones.
    Messages,
    /// To receive encrypted messages, and not to sign.
    Encipherment,
    /// To be a TLS server with these names and addresses.
    TlsServer(&'a [&'a str]),
    /// To issue certificates, with so many authorities below it.
    Authority(u8),
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

    /// Makes a new self-signed authority with this RSA key, and so many authorities below it.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_rsa(
        common_name: &str,
        key: &RsaPrivateKey,
        depth: u8,
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<Self> {
        let mut params = authority(common_name)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(depth));
        set_validity(&mut params, not_before, not_after)?;
        params.serial_number = Some(random_serial());
        let key = rsa_pair(key)?;
        let signed = params.self_signed(&key).map_err(|_| CryptoError::Internal("signing the CA certificate"))?;
        let certificate = Certificate::from_der(signed.der()).map_err(|_| UNREADABLE)?;
        Ok(Self { certificate, issuer: rcgen::Issuer::new(params, key) })
    }

    /// The issuer with this certificate of an authority, whose name is a common name alone, and its RSA key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`] if they do not belong together.
    pub fn with_rsa_key(certificate: Certificate, key: &RsaPrivateKey) -> Result<Self> {
        if !certificate.matches_private_key(key) || !certificate.is_ca() {
            return Err(CryptoError::InvalidKey);
        }
        let params = authority(&certificate.subject().display())?;
        Ok(Self { issuer: rcgen::Issuer::new(params, rsa_pair(key)?), certificate })
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
        if serial.is_empty() {
            return Err(BAD_SERIAL);
        }
        let (common_name, organization, purpose) = (subject_cn, subject_o, CertificatePurpose::Messages);
        let (country, subject_serial) = ("", "");
        let new = NewCertificate {
            common_name,
            organization,
            country,
            subject_serial,
            key,
            serial,
            not_before,
            not_after,
            purpose,
        };
        self.issue_certificate(&new).map(|certificate| certificate.to_pem())
    }

    /// Issues a certificate.
    ///
    /// # Errors
    /// As [`issue`](Self::issue).
    pub fn issue_certificate(&self, new: &NewCertificate<'_>) -> Result<Certificate> {
        let params = parameters(&NewSubject::of(new), new.serial, (new.not_before, new.not_after), new.purpose)?;
        let signed = params.signed_by(&LeafKey::new(new.key)?, &self.issuer);
        let signed = signed.map_err(|_| CryptoError::Internal("signing a certificate"))?;
        Certificate::from_der(signed.der()).map_err(|_| UNREADABLE)
    }

    /// Makes an ECDSA key for a TLS server with these names and addresses, and issues its certificate. The key is PKCS#8
    /// PEM.
    ///
    /// # Errors
    /// As [`issue`](Self::issue).
    pub fn issue_tls_server(
        &self,
        common_name: &str,
        hosts: &[&str],
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<(Certificate, Zeroizing<String>)> {
        let subject = NewSubject { common_name, organization: "", country: "", subject_serial: "" };
        let params = parameters(&subject, &[], (not_before, not_after), CertificatePurpose::TlsServer(hosts))?;
        let key =
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| CryptoError::Internal("TLS key generation"))?;
        let signed = params.signed_by(&key, &self.issuer);
        let signed = signed.map_err(|_| CryptoError::Internal("signing a certificate"))?;
        let certificate = Certificate::from_der(signed.der()).map_err(|_| UNREADABLE)?;
        Ok((certificate, Zeroizing::new(key.serialize_pem())))
    }
}

/// The subject of a new certificate: see [`NewCertificate`].
struct NewSubject<'a> {
    common_name: &'a str,
    organization: &'a str,
    country: &'a str,
    subject_serial: &'a str,
}

impl<'a> NewSubject<'a> {
    fn of(new: &NewCertificate<'a>) -> Self {
        let NewCertificate { common_name, organization, country, subject_serial, .. } = *new;
        Self { common_name, organization, country, subject_serial }
    }
}

/// The content of a new certificate.
fn parameters(
    new: &NewSubject<'_>,
    serial: &[u8],
    (not_before, not_after): (Timestamp, Timestamp),
    purpose: CertificatePurpose<'_>,
) -> Result<CertificateParams> {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    if !new.country.is_empty() {
        let country = checked(new.country)?.try_into();
        let country = country.map_err(|_| CryptoError::InvalidRequest("a country has two letters"))?;
        name.push(DnType::CountryName, DnValue::PrintableString(country));
    }
    name.push(DnType::CommonName, checked(new.common_name)?);
    if !new.organization.is_empty() {
        name.push(DnType::OrganizationName, checked(new.organization)?);
    }
    if !new.subject_serial.is_empty() {
        name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), checked(new.subject_serial)?);
    }
    params.distinguished_name = name;
    set_validity(&mut params, not_before, not_after)?;
    params.serial_number = Some(match serial {
        [] => random_serial(),
        serial if serial.len() > MAX_SERIAL_BYTES || serial.iter().all(|&byte| byte == 0) => {
            return Err(BAD_SERIAL);
        }
        serial => SerialNumber::from_slice(serial),
    });
    params.use_authority_key_identifier_extension = true;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    match purpose {
        CertificatePurpose::Messages => {}
        CertificatePurpose::Encipherment => params.key_usages = vec![KeyUsagePurpose::KeyEncipherment],
        CertificatePurpose::TlsServer(hosts) => {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            for host in hosts {
                params.subject_alt_names.push(match host.parse() {
                    Ok(address) => SanType::IpAddress(address),
                    Err(_) => SanType::DnsName(
                        (*host).try_into().map_err(|_| CryptoError::InvalidRequest("a host's name is ASCII"))?,
                    ),
                });
            }
        }
        CertificatePurpose::Authority(depth) => {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(depth));
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        }
    }
    Ok(params)
}

const BAD_SERIAL: CryptoError = CryptoError::InvalidRequest("a serial number has 1 to 20 bytes and is not zero");

/// A positive serial number of 16 random bytes.
fn random_serial() -> SerialNumber {
    let mut bytes = random::bytes::<16>();
    bytes[0] = bytes[0] & 0x3f | 0x40;
    SerialNumber::from_slice(&bytes)
}

pub(super) fn rsa_pair(key: &RsaPrivateKey) -> Result<KeyPair> {
    KeyPair::from_pkcs8_pem_and_sign_algo(&key.to_pkcs8_pem(), &PKCS_RSA_SHA256).map_err(|_| CryptoError::InvalidKey)
}

impl fmt::Debug for CertificateIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateIssuer")
            .field("subject", &self.certificate.subject().display())
            .finish_non_exhaustive()
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

pub(super) fn checked(part: &str) -> Result<&str> {
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
