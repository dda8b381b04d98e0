//! Reading a certificate.

use jiff::civil::{self, DateTime};
use jiff::{SignedDuration, Timestamp};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::name;
use crate::rsa::{PrivateKey, PublicKey};
use crate::{Error, Result, pem};

const EXPECTED: &str = "certificate (CERTIFICATE)";

/// What is told about a certificate (WS Channel sheet §2.13). Signatures are not checked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    spki: Vec<u8>,
    subject: String,
    issuer: String,
    serial: String,
    not_before: Timestamp,
    not_after: Timestamp,
    expires: DateTime,
}

impl Certificate {
    /// Reads the first `CERTIFICATE` of a PEM text. Text and other blocks around it (an `openssl x509 -text` preface,
    /// a chain) are skipped.
    ///
    /// # Errors
    /// [`Error::NoPem`], [`Error::MalformedPem`], [`Error::PrivateKeyGiven`], [`Error::PublicKeyGiven`],
    /// [`Error::UnexpectedPem`], [`Error::InvalidCertificate`].
    pub fn from_pem(text: &str) -> Result<Self> {
        let blocks = pem::blocks(text, EXPECTED)?;
        match blocks.iter().find(|block| block.is_certificate()) {
            Some(block) => Self::from_der(&block.bytes),
            None => Err(blocks[0].unexpected(EXPECTED)),
        }
    }

    /// Reads every `CERTIFICATE` of a PEM text, in their order: a bundle of issuers.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem).
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>> {
        let blocks = pem::blocks(text, EXPECTED)?;
        let all: Result<Vec<Self>> =
            blocks.iter().filter(|block| block.is_certificate()).map(|block| Self::from_der(&block.bytes)).collect();
        all.and_then(|all| if all.is_empty() { Err(blocks[0].unexpected(EXPECTED)) } else { Ok(all) })
    }

    /// Reads a DER certificate.
    ///
    /// # Errors
    /// [`Error::InvalidCertificate`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let unreadable = Error::InvalidCertificate("it is not a DER certificate");
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| unreadable)?;
        if !rest.is_empty() {
            return Err(Error::InvalidCertificate("bytes follow the certificate"));
        }
        let (begin, end) = (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
        Ok(Self {
            der: der.to_vec(),
            spki: parsed.public_key().raw.to_vec(),
            subject: name::display(parsed.subject()),
            issuer: name::display(parsed.issuer()),
            serial: serial(parsed.raw_serial()),
            not_before: timestamp(begin),
            not_after: timestamp(end),
            expires: calendar(end)?,
        })
    }

    /// The subject's common name; without one the RFC 4514 string of the whole name.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The issuer's common name; without one the RFC 4514 string of the whole name.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The serial number as upper-case hex, two digits a byte, no leading zero byte, as OpenSSL prints it.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Begin of validity.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// End of validity. `9999-12-31T23:59:59Z`, which means "none", becomes the latest time that can be held.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// End of validity as OpenSSL prints it: `Oct 28 06:30:08 2017 GMT`, the day padded with a space.
    pub fn expires_text(&self) -> String {
        self.expires.strftime("%b %e %H:%M:%S %Y GMT").to_string()
    }

    /// The SubjectPublicKeyInfo, DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate alone as PEM, without the text that came with it.
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.der)
    }

    /// The certified key.
    ///
    /// # Errors
    /// [`Error::NotRsa`], [`Error::KeyTooSmall`], [`Error::KeyTooLarge`], [`Error::InvalidKey`].
    pub fn public_key(&self) -> Result<PublicKey> {
        PublicKey::from_spki_der(&self.spki)
    }

    /// Whether `key` is the private half of the certified key.
    pub fn matches_private_key(&self, key: &PrivateKey) -> bool {
        self.public_key().is_ok_and(|public| public == *key.public())
    }
}

fn serial(bytes: &[u8]) -> String {
    let start = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    data_encoding::HEXUPPER.encode(&bytes[start..])
}

fn timestamp(seconds: i64) -> Timestamp {
    let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(nearest)
}

/// The calendar reaches to the end of the year 9999, a time stamp not quite.
fn calendar(seconds: i64) -> Result<DateTime> {
    civil::date(1970, 1, 1)
        .at(0, 0, 0, 0)
        .checked_add(SignedDuration::from_secs(seconds))
        .map_err(|_| Error::InvalidCertificate("its end of validity is no date"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_like_openssl() {
        assert_eq!(serial(&[0x11, 0xa0, 0x5d]), "11A05D");
        assert_eq!(serial(&[0x00, 0xff]), "FF");
        assert_eq!(serial(&[0x0a]), "0A");
        assert_eq!(serial(&[0x00]), "00");
        assert_eq!(serial(&[]), "");
    }

    #[test]
    fn the_last_second_of_the_calendar() {
        let seconds = 253_402_300_799;
        let text = calendar(seconds).map(|date| date.to_string());
        assert_eq!(text, Ok("9999-12-31T23:59:59".to_owned()));
        assert_eq!(timestamp(seconds), Timestamp::MAX);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_refused_without_panic(der: Vec<u8>) {
            assert!(Certificate::from_der(&der).is_err());
        }
    }
}
