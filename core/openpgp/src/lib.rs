//! OpenPGP for bankchannel: keys, detached signatures, encryption to a key.
//!
//! ```text
//!  PrivateKey ── unlock ── signer() ──► UnlockedSigner ──► DetachedSigner ──► armored signature
//!                                                                                   │
//!  PublicKey::from_armored (foreign bytes, bounded) ─────────┐                      ▼
//!      │                                                     └──► DetachedVerifier ◄── parse_signatures
//!      └─ external_signer() ─► ExternalSigner ─► DetachedDigester ─► PendingSignature ── complete(raw) ─► armored signature
//!                                                                    digest ▼   ▲ raw signature
//!                                                                     the secret's holder
//! ```
//!
//! Packets, certificates and their rules come from `sequoia-openpgp`. Every signature made here is computed by
//! `aws-lc-rs` ([`UnlockedSigner`]) or, if the secret is elsewhere, by its holder and then checked
//! ([`PendingSignature`]). Documents are hashed by `aws-lc-rs`. Only version 4 keys and signatures are used, in the
//! form that GnuPG 2.2 reads.
//!
//! The clock is always passed in. Sizes and counts of foreign bytes are bounded by the constants of [`limits`].
//! This is the one crate of the project that links LGPL code.

mod armor;
mod error;
mod external;
mod framing;
mod hash;
mod key;
pub mod limits;
mod message;
mod packets;
mod sign;
mod signer;
mod unsigned;
mod verify;

pub use armor::without_leading_text;
pub use error::OpenPgpError;
pub use external::{DetachedDigester, ExternalSigner, PendingSignature, RawAlgorithm, digest_detached};
pub use hash::HashAlgorithm;
pub use key::{
    GeneratedAlgorithm, KeyDescription, KeyGeneration, OpenPgpKeyInfo, OpenPgpPrivateKey, OpenPgpPublicKey,
    PublicKeyLimits, inspect,
};
pub use message::{decrypt, encrypt};
pub use sign::{DetachedSigner, sign_detached};
pub use signer::UnlockedSigner;
pub use verify::{
    BadReason, DetachedVerifier, ParsedSignature, SignatureOutcome, SignatureResult, SignatureSet, VerifyPolicy,
    parse_signatures, verify_detached,
};

/// The result of this crate's operations.
pub type Result<T, E = OpenPgpError> = std::result::Result<T, E>;
