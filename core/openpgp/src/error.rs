//! What can go wrong, precisely enough to say whose fault it is.

/// An OpenPGP operation that did not succeed. No text holds key material or content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not ASCII armor of the wanted kind.
    #[error("this is not an ASCII-armored {expected}; it must begin with -----BEGIN {expected}-----")]
    NotArmored {
        /// The wanted armor label, such as `PGP SIGNATURE`.
        expected: &'static str,
    },
    /// Armor or packets are damaged, or are of a kind that does not belong here.
    #[error("invalid OpenPGP format: {0}")]
    InvalidFormat(String),
    /// More bytes than the limit allows.
    #[error("{what} has {actual} bytes; at most {limit} are accepted")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, bytes.
        limit: usize,
        /// What was given, bytes.
        actual: usize,
    },
    /// More items than the limit allows.
    #[error("too many {what}: at most {limit} are accepted")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The armor of a signature holds no signature packet.
    #[error("the armored block holds no OpenPGP signature packet")]
    NoSignaturePackets,
    /// No signature is a binary document signature (type 0x00).
    #[error("no signature is a binary document signature; sign without text mode (gpg: leave out --textmode)")]
    NotBinaryDocument,
    /// Private key material where only a public key may stand. The bytes should be discarded.
    #[error("this contains private key material; send only the public key (gpg --armor --export)")]
    PrivateKeyMaterial,
    /// The armor decodes but holds no key.
    #[error("the armored block holds no OpenPGP key")]
    NoKey,
    /// A public key where a private key is needed.
    #[error("this holds no private key; export it with gpg --armor --export-secret-keys")]
    NoPrivateKey,
    /// Several keys where exactly one may stand.
    #[error("more than one key; give exactly one")]
    SeveralKeys,
    /// A key of a version other than 4.
    #[error("OpenPGP version {0} keys are not accepted; use a version 4 key")]
    UnsupportedVersion(u8),
    /// The key's own signatures or numbers are not sound.
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
    /// No key or subkey may sign.
    #[error("the key has no usable signing key or subkey")]
    NoSigningKey,
    /// Nothing to sign with.
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
    /// What the holder of a secret gave is no signature by its key over the digest.
    #[error("the external signature is not valid: {0}")]
    SignedElsewhere(String),
    /// An algorithm that is refused or not supported for this use.
    #[error("{algorithm} is not accepted for {purpose}; accepted are {accepted}")]
    UnsupportedAlgorithm {
        /// The algorithm, in GnuPG's spelling where it has one.
        algorithm: String,
        /// What it was to be used for.
        purpose: &'static str,
        /// What is accepted for that.
        accepted: &'static str,
    },
    /// No key or subkey may be encrypted to.
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
    /// The message was decrypted, and its content is compressed, which is not read here.
    #[error("the message is compressed, which is not read here; encrypt it without (gpg: --compress-algo none)")]
    Compressed,
    /// The document could not be read.
    #[error("reading the document failed: {0}")]
    Read(#[from] std::io::Error),
    /// The cryptographic library refused an operation that should not fail.
    #[error("internal error in {0}")]
    Internal(&'static str),
}
