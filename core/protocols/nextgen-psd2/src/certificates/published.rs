//! The test key that the sheet publishes (§2.10): anybody can sign with it.

use super::Certificate;

/// The SHA-256 of its SubjectPublicKeyInfo.
const SPKI_SHA256: [u8; 32] = [
    0x9e, 0xa3, 0xac, 0x14, 0xdb, 0x9d, 0x34, 0xc4, 0xac, 0x3a, 0xc7, 0x98, 0xa8, 0xe0, 0xca, 0xd7, 0xd0, 0x0a, 0x5c,
    0xdc, 0x59, 0x29, 0x3b, 0x5f, 0xea, 0xee, 0x45, 0x53, 0xd1, 0xb4, 0x18, 0x3a,
];

impl Certificate {
    /// Whether its key is the published one, which no real bank may be sent (S-17).
    #[must_use]
    pub fn has_published_key(&self) -> bool {
        self.key().is_ok_and(|key| key.spki_sha256() == SPKI_SHA256)
    }
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{CA1, LEAF1, LEAF2, certificate};

    /// T-148, the part that needs no client.
    #[test]
    fn the_sheets_own_certificates_are_known_and_others_are_not() {
        assert!(certificate(LEAF1).has_published_key() && certificate(LEAF2).has_published_key());
        assert!(!certificate(CA1).has_published_key());
    }
}
