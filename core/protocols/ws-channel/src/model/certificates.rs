//! Certificates at a bank (§2.13–§2.18).

use std::{borrow::Cow, fmt};

use bankchannel_foundation::{
    Error,
    clock::MONTHS,
    model::{Boundary, Boundary as Model, Reader, Representation, Shape, TextShape, Value, Writer},
};
use jiff::{SignedDuration, civil::DateTime, tz::TimeZone};

use super::Email;

/// A certificate as PEM (§2.18).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, max_bytes = 65_536, example = "-----BEGIN CERTIFICATE-----", check = check_certificate_pem)]
pub struct CertificatePem(String);

fn check_certificate_pem(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.trim().is_empty() { Err("must not be empty") } else { Ok(Cow::Borrowed(text)) }
}

/// The Web Services user id of the contract with the bank: 1 to 32 printable ASCII characters (§2.17).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, pattern = "^[ -~]{1,32}$", max_bytes = 32, example = "1000038023", check = check_ws_user_id)]
pub struct WsUserId(String);

fn check_ws_user_id(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if !text.is_empty() && text.bytes().all(|b| (0x20..=0x7e).contains(&b)) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be 1 to 32 printable ASCII characters")
    }
}

/// The settable value for the export of private keys. Export cannot be switched on again (§2.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum ExportSetting {
    /// Private keys never leave the service, from now on.
    Disabled,
}

/// Whether private keys may be exported (§2.24).
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum ExportPolicy {
    /// Export is off for good.
    Disabled,
    /// Export is allowed, encrypted to a registered export key.
    Allowed,
    /// A value this version does not know.
    Other(String),
}

/// The way in which an account has a bank's certificates (§2.13).
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum Access {
    /// The account owns them.
    Direct,
    /// Another account shares them.
    Shared,
    /// A value this version does not know.
    Other(String),
}

/// The purpose of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum Purpose {
    /// Signing messages to the bank.
    Signing,
    /// Encrypting messages to and from the bank.
    Encryption,
    /// A value this version does not know.
    Other(String),
}

/// A certificate that the account owns (§2.13).
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CertDescriptor {
    /// `BANK_customer_signing_cert` or `BANK_customer_encryption_cert`.
    pub cert_name: String,
    /// The expiry.
    pub expires: CertExpiry,
    /// The issuer's common name, or the issuer's whole name if it has no common name.
    pub issuer: String,
    /// The subject's common name, or the subject's whole name if it has no common name.
    pub subject: String,
    /// The serial number: upper-case hex without separators.
    pub serial: String,
    /// The certificate.
    #[boundary(wire = "PEM")]
    pub pem: CertificatePem,
}

/// A bank that the account can reach with its own or shared certificates (API 2.8).
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct BankConnection {
    /// The bank's id.
    pub bank: String,
    /// Own or shared certificates.
    pub access: Access,
    /// The certificates.
    pub certificates: Vec<ConnectionCertificate>,
    /// The account that shares the certificates. The deployed service does not send it.
    pub lender: Option<Email>,
}

/// One certificate of a connection.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ConnectionCertificate {
    /// The purpose.
    pub purpose: Purpose,
    /// The expiry.
    pub expires: CertExpiry,
}

/// A retired certificate: it is never used again (API 2.9).
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RetiredCert {
    /// `BANK.REMOVED.xxxxxxxx_customer_signing_cert`.
    pub cert_name: String,
    /// The bank's id.
    pub bank: String,
    /// The purpose.
    pub purpose: Purpose,
    /// The expiry. Absent if not known.
    pub expires: RetiredExpiry,
}

/// An exported certificate with its private key (§2.16).
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CertAndKey {
    /// The certificate.
    pub certificate: CertificatePem,
    /// The private key: an armored OpenPGP message that only the export key decrypts. The content is PKCS#8 PEM.
    pub encrypted_private_key: String,
}

/// The expiry of a certificate, in UTC to the second. RFC 3339 on the boundary; on the wire OpenSSL's text, such as
/// `Oct 28 06:30:08 2017 GMT` (§2.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CertExpiry(DateTime);

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
const MUST_BE: &str = "must be an instant, such as 2028-11-20T06:00:00Z, on the wire such as Nov 20 06:00:00 2028 GMT";
const UNKNOWN: &str = "unknown";

impl CertExpiry {
    /// From seconds since 1970-01-01T00:00:00Z; `None` beyond the years 1 to 9999.
    #[must_use]
    pub fn from_unix_s(seconds: i64) -> Option<Self> {
        Self::from_date(EPOCH.checked_add(SignedDuration::from_secs(seconds)).ok()?)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_s(self) -> i64 {
        self.0.duration_since(EPOCH).as_secs()
    }

    fn from_date(at: DateTime) -> Option<Self> {
        (at.year() >= 1).then_some(())?;
        DateTime::new(at.year(), at.month(), at.day(), at.hour(), at.minute(), at.second(), 0).ok().map(Self)
    }

    fn from_rfc_3339(text: &str) -> Option<Self> {
        // The last day of the year 9999 means "never" (RFC 5280) and is out of range for a time with an offset.
        let utc = text.strip_suffix('Z').filter(|text| text.len() >= 19).and_then(|text| text.parse().ok());
        let with_offset = || Some(text.parse::<jiff::Timestamp>().ok()?.to_zoned(TimeZone::UTC).datetime());
        utc.or_else(with_offset).and_then(Self::from_date)
    }

    fn from_openssl(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let (month, day, time, year) = (words.next()?, words.next()?, words.next()?, words.next()?);
        if words.next()? != "GMT" || words.next().is_some() || !time.is_ascii() || time.len() != 8 {
            return None;
        }
        let month = MONTHS.iter().position(|name| *name == month)? + 1;
        let part = |at: usize| time.get(at..at + 2).and_then(|two| two.parse::<i8>().ok());
        let (2, 5) = (time.find(':')?, time.rfind(':')?) else { return None };
        let year = year.parse().ok().filter(|year| (1..=9999).contains(year))?;
        let (month, day) = (i8::try_from(month).ok()?, day.parse().ok()?);
        DateTime::new(year, month, day, part(0)?, part(3)?, part(6)?, 0).ok().map(Self)
    }
}

impl fmt::Display for CertExpiry {
    /// OpenSSL's text, the wire format.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.0;
        let month = MONTHS[usize::try_from(at.month() - 1).unwrap_or_default() % 12];
        write!(f, "{month} {:>2} {:02}:{:02}:{:02} {:04} GMT", at.day(), at.hour(), at.minute(), at.second(), at.year())
    }
}

impl Model for CertExpiry {
    const SHAPE: &'static Shape = &Shape::Timestamp;
    const WIRE_SHAPE: &'static Shape = &Shape::Text(TextShape {
        name: "CertExpiry",
        doc: "An instant as OpenSSL writes it, the day padded to two with a space.",
        format: "",
        pattern: "^[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4} GMT$",
        max_bytes: 24,
        example: "Nov 20 06:00:00 2028 GMT",
    });

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        let read = match reader.representation() {
            Representation::Boundary => Self::from_rfc_3339(&text),
            Representation::Wire => Self::from_openssl(&text).or_else(|| Self::from_rfc_3339(&text)),
        };
        read.ok_or_else(|| reader.invalid(MUST_BE))
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        match writer.representation() {
            Representation::Boundary => format!("{}Z", self.0).into(),
            Representation::Wire => self.to_string().into(),
        }
    }
}

/// [`CertExpiry`] of a retired certificate. If unknown, it is absent on the boundary and `unknown` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetiredExpiry(pub Option<CertExpiry>);

impl Model for RetiredExpiry {
    const SHAPE: &'static Shape = CertExpiry::SHAPE;
    const WIRE_SHAPE: &'static Shape = &Shape::Text(TextShape {
        name: "RetiredExpiry",
        doc: "An instant as OpenSSL writes it, or `unknown`.",
        format: "",
        pattern: "^([A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4} GMT|unknown)$",
        max_bytes: 24,
        example: "unknown",
    });
    const OPTIONAL: bool = true;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        if reader.representation() == Representation::Wire && value.as_str() == Some(UNKNOWN) {
            return Ok(Self(None));
        }
        CertExpiry::read(value, reader).map(|at| Self(Some(at)))
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        match (self.0, writer.representation()) {
            (Some(at), _) => at.write(writer),
            (None, Representation::Wire) => UNKNOWN.into(),
            (None, Representation::Boundary) => Value::Null,
        }
    }

    fn absent(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self(None))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn openssl_text_is_read_and_written() {
        for (text, seconds) in [
            ("Oct 28 06:30:08 2017 GMT", 1_509_172_208),
            ("Nov  1 00:00:00 2028 GMT", 1_856_649_600),
            ("Dec 31 23:59:59 9999 GMT", 253_402_300_799),
        ] {
            let read = CertExpiry::from_openssl(text).unwrap();
            assert_eq!((read.unix_s(), read.to_string().as_str()), (seconds, text));
            assert_eq!(CertExpiry::from_unix_s(seconds), Some(read));
        }
        for (text, kept) in [
            ("9999-12-31T23:59:59Z", Some("Dec 31 23:59:59 9999 GMT")),
            ("2028-11-20T08:00:00.5+02:00", Some("Nov 20 06:00:00 2028 GMT")),
            ("2028-11-20Z", None),
            ("2028-11-20T08:00:00", None),
        ] {
            assert_eq!(CertExpiry::from_rfc_3339(text).map(|at| at.to_string()).as_deref(), kept, "{text}");
        }
        // The form without padding is read too.
        assert_eq!(
            CertExpiry::from_openssl("Nov 1 00:00:00 2028 GMT").unwrap().to_string(),
            "Nov  1 00:00:00 2028 GMT"
        );
        for bad in [
            "",
            "unknown",
            "Oct 28 06:30:08 2017",
            "Oct 28 6:30:08 2017 GMT",
            "Oct 32 06:30:08 2017 GMT",
            "Ok 1 é0:00:00 2017 GMT",
        ] {
            assert_eq!(CertExpiry::from_openssl(bad), None, "{bad}");
        }
    }
}
