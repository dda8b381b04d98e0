//! The names of the accepted signature algorithms (§2.5): RSA PKCS#1 v1.5 with SHA-256 or SHA-512.

use bankchannel_crypto::signature::Hash;

/// The name of RSA PKCS#1 v1.5 with this hash, for the `algorithm` parameter.
#[must_use]
pub fn algorithm_name(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha256 => "rsa-sha256",
        Hash::Sha512 => "rsa-sha512",
    }
}

/// The hash that an `algorithm` parameter names, in any letter case. `None` for every other algorithm, including
/// `hs2019` (S-02).
#[must_use]
pub fn algorithm_hash(name: &str) -> Option<Hash> {
    [Hash::Sha256, Hash::Sha512].into_iter().find(|hash| name.eq_ignore_ascii_case(algorithm_name(*hash)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-095, names only.
    #[test]
    fn two_names_and_no_other() {
        assert!(matches!(algorithm_hash("rsa-sha256"), Some(Hash::Sha256)));
        assert!(matches!(algorithm_hash("RSA-SHA512"), Some(Hash::Sha512)));
        for name in ["", "hs2019", "rsa-sha1", "hmac-sha256", "ecdsa-sha256", "none", "rsa-sha256 ", "rsa_sha256"] {
            assert!(algorithm_hash(name).is_none(), "{name}");
        }
    }
}
