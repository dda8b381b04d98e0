//! Certificate revocation lists (RFC 5280 §5): read strictly, verified by their issuer's key, asked for a certificate.
//!
//! Only complete lists of one issuer are read: in a part of a list, a revoked certificate may be missing.

use std::fmt;
use std::ops::Range;

use super::certificate::{range_of, serial, significant};
use super::extensions::{AUTHORITY_KEY_IDENTIFIER, CertificateExtension, CertificateExtensions};
use super::outline::{algorithm, not_strict, time};
use super::revocation_scope::{ISSUING_DISTRIBUTION_POINT, is_named, names_of_complete_list};
use super::{Certificate, CertificateFault, DistinguishedName, NameStyle};
use crate::asn1::{self, Decode, Reader, SliceReader, element, integer, only, strict, tag, whole_bits};
use crate::digest::MessageDigestAlgorithm;
use crate::pem;

/// Largest revocation list that is read, bytes of DER: more than 100,000 certificates.
pub const MAX_REVOCATION_LIST_BYTES: usize = 4 * 1024 * 1024;
/// Longest PEM text that is read, bytes: the largest list as base64, and its description by `openssl crl -text`.
const MAX_TEXT_BYTES: usize = 4 * MAX_REVOCATION_LIST_BYTES;
/// Longest extensions of a list or of one entry, bytes.
const MAX_EXTENSIONS_BYTES: usize = 16 * 1024;

const EXPECTED: &str = "revocation list (X509 CRL)";
const LIST: &str = "revocation list";
const NOT_DER: &str = "this is not a revocation list in DER";

/// The version of a list that has extensions: 2, which is encoded as 1.
const VERSION_2: &[u8] = &[1];
/// The tag of a list's extensions, \[0\].
const EXTENSIONS: u8 = 0xa0;
const CRL_NUMBER: &[u8] = b"\x55\x1d\x14";
const REASON_CODE: &[u8] = b"\x55\x1d\x15";
const CERTIFICATE_ISSUER: &[u8] = b"\x55\x1d\x1d";
/// The extensions of a list that may be critical.
const UNDERSTOOD: [&[u8]; 3] = [AUTHORITY_KEY_IDENTIFIER, CRL_NUMBER, ISSUING_DISTRIBUTION_POINT];
/// The object identifiers of RSA signatures without their last number (PKCS#1).
const RSA_SIGNATURES: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01";

/// A complete revocation list: the certificates of an issuer that it has revoked before their end.
///
/// It tells nothing until [`is_signed_by`](Self::is_signed_by) holds for a certificate that is trusted and valid, and
/// nothing about the time after its [`next_update_s`](Self::next_update_s).
pub struct RevocationList {
    der: Box<[u8]>,
    /// The signed part.
    signed: Range<usize>,
    signature: Range<usize>,
    /// The object identifier of the signature's algorithm.
    algorithm: Range<usize>,
    issuer_der: Range<usize>,
    issuer: DistinguishedName,
    this_update_s: i64,
    next_update_s: Option<i64>,
    /// The names of its distribution point, if it names one.
    point_names: Option<Range<usize>>,
    /// In the order of their serial numbers, then of their dates.
    entries: Vec<RevokedSerial>,
}

/// The entry of a revoked certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedEntry {
    /// When the issuer revoked it, Unix seconds. Its key may have been in other hands before: an invalidityDate is not
    /// read.
    pub revoked_s: i64,
    /// The reason; `None` if the issuer gives none.
    pub reason: Option<RevocationReasonCode>,
}

/// Why a certificate was revoked (RFC 5280 §5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationReasonCode {
    /// No reason is told.
    Unspecified,
    /// Its private key is, or may be, in other hands.
    KeyCompromise,
    /// The same of an authority's key.
    CaCompromise,
    /// Its subject's name or affiliation has changed.
    AffiliationChanged,
    /// Another certificate has replaced it.
    Superseded,
    /// It is no longer needed.
    CessationOfOperation,
    /// It is on hold, and may become valid again.
    CertificateHold,
    /// A right that it certified has ended.
    PrivilegeWithdrawn,
    /// The key of an authority for attributes is, or may be, in other hands.
    AaCompromise,
}

impl RevocationReasonCode {
    /// The name in RFC 5280, such as `keyCompromise`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }

    fn read(value: &[u8]) -> Result<Self, CertificateFault> {
        Ok(match only(value, tag::ENUMERATED)? {
            [0] => Self::Unspecified,
            [1] => Self::KeyCompromise,
            [2] => Self::CaCompromise,
            [3] => Self::AffiliationChanged,
            [4] => Self::Superseded,
            [5] => Self::CessationOfOperation,
            [6] => Self::CertificateHold,
            [8] => return Err("the revocation list removes an entry (removeFromCRL): only changes to a list do".into()),
            [9] => Self::PrivilegeWithdrawn,
            [10] => Self::AaCompromise,
            _ => return Err("the revocation list has an unknown reason".into()),
        })
    }
}

impl RevocationList {
    /// Reads one list, DER, version 1 or 2, of up to 4 MiB, strictly. Its signature is not checked here. The cost grows
    /// as n·log n with the number of entries.
    ///
    /// # Errors
    /// [`CertificateFault`] for bytes of any other kind, for a list of changes (delta), for one of some certificates or
    /// reasons only or of several issuers, and for a critical extension that is not understood.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateFault> {
        if der.len() > MAX_REVOCATION_LIST_BYTES {
            return Err(CertificateFault(format!("the {LIST} has more than {MAX_REVOCATION_LIST_BYTES} bytes")));
        }
        let (read, [inner, outer]) = RevocationListFields::read(der).map_err(|error| not_strict(LIST, error))?;
        if inner != outer {
            return Err("the revocation list names two signature algorithms".into());
        }
        if read.version.is_some_and(|version| version != VERSION_2) {
            return Err("the revocation list is of an unknown version".into());
        }
        let may_have_extensions = read.version.is_some();
        let point_names = match read.extensions {
            Some(_) if !may_have_extensions => return Err("the revocation list of version 1 has extensions".into()),
            Some(value) => {
                let extensions = extensions(value)?;
                let names = names_of_complete_list(&extensions)?;
                check_critical(&extensions, &UNDERSTOOD)?;
                names
            }
            None => None,
        };
        let range = |part| range_of(der, part).ok_or_else(|| CertificateFault::from(NOT_DER));
        Ok(Self {
            signed: range(read.signed)?,
            signature: range(read.signature)?,
            algorithm: range(read.algorithm)?,
            issuer_der: range(read.issuer)?,
            issuer: DistinguishedName::from_der(read.issuer)?,
            this_update_s: read.this_update_s,
            next_update_s: read.next_update_s,
            point_names: point_names.map(range).transpose()?,
            entries: entries(der, read.entries, may_have_extensions)?,
            der: der.into(),
        })
    }

    /// Reads DER, or the first `X509 CRL` of a PEM text, which does not begin with the digit 0, DER's first byte. Text
    /// and other blocks around it are skipped.
    ///
    /// # Errors
    /// Those of [`from_der`](Self::from_der); [`CertificateFault`] also names the block found instead.
    pub fn from_pem_or_der(bytes: &[u8]) -> Result<Self, CertificateFault> {
        if bytes.first() == Some(&tag::SEQUENCE) {
            return Self::from_der(bytes);
        }
        let text =
            std::str::from_utf8(bytes).map_err(|_| "this is not a revocation list, neither in DER nor in PEM")?;
        let blocks = pem::blocks_within(MAX_TEXT_BYTES, text, EXPECTED)?;
        match blocks.iter().find(|block| block.label == "X509 CRL") {
            Some(block) => Self::from_der(&block.bytes),
            None => Err(blocks[0].unexpected(EXPECTED).into()),
        }
    }

    /// The list as PEM text.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("X509 CRL", &self.der)
    }

    /// The list, DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Checks that this issuer has signed the list: its name is that of the list, its key made the signature (RSA of
    /// 2048 to 8192 bits, PKCS#1 v1.5, with SHA-256, 384 or 512; with SHA-1 only if `allows_sha1`), and its keyUsage,
    /// if it has one, allows that (cRLSign). Whether the issuer is trusted, and valid, the caller decides.
    ///
    /// # Errors
    /// [`CertificateFault`] says which of them does not hold.
    pub fn is_signed_by(&self, issuer: &Certificate, allows_sha1: bool) -> Result<(), CertificateFault> {
        if !self.is_of(issuer.subject_der(), issuer.subject()) {
            return Err("the revocation list is of another issuer".into());
        }
        if !issuer.key_usage().is_none_or(|usage| usage.crl_sign) {
            return Err("the issuer's key may not sign revocation lists (cRLSign is missing)".into());
        }
        let identifier = self.part(&self.algorithm);
        let algorithm = match identifier.strip_prefix(RSA_SIGNATURES) {
            Some([5]) if allows_sha1 => MessageDigestAlgorithm::Sha1,
            Some([5]) => return Err("the revocation list is signed with SHA-1, which is not permitted here".into()),
            Some([11]) => MessageDigestAlgorithm::Sha256,
            Some([12]) => MessageDigestAlgorithm::Sha384,
            Some([13]) => MessageDigestAlgorithm::Sha512,
            _ => {
                let other = asn1::dotted(identifier)?;
                return Err(CertificateFault(format!("the {LIST} is signed with {other}, not RSA and SHA-2")));
            }
        };
        if issuer.key()?.verify_pkcs1_with(algorithm, self.part(&self.signed), self.part(&self.signature)) {
            Ok(())
        } else {
            Err("the issuer's key did not make the revocation list's signature, or is not of 2048 to 8192 bits".into())
        }
    }

    /// The issuer's name.
    #[must_use]
    pub fn issuer(&self) -> &DistinguishedName {
        &self.issuer
    }

    /// When the list was issued, Unix seconds.
    #[must_use]
    pub fn this_update_s(&self) -> i64 {
        self.this_update_s
    }

    /// When the next list is issued at the latest, Unix seconds; `None` if the issuer does not say.
    #[must_use]
    pub fn next_update_s(&self) -> Option<i64> {
        self.next_update_s
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no certificate is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of a serial number (unsigned, big-endian, leading zeros ignored) of the list's issuer, by binary
    /// search; of several, the one with the earliest date. `None` if it is not revoked.
    ///
    /// Serial numbers of other issuers say nothing here: see [`find_certificate`](Self::find_certificate).
    #[must_use]
    pub fn find(&self, serial: &[u8]) -> Option<RevokedEntry> {
        let wanted = significant(serial);
        let at = self.entries.partition_point(|entry| entry.serial(&self.der) < wanted);
        let found = self.entries.get(at).filter(|entry| entry.serial(&self.der) == wanted)?;
        Some(RevokedEntry { revoked_s: found.revoked_s, reason: found.reason })
    }

    /// The entry of a certificate; `None` if it is not revoked.
    ///
    /// # Errors
    /// [`CertificateFault`] if the list says nothing about this certificate: another issuer's name, or a distribution
    /// point that is none of those that the certificate names. One that names none is in every list of its issuer.
    pub fn find_certificate(&self, certificate: &Certificate) -> Result<Option<RevokedEntry>, CertificateFault> {
        if !self.is_of(certificate.issuer_der(), certificate.issuer()) {
            return Err("the certificate is of another issuer than the revocation list".into());
        }
        if let (Some(names), Some(points)) = (&self.point_names, certificate.crl_distribution_points())
            && !is_named(self.part(names), points)?
        {
            return Err("the revocation list is of another distribution point than the certificate's".into());
        }
        Ok(self.find(certificate.serial()))
    }

    /// Whether the issuer has this name, as with certificates ([`Certificate::names_issuer`]).
    fn is_of(&self, name_der: &[u8], name: &DistinguishedName) -> bool {
        self.part(&self.issuer_der) == name_der || self.issuer.matches_in_order(name)
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        &self.der[range.clone()]
    }
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuer = self.issuer.to_text(NameStyle::Rfc2253);
        f.debug_struct("RevocationList").field("issuer", &issuer).field("len", &self.len()).finish_non_exhaustive()
    }
}

/// An entry, 16 bytes: its serial number stays in the list's DER.
struct RevokedSerial {
    revoked_s: i64,
    /// Where the serial number begins, without leading zeros.
    start: u32,
    length: u8,
    reason: Option<RevocationReasonCode>,
}

impl RevokedSerial {
    fn serial<'a>(&self, der: &'a [u8]) -> &'a [u8] {
        &der[self.start as usize..][..usize::from(self.length)]
    }
}

/// The fields (RFC 5280 §5.1), as they are in the list.
struct RevocationListFields<'a> {
    /// The part that the issuer signed.
    signed: &'a [u8],
    /// The number of the version; a list of version 1 has none.
    version: Option<&'a [u8]>,
    /// The object identifier of the signature's algorithm.
    algorithm: &'a [u8],
    issuer: &'a [u8],
    this_update_s: i64,
    next_update_s: Option<i64>,
    /// The entries, one after the other.
    entries: &'a [u8],
    extensions: Option<&'a [u8]>,
    signature: &'a [u8],
}

impl<'a> RevocationListFields<'a> {
    /// The fields, and the algorithm from both its places.
    fn read(der: &'a [u8]) -> der::Result<(Self, [&'a [u8]; 2])> {
        strict(der)?;
        let mut fields = SliceReader::new(only(der, tag::SEQUENCE)?)?;
        let body = element(&mut fields, tag::SEQUENCE)?;
        let (outer, _) = algorithm(&mut fields)?;
        let signature = whole_bits(&mut fields)?;
        fields.finish()?;
        let mut fields = SliceReader::new(body.content)?;
        let version = if is_next(&fields, &[tag::INTEGER]) { Some(integer(&mut fields)?) } else { None };
        let (inner, algorithm) = algorithm(&mut fields)?;
        let issuer = element(&mut fields, tag::SEQUENCE)?.whole;
        let this_update_s = time(&mut fields)?;
        let has_next = is_next(&fields, &[tag::UTC_TIME, tag::GENERALIZED_TIME]);
        let next_update_s = if has_next { Some(time(&mut fields)?) } else { None };
        let has_entries = is_next(&fields, &[tag::SEQUENCE]);
        let entries = if has_entries { element(&mut fields, tag::SEQUENCE)?.content } else { &[] };
        let has_extensions = is_next(&fields, &[EXTENSIONS]);
        let extensions = if has_extensions { Some(element(&mut fields, EXTENSIONS)?.content) } else { None };
        fields.finish()?;
        let signed = body.whole;
        let read =
            Self { signed, version, algorithm, issuer, this_update_s, next_update_s, entries, extensions, signature };
        Ok((read, [inner, outer]))
    }
}

/// Whether the next value has one of these tags.
fn is_next(fields: &SliceReader<'_>, tags: &[u8]) -> bool {
    fields.peek_byte().is_some_and(|next| tags.contains(&next))
}

/// The entries of a list, sorted.
fn entries(der: &[u8], list: &[u8], may_have_extensions: bool) -> Result<Vec<RevokedSerial>, CertificateFault> {
    let mut reader = SliceReader::new(list)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        let mut fields = SliceReader::new(element(&mut reader, tag::SEQUENCE)?.content)?;
        let number = range_of(der, serial(integer(&mut fields)?)?).ok_or(NOT_DER)?;
        let revoked_s = time(&mut fields)?;
        let reason = if fields.is_finished() {
            None
        } else if may_have_extensions {
            reason(element(&mut fields, tag::SEQUENCE)?.whole)?
        } else {
            return Err("an entry of a revocation list of version 1 has extensions".into());
        };
        fields.finish()?;
        let start = u32::try_from(number.start).map_err(|_| NOT_DER)?;
        let length = u8::try_from(number.len()).map_err(|_| NOT_DER)?;
        found.push(RevokedSerial { revoked_s, start, length, reason });
    }
    found.sort_unstable_by_key(|entry| (entry.serial(der), entry.revoked_s));
    Ok(found)
}

/// The reason in the extensions of an entry. An invalidityDate is not read; a critical one is refused, therefore.
fn reason(value: &[u8]) -> Result<Option<RevocationReasonCode>, CertificateFault> {
    let extensions = extensions(value)?;
    if extensions.get(CERTIFICATE_ISSUER).is_some() {
        return Err("the revocation list has certificates of several issuers (certificateIssuer)".into());
    }
    check_critical(&extensions, &[REASON_CODE])?;
    extensions.get(REASON_CODE).map(RevocationReasonCode::read).transpose()
}

fn extensions(value: &[u8]) -> Result<CertificateExtensions<'_>, CertificateFault> {
    if value.len() > MAX_EXTENSIONS_BYTES {
        return Err(CertificateFault(format!("the {LIST} has extensions of more than {MAX_EXTENSIONS_BYTES} bytes")));
    }
    CertificateExtensions::new(Vec::<CertificateExtension<'_>>::from_der(value)?, LIST)
}

fn check_critical(extensions: &CertificateExtensions<'_>, understood: &[&[u8]]) -> Result<(), CertificateFault> {
    match extensions.unknown_critical(understood)? {
        None => Ok(()),
        Some(other) => {
            let why = format!("the {LIST} has a critical extension that is not understood here ({other})");
            Err(CertificateFault(why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::encode;

    #[test]
    fn reasons() {
        for code in 0..=u8::MAX {
            let read = RevocationReasonCode::read(&encode(tag::ENUMERATED, &[code]));
            assert_eq!(read.is_ok(), matches!(code, 0..=6 | 9 | 10), "{code}");
        }
        let read = RevocationReasonCode::read(b"\x0a\x01\x01").map(RevocationReasonCode::name);
        assert_eq!(read, Ok("keyCompromise"));
        for wrong in [&b""[..], b"\x0a\x00", b"\x0a\x02\x00\x01", b"\x02\x01\x01", b"\x0a\x01\x01\x00"] {
            assert!(RevocationReasonCode::read(wrong).is_err(), "{wrong:02x?}");
        }
    }

    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<RevokedSerial>(), 16);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_refused_without_panic(bytes: Vec<u8>) {
            assert!(RevocationList::from_pem_or_der(&bytes).is_err());
            assert!(RevocationList::from_der(&encode(tag::SEQUENCE, &bytes)).is_err());
        }
    }
}
