//! One certificate, parsed once; reading its fields costs nothing afterwards.

mod sha1;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXUPPER;
use jiff::civil::{self, DateTime};
use jiff::{SignedDuration, Timestamp};

use super::extensions::{
    AUTHORITY_KEY_IDENTIFIER, BASIC_CONSTRAINTS, BasicConstraints, CRL_DISTRIBUTION_POINTS, CertificateExtensions,
    KEY_USAGE, KeyPurposes, QC_STATEMENTS, SUBJECT_KEY_IDENTIFIER, UNDERSTOOD, authority_key_id, key_usage,
};
use super::outline::{CERTIFICATE, CertificateOutline, not_strict};
use super::{CertificateFault, DistinguishedName, KeyUsage, NameStyle};
use crate::asn1::{self, Decode, Reader, SliceReader, element, strict, tag};
use crate::rsa::{RsaPrivateKey, RsaPublicKey};
use crate::signature::{Hash, VerifyingKey};
use crate::{Result, digest, pem};

/// Largest certificate that is read, bytes: 8 KiB as base64 (S-07).
pub const MAX_DER_BYTES: usize = 6144;
/// Longest serial number, bytes: 20 and a leading zero.
const MAX_SERIAL_BYTES: usize = 21;

const ORGANIZATION_IDENTIFIER: &str = "2.5.4.97";
const EXPECTED: &str = "certificate (CERTIFICATE)";

/// A certificate. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<CertificateInner>);

struct CertificateInner {
    der: Box<[u8]>,
    serial: Range<usize>,
    issuer_der: Range<usize>,
    subject_der: Range<usize>,
    spki: Range<usize>,
    /// The signed part.
    signed: Range<usize>,
    signature: Range<usize>,
    subject_key_id: Option<Range<usize>>,
    authority_key_id: Option<Range<usize>>,
    qc_statements: Option<Range<usize>>,
    crl_distribution_points: Option<Range<usize>>,
    issuer: DistinguishedName,
    subject: DistinguishedName,
    not_before_s: i64,
    not_after_s: i64,
    key: Result<VerifyingKey>,
    signature_hash: CertificateHash,
    rsa_signed: bool,
    constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    /// What its extended key usage allows, and whether that is critical.
    purposes: Option<(KeyPurposes, bool)>,
    unknown_critical: Option<String>,
    base64: OnceLock<String>,
    issuer_text: OnceLock<String>,
}

/// The hash in a certificate's own signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateHash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// Another algorithm, its number in dotted form: SHA-1 with RSA is `1.2.840.113549.1.1.5`.
    Other(String),
}

impl Certificate {
    /// Reads one certificate, DER, strictly: nothing is left over at any level, and every length is minimal (§7.3).
    /// Signatures are not checked here.
    ///
    /// # Errors
    /// [`CertificateFault`] for anything else, including trailing bytes.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateFault> {
        if der.len() > MAX_DER_BYTES {
            return Err("the certificate has more than 6144 bytes".into());
        }
        let mut reader = SliceReader::new(der)?;
        let fields = element(&mut reader, tag::SEQUENCE).map_err(|_| "this is not a certificate in DER")?.content;
        if !reader.is_finished() {
            return Err("bytes follow the certificate; give exactly one certificate".into());
        }
        let read = CertificateOutline::read(fields).and_then(|outline| CertificateInner::new(der, outline));
        // A violation of strict DER is reported first, wherever it is.
        let read = read.map_err(|refused| strict(der).err().map_or(refused, |error| not_strict(CERTIFICATE, error)));
        Ok(Self(Arc::new(read?)))
    }

    /// Reads the first `CERTIFICATE` of a PEM text. Text and other blocks around it (an `openssl x509 -text` preface,
    /// a chain) are skipped.
    ///
    /// # Errors
    /// [`CertificateFault`], which also names the block found instead.
    pub fn from_pem(text: &str) -> Result<Self, CertificateFault> {
        let blocks = pem::blocks(text, EXPECTED)?;
        match blocks.iter().find(|block| block.is_certificate()) {
            Some(block) => Self::from_der(&block.bytes),
            None => Err(blocks[0].unexpected(EXPECTED).into()),
        }
    }

    /// Reads every `CERTIFICATE` of a PEM text, in their order: a bundle of issuers.
    ///
    /// # Errors
    /// [`CertificateFault`] as with [`from_pem`](Self::from_pem), for any of them.
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>, CertificateFault> {
        let blocks = pem::blocks(text, EXPECTED)?;
        let all = blocks.iter().filter(|block| block.is_certificate()).map(|block| Self::from_der(&block.bytes));
        let all = all.collect::<Result<Vec<Self>, CertificateFault>>()?;
        if all.is_empty() { Err(blocks[0].unexpected(EXPECTED).into()) } else { Ok(all) }
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.0.der)
    }

    /// The certificate, DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The issuer as text; the [`NameStyle::Rfc2253`] form is made only once.
    #[must_use]
    pub fn issuer_text(&self, style: NameStyle) -> Cow<'_, str> {
        match style {
            NameStyle::Rfc2253 => self.0.issuer_text.get_or_init(|| self.0.issuer.to_text(style)).into(),
            _ => self.0.issuer.to_text(style).into(),
        }
    }

    /// The certificate as base64 of its DER, encoded only once.
    #[must_use]
    pub fn base64(&self) -> &str {
        self.0.base64.get_or_init(|| STANDARD.encode(&self.0.der))
    }

    /// The serial number, unsigned, big-endian, without leading zero bytes.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.part(&self.0.serial)
    }

    /// The serial number as upper-case hex, two digits per byte, as OpenSSL prints it.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        HEXUPPER.encode(self.serial())
    }

    /// The serial number as a decimal number, as some banks write it.
    #[must_use]
    pub fn serial_decimal(&self) -> String {
        // The digits of a number to the base of a thousand million, the lowest first.
        const BASE: u64 = 1_000_000_000;
        let mut digits: Vec<u64> = vec![0];
        for byte in self.serial() {
            let mut carried = u64::from(*byte);
            for digit in &mut digits {
                let value = *digit * 256 + carried;
                (*digit, carried) = (value % BASE, value / BASE);
            }
            if carried > 0 {
                digits.push(carried);
            }
        }
        let mut highest_first = digits.iter().rev();
        let first = highest_first.next().copied().unwrap_or_default().to_string();
        highest_first.fold(first, |text, digit| format!("{text}{digit:09}"))
    }

    /// The issuer's name.
    #[must_use]
    pub fn issuer(&self) -> &DistinguishedName {
        &self.0.issuer
    }

    /// The subject's name.
    #[must_use]
    pub fn subject(&self) -> &DistinguishedName {
        &self.0.subject
    }

    /// The issuer's name, DER.
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        self.part(&self.0.issuer_der)
    }

    /// The subject's name, DER.
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        self.part(&self.0.subject_der)
    }

    /// Start of validity, Unix seconds.
    #[must_use]
    pub fn not_before_s(&self) -> i64 {
        self.0.not_before_s
    }

    /// The last second of validity, Unix seconds.
    #[must_use]
    pub fn not_after_s(&self) -> i64 {
        self.0.not_after_s
    }

    /// End of validity. `9999-12-31T23:59:59Z`, which means "none", becomes the latest representable time.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        timestamp(self.0.not_after_s)
    }

    /// End of validity as OpenSSL prints it: `Oct 28 06:30:08 2017 GMT`, the day padded with a space.
    #[must_use]
    pub fn expires_text(&self) -> String {
        calendar(self.0.not_after_s).strftime("%b %e %H:%M:%S %Y GMT").to_string()
    }

    /// The certified key.
    ///
    /// # Errors
    /// [`CertificateFault`] if it is not an RSA key, or is damaged.
    pub fn key(&self) -> Result<&VerifyingKey, CertificateFault> {
        self.0.key.as_ref().map_err(|error| CertificateFault(format!("the certified key: {error}")))
    }

    /// Whether the certified key has an algorithm other than RSA, and is not just unreadable.
    #[must_use]
    pub fn has_other_key(&self) -> bool {
        matches!(self.0.key, Err(crate::CryptoError::NotRsa))
    }

    /// Whether `key` is the private half of the certified key.
    #[must_use]
    pub fn matches_private_key(&self, key: &RsaPrivateKey) -> bool {
        RsaPublicKey::from_spki_der(self.spki_der()).is_ok_and(|public| public == *key.public())
    }

    /// The SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        self.part(&self.0.spki)
    }

    /// SHA-256 over the certificate's DER, its fingerprint.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        digest::sha256(&self.0.der)
    }

    /// The hash in the certificate's own signature.
    #[must_use]
    pub fn signature_hash(&self) -> CertificateHash {
        self.0.signature_hash.clone()
    }

    /// Whether the certificate is marked as an authority's.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.0.constraints.is_some_and(|constraints| constraints.ca)
    }

    /// The maximum number of authorities between this one and a certificate; `None` for no limit.
    #[must_use]
    pub fn path_length(&self) -> Option<u32> {
        self.0.constraints.and_then(|constraints| constraints.path_length)
    }

    /// The permitted uses of the key; `None` if the certificate does not limit them.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.key_usage
    }

    /// Whether its extended key usage allows TLS clients; `None` if the certificate does not limit it. An unreadable
    /// one allows nothing.
    #[must_use]
    pub fn allows_tls_clients(&self) -> Option<bool> {
        self.0.purposes.map(|(purposes, _)| purposes.tls_clients)
    }

    /// Whether a critical extended key usage reserves the key for something else than signing messages, such as TLS: it
    /// must be used for nothing else then (RFC 5280 §4.2.1.12). Of one that is not critical there is no telling: banks have
    /// issued such to sign with.
    #[must_use]
    pub fn is_reserved_for_others(&self) -> bool {
        self.0.purposes.is_some_and(|(purposes, is_critical)| is_critical && !purposes.messages)
    }

    /// The subject key identifier.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.subject_key_id.as_ref().map(|range| self.part(range))
    }

    /// The key identifier of its issuer; `None` also if it cannot be read.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.authority_key_id.as_ref().map(|range| self.part(range))
    }

    /// The subject's organisation identifier, such as `PSDNO-FSA-987654321`.
    #[must_use]
    pub fn organization_identifier(&self) -> Option<&str> {
        self.0.subject.get(ORGANIZATION_IDENTIFIER).map(|attribute| attribute.value.as_str())
    }

    /// The value of the extension qcStatements (RFC 3739), DER.
    #[must_use]
    pub fn qc_statements(&self) -> Option<&[u8]> {
        self.0.qc_statements.as_ref().map(|range| self.part(range))
    }

    /// The value of the extension cRLDistributionPoints, DER: where its revocation lists are.
    pub(super) fn crl_distribution_points(&self) -> Option<&[u8]> {
        self.0.crl_distribution_points.as_ref().map(|range| self.part(range))
    }

    /// The OID of an unsupported critical extension; a certificate with one must not be relied on (RFC 5280 §4.2).
    #[must_use]
    pub fn unknown_critical_extension(&self) -> Option<&str> {
        self.0.unknown_critical.as_deref()
    }

    /// Whether `issuer` has the name of this certificate's issuer, and its key made this certificate's signature (RSA
    /// with SHA-256, 384 or 512).
    #[must_use]
    pub fn is_issued_by(&self, issuer: &Self) -> bool {
        self.names_issuer(issuer) && self.is_signed_by(issuer)
    }

    /// The first half of [`is_issued_by`](Self::is_issued_by).
    #[must_use]
    pub fn names_issuer(&self, issuer: &Self) -> bool {
        self.issuer_der() == issuer.subject_der() || self.issuer().matches_in_order(issuer.subject())
    }

    /// Whether its signature is of a supported kind: RSA (PKCS#1 v1.5) with SHA-256, 384 or 512.
    pub(super) fn is_verifiable(&self) -> bool {
        self.0.rsa_signed && !matches!(self.0.signature_hash, CertificateHash::Other(_))
    }

    /// The second half of [`is_issued_by`](Self::is_issued_by).
    #[must_use]
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        let Ok(key) = &issuer.0.key else { return false };
        let (signed, signature) = (self.part(&self.0.signed), self.part(&self.0.signature));
        self.0.rsa_signed
            && match self.0.signature_hash {
                CertificateHash::Sha256 => key.verify_pkcs1(Hash::Sha256, signed, signature),
                CertificateHash::Sha384 => key.verify_pkcs1_sha384(signed, signature),
                CertificateHash::Sha512 => key.verify_pkcs1(Hash::Sha512, signed, signature),
                CertificateHash::Other(_) => false,
            }
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        &self.0.der[range.clone()]
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("sha256", &digest::hex(&self.sha256())).finish_non_exhaustive()
    }
}

impl CertificateInner {
    fn new(der: &[u8], read: CertificateOutline<'_>) -> Result<Self, CertificateFault> {
        let range =
            |part| range_of(der, part).ok_or_else(|| CertificateFault::from("this is not a certificate in DER"));
        let extensions = CertificateExtensions::new(read.extensions, CERTIFICATE)?;
        let (signature_hash, rsa_signed) = signature_hash(read.algorithm)?;
        let subject_key_id = extensions.get(SUBJECT_KEY_IDENTIFIER);
        let subject_key_id = subject_key_id.map(|value| asn1::only(value, tag::OCTET_STRING)).transpose()?;
        let authority_key_id = extensions.get(AUTHORITY_KEY_IDENTIFIER).and_then(authority_key_id);
        Ok(Self {
            serial: range(serial(read.serial)?)?,
            issuer_der: range(read.issuer)?,
            subject_der: range(read.subject)?,
            spki: range(read.spki)?,
            signed: range(read.signed)?,
            signature: range(read.signature)?,
            subject_key_id: subject_key_id.map(range).transpose()?,
            authority_key_id: authority_key_id.map(range).transpose()?,
            qc_statements: extensions.get(QC_STATEMENTS).map(range).transpose()?,
            crl_distribution_points: extensions.get(CRL_DISTRIBUTION_POINTS).map(range).transpose()?,
            issuer: name(read.issuer)?,
            subject: name(read.subject)?,
            not_before_s: read.not_before_s,
            not_after_s: read.not_after_s,
            key: VerifyingKey::from_spki_der(read.spki),
            signature_hash,
            rsa_signed,
            constraints: extensions.get(BASIC_CONSTRAINTS).map(BasicConstraints::from_der).transpose()?,
            key_usage: extensions.get(KEY_USAGE).map(key_usage).transpose()?,
            purposes: extensions.purposes(),
            unknown_critical: extensions.unknown_critical(&UNDERSTOOD)?,
            base64: OnceLock::new(),
            issuer_text: OnceLock::new(),
            der: der.into(),
        })
    }
}

/// The hash of a signature algorithm, and whether the algorithm is RSA with PKCS#1 v1.5.
fn signature_hash(oid: &[u8]) -> Result<(CertificateHash, bool), CertificateFault> {
    let rsa = oid.strip_prefix(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01");
    let ecdsa = oid.strip_prefix(b"\x2a\x86\x48\xce\x3d\x04\x03");
    let hash = match (rsa, ecdsa) {
        (Some([11]), _) | (_, Some([2])) => CertificateHash::Sha256,
        (Some([12]), _) | (_, Some([3])) => CertificateHash::Sha384,
        (Some([13]), _) | (_, Some([4])) => CertificateHash::Sha512,
        _ => CertificateHash::Other(asn1::dotted(oid)?),
    };
    Ok((hash, rsa.is_some()))
}

/// A name whose values are strict inside, too: those that are not text may contain others.
fn name(der: &[u8]) -> Result<DistinguishedName, CertificateFault> {
    let name = DistinguishedName::from_der(der)?;
    if name.rdns.iter().flatten().any(|attribute| attribute.value.is_empty()) {
        strict(der)?;
    }
    Ok(name)
}

/// The bytes of a serial number without leading zeros; a negative one, or one of more than 20 bytes, is an error.
pub(super) fn serial(raw: &[u8]) -> Result<&[u8], CertificateFault> {
    if raw.is_empty()
        || raw[0] & 0x80 != 0
        || raw.len() > MAX_SERIAL_BYTES
        || (raw.len() == MAX_SERIAL_BYTES && raw[0] != 0)
    {
        return Err("the serial number is negative or has more than 20 bytes".into());
    }
    Ok(significant(raw))
}

/// A number without leading zero bytes; a number of only zeros keeps one.
pub(super) fn significant(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|&byte| byte != 0).unwrap_or(number.len().saturating_sub(1));
    &number[start..]
}

fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

/// The calendar reaches the end of the year 9999, a time stamp not quite.
fn calendar(seconds: i64) -> DateTime {
    civil::date(1970, 1, 1).at(0, 0, 0, 0).saturating_add(SignedDuration::from_secs(seconds))
}

/// The range of the slice `part` in `whole`.
pub(super) fn range_of(whole: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_like_openssl() {
        assert_eq!(HEXUPPER.encode(significant(&[0x11, 0xa0, 0x5d])), "11A05D");
        assert_eq!(HEXUPPER.encode(significant(&[0x00, 0xff])), "FF");
        assert_eq!(HEXUPPER.encode(significant(&[0x0a])), "0A");
        assert_eq!(HEXUPPER.encode(significant(&[0x00])), "00");
        assert_eq!(HEXUPPER.encode(significant(&[])), "");
    }

    #[test]
    fn the_last_second_of_the_calendar() {
        let seconds = 253_402_300_799;
        assert_eq!(calendar(seconds).to_string(), "9999-12-31T23:59:59");
        assert_eq!(timestamp(seconds), Timestamp::MAX);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_refused_without_panic(der: Vec<u8>) {
            assert!(Certificate::from_der(&der).is_err());
        }
    }
}
