//! The cost of opening a file with a passphrase, read from the file before anything is computed. The DER reader is the
//! one that opens the file afterwards: both skip the same values.

use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{Decode, Reader, SliceReader, Tag, Tagged};

use crate::{CryptoError, Result};

/// The depth to which nested values are checked: PKCS#12 with PBES2 inside has fifteen levels.
const MAX_DEPTH: usize = 24;
/// Maximum memory of scrypt, bytes (RFC 7914: 128·N·r); `openssl pkcs8 -scrypt` takes 16 MiB.
const MAX_SCRYPT_BYTES: u64 = 64 * 1024 * 1024;
/// The rounds that one block of scrypt counts as: it hashes 128 bytes twice.
const ROUNDS_PER_SCRYPT_BLOCK: u64 = 4;

// The contents of the object identifiers.
const PBKDF2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
const SCRYPT: &[u8] = b"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b";
/// The PKCS#12 algorithms (RFC 7292, appendix C) have one more number.
const PKCS12_PBE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01";
/// The PBES1 algorithms (RFC 8018, A.3) have one more number; PBES2, whose parts are counted separately, is 13.
const PKCS5: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05";

/// Refuses a file that requires more than `each` rounds of key derivation in one part, or `all` in all its parts
/// together. A part that is itself encrypted cannot be checked.
///
/// # Errors
/// [`Error::TooManyRounds`].
pub(crate) fn check(der: &[u8], each: u64, all: u64) -> Result<()> {
    match rounds(der, MAX_DEPTH) {
        found if found.largest > each => Err(CryptoError::TooManyRounds { limit: each }),
        found if found.sum > all => Err(CryptoError::TooManyRounds { limit: all }),
        _ => Ok(()),
    }
}

/// The rounds of several parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DerivationRounds {
    sum: u64,
    /// The rounds of the most expensive part. Scrypt, whose rounds are an estimate, counts only in the sum.
    largest: u64,
}

impl DerivationRounds {
    const ENDLESS: Self = Self { sum: u64::MAX, largest: u64::MAX };

    fn of_part(rounds: u64) -> Self {
        Self { sum: rounds, largest: rounds }
    }

    fn and(self, other: Self) -> Self {
        Self { sum: self.sum.saturating_add(other.sum), largest: self.largest.max(other.largest) }
    }
}

/// The rounds that the values of `der` require together.
fn rounds(der: &[u8], depth: usize) -> DerivationRounds {
    let mut fields = DerFields::new(der);
    let mut found = DerivationRounds::default();
    while let Some(value) = fields.any() {
        found = found.and(rounds_of(&value, depth));
    }
    found
}

fn rounds_of(value: &AnyRef<'_>, depth: usize) -> DerivationRounds {
    if depth == 0 {
        // No plausible file is nested so deeply.
        return DerivationRounds::ENDLESS;
    }
    // An OCTET STRING may contain further values; if it does not, reading it stops early.
    let holds_values = value.tag().is_constructed() || value.tag() == Tag::OctetString;
    let own = if value.tag() == Tag::Sequence { own_rounds(value.value()) } else { DerivationRounds::default() };
    let inner = if holds_values { rounds(value.value(), depth - 1) } else { DerivationRounds::default() };
    own.and(inner)
}

/// The rounds of an algorithm that derives a key, or of the MacData of PKCS#12: none for anything else.
fn own_rounds(sequence: &[u8]) -> DerivationRounds {
    let mut fields = DerFields::new(sequence);
    let (Some(first), Some(second)) = (fields.any(), fields.any()) else { return DerivationRounds::default() };
    let (oid, mut parameters) = (first.value(), DerFields::new(second.value()));
    match (first.tag(), second.tag()) {
        (Tag::ObjectIdentifier, Tag::Sequence) if oid == PBKDF2 || is_one_of(PKCS12_PBE, oid) => {
            parameters.any();
            DerivationRounds::of_part(parameters.number())
        }
        (Tag::ObjectIdentifier, Tag::Sequence) if is_one_of(PKCS5, oid) && !oid.ends_with(&[0x0d]) => {
            parameters.any();
            DerivationRounds::of_part(parameters.number())
        }
        (Tag::ObjectIdentifier, Tag::Sequence) if oid == SCRYPT => {
            parameters.any();
            let (cost, block, lanes) = (parameters.number(), parameters.number(), parameters.number());
            let blocks = cost.saturating_mul(block);
            // A cost of zero is invalid: the library panics on it.
            let is_none = [cost, block, lanes].contains(&0);
            let is_large = is_none || blocks.saturating_mul(128) > MAX_SCRYPT_BYTES;
            let sum = blocks.saturating_mul(lanes).saturating_mul(ROUNDS_PER_SCRYPT_BLOCK);
            if is_large { DerivationRounds::ENDLESS } else { DerivationRounds { sum, largest: 0 } }
        }
        (Tag::Sequence, Tag::OctetString) => match fields.any() {
            Some(third) if third.tag() == Tag::Integer => DerivationRounds::of_part(number(&third)),
            _ => DerivationRounds::default(),
        },
        _ => DerivationRounds::default(),
    }
}

fn is_one_of(family: &[u8], oid: &[u8]) -> bool {
    oid.len() == family.len() + 1 && oid.starts_with(family)
}

/// A count; anything that is not a number, negative or too large counts as endless.
fn number(value: &AnyRef<'_>) -> u64 {
    let bytes = value.value();
    let is_negative = bytes.first().is_none_or(|first| first & 0x80 != 0);
    if value.tag() != Tag::Integer || is_negative || bytes.len() > 8 {
        return u64::MAX;
    }
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// The values inside a value, in order.
struct DerFields<'a>(Option<SliceReader<'a>>);

impl<'a> DerFields<'a> {
    fn new(der: &'a [u8]) -> Self {
        Self(SliceReader::new(der).ok())
    }

    fn any(&mut self) -> Option<AnyRef<'a>> {
        let reader = self.0.as_mut().filter(|reader| !reader.is_finished())?;
        AnyRef::decode(reader).ok()
    }

    fn number(&mut self) -> u64 {
        self.any().map_or(u64::MAX, |value| number(&value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: &[u8] = b"\x04\x02ab";

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        [&[0x30, u8::try_from(content.len()).unwrap()], &content[..]].concat()
    }

    fn oid(content: &[u8]) -> Vec<u8> {
        [&[0x06, u8::try_from(content.len()).unwrap()], content].concat()
    }

    #[test]
    fn rounds_are_found_wherever_they_stand() {
        let pbkdf2 = sequence(&[&oid(PBKDF2), &sequence(&[SALT, b"\x02\x02\x08\x00"])]);
        let old = sequence(&[&oid(&[PKCS12_PBE, &[3]].concat()), &sequence(&[SALT, b"\x02\x01\x05"])]);
        let pbes1 = sequence(&[&oid(&[PKCS5, &[3]].concat()), &sequence(&[SALT, b"\x02\x01\x07"])]);
        let mac = sequence(&[&sequence(&[]), SALT, b"\x02\x01\x09"]);
        let hidden = [&[0x04, u8::try_from(old.len()).unwrap()], &old[..]].concat();
        let file = sequence(&[&pbkdf2, &hidden, &pbes1, &mac]);
        assert_eq!(rounds(&file, MAX_DEPTH), DerivationRounds { sum: 2048 + 5 + 7 + 9, largest: 2048 });
        assert_eq!(check(&file, 2048, 2069), Ok(()));
        assert_eq!(check(&file, 2048, 2068), Err(CryptoError::TooManyRounds { limit: 2068 }));
        assert_eq!(check(&file, 2047, 2069), Err(CryptoError::TooManyRounds { limit: 2047 }));
    }

    #[test]
    fn what_cannot_be_counted_is_too_much() {
        for count in [&b"\x02\x01\xff"[..], b"\x02\x09\x7f\xff\xff\xff\xff\xff\xff\xff\xff", b"\x04\x00", b""] {
            let file = sequence(&[&oid(PBKDF2), &sequence(&[SALT, count])]);
            assert_eq!(rounds(&file, MAX_DEPTH), DerivationRounds::ENDLESS, "{count:02x?}");
        }
        let mut deep = Vec::new();
        for _ in 0..MAX_DEPTH + 1 {
            deep = sequence(&[&deep]);
        }
        assert_eq!(rounds(&deep, MAX_DEPTH), DerivationRounds::ENDLESS);
    }

    #[test]
    fn scrypt_is_counted_by_its_blocks_and_its_memory() {
        let scrypt =
            |cost: &[u8]| sequence(&[&oid(SCRYPT), &sequence(&[SALT, cost, b"\x02\x01\x08", b"\x02\x01\x01"])]);
        let common = rounds(&scrypt(b"\x02\x02\x40\x00"), MAX_DEPTH);
        assert_eq!(common, DerivationRounds { sum: 16384 * 8 * ROUNDS_PER_SCRYPT_BLOCK, largest: 0 });
        assert_eq!(rounds(&scrypt(b"\x02\x03\x02\x00\x00"), MAX_DEPTH), DerivationRounds::ENDLESS);
        assert_eq!(rounds(&scrypt(b"\x02\x01\x00"), MAX_DEPTH), DerivationRounds::ENDLESS, "no cost at all");
    }
}
