//! `keyId`: identifies the signing certificate by serial number and issuer, `SN=…,CA=…` (§2.6).

use std::fmt;

use super::serial::{self, SerialStyle};
use crate::certificates::{Certificate, DistinguishedName, NameStyle};

/// A key id. Its texts are kept as written, and compared by meaning (S-18).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyId {
    /// The serial number.
    pub serial: String,
    /// The issuer's distinguished name.
    pub issuer: String,
}

impl KeyId {
    /// The key id of a certificate.
    #[must_use]
    pub fn from_certificate(certificate: &Certificate, serial: SerialStyle, name: NameStyle) -> Self {
        Self {
            serial: serial::to_text(certificate.serial(), serial),
            issuer: certificate.issuer_text(name).into_owned(),
        }
    }

    /// Formats it: `SN=…,CA=…`.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("SN={},CA={}", self.serial, self.issuer)
    }

    /// Parses it. The first comma ends the serial number; everything after `CA=` is the issuer.
    ///
    /// # Errors
    /// [`KeyIdFault::Shape`].
    pub fn parse(text: &str) -> Result<Self, KeyIdFault> {
        let shape = |why| KeyIdFault::Shape(why);
        let rest = text.strip_prefix("SN=").ok_or(shape("it does not begin with `SN=`"))?;
        let (serial, rest) = rest.split_once(',').ok_or(shape("it has no comma after the serial number"))?;
        let issuer = rest.strip_prefix("CA=").ok_or(shape("the comma is not followed by `CA=`"))?;
        if serial.is_empty() || issuer.is_empty() {
            return Err(shape("the serial number or the issuer is empty"));
        }
        Ok(Self { serial: serial.to_owned(), issuer: issuer.to_owned() })
    }

    /// Whether it identifies this certificate (V23). `lenient` also accepts colons in the serial number and `%20` for
    /// spaces in the issuer. Returns warnings.
    ///
    /// # Errors
    /// [`KeyIdFault`].
    pub fn matches(&self, certificate: &Certificate, lenient: bool) -> Result<Vec<String>, KeyIdFault> {
        let mut warnings = self.serial_matches(certificate, lenient)?;
        warnings.extend(self.issuer_matches(certificate, lenient)?);
        Ok(warnings)
    }

    /// The serial number's part of [`matches`](Self::matches).
    ///
    /// # Errors
    /// The faults of the serial number.
    pub fn serial_matches(&self, certificate: &Certificate, lenient: bool) -> Result<Vec<String>, KeyIdFault> {
        let has_colons = self.serial.contains(':');
        if has_colons && !lenient {
            return Err(KeyIdFault::SerialColons);
        }
        let digits = self.serial.replace(':', "");
        let found = serial::is_hex_of(&digits, certificate.serial());
        match found {
            Some(true) if has_colons => Ok(vec!["the serial number in keyId has colons".to_owned()]),
            Some(true) => Ok(Vec::new()),
            _ if serial::is_decimal_of(&self.serial, certificate.serial()) => Err(KeyIdFault::SerialDecimal),
            Some(false) => Err(KeyIdFault::SerialOther),
            None => Err(KeyIdFault::SerialSyntax),
        }
    }

    /// The issuer's part of [`matches`](Self::matches).
    ///
    /// # Errors
    /// The faults of the issuer.
    pub fn issuer_matches(&self, certificate: &Certificate, lenient: bool) -> Result<Vec<String>, KeyIdFault> {
        let read = DistinguishedName::parse(&self.issuer);
        if read.as_ref().is_ok_and(|name| name.matches(certificate.issuer())) {
            return Ok(Vec::new());
        }
        let spaced = self
            .issuer
            .contains("%20")
            .then(|| DistinguishedName::parse(&self.issuer.replace("%20", " ")))
            .and_then(Result::ok);
        if spaced.is_some_and(|name| name.matches(certificate.issuer())) {
            if lenient {
                return Ok(vec!["the issuer in keyId has %20 for spaces".to_owned()]);
            }
            return Err(KeyIdFault::IssuerPercent);
        }
        match read {
            Err(fault) => Err(KeyIdFault::IssuerSyntax(fault.to_string())),
            Ok(name) if name.matches(certificate.subject()) => Err(KeyIdFault::IssuerIsSubject),
            Ok(_) => Err(KeyIdFault::IssuerOther),
        }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// The reason why a key id does not identify a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyIdFault {
    /// It is not `SN=…,CA=…`.
    Shape(&'static str),
    /// The serial number is not hexadecimal of at most 20 octets.
    SerialSyntax,
    /// The serial number has colons.
    SerialColons,
    /// The serial number is the certificate's, in decimal (H-14).
    SerialDecimal,
    /// The serial number is a different one.
    SerialOther,
    /// The issuer cannot be parsed as a distinguished name; the text is the reason.
    IssuerSyntax(String),
    /// The issuer is the certificate's, with `%20` for spaces (H-15).
    IssuerPercent,
    /// The certificate's subject is given instead of its issuer (H-15).
    IssuerIsSubject,
    /// The issuer is a different one.
    IssuerOther,
}

impl fmt::Display for KeyIdFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(why) => write!(f, "it is not `SN=<serial number>,CA=<issuer>`: {why}"),
            Self::SerialSyntax => write!(f, "the serial number is not hexadecimal of at most 20 bytes"),
            Self::SerialColons => write!(f, "the serial number has colons; they are left out"),
            Self::SerialDecimal => write!(f, "the serial number is decimal; it must be hexadecimal"),
            Self::SerialOther => write!(f, "the serial number is not the certificate's"),
            Self::IssuerSyntax(why) => write!(f, "the issuer cannot be read: {why}"),
            Self::IssuerPercent => write!(f, "the issuer has %20 in place of spaces"),
            Self::IssuerIsSubject => write!(f, "it has the certificate's subject in place of the issuer"),
            Self::IssuerOther => write!(f, "the issuer is not the certificate's"),
        }
    }
}

impl std::error::Error for KeyIdFault {}

#[cfg(test)]
#[path = "key_id_tests.rs"]
mod tests;
