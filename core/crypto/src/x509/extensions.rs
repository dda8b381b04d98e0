//! The extensions of a certificate or a revocation list: reads the relevant ones, and finds critical ones that are not
//! supported.

use der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use der::{Decode, Reader, Sequence, SliceReader, Tag, TagMode, TagNumber, Tagged};

use super::CertificateFault;
use super::outline::not_strict;
use crate::asn1;

/// Maximum number of extensions.
const MAX_EXTENSIONS: usize = 64;

pub(super) const SUBJECT_KEY_IDENTIFIER: &[u8] = b"\x55\x1d\x0e";
pub(super) const KEY_USAGE: &[u8] = b"\x55\x1d\x0f";
pub(super) const BASIC_CONSTRAINTS: &[u8] = b"\x55\x1d\x13";
const SUBJECT_ALT_NAME: &[u8] = b"\x55\x1d\x11";
pub(super) const CRL_DISTRIBUTION_POINTS: &[u8] = b"\x55\x1d\x1f";
const CERTIFICATE_POLICIES: &[u8] = b"\x55\x1d\x20";
pub(super) const AUTHORITY_KEY_IDENTIFIER: &[u8] = b"\x55\x1d\x23";
const EXTENDED_KEY_USAGE: &[u8] = b"\x55\x1d\x25";
/// 1.3.6.1.5.5.7.1.3 (RFC 3739).
pub(super) const QC_STATEMENTS: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x01\x03";

/// The extensions of a certificate that may be critical. nameConstraints is not among them: names are not compared with
/// it here.
pub(super) const UNDERSTOOD: [&[u8]; 8] = [
    SUBJECT_KEY_IDENTIFIER,
    KEY_USAGE,
    BASIC_CONSTRAINTS,
    SUBJECT_ALT_NAME,
    CERTIFICATE_POLICIES,
    AUTHORITY_KEY_IDENTIFIER,
    EXTENDED_KEY_USAGE,
    QC_STATEMENTS,
];

/// The permitted uses of a key (RFC 5280 §4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)]
pub struct KeyUsage {
    /// Signatures other than on certificates and revocation lists.
    pub digital_signature: bool,
    /// Binding signatures; also named content commitment.
    pub non_repudiation: bool,
    /// Encryption of keys.
    pub key_encipherment: bool,
    /// Encryption of data.
    pub data_encipherment: bool,
    /// Key agreement.
    pub key_agreement: bool,
    /// Signatures on certificates.
    pub key_cert_sign: bool,
    /// Signatures on revocation lists.
    pub crl_sign: bool,
}

/// The extension basicConstraints.
#[derive(Debug, Clone, Copy, Sequence)]
pub(super) struct BasicConstraints {
    #[asn1(default = "Default::default")]
    pub(super) ca: bool,
    #[asn1(optional = "true")]
    pub(super) path_length: Option<u32>,
}

/// One extension (RFC 5280 §4.1).
#[derive(Debug, Clone, Copy, Sequence)]
pub(super) struct CertificateExtension<'a> {
    id: AnyRef<'a>,
    #[asn1(default = "Default::default")]
    critical: bool,
    value: &'a OctetStringRef,
}

/// The extensions, without duplicates.
pub(super) struct CertificateExtensions<'a>(Vec<CertificateExtension<'a>>);

impl<'a> CertificateExtensions<'a> {
    /// `holder` is the word for their holder in errors.
    pub(super) fn new(list: Vec<CertificateExtension<'a>>, holder: &str) -> Result<Self, CertificateFault> {
        if list.len() > MAX_EXTENSIONS {
            return Err(CertificateFault(format!("the {holder} has more than {MAX_EXTENSIONS} extensions")));
        }
        for (index, extension) in list.iter().enumerate() {
            extension.id.tag().assert_eq(Tag::ObjectIdentifier).map_err(|error| not_strict(holder, error))?;
            if list[..index].iter().any(|earlier| earlier.id == extension.id) {
                return Err(CertificateFault(format!("the {holder} has an extension twice")));
            }
        }
        Ok(Self(list))
    }

    pub(super) fn get(&self, oid: &[u8]) -> Option<&'a [u8]> {
        self.0.iter().find(|extension| extension.id.value() == oid).map(|extension| extension.value.as_bytes())
    }

    /// What extendedKeyUsage allows, and whether it is critical; an unreadable one allows nothing.
    pub(super) fn purposes(&self) -> Option<(KeyPurposes, bool)> {
        let extension = self.0.iter().find(|extension| extension.id.value() == EXTENDED_KEY_USAGE)?;
        Some((KeyPurposes::read(extension.value.as_bytes()).unwrap_or_default(), extension.critical))
    }

    /// The OID of the first critical extension that is not among the understood ones.
    pub(super) fn unknown_critical(&self, understood: &[&[u8]]) -> Result<Option<String>, CertificateFault> {
        let is_unknown = |one: &&CertificateExtension<'_>| one.critical && !understood.contains(&one.id.value());
        Ok(self.0.iter().find(is_unknown).map(|one| asn1::dotted(one.id.value())).transpose()?)
    }
}

/// What extendedKeyUsage allows (RFC 5280 §4.2.1.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct KeyPurposes {
    /// To be a TLS client.
    pub(super) tls_clients: bool,
    /// To sign messages and documents.
    pub(super) messages: bool,
}

/// Any purpose; 2.5.29.37.0.
const ANY_PURPOSE: &[u8] = b"\x55\x1d\x25\x00";
/// TLS clients; 1.3.6.1.5.5.7.3.2.
const CLIENT_AUTH: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x02";
/// Signed mail; 1.3.6.1.5.5.7.3.4.
const EMAIL_PROTECTION: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x04";
/// Signed documents (RFC 9336); 1.3.6.1.5.5.7.3.36.
const DOCUMENT_SIGNING: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x24";

impl KeyPurposes {
    /// Reads the extension's value.
    pub(super) fn read(value: &[u8]) -> Result<Self, CertificateFault> {
        let mut allowed = Self::default();
        for purpose in Vec::<AnyRef<'_>>::from_der(value)? {
            purpose.tag().assert_eq(Tag::ObjectIdentifier)?;
            allowed.tls_clients |= purpose.value() == CLIENT_AUTH;
            allowed.messages |= [ANY_PURPOSE, EMAIL_PROTECTION, DOCUMENT_SIGNING].contains(&purpose.value());
        }
        Ok(allowed)
    }
}

/// The keyIdentifier of authorityKeyIdentifier (RFC 5280 §4.2.1.1).
pub(super) fn authority_key_id(value: &[u8]) -> Option<&[u8]> {
    let mut fields = SliceReader::new(asn1::only(value, asn1::tag::SEQUENCE).ok()?).ok()?;
    let id: Option<&OctetStringRef> = fields.context_specific(TagNumber(0), TagMode::Implicit).ok()?;
    id.map(OctetStringRef::as_bytes)
}

pub(super) fn key_usage(value: &[u8]) -> Result<KeyUsage, CertificateFault> {
    let usage = BitStringRef::from_der(value).map_err(|_| "the extension keyUsage cannot be read")?;
    let bits = usage.raw_bytes();
    if bits.len() > 2 {
        return Err("the extension keyUsage cannot be read".into());
    }
    // `der` does not check the unused bits.
    if bits.last().is_some_and(|last| last.trailing_zeros() < u32::from(usage.unused_bits())) {
        return Err("the extension keyUsage has unused bits that are set".into());
    }
    let bit = |index| usage.get(index).unwrap_or_default();
    Ok(KeyUsage {
        digital_signature: bit(0),
        non_repudiation: bit(1),
        key_encipherment: bit(2),
        data_encipherment: bit(3),
        key_agreement: bit(4),
        key_cert_sign: bit(5),
        crl_sign: bit(6),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_bits_of_key_usage_are_zero() {
        let usage = key_usage(b"\x03\x02\x01\x06").unwrap();
        assert!(usage.key_cert_sign && usage.crl_sign && !usage.digital_signature);
        assert!(key_usage(b"\x03\x03\x07\x06\x80").is_ok() && key_usage(b"\x03\x01\x00").is_ok());
        for wrong in [&b"\x03\x02\x03\x06"[..], b"\x03\x02\x07\xc0", b"\x03\x03\x07\x06\xc0"] {
            assert!(key_usage(wrong).unwrap_err().0.contains("unused bits"), "{wrong:02x?}");
        }
        for wrong in [&b"\x03\x01\x01"[..], b"\x03\x02\x08\x00", b"\x03\x00", b"\x04\x02\x01\x06"] {
            assert!(key_usage(wrong).is_err(), "{wrong:02x?}");
        }
    }

    #[test]
    fn purposes_of_keys() {
        const CLIENT: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02";
        const SERVER: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01";
        const MAIL: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04";
        const DOCUMENTS: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x24";
        const ANY: &[u8] = b"\x06\x04\x55\x1d\x25\x00";
        for (value, tls_clients, messages) in [
            ([b"\x30\x0a", CLIENT].concat(), true, false),
            ([b"\x30\x14", SERVER, CLIENT].concat(), true, false),
            ([b"\x30\x0a", SERVER].concat(), false, false),
            ([b"\x30\x14", SERVER, MAIL].concat(), false, true),
            ([b"\x30\x0a", DOCUMENTS].concat(), false, true),
            ([b"\x30\x06", ANY].concat(), false, true),
        ] {
            assert_eq!(KeyPurposes::read(&value), Ok(KeyPurposes { tls_clients, messages }), "{value:02x?}");
        }
        for wrong in [&b""[..], b"\x30\x01\x06", b"\x30\x03\x02\x01\x00", &[b"\x30\x81\x0a", CLIENT].concat()] {
            assert!(KeyPurposes::read(wrong).is_err(), "{wrong:02x?}");
        }
    }

    #[test]
    fn constraints_are_strict() {
        for (value, found) in [
            (&b"\x30\x00"[..], (false, None)),
            (b"\x30\x03\x01\x01\xff", (true, None)),
            (b"\x30\x06\x01\x01\xff\x02\x01\x00", (true, Some(0))),
            (b"\x30\x07\x01\x01\xff\x02\x02\x00\x80", (true, Some(128))),
        ] {
            let read = BasicConstraints::from_der(value).unwrap();
            assert_eq!((read.ca, read.path_length), found, "{value:02x?}");
        }
        for wrong in [
            &b"\x30\x03\x01\x01\x01"[..],
            b"\x30\x04\x01\x02\xff\xff",
            b"\x30\x05\x01\x01\xff\x05\x00",
            b"\x30\x06\x01\x01\xff\x02\x01\xff",
            b"\x30\x07\x01\x01\xff\x02\x02\x00\x01",
            b"\x30\x08\x01\x01\xff\x02\x01\x00\x05\x00",
            b"\x30\x81\x00",
            b"\x30\x00\x00",
        ] {
            assert!(BasicConstraints::from_der(wrong).is_err(), "{wrong:02x?}");
        }
    }
}
