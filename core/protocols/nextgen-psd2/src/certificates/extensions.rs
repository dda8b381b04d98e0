//! The extensions of a certificate: those that count here are read, and whether there are critical ones that nobody here understands.

use x509_parser::extensions::X509Extension;

use super::Fault;
use super::der::{self, Reader, tag};
use super::qc::QC_STATEMENTS;

/// Most extensions.
const MAX_EXTENSIONS: usize = 64;

pub(super) const SUBJECT_KEY_IDENTIFIER: &[u8] = b"\x55\x1d\x0e";
pub(super) const KEY_USAGE: &[u8] = b"\x55\x1d\x0f";
pub(super) const BASIC_CONSTRAINTS: &[u8] = b"\x55\x1d\x13";
const SUBJECT_ALT_NAME: &[u8] = b"\x55\x1d\x11";
const CERTIFICATE_POLICIES: &[u8] = b"\x55\x1d\x20";
const AUTHORITY_KEY_IDENTIFIER: &[u8] = b"\x55\x1d\x23";
pub(super) const EXTENDED_KEY_USAGE: &[u8] = b"\x55\x1d\x25";

/// What may be critical. nameConstraints is not among them: nothing here compares names with it.
const UNDERSTOOD: [&[u8]; 8] = [
    SUBJECT_KEY_IDENTIFIER,
    KEY_USAGE,
    BASIC_CONSTRAINTS,
    SUBJECT_ALT_NAME,
    CERTIFICATE_POLICIES,
    AUTHORITY_KEY_IDENTIFIER,
    EXTENDED_KEY_USAGE,
    QC_STATEMENTS,
];

/// What a key may be used for (RFC 5280 §4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)]
pub struct KeyUsage {
    /// Signatures other than on certificates and revocation lists.
    pub digital_signature: bool,
    /// Signatures that bind; also named content commitment.
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
#[derive(Debug, Clone, Copy)]
pub(super) struct BasicConstraints {
    pub(super) ca: bool,
    pub(super) path_length: Option<u32>,
}

/// The extensions, none of them twice.
pub(super) struct Extensions<'a>(&'a [X509Extension<'a>]);

impl<'a> Extensions<'a> {
    pub(super) fn new(list: &'a [X509Extension<'a>]) -> Result<Self, Fault> {
        if list.len() > MAX_EXTENSIONS {
            return Err("the certificate has more than 64 extensions".into());
        }
        let twice = |(index, extension): (usize, &X509Extension<'_>)| {
            list[..index].iter().any(|earlier| earlier.oid.as_bytes() == extension.oid.as_bytes())
        };
        if list.iter().enumerate().any(twice) {
            Err("the certificate has an extension twice".into())
        } else {
            Ok(Self(list))
        }
    }

    pub(super) fn get(&self, oid: &[u8]) -> Option<&'a [u8]> {
        self.0.iter().find(|extension| extension.oid.as_bytes() == oid).map(|extension| extension.value)
    }

    /// The number of the first critical extension that is not understood.
    pub(super) fn unknown_critical(&self) -> Result<Option<String>, Fault> {
        let is_unknown =
            |one: &&X509Extension<'_>| one.critical && !UNDERSTOOD.iter().any(|known| *known == one.oid.as_bytes());
        let unknown = self.0.iter().find(is_unknown);
        Ok(unknown.map(|extension| der::dotted(extension.oid.as_bytes())).transpose()?)
    }
}

pub(super) fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, Fault> {
    let unreadable = || Fault::from("the extension basicConstraints cannot be read");
    let mut fields = Reader::new(der::only(value, tag::SEQUENCE)?);
    let ca = match fields.peek() {
        Some(tag::BOOLEAN) => fields.expect(tag::BOOLEAN)? == [0xff],
        _ => false,
    };
    let path_length = match fields.peek() {
        Some(_) => Some(fields.expect(tag::INTEGER)?),
        None => None,
    };
    fields.end()?;
    der::strict(value)?;
    let number = |bytes: &[u8]| {
        let is_small = bytes.len() <= 4 && bytes.first().is_some_and(|first| first & 0x80 == 0);
        is_small.then(|| bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)))
    };
    let path_length = path_length.map(|bytes| number(bytes).ok_or_else(unreadable)).transpose()?;
    Ok(BasicConstraints { ca, path_length })
}

/// Whether extendedKeyUsage allows the clients of TLS (RFC 5280 §4.2.1.12).
pub(super) fn allows_tls_clients(value: &[u8]) -> Result<bool, Fault> {
    const CLIENT_AUTH: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x02";
    let mut purposes = Reader::new(der::only(value, tag::SEQUENCE)?);
    let mut allowed = false;
    while !purposes.is_empty() {
        allowed |= purposes.expect(tag::OID)? == CLIENT_AUTH;
    }
    Ok(allowed)
}

pub(super) fn key_usage(value: &[u8]) -> Result<KeyUsage, Fault> {
    let [unused @ 0..8, bits @ ..] = der::only(value, tag::BIT_STRING)? else {
        return Err("the extension keyUsage cannot be read".into());
    };
    if bits.len() > 2 || (bits.is_empty() && *unused > 0) {
        return Err("the extension keyUsage cannot be read".into());
    }
    if bits.last().is_some_and(|last| last.trailing_zeros() < u32::from(*unused)) {
        return Err("the extension keyUsage has unused bits that are set".into());
    }
    let first = bits.first().copied().unwrap_or_default();
    let bit = |index: u8| first & (0x80 >> index) != 0;
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
        assert_eq!(allows_tls_clients(&[b"\x30\x0a", CLIENT].concat()), Ok(true));
        assert_eq!(allows_tls_clients(&[b"\x30\x14", SERVER, CLIENT].concat()), Ok(true));
        assert_eq!(allows_tls_clients(&[b"\x30\x0a", SERVER].concat()), Ok(false));
        for wrong in [&b""[..], b"\x30\x01\x06", b"\x30\x03\x02\x01\x00", &[b"\x30\x81\x0a", CLIENT].concat()] {
            assert!(allows_tls_clients(wrong).is_err(), "{wrong:02x?}");
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
            let read = basic_constraints(value).unwrap();
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
            assert!(basic_constraints(wrong).is_err(), "{wrong:02x?}");
        }
    }
}
