//! Compares the key id with the certificate, attribute by attribute; H-14 and H-15.

use bankchannel_foundation::model::Boundary;

use super::hypotheses::Cause;
use super::visible::clip;
use crate::certificates::{Certificate, DistinguishedName, NameAttribute, NameStyle};
use crate::signing::{KeyId, SerialStyle, serial_text};

/// The maximum length of a value shown, in characters.
const MAX_SHOWN: usize = 200;
/// The maximum number of a name's attributes shown.
const MAX_ATTRIBUTES: usize = 48;
/// The maximum length of a serial number that is read as a number, in octets.
const MAX_SERIAL: usize = 21;

/// A part of the key id compared with the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PartCompared {
    /// The part: `SN`, `CN`, or an object identifier.
    pub attribute: String,
    /// The value in the key id.
    pub key_id: Option<String>,
    /// The value in the certificate.
    pub certificate: Option<String>,
    /// Whether both mean the same, in any spelling.
    pub same: bool,
}

/// The key id compared with the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct KeyIdCompared {
    /// The serial number.
    pub serial: PartCompared,
    /// The issuer's parts, the most specific first, as in a key id; then those that only the key id has.
    pub issuer: Vec<PartCompared>,
    /// Whether the issuer in the key id could be read as a name.
    pub issuer_reads: bool,
}

impl KeyIdCompared {
    /// Compares the two.
    #[must_use]
    pub fn compare(key_id: &KeyId, certificate: &Certificate) -> Self {
        let serial = PartCompared {
            attribute: "SN".to_owned(),
            key_id: Some(clip(&key_id.serial, MAX_SHOWN)),
            certificate: Some(hex(certificate.serial())),
            same: is_hex_of(&key_id.serial, certificate.serial()),
        };
        let read = DistinguishedName::parse(&key_id.issuer);
        let issuer_reads = read.is_ok();
        let mut claimed: Vec<NameAttribute> =
            read.map(|name| name.rdns.into_iter().flatten().collect()).unwrap_or_default();
        let mut issuer = Vec::new();
        for held in certificate.issuer().rdns.iter().rev().flatten() {
            let same_oid = |other: &NameAttribute| other.oid == held.oid;
            // If a type occurs twice, equal values are paired.
            let at = claimed.iter().position(|other| same_oid(other) && equal(other, held));
            let other = at.or_else(|| claimed.iter().position(same_oid)).map(|at| claimed.remove(at));
            issuer.push(PartCompared {
                attribute: short(&held.oid).to_owned(),
                same: other.as_ref().is_some_and(|other| equal(other, held)),
                key_id: other.map(|other| clip(&other.value, MAX_SHOWN)),
                certificate: Some(clip(&held.value, MAX_SHOWN)),
            });
        }
        issuer.extend(claimed.into_iter().map(|other| PartCompared {
            attribute: short(&other.oid).to_owned(),
            key_id: Some(clip(&other.value, MAX_SHOWN)),
            certificate: None,
            same: false,
        }));
        issuer.truncate(MAX_ATTRIBUTES);
        Self { serial, issuer, issuer_reads }
    }

    /// If the check of the key id (V23) holds, all parts count as equal, in any spelling.
    pub(super) fn with_check(mut self, holds: Option<bool>) -> Self {
        if holds == Some(true) {
            [&mut self.serial].into_iter().chain(&mut self.issuer).for_each(|part| part.same = true);
        }
        self
    }
}

/// Certificates that a key id may identify by mistake.
#[derive(Clone, Copy)]
pub(super) struct OtherCertificates<'a> {
    pub(super) known: &'a [Certificate],
    pub(super) tls_client: Option<&'a Certificate>,
}

/// H-14 and H-15, for a key id that does not identify its certificate correctly.
pub(super) fn hypotheses(key_id: &KeyId, certificate: &Certificate, others: OtherCertificates<'_>) -> Vec<Cause> {
    let mut found = Vec::new();
    let is_right = is_hex_of(&key_id.serial, certificate.serial());
    if !is_right {
        found.extend(serial(&key_id.serial, certificate, others).map(|text| Cause::matched("H-14", text)));
    }
    // If the serial number is wrong, the right name in another form is not a reason.
    let is_refused = is_right || !named(&key_id.issuer, certificate.issuer());
    found.extend(issuer(&key_id.issuer, certificate).filter(|_| is_refused).map(|text| Cause::matched("H-15", text)));
    found
}

fn serial(written: &str, certificate: &Certificate, others: OtherCertificates<'_>) -> Option<String> {
    let right = hex(certificate.serial());
    if decimal(certificate.serial()).is_some_and(|decimal| decimal == written.trim_start_matches('0')) {
        return Some(format!("the serial number is in decimal; in hexadecimal it is {right}"));
    }
    let is_of = |other: &&Certificate| is_hex_of(written, other.serial());
    let what = if others.known.iter().filter(is_of).any(|other| other.subject().matches(certificate.issuer())) {
        "the certificate of the issuer"
    } else if others.tls_client.filter(is_of).is_some() {
        "the TLS certificate"
    } else if others.known.iter().any(|other| is_of(&other)) {
        "another known certificate"
    } else {
        return None;
    };
    Some(format!("the serial number is that of {what}; that of the signing certificate is {right}"))
}

fn named(text: &str, name: &DistinguishedName) -> bool {
    DistinguishedName::parse(text).is_ok_and(|read| read.matches(name))
}

fn issuer(written: &str, certificate: &Certificate) -> Option<String> {
    let (issuer, subject) = (certificate.issuer(), certificate.subject());
    let names = named;
    let spaced = written.replace("%20", " ");
    if names(written, issuer) {
        let right = issuer.to_text(NameStyle::Rfc2253);
        // The name is right, so only its form can be the reason.
        if written == right {
            return None;
        }
        let what = if written == issuer.to_text(NameStyle::Forward) {
            "the issuer's name is in the certificate's order, not in reverse"
        } else if written.contains(", ") {
            "the issuer's name has spaces after its commas"
        } else {
            "the issuer's name is in another form"
        };
        return Some(format!("{what}; it is usually written {}", clip(&right, MAX_SHOWN)));
    }
    let what = if written.starts_with('/') && written.eq_ignore_ascii_case(&issuer.slash_text()) {
        "the issuer's name is in OpenSSL's slash form"
    } else if written.starts_with('/') && written.eq_ignore_ascii_case(&subject.slash_text()) {
        "the name is the subject's, in OpenSSL's slash form"
    } else if spaced != written && names(&spaced, issuer) {
        "the issuer's name has %20 in place of spaces"
    } else if names(written, subject) || names(&spaced, subject) {
        "the name is that of the certificate's subject, not of its issuer"
    } else {
        return None;
    };
    Some(what.to_owned())
}

fn equal(left: &NameAttribute, right: &NameAttribute) -> bool {
    let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    left.oid == right.oid && folded(&left.value) == folded(&right.value)
}

/// Upper-case hexadecimal without leading zeros.
fn hex(number: &[u8]) -> String {
    clip(&serial_text(number, SerialStyle::HexUpper), MAX_SHOWN)
}

fn is_hex_of(written: &str, number: &[u8]) -> bool {
    let digits = written.trim_start_matches('0');
    let digits = if digits.is_empty() && !written.is_empty() { "0" } else { digits };
    digits.eq_ignore_ascii_case(&hex(number))
}

/// A number in decimal; `None` if it is longer than a serial number may be.
fn decimal(number: &[u8]) -> Option<String> {
    if number.len() > MAX_SERIAL {
        return None;
    }
    let mut digits = vec![0_u8];
    for &byte in number {
        let mut carry = u16::from(byte);
        for digit in &mut digits {
            let sum = u16::from(*digit) * 256 + carry;
            *digit = (sum % 10).to_le_bytes()[0];
            carry = sum / 10;
        }
        while carry > 0 {
            digits.push((carry % 10).to_le_bytes()[0]);
            carry /= 10;
        }
    }
    Some(digits.iter().rev().map(|&digit| char::from(b'0' + digit)).collect())
}

/// The usual short name of an attribute's type, or else its object identifier.
fn short(oid: &str) -> &str {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        "1.2.840.113549.1.9.1" => "emailAddress",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_both_bases() {
        assert_eq!(decimal(&[0xff; 8]).unwrap(), u64::MAX.to_string());
        assert_eq!(decimal(&0x0B3A_91F2_7C5D_4E10_u64.to_be_bytes()).unwrap(), 0x0B3A_91F2_7C5D_4E10_u64.to_string());
        assert_eq!((decimal(&[]).as_deref(), decimal(&[1; 22])), (Some("0"), None));
        assert!(is_hex_of("0b3A", &[0x0b, 0x3a]) && is_hex_of("0", &[]) && !is_hex_of("", &[]));
    }
}
