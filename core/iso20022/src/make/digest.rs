//! Identifiers made from the data: the same data gives the same ids.

use sha2::{Digest as _, Sha256};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Crockford's alphabet, in which the ids are written.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The number of characters of a digest in an id.
const CHARACTERS: usize = 20;

/// The fields of a transfer or of a batch as they are hashed: each as its length in bytes (32 bits, big-endian) and its
/// text in NFC. An omitted field has the length 0, a list is its length and its elements, so that no two sets of fields
/// give the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct HashedFields(Vec<u8>);

impl HashedFields {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn text(&mut self, text: &str) {
        if is_nfc_quick(text.chars()) == IsNormalized::Yes {
            self.raw(text.as_bytes());
        } else {
            self.raw(text.nfc().collect::<String>().as_bytes());
        }
    }

    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.text(text.unwrap_or_default());
    }

    /// The length of a list, or the number of the form that follows.
    pub(super) fn count(&mut self, count: usize) {
        self.raw(count.to_string().as_bytes());
    }

    fn raw(&mut self, bytes: &[u8]) {
        // A text of a request is far below 4 GiB.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
    }
}

/// An id: a letter and the first 20 characters of the digest in base 32.
pub(super) fn id(letter: char, digest: &[u8; 32]) -> String {
    let mut id = String::with_capacity(1 + CHARACTERS);
    id.push(letter);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in &digest[..CHARACTERS * 5 / 8 + 1] {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 && id.len() <= CHARACTERS {
            held -= 5;
            id.push(char::from(ALPHABET[(bits >> held) as usize & 31]));
        }
    }
    id
}

/// A UETR: the first 16 bytes of the digest as a UUID of version 4.
pub(super) fn uetr(digest: &[u8; 32]) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The digest of several pieces, concatenated.
pub(super) fn digest(pieces: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    pieces.iter().for_each(|piece| hash.update(piece));
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of docs/protocols/iso20022.md §1.5 (ISO-017), computed there by two other programs.
    #[test]
    fn uetr_of_the_check_value() {
        assert_eq!(uetr(&digest(&[b"bankchannel"])), "9f7a5893-562a-4207-a91e-dd3e484fd85b");
    }

    /// By `python3 -c` over `hashlib` and the alphabet: the first 100 bits, five at a time.
    #[test]
    fn ids_are_the_first_hundred_bits() {
        assert_eq!(id('E', &[0xff; 32]), format!("E{}", "Z".repeat(20)));
        assert_eq!(id('P', &[0; 32]), format!("P{}", "0".repeat(20)));
        assert_eq!(id('M', &digest(&[b"bankchannel"])), "MKXX5H4TP5A90EA8YVMZ4");
    }

    #[test]
    fn other_fields_are_other_bytes() {
        let of = |texts: &[&str]| {
            let mut fields = HashedFields::default();
            texts.iter().for_each(|text| fields.text(text));
            fields
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["", "a"]), of(&["a", ""]));
        assert_eq!(of(&["a\u{308}"]), of(&["ä"]), "NFC");
        assert_eq!(of(&["ä"]).bytes(), [0, 0, 0, 2, 0xc3, 0xa4]);
    }
}
