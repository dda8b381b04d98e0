//! SHA-256 and, for foreign messages, other digests; HMAC-SHA-256, comparison in constant time, hex.

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac};
use data_encoding::HEXLOWER;

/// SHA-256 over data that comes in pieces.
#[derive(Clone)]
pub struct Sha256(digest::Context);

impl Sha256 {
    /// A new digest.
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Adds the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest.
    pub fn finish(self) -> [u8; 32] {
        array(self.0.finish().as_ref())
    }

    /// The digest, lower-case hex.
    pub fn finish_hex(self) -> String {
        hex(&self.finish())
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sha256").finish_non_exhaustive()
    }
}

/// A digest that a foreign message may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageDigestAlgorithm {
    /// SHA-1, which is broken: only where a peer's profile permits it.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl MessageDigestAlgorithm {
    /// A digest of data that comes in pieces.
    #[must_use]
    pub fn begin(self) -> StreamedDigest {
        StreamedDigest(digest::Context::new(match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }))
    }

    /// The digest of `data`: 20, 32, 48 or 64 bytes.
    #[must_use]
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        let mut digest = self.begin();
        digest.update(data);
        digest.finish()
    }
}

/// A digest of data that comes in pieces.
#[derive(Clone)]
pub struct StreamedDigest(digest::Context);

impl StreamedDigest {
    /// Adds the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

impl fmt::Debug for StreamedDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedDigest").finish_non_exhaustive()
    }
}

/// SHA-256 of `data`.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    array(digest::digest(&digest::SHA256, data).as_ref())
}

/// The SHA-256 of texts, each preceded by its length: no two lists of texts hash the same bytes. `None` differs from an
/// empty text.
pub fn sha256_of_texts(texts: &[Option<&str>]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for text in texts {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        digest.update(&length.to_be_bytes());
        digest.update(text.unwrap_or_default().as_bytes());
    }
    digest.finish()
}

/// HMAC-SHA-1, which a bank's protocol demands for a code; take SHA-256 for everything else.
pub fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key));
    context.update(message);
    let mut out = [0; 20];
    out.copy_from_slice(context.sign().as_ref());
    out
}

/// HMAC-SHA-256 over the concatenation of `parts`. The caller must separate parts with arbitrary content.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    array(context.sign().as_ref())
}

/// Whether two byte strings are equal, in time that depends on their lengths only.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Reads hex of either case; `None` for anything else.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
}

fn array(digest: &[u8]) -> [u8; 32] {
    digest.try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    /// FIPS 180-4 example.
    #[test]
    fn sha256_of_abc() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&sha256(b"abc")), expected);
        let mut pieces = Sha256::new();
        pieces.update(b"a");
        pieces.update(b"bc");
        assert_eq!(pieces.finish_hex(), expected);
    }

    #[test]
    fn t45_hmac_sha_1_vectors() {
        let every: Vec<u8> = (0..=255).collect();
        for (message, expected) in
            [(&b"abc"[..], "2uVIIsDa9sEVyXsK1ix7y+nV5vw="), (&every, "8zeYTCE/weqhocK585Lpoiw1fLs=")]
        {
            let mac = hmac_sha1(b"1234567890", message);
            assert_eq!(data_encoding::BASE64.encode(&mac), expected);
        }
    }

    /// RFC 4231, test case 2, and the challenge vector of docs/protocols/ws-channel.md §3.2.
    #[test]
    fn hmac_vectors() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"])), expected);
        let key: Vec<u8> = (0..32).collect();
        let text: &[u8] = b"wsch1\nuser@example.test\nadmin\n1767225600000\n4017bda8-0a15-4154-a8b7-88069b05cb4e";
        let mac = hmac_sha256(&key, &[text]);
        assert_eq!(STANDARD.encode(mac), "qEom0FEgqcp23yEf4AL6z4vhI7UND+AmWWt3FmG6w64=");
    }

    proptest! {
        #[test]
        fn pieces_and_hex(data: Vec<u8>, cut: usize) {
            let (head, tail) = data.split_at(cut % (data.len() + 1));
            let mut pieces = Sha256::new();
            pieces.update(head);
            pieces.update(tail);
            prop_assert_eq!(pieces.finish(), sha256(&data));
            prop_assert_eq!(from_hex(&hex(&data)).unwrap(), data.clone());
            prop_assert_eq!(from_hex(&hex(&data).to_uppercase()).unwrap(), data.clone());
            prop_assert!(constant_time_eq(&data, &data));
            prop_assert!(!constant_time_eq(&data, &[&data[..], b"x"].concat()));
        }
    }
}
