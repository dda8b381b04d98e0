//! Distinguished names: read from DER, compared by meaning (§2.6 "DN, verifier").

use super::{CertificateFault, NameStyle};
use crate::asn1::{self, Asn1Element, Decode, Reader, SliceReader, element, tag};

const COMMON_NAME: &str = "2.5.4.3";

/// Largest name that is read, bytes of DER or of text (S-07).
pub(super) const MAX_NAME_BYTES: usize = 2048;
/// Maximum number of parts (RDNs, and attributes together) of a name (S-07).
pub(super) const MAX_PARTS: usize = 32;

/// A distinguished name, its parts in the order in which they were read: from a certificate, the most general first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinguishedName {
    /// The parts.
    pub rdns: Vec<Rdn>,
}

/// One part of a name; nearly always with a single attribute.
pub type Rdn = Vec<NameAttribute>;

/// One type and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAttribute {
    /// The type as numbers with dots, such as `2.5.4.3`.
    pub oid: String,
    /// The value as text; empty if the value is not text.
    pub value: String,
    /// The value as DER: tag, length, content.
    pub der: Vec<u8>,
}

impl NameAttribute {
    /// Whether the value has a string type and is readable.
    #[must_use]
    pub fn is_text(&self) -> bool {
        let value = Asn1Element::from_der(&self.der);
        value.is_ok_and(|value| !self.value.is_empty() || asn1::text(value.tag, value.content).is_some())
    }

    /// The same type and, ignoring string type, letter case and spaces, the same value.
    fn matches(&self, other: &Self) -> bool {
        if self.oid != other.oid {
            return false;
        }
        self.der == other.der || (self.is_text() && other.is_text() && folded(&self.value).eq(folded(&other.value)))
    }
}

impl DistinguishedName {
    /// Reads a name (X.501) of a certificate.
    ///
    /// # Errors
    /// [`CertificateFault`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateFault> {
        if der.len() > MAX_NAME_BYTES {
            return Err("a name has more than 2048 bytes".into());
        }
        let mut parts = SliceReader::new(asn1::only(der, tag::SEQUENCE)?)?;
        let mut rdns = Vec::new();
        let mut count = 0;
        while !parts.is_finished() {
            let mut attributes = SliceReader::new(element(&mut parts, tag::SET)?.content)?;
            let mut rdn = Vec::with_capacity(1);
            while !attributes.is_finished() {
                count += 1;
                if count > MAX_PARTS {
                    return Err("a name has more than 32 parts".into());
                }
                rdn.push(attribute(element(&mut attributes, tag::SEQUENCE)?.content)?);
            }
            if rdn.is_empty() {
                return Err("a name has an empty part".into());
            }
            rdns.push(rdn);
        }
        Ok(Self { rdns })
    }

    /// Whether two names are equivalent: string types, letter case, repeated spaces and the order of the parts, forward
    /// or reverse, are ignored (§2.6).
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let mut reverse = self.rdns.iter().zip(other.rdns.iter().rev());
        self.matches_in_order(other) || (self.rdns.len() == other.rdns.len() && reverse.all(|(a, b)| same_part(a, b)))
    }

    /// The same, but with the order of the parts: for the names of two certificates (RFC 5280 §7.1).
    #[must_use]
    pub fn matches_in_order(&self, other: &Self) -> bool {
        let mut pairs = self.rdns.iter().zip(&other.rdns);
        self.rdns.len() == other.rdns.len() && pairs.all(|(a, b)| same_part(a, b))
    }

    /// The most specific common name, otherwise the whole name (docs/protocols/ws-channel.md §2.13). On one line: nobody
    /// can be shown lines that a certificate's holder wrote.
    #[must_use]
    pub fn display(&self) -> String {
        let is_common = |attribute: &&NameAttribute| attribute.oid == COMMON_NAME && attribute.is_text();
        let common = self.rdns.iter().flatten().rev().find(is_common);
        common.map_or_else(|| self.to_text(NameStyle::Rfc2253), |attribute| on_one_line(&attribute.value))
    }

    /// The first value of an attribute type, by number.
    #[must_use]
    pub fn get(&self, oid: &str) -> Option<&NameAttribute> {
        self.rdns.iter().flatten().find(|attribute| attribute.oid == oid)
    }
}

fn attribute(der: &[u8]) -> Result<NameAttribute, CertificateFault> {
    let mut reader = SliceReader::new(der)?;
    let oid = asn1::dotted(element(&mut reader, tag::OID)?.content)?;
    let value = Asn1Element::decode(&mut reader)?;
    reader.finish()?;
    Ok(NameAttribute {
        oid,
        value: asn1::text(value.tag, value.content).unwrap_or_default(),
        der: value.whole.to_vec(),
    })
}

/// Whether a text that a person reads is broken or turned by this character: control characters, separators of lines,
/// and marks of writing from right to left.
pub(super) fn is_unprintable(one: char) -> bool {
    one.is_control() || matches!(one, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A value whose unprintable characters are written as RFC 4514 §2.4 writes bytes: `\0A`.
pub(super) fn on_one_line(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for one in value.chars() {
        if is_unprintable(one) {
            one.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&format!("\\{byte:02X}")));
        } else {
            out.push(one);
        }
    }
    out
}

/// The order inside a part has no meaning.
fn same_part(a: &[NameAttribute], b: &[NameAttribute]) -> bool {
    match (a, b) {
        ([a], [b]) => a.matches(b),
        _ => {
            let mut left: Vec<&NameAttribute> = b.iter().collect();
            a.len() == b.len()
                && a.iter().all(|attribute| {
                    let found = left.iter().position(|other| attribute.matches(other));
                    found.map(|index| left.swap_remove(index)).is_some()
                })
        }
    }
}

/// Characters without letter case, leading and trailing spaces, and repeated spaces.
fn folded(value: &str) -> impl Iterator<Item = char> + '_ {
    let words = value.split_whitespace().enumerate();
    let spaced = words.flat_map(|(index, word)| (index > 0).then_some(' ').into_iter().chain(word.chars()));
    spaced.flat_map(char::to_lowercase)
}

#[cfg(test)]
#[path = "name_tests.rs"]
mod tests;
