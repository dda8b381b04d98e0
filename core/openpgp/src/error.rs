//! The errors, precise enough to tell the party at fault.

/// A failed OpenPGP operation. No text contains key material or content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenPgpError {
    /// The text is not ASCII armor of the expected kind.
    #[error("this is not an ASCII-armored {expected}; it must begin with -----BEGIN {expected}-----")]
    NotArmored {
        /// The expected armor label, such as `PGP SIGNATURE`.
        expected: &'static str,
    },
    /// Armor or packets are damaged, or of an unexpected kind.
    #[error("invalid OpenPGP format: {0}")]
    InvalidFormat(String),
    /// More bytes than the limit allows.
    #[error("{what} has {actual} bytes; at most {limit} are accepted")]
    TooLarge {
        /// The object that is too large.
        what: &'static str,
        /// The limit, bytes.
        limit: usize,
        /// The actual size, bytes.
        actual: usize,
    },
    /// More items than the limit allows.
    #[error("too many {what}: at most {limit} are accepted")]
    TooMany {
        /// The items.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The armor of a signature contains no signature packet.
    #[error("the armored block holds no OpenPGP signature packet")]
    NoSignaturePackets,
    /// No signature is a binary document signature (type 0x00).
    #[error("no signature is a binary document signature; sign without text mode (gpg: leave out --textmode)")]
    NotBinaryDocument,
    /// Private key material where only a public key is allowed. The bytes should be discarded.
    #[error("this contains private key material; send only the public key (gpg --armor --export)")]
    PrivateKeyMaterial,
    /// The armor decodes but holds no key.
    #[error("the armored block holds no OpenPGP key")]
    NoKey,
    /// A public key where a private key is needed.
    #[error("this holds no private key; export it with gpg --armor --export-secret-keys")]
    NoPrivateKey,
    /// Several keys where exactly one is allowed.
    #[error("more than one key; give exactly one")]
    SeveralKeys,
    /// A key of a version other than 4.
    #[error("OpenPGP version {0} keys are not accepted; use a version 4 key")]
    UnsupportedVersion(u8),
    /// The key's own signatures or numbers are invalid.
    #[error("invalid OpenPGP key: {0}")]
    InvalidKey(String),
    /// The private key is protected by a passphrase and was not unlocked.
    #[error("the private key is locked; unlock it with its passphrase")]
    Locked,
    /// The passphrase does not open the private key.
    #[error("wrong passphrase for the private key")]
    WrongPassphrase,
    /// The secret is protected in a way that is not supported (a smart card stub, for example).
    #[error("the private key is protected in an unsupported way (a smart-card stub or an unknown method)")]
    UnsupportedProtection,
    /// No key or subkey is valid for signing.
    #[error("the key has no usable signing key or subkey")]
    NoSigningKey,
    /// No key to sign with was given.
    #[error("no signing key was given")]
    NoSigner,
    /// The key is past its expiration time.
    #[error("the key has expired; extend its lifetime or use another key")]
    KeyExpired,
    /// The key was revoked.
    #[error("the key was revoked; use another key")]
    KeyRevoked,
    /// A signature would be dated before its key existed.
    #[error("the signature time lies before the key was created; check the clock")]
    SignatureBeforeKey,
    /// The raw signature from the secret's holder is not a signature by its key over the digest.
    #[error("the external signature is not valid: {0}")]
    SignedElsewhere(String),
    /// An algorithm that is refused or not supported for this use.
    #[error("{algorithm} is not accepted for {purpose}; accepted are {accepted}")]
    UnsupportedAlgorithm {
        /// The algorithm, in GnuPG's spelling if it has one.
        algorithm: String,
        /// Its intended use.
        purpose: &'static str,
        /// The accepted algorithms for that use.
        accepted: &'static str,
    },
    /// No key or subkey is valid for encryption.
    #[error("the key has no usable encryption key or subkey")]
    NoEncryptionKey,
    /// A parameter of key generation is wrong.
    #[error("cannot generate a key: {field}: {reason}")]
    InvalidParameter {
        /// The parameter.
        field: &'static str,
        /// Why it is refused.
        reason: &'static str,
    },
    /// The message was not encrypted to this key, or was changed.
    #[error("the message cannot be decrypted with this key, or it was damaged")]
    DecryptionFailed,
    /// The message was decrypted, but its content is compressed, which is not supported.
    #[error("the message is compressed, which is not read here; encrypt it without (gpg: --compress-algo none)")]
    Compressed,
    /// The document could not be read.
    #[error("reading the document failed: {0}")]
    Read(#[from] std::io::Error),
    /// The cryptographic library refused an operation that should not fail.
    #[error("internal error in {0}")]
    Internal(&'static str),
}
