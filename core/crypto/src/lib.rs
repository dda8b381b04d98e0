//! Cryptography for bankchannel, thin and safe over libraries. Nothing here is specific to a protocol.
//!
//! | module | what | by |
//! |---|---|---|
//! | [`rsa`] | RSA keys in PEM, OAEP with SHA-1 | aws-lc-rs |
//! | [`signature`] | RSA signatures, PKCS#1 v1.5 with SHA-256 and SHA-512 | aws-lc-rs |
//! | [`jws`] | JSON Web Signatures in compact form | base64, [`signature`] |
//! | [`legacy_rsa`] | decoding of RSA signatures, for diagnosis; SHA-1 signatures, for tests | rsa, aws-lc-rs |
//! | [`pem`] | PEM blocks | base64, data-encoding |
//! | [`pkcs12`] | PKCS#12 files: a key with its certificate | p12-keystore |
//! | [`digest`] | SHA-256, HMAC-SHA-256, comparison in constant time, hex; SHA-1, 384 and 512 of foreign messages | aws-lc-rs |
//! | [`random`] | bytes, codes, identifiers | aws-lc-rs |
//! | [`cbc`] | block ciphers in CBC mode, AES-256; over pieces | aws-lc-rs |
//! | [`legacy_cipher`] | keys of sessions by RSA PKCS#1 v1.5, and 3DES, where a bank asks for them | aws-lc-rs, des |
//! | [`aead`] | small secrets sealed at rest, AES-256-GCM | aws-lc-rs |
//! | [`password`] | Argon2id password hashes, counted | argon2 |
//! | [`totp`] | RFC 6238 one-time codes | aws-lc-rs |
//! | [`x509`] | certificates, their names, trusted issuers, paths, revocation lists, a small issuer | der, rcgen |
//! | [`asn1`] | strict DER, beyond the checks of `der` | der |
//!
//! Every private-key operation runs in aws-lc-rs except one: [`legacy_rsa::sign_sha1`], which makes defective test
//! certificates, uses the `rsa` crate. The clock is always passed in.

pub mod aead;
pub mod asn1;
pub mod cbc;
pub mod digest;
mod encrypted_key;
mod error;
pub mod jws;
mod key_derivation;
pub mod legacy_cipher;
pub mod legacy_rsa;
pub mod password;
pub mod pem;
pub mod pkcs12;
pub mod random;
pub mod rsa;
pub mod signature;
mod tls_identity;
pub mod totp;
mod unlocked;
pub mod x509;

pub use error::CryptoError;
pub use tls_identity::tls_identity;
pub use unlocked::unlocked_private_key;

/// `Debug` that shows nothing of the content.
macro_rules! opaque_debug {
    ($($type:ident),+) => {
        $(impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        })+
    };
}
use opaque_debug;

/// The result of this crate's operations.
pub type Result<T, E = CryptoError> = std::result::Result<T, E>;
