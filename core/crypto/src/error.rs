//! The errors, precise enough to tell the party at fault.

/// A failed cryptographic operation. No text contains key material or content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// There is no PEM block of the expected kind.
    #[error("no PEM block found; expected a {expected} (-----BEGIN …-----)")]
    NoPem {
        /// The expected kind.
        expected: &'static str,
    },
    /// A PEM block is damaged.
    #[error("the PEM text is damaged: its lines or its base64 cannot be read")]
    MalformedPem,
    /// The text is larger than any plausible PEM file.
    #[error("the PEM text has {actual} bytes; at most {limit} are accepted")]
    PemTooLarge {
        /// The limit, bytes.
        limit: usize,
        /// The actual size, bytes.
        actual: usize,
    },
    /// A private key instead of a public key. It may now be known to others.
    #[error("this is a private key; give only the public key (openssl pkey -pubout)")]
    PrivateKeyGiven,
    /// A public key instead of a private key.
    #[error("this is a public key; give the private key")]
    PublicKeyGiven,
    /// A certificate instead of a key.
    #[error("this is a certificate; give the key (openssl x509 -pubkey -noout)")]
    CertificateGiven,
    /// A key protected by a passphrase.
    #[error("the key is encrypted: give its passphrase too, or the key without one")]
    EncryptedPem,
    /// A passphrase that does not open the key.
    #[error("the passphrase does not open the private key, or the key is damaged")]
    WrongPassphrase,
    /// A key with an unsupported encryption.
    #[error(
        "the key is encrypted in an old or unusual way; convert it (openssl pkcs8 -topk8 -v2 aes-256-cbc, or for PKCS#12 openssl pkcs12)"
    )]
    UnsupportedEncryption,
    /// A file with a passphrase that would take too long to open.
    #[error(
        "opening the file with the passphrase would take more than {limit} rounds of key derivation; export it again \
         with fewer"
    )]
    TooManyRounds {
        /// The limit, rounds.
        limit: u64,
    },
    /// A PKCS#12 file that is larger than any plausible one.
    #[error("the PKCS#12 file has {actual} bytes; at most {limit} are accepted")]
    KeystoreTooLarge {
        /// The limit, bytes.
        limit: usize,
        /// The actual size, bytes.
        actual: usize,
    },
    /// Bytes that are not PKCS#12.
    #[error("this is not a PKCS#12 file (DER), or it is damaged")]
    InvalidKeystore,
    /// A PKCS#12 file with certificates only.
    #[error("there is no private key in the PKCS#12 file")]
    NoKeyInKeystore,
    /// A PKCS#12 file whose certificates belong to other keys.
    #[error("it has no certificate for its key")]
    NoCertificateOfKey,
    /// A key of an algorithm that is not supported for TLS here.
    #[error("the private key is neither RSA nor EC (P-256, P-384, P-521) nor Ed25519")]
    UnsupportedKey,
    /// A PEM block of another kind.
    #[error("found a PEM block of kind {found:?}; expected a {expected}")]
    UnexpectedPem {
        /// The label found.
        found: String,
        /// The expected kind.
        expected: &'static str,
    },
    /// More than one key.
    #[error("there is more than one key; give exactly one")]
    SeveralKeys,
    /// A key of another algorithm.
    #[error("this is not an RSA key")]
    NotRsa,
    /// An RSA key below the minimum.
    #[error("the RSA key has fewer than 2048 bits; use 2048 or more")]
    KeyTooSmall,
    /// An RSA key above the maximum.
    #[error("the RSA key has more than 8192 bits")]
    KeyTooLarge,
    /// The numbers of a key do not match, or its encoding is damaged.
    #[error("the key is damaged or inconsistent")]
    InvalidKey,
    /// An unsupported size for generating RSA keys.
    #[error("RSA keys of {bits} bits are not generated; choose 2048, 3072 or 4096")]
    UnsupportedKeySize {
        /// The requested size.
        bits: usize,
    },
    /// The plaintext does not fit into one RSA block.
    #[error("{actual} bytes do not fit into one RSA-OAEP block; at most {limit} do")]
    MessageTooLong {
        /// The limit, bytes.
        limit: usize,
        /// The actual size, bytes.
        actual: usize,
    },
    /// A parameter of a certificate to be issued is wrong.
    #[error("cannot issue a certificate: {0}")]
    InvalidRequest(&'static str),
    /// Key material of the wrong length.
    #[error("a sealing key has 32 bytes; {actual} were given")]
    SealingKeyLength {
        /// The actual length, bytes.
        actual: usize,
    },
    /// Sealed bytes with an unknown format.
    #[error("the sealed data has an unknown format or is cut short")]
    SealedFormat,
    /// Sealed with a key that is not available.
    #[error("the data was sealed with key {key_id}, which is not available; restore that key")]
    UnknownSealingKey {
        /// The key's id, hex.
        key_id: String,
    },
    /// The sealed bytes, or their associated data, were changed.
    #[error("the sealed data was changed, or belongs to something else")]
    SealedDamaged,
    /// A stored password hash that cannot be read.
    #[error("the stored password hash is damaged")]
    InvalidPasswordHash,
    /// A shared secret that is not base32 or too short or long.
    #[error("the TOTP secret is not valid: it must be base32 of 10 to 64 bytes")]
    InvalidTotpSecret,
    /// The cryptographic library refused an operation that should not fail.
    #[error("internal error in {0}")]
    Internal(&'static str),
}

impl CryptoError {
    /// The text, if `opener`, a field or a setting, can open a key: for a locked key the text names it.
    #[must_use]
    pub fn naming_opener(&self, opener: &str) -> String {
        match self {
            Self::EncryptedPem => format!("the private key is encrypted: it needs `{opener}`"),
            other => other.to_string(),
        }
    }
}
