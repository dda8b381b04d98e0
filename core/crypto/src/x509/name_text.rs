//! Distinguished names as text: written in the styles that banks require, read in all styles that clients write (§2.6,
//! §2.9).

use std::fmt;

use data_encoding::HEXLOWER_PERMISSIVE;

use super::name::{DistinguishedName, MAX_NAME_BYTES, MAX_PARTS, NameAttribute, Rdn, is_unprintable, on_one_line};
use crate::asn1::{self, Asn1Element, Decode, tag};
use crate::digest::hex;

/// Attribute types with a short name (RFC 4514 §3), by number; all others are written as numbers.
const SHORT_NAMES: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.6", "C"),
    ("2.5.4.9", "STREET"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];

/// Types named beyond RFC 4514: all names are read (letter case is ignored); the first name of a number is written.
const LONG_NAMES: [(&str, &str); 21] = [
    ("2.5.4.97", "organizationIdentifier"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("1.2.840.113549.1.9.1", "E"),
    ("1.2.840.113549.1.9.1", "EMAIL"),
    ("2.5.4.8", "S"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.4", "SN"),
    ("2.5.4.4", "surname"),
    ("2.5.4.42", "GN"),
    ("2.5.4.42", "givenName"),
    ("2.5.4.12", "title"),
    ("2.5.4.12", "T"),
    ("2.5.4.15", "businessCategory"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.46", "dnQualifier"),
    ("2.5.4.3", "commonName"),
    ("2.5.4.6", "countryName"),
    ("2.5.4.7", "localityName"),
    ("2.5.4.8", "stateOrProvinceName"),
    ("2.5.4.10", "organizationName"),
    ("2.5.4.11", "organizationalUnitName"),
];

/// The style in which a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameStyle {
    /// RFC 2253: the most specific part first, types without a short name as number and hex.
    #[default]
    Rfc2253,
    /// The same with `organizationIdentifier=` and other long names as text.
    Rfc2253Named,
    /// Like [`Rfc2253`](Self::Rfc2253), but in the order of the certificate.
    Forward,
    /// Like [`Rfc2253`](Self::Rfc2253) with `%20` for each space.
    Pct20,
}

/// Why a text is not a distinguished name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameFault {
    /// The position, in bytes from the start of the text.
    pub at: usize,
    /// The fault, for a person.
    pub why: &'static str,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.why, self.at + 1)
    }
}

impl std::error::Error for NameFault {}

impl DistinguishedName {
    /// The name as text.
    #[must_use]
    pub fn to_text(&self, style: NameStyle) -> String {
        let mut parts: Vec<String> = self.rdns.iter().map(|rdn| part_text(rdn, style)).collect();
        if style != NameStyle::Forward {
            parts.reverse();
        }
        let text = parts.join(",");
        if style == NameStyle::Pct20 { text.replace(' ', "%20") } else { text }
    }

    /// The name as `openssl` writes it on one line: `/C=NO/O=…`, in the order of the certificate.
    #[must_use]
    pub fn slash_text(&self) -> String {
        let mut out = String::new();
        for attribute in self.rdns.iter().flatten() {
            out.push('/');
            out.push_str(short_name(&attribute.oid).or_else(|| long_name(&attribute.oid)).unwrap_or(&attribute.oid));
            out.push('=');
            out.push_str(&on_one_line(&attribute.value));
        }
        out
    }

    /// Reads a name in the syntax of RFC 4514 and RFC 2253, with the usual tolerance: spaces around separators, `;`
    /// for `,`, values in quotes, type names in any letter case, `OID.` before a number. The parts stay in the order
    /// of the text.
    ///
    /// # Errors
    /// [`NameFault`].
    pub fn parse(text: &str) -> Result<Self, NameFault> {
        if text.len() > MAX_NAME_BYTES {
            return Err(NameFault { at: MAX_NAME_BYTES, why: "the name has more than 2048 bytes" });
        }
        let mut scanner = NameScanner { text, at: 0 };
        let mut rdns = Vec::new();
        let mut rdn = Rdn::with_capacity(1);
        for _ in 0..MAX_PARTS {
            let (attribute, separator) = scanner.attribute()?;
            rdn.push(attribute);
            if separator == Some(b'+') {
                continue;
            }
            rdns.push(std::mem::take(&mut rdn));
            if separator.is_none() {
                return Ok(Self { rdns });
            }
        }
        Err(scanner.fault("the name has more than 32 parts"))
    }
}

fn part_text(rdn: &[NameAttribute], style: NameStyle) -> String {
    let mut out = String::new();
    for (index, attribute) in rdn.iter().enumerate() {
        if index > 0 {
            out.push('+');
        }
        let long = || long_name(&attribute.oid).filter(|_| style == NameStyle::Rfc2253Named);
        let name = short_name(&attribute.oid).or_else(long);
        out.push_str(name.unwrap_or(&attribute.oid));
        out.push('=');
        // RFC 4514 §2.4 allows hex for every value. Control characters must not reach a header in another form.
        if name.is_some() && attribute.is_text() && !attribute.value.contains(is_unprintable) {
            out.push_str(&escape(&attribute.value));
        } else {
            out.push('#');
            out.push_str(&hex(&attribute.der));
        }
    }
    out
}

fn short_name(oid: &str) -> Option<&'static str> {
    SHORT_NAMES.iter().find(|(number, _)| *number == oid).map(|(_, name)| *name)
}

fn long_name(oid: &str) -> Option<&'static str> {
    LONG_NAMES.iter().find(|(number, _)| *number == oid).map(|(_, name)| *name)
}

/// Scans the text once.
struct NameScanner<'a> {
    text: &'a str,
    at: usize,
}

impl NameScanner<'_> {
    fn fault(&self, why: &'static str) -> NameFault {
        NameFault { at: self.at, why }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    /// One `type=value` and the separator after it; `None` at the end.
    fn attribute(&mut self) -> Result<(NameAttribute, Option<u8>), NameFault> {
        self.skip_spaces();
        let start = self.at;
        let rest = &self.text[start..];
        if rest.is_empty() {
            return Err(self.fault("a part of the name is missing"));
        }
        let Some(equals) = rest.bytes().position(|byte| matches!(byte, b'=' | b',' | b'+' | b';')) else {
            return Err(self.fault("a part of the name has no `=`"));
        };
        if rest.as_bytes()[equals] != b'=' {
            return Err(self.fault("a part of the name has no `=`"));
        }
        let oid = number(rest[..equals].trim_end_matches(' '));
        let oid = oid.ok_or_else(|| self.fault("this attribute type is not known: write it as a number"))?;
        self.at = start + equals + 1;
        self.skip_spaces();
        let (value, der) = match self.peek() {
            Some(b'#') => self.hex_value()?,
            Some(b'"') => self.quoted_value()?,
            _ => self.plain_value()?,
        };
        self.skip_spaces();
        let separator = self.peek();
        match separator {
            None => {}
            Some(b',' | b';' | b'+') => self.at += 1,
            Some(_) => return Err(self.fault("no separator after a value")),
        }
        Ok((NameAttribute { oid, value, der }, separator))
    }

    /// `#` and the DER of the value in hex.
    fn hex_value(&mut self) -> Result<(String, Vec<u8>), NameFault> {
        let digits = &self.text.as_bytes()[self.at + 1..];
        let digits = &digits[..digits.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(digits.len())];
        let wrong = "no DER value in hex after `#`";
        let der = HEXLOWER_PERMISSIVE.decode(digits).map_err(|_| self.fault(wrong))?;
        let value = Asn1Element::from_der(&der).map_err(|_| self.fault(wrong))?;
        let text = asn1::text(value.tag, value.content).unwrap_or_default();
        self.at += 1 + digits.len();
        Ok((text, der))
    }

    /// A value in quotes (RFC 1779): only `"` and `\` are special in it.
    fn quoted_value(&mut self) -> Result<(String, Vec<u8>), NameFault> {
        self.at += 1;
        let mut value = Vec::new();
        loop {
            match self.peek() {
                None => return Err(self.fault("a quoted value has no end")),
                Some(b'"') => break,
                Some(b'\\') => self.escaped(&mut value)?,
                Some(byte) => {
                    value.push(byte);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        self.string(value)
    }

    fn plain_value(&mut self) -> Result<(String, Vec<u8>), NameFault> {
        let mut value = Vec::new();
        // Trailing spaces are not part of the value unless they are escaped.
        let mut kept = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b',' | b';' | b'+' => break,
                b'"' => return Err(self.fault("a quote inside a value must be escaped")),
                b'\\' => {
                    self.escaped(&mut value)?;
                    kept = value.len();
                }
                _ => {
                    value.push(byte);
                    self.at += 1;
                    if byte != b' ' {
                        kept = value.len();
                    }
                }
            }
        }
        value.truncate(kept);
        self.string(value)
    }

    /// `\` and two hex digits, or `\` and one special character.
    fn escaped(&mut self, value: &mut Vec<u8>) -> Result<(), NameFault> {
        let bytes = &self.text.as_bytes()[self.at + 1..];
        if let Some(byte) = bytes.get(..2).and_then(|pair| HEXLOWER_PERMISSIVE.decode(pair).ok()) {
            value.extend(byte);
            self.at += 3;
            return Ok(());
        }
        match bytes.first() {
            Some(&byte) if b",+\"\\<>;=# ".contains(&byte) => {
                value.push(byte);
                self.at += 2;
                Ok(())
            }
            _ => Err(self.fault("neither a special character nor two hex digits after `\\`")),
        }
    }

    fn string(&self, value: Vec<u8>) -> Result<(String, Vec<u8>), NameFault> {
        let value = String::from_utf8(value).map_err(|_| self.fault("a value is not UTF-8"))?;
        let der = asn1::encode(tag::UTF8, value.as_bytes());
        Ok((value, der))
    }
}

/// The number of an attribute type given by name or number.
fn number(name: &str) -> Option<String> {
    let prefixed = name.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("OID."));
    let digits = if prefixed { &name[4..] } else { name };
    let arc = |arc: &str| {
        let plain = arc == "0" || !arc.starts_with('0');
        !arc.is_empty() && arc.len() <= 20 && plain && arc.bytes().all(|byte| byte.is_ascii_digit())
    };
    if digits.contains('.') && digits.split('.').all(arc) {
        return Some(digits.to_owned());
    }
    let known = SHORT_NAMES.iter().chain(&LONG_NAMES).find(|(_, known)| known.eq_ignore_ascii_case(name));
    known.map(|(number, _)| (*number).to_owned())
}

/// A value with the escapes of RFC 4514 §2.4.
fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        let escaped = match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => true,
            ' ' => index == 0 || index == last,
            '#' => index == 0,
            _ => false,
        };
        match character {
            '\0' => out.push_str("\\00"),
            _ if escaped => out.extend(['\\', character]),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    /// Examples of RFC 4514 §4.
    #[test]
    fn escapes() {
        assert_eq!(super::escape("James \"Jim\" Smith, III"), "James \\\"Jim\\\" Smith\\, III");
        assert_eq!(super::escape("# a "), "\\# a\\ ");
        assert_eq!(super::escape("Before\0After"), "Before\\00After");
        assert_eq!(super::escape(" "), "\\ ");
    }
}
