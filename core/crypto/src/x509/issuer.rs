//! The certification authority of tests, sandboxes and the simulated bank: ECDSA P-256 or RSA, with rcgen and aws-lc-rs.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension,
    DistinguishedName as NewName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData, RevocationReason, RevokedCertParams,
    SanType, SerialNumber, SignatureAlgorithm,
};
use zeroize::Zeroizing;

use super::{Certificate, CertificateFault, DistinguishedName, NameAttribute, SubjectAttribute};
use crate::asn1::tag;
use crate::rsa::{self, RsaPublicKey};
use crate::{CryptoError, Result, random};

/// Longest serial number, bytes (RFC 5280 §4.1.2.2).
const MAX_SERIAL_BYTES: usize = 20;
/// Longest part of a name, characters.
const MAX_NAME_CHARS: usize = 200;

/// A certification authority: its certificate and its private key.
pub struct CertificateIssuer {
    certificate: Certificate,
    issuer: rcgen::Issuer<'static, KeyPair>,
}

/// A certificate to be issued.
#[derive(Debug, Clone)]
pub struct NewCertificate<'a> {
    /// The parts of the subject's name in their order, each 1 to 200 characters; those without text are left out.
    pub subject: Vec<(SubjectAttribute, &'a str)>,
    /// The serial number, big-endian, 1 to 20 bytes and not zero; random if absent.
    pub serial: Option<&'a [u8]>,
    /// The beginning.
    pub not_before: Timestamp,
    /// The end.
    pub not_after: Timestamp,
    /// Its purpose.
    pub purpose: CertificatePurpose,
    /// The names and addresses of a TLS server.
    pub hosts: Vec<&'a str>,
    /// Further extensions: object identifier, and value in DER.
    pub extensions: Vec<(&'a [u64], Vec<u8>)>,
    /// Says CA:TRUE beside a purpose that is not an authority's, as a defective certificate does.
    pub claims_authority: bool,
}

/// A revocation list to be made.
#[derive(Debug, Clone)]
pub struct NewRevocationList<'a> {
    /// Its number: greater than those before it.
    pub number: u64,
    /// When it is issued.
    pub this_update: Timestamp,
    /// When the next one is issued at the latest.
    pub next_update: Timestamp,
    /// The revoked certificates, their keys in other hands: serial number, big-endian, and when each was revoked.
    pub revoked: &'a [(Vec<u8>, Timestamp)],
}

/// The purpose of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificatePurpose {
    /// To sign messages and to receive encrypted ones.
    Messages,
    /// To receive encrypted messages, and not to sign.
    Encipherment,
    /// To seal documents.
    Seal,
    /// To be a TLS server.
    TlsServer,
    /// To be a TLS client or server.
    TlsClientAndServer,
    /// To issue certificates, with so many authorities below it.
    Authority(u8),
}

impl<'a> NewCertificate<'a> {
    /// A certificate to sign messages and to receive encrypted ones, with a random serial number.
    #[must_use]
    pub fn new(subject: &[(SubjectAttribute, &'a str)], not_before: Timestamp, not_after: Timestamp) -> Self {
        Self {
            subject: subject.to_vec(),
            serial: None,
            not_before,
            not_after,
            purpose: CertificatePurpose::Messages,
            hosts: Vec::new(),
            extensions: Vec::new(),
            claims_authority: false,
        }
    }

    fn parameters(&self) -> Result<CertificateParams> {
        let mut params = CertificateParams::default();
        params.distinguished_name = new_name(&self.subject, |text| DnValue::Utf8String(text.to_owned()))?;
        set_validity(&mut params, self.not_before, self.not_after)?;
        params.serial_number = Some(new_serial(self.serial)?);
        params.is_ca = match self.purpose {
            CertificatePurpose::Authority(depth) => IsCa::Ca(BasicConstraints::Constrained(depth)),
            _ if self.claims_authority => IsCa::Ca(BasicConstraints::Unconstrained),
            _ => IsCa::ExplicitNoCa,
        };
        let (usages, extended) = self.purpose.usages();
        params.key_usages = usages.to_vec();
        params.extended_key_usages = extended.to_vec();
        for host in &self.hosts {
            params.subject_alt_names.push(match host.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(
                    checked(host)?.try_into().map_err(|_| CryptoError::InvalidRequest("a host's name is ASCII"))?,
                ),
            });
        }
        for (oid, value) in &self.extensions {
            params.custom_extensions.push(CustomExtension::from_oid_content(oid, value.clone()));
        }
        Ok(params)
    }
}

impl CertificatePurpose {
    fn usages(self) -> (&'static [KeyUsagePurpose], &'static [ExtendedKeyUsagePurpose]) {
        use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
        use KeyUsagePurpose::{
            ContentCommitment, CrlSign, DataEncipherment, DigitalSignature, KeyCertSign, KeyEncipherment,
        };
        match self {
            Self::Messages => (&[DigitalSignature, KeyEncipherment], &[]),
            Self::Encipherment => (&[KeyEncipherment, DataEncipherment], &[]),
            Self::Seal => (&[DigitalSignature, ContentCommitment], &[]),
            Self::TlsServer => (&[DigitalSignature, KeyEncipherment], &[ServerAuth]),
            Self::TlsClientAndServer => (&[DigitalSignature, KeyEncipherment], &[ClientAuth, ServerAuth]),
            Self::Authority(_) => (&[KeyCertSign, CrlSign], &[]),
        }
    }
}

impl CertificateIssuer {
    /// Makes a new self-signed authority with this name and a new key on P-256, which issues certificates for holders alone.
    ///
    /// # Errors
    /// [`CryptoError::InvalidRequest`] for an empty or overlong name or a validity that ends before it begins.
    pub fn create(common_name: &str, not_before: Timestamp, not_after: Timestamp) -> Result<Self> {
        let subject = [(SubjectAttribute::CommonName, common_name)];
        let purpose = CertificatePurpose::Authority(0);
        Self::self_signed(
            &NewCertificate { purpose, ..NewCertificate::new(&subject, not_before, not_after) },
            &new_p256_key()?,
        )
    }

    /// Makes a new self-signed authority with this key: RSA or P-256, PEM.
    ///
    /// # Errors
    /// [`CryptoError::InvalidRequest`] for a name, a serial number or a validity that cannot be;
    /// [`CryptoError::InvalidKey`].
    pub fn self_signed(new: &NewCertificate<'_>, private_key: &str) -> Result<Self> {
        let (params, key) = (new.parameters()?, key_pair(private_key)?);
        let signed = params.self_signed(&key).map_err(|_| CryptoError::Internal("signing the CA certificate"))?;
        Ok(Self { certificate: read_back(&signed)?, issuer: rcgen::Issuer::new(params, key) })
    }

    /// The issuer with this certificate of an authority and its private key, both PEM. What it issues names the issuer byte
    /// for byte as the certificate does.
    ///
    /// # Errors
    /// [`CertificateFault`] if certificate and key cannot be read, do not belong together, or do not belong to an authority.
    pub fn from_pem(certificate: &str, private_key: &str) -> Result<Self, CertificateFault> {
        let certificate = Certificate::from_pem(certificate)?;
        if !certificate.is_ca() {
            return Err("this is not the certificate of an authority (CA:TRUE is missing)".into());
        }
        let key = key_pair(private_key)?;
        if key.subject_public_key_info() != certificate.spki_der() {
            return Err("the private key is not that of the authority's certificate".into());
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = same_name(certificate.subject())?;
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        if certificate.key_usage().is_none_or(|usage| usage.crl_sign) {
            params.key_usages.push(KeyUsagePurpose::CrlSign);
        }
        if let Some(id) = certificate.subject_key_id() {
            params.key_identifier_method = KeyIdMethod::PreSpecified(id.to_vec());
        }
        Ok(Self { issuer: rcgen::Issuer::new(params, key), certificate })
    }

    /// The CA certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The private key, PKCS#8 PEM. Secret.
    pub fn private_key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.issuer.key().serialize_pem())
    }

    /// Issues a certificate for the holder of an RSA key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidRequest`] for a name, a serial number or a validity that cannot be.
    pub fn issue(&self, new: &NewCertificate<'_>, key: &RsaPublicKey) -> Result<Certificate> {
        self.sign(new, &CertifiedRsaKey(rsa::pkcs1_of_spki(key.spki_der())?))
    }

    /// Issues a certificate for this private key: RSA or P-256, PEM.
    ///
    /// # Errors
    /// As [`issue`](Self::issue); [`CryptoError::InvalidKey`].
    pub fn issue_for(&self, new: &NewCertificate<'_>, private_key: &str) -> Result<Certificate> {
        self.sign(new, &key_pair(private_key)?)
    }

    /// Makes a revocation list of this authority, DER.
    ///
    /// # Errors
    /// [`CryptoError::InvalidRequest`] for times or a serial number that cannot be; [`CryptoError::Internal`], also if the
    /// authority may not sign lists.
    pub fn revocation_list(&self, new: &NewRevocationList<'_>) -> Result<Vec<u8>> {
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let revoked = |(serial, at): &(Vec<u8>, Timestamp)| {
            Ok(RevokedCertParams {
                serial_number: new_serial(Some(serial))?,
                revocation_time: epoch + since_epoch(*at)?,
                reason_code: Some(RevocationReason::KeyCompromise),
                invalidity_date: None,
            })
        };
        let params = CertificateRevocationListParams {
            this_update: epoch + since_epoch(new.this_update)?,
            next_update: epoch + since_epoch(new.next_update)?,
            crl_number: SerialNumber::from(new.number),
            issuing_distribution_point: None,
            revoked_certs: new.revoked.iter().map(revoked).collect::<Result<_>>()?,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let signed = params.signed_by(&self.issuer);
        Ok(signed.map_err(|_| CryptoError::Internal("signing a revocation list"))?.der().to_vec())
    }

    fn sign(&self, new: &NewCertificate<'_>, key: &impl PublicKeyData) -> Result<Certificate> {
        let mut params = new.parameters()?;
        params.use_authority_key_identifier_extension = true;
        let signed = params.signed_by(key, &self.issuer);
        read_back(&signed.map_err(|_| CryptoError::Internal("signing a certificate"))?)
    }
}

impl fmt::Debug for CertificateIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateIssuer")
            .field("subject", &self.certificate.subject().display())
            .finish_non_exhaustive()
    }
}

/// A new key on P-256, PKCS#8 PEM. Secret.
///
/// # Errors
/// [`CryptoError::Internal`].
pub fn new_p256_key() -> Result<Zeroizing<String>> {
    let key =
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| CryptoError::Internal("making a P-256 key"))?;
    Ok(Zeroizing::new(key.serialize_pem()))
}

/// Whether this private key, RSA or P-256 in PKCS#8 PEM, is that of the certificate.
#[must_use]
pub fn is_key_of(private_key: &str, certificate: &Certificate) -> bool {
    key_pair(private_key).is_ok_and(|key| key.subject_public_key_info() == certificate.spki_der())
}

pub(super) fn key_pair(private_key: &str) -> Result<KeyPair> {
    KeyPair::from_pem(private_key).map_err(|_| CryptoError::InvalidKey)
}

fn read_back(signed: &rcgen::Certificate) -> Result<Certificate> {
    Certificate::from_der(signed.der()).map_err(|_| CryptoError::Internal("reading a new certificate"))
}

/// An RSA key to be certified: RSAPublicKey (PKCS#1), DER.
struct CertifiedRsaKey<'a>(&'a [u8]);

impl PublicKeyData for CertifiedRsaKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// A name with these parts, each text as `value` encodes it; a country is a PrintableString where it can be.
pub(super) fn new_name(parts: &[(SubjectAttribute, &str)], value: impl Fn(&str) -> DnValue) -> Result<NewName> {
    let mut name = NewName::new();
    for (attribute, text) in parts.iter().filter(|(_, text)| !text.is_empty()) {
        let text = checked(text)?;
        if name.get(&attribute.kind()).is_some() {
            return Err(CryptoError::InvalidRequest("a name has one value of a kind"));
        }
        let value = match attribute {
            SubjectAttribute::Country => printable(text).unwrap_or_else(|| value(text)),
            _ => value(text),
        };
        name.push(attribute.kind(), value);
    }
    if name.iter().next().is_none() {
        return Err(BAD_TEXT);
    }
    Ok(name)
}

/// A certificate's name, byte for byte.
fn same_name(name: &DistinguishedName) -> Result<NewName, CertificateFault> {
    let unusable = || CertificateFault::from("the authority's name cannot be used");
    let mut out = NewName::new();
    for rdn in &name.rdns {
        let [NameAttribute { oid, value, der }] = &rdn[..] else {
            return Err("the authority's name has a part with several values".into());
        };
        let arcs = oid.split('.').map(str::parse).collect::<Result<Vec<u64>, _>>();
        let kind = DnType::from_oid(&arcs.map_err(|_| unusable())?);
        if out.get(&kind).is_some() {
            return Err("the authority's name has a type twice".into());
        }
        let value = match der.first() {
            Some(&tag::UTF8) => DnValue::Utf8String(value.clone()),
            Some(&tag::PRINTABLE) => printable(value).ok_or_else(unusable)?,
            Some(&tag::IA5) => DnValue::Ia5String(value.as_str().try_into().map_err(|_| unusable())?),
            _ => return Err("the authority's name has a value of an old string type".into()),
        };
        out.push(kind, value);
    }
    Ok(out)
}

/// The text as PrintableString, where its characters allow it.
pub(super) fn printable(text: &str) -> Option<DnValue> {
    text.try_into().ok().map(DnValue::PrintableString)
}

const BAD_TEXT: CryptoError = CryptoError::InvalidRequest("a name has 1 to 200 characters, none a control character");

fn checked(text: &str) -> Result<&str> {
    let usable = !text.is_empty() && text.chars().count() <= MAX_NAME_CHARS && !text.contains(char::is_control);
    usable.then_some(text).ok_or(BAD_TEXT)
}

/// The requested serial number, or a positive one of 16 random bytes.
fn new_serial(wanted: Option<&[u8]>) -> Result<SerialNumber> {
    let Some(wanted) = wanted else {
        let mut bytes = random::bytes::<16>();
        bytes[0] = bytes[0] & 0x3f | 0x40;
        return Ok(SerialNumber::from_slice(&bytes));
    };
    if wanted.len() > MAX_SERIAL_BYTES || wanted.iter().all(|&byte| byte == 0) {
        return Err(CryptoError::InvalidRequest("a serial number has 1 to 20 bytes and is not zero"));
    }
    Ok(SerialNumber::from_slice(wanted))
}

fn set_validity(params: &mut CertificateParams, not_before: Timestamp, not_after: Timestamp) -> Result<()> {
    if not_after <= not_before {
        return Err(CryptoError::InvalidRequest("the validity must end after it begins"));
    }
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    (params.not_before, params.not_after) = (epoch + since_epoch(not_before)?, epoch + since_epoch(not_after)?);
    Ok(())
}

fn since_epoch(time: Timestamp) -> Result<Duration> {
    if time < Timestamp::UNIX_EPOCH {
        return Err(CryptoError::InvalidRequest("a time must be after 1970"));
    }
    Ok(Duration::from_secs(time.as_second().unsigned_abs()))
}
