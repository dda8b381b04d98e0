//! PGP keys (§7).

use std::borrow::Cow;

use bankchannel_foundation::{Secret, model::Boundary};

/// The short id of a PGP key: the last 8 hex digits of its fingerprint, in upper case (§2.0). Letter case does not
/// matter when reading. It identifies a key but proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, pattern = "^[0-9A-Fa-f]{8}$", max_bytes = 8, example = "3A3A59B2", check = check_pgp_key_id)]
pub struct PgpKeyId(String);

fn check_pgp_key_id(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(Cow::Owned(text.to_ascii_uppercase()))
    } else {
        Err("must be 8 hex digits")
    }
}

/// An ASCII-armored public key to register (§7). It is treated like a secret in case it is a private key by
/// mistake: a private key is refused and never logged.
#[derive(Debug, Clone, Boundary)]
#[boundary(text, max_bytes = 65_536, example = "-----BEGIN PGP PUBLIC KEY BLOCK-----", check = armored)]
pub struct PgpKey(Secret);

/// One or more ASCII-armored keys, one after the other. Of a private key only the public half is used.
#[derive(Debug, Clone, Boundary)]
#[boundary(text, max_bytes = 65_536, example = "-----BEGIN PGP PUBLIC KEY BLOCK-----", check = armored)]
pub struct PgpKeys(Secret);

/// One or more ASCII-armored OpenPGP public keys, one after the other, whose private keys are elsewhere. The value
/// is treated like a secret in case it is a private key by mistake: a private key is refused and never logged.
#[derive(Debug, Clone, Boundary)]
#[boundary(text, max_bytes = 65_536, example = "-----BEGIN PGP PUBLIC KEY BLOCK-----", check = armored)]
pub struct SigningCertificates(Secret);

/// One or more ASCII-armored private keys, one after the other.
#[derive(Debug, Clone, Boundary)]
#[boundary(text, max_bytes = 65_536, example = "-----BEGIN PGP PRIVATE KEY BLOCK-----", check = armored)]
pub struct PgpPrivateKeys(Secret);

fn armored(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.trim().is_empty() { Err("must be an ASCII-armored key") } else { Ok(Cow::Borrowed(text)) }
}

/// The purpose of a PGP key (§7). One key cannot have both purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
pub enum PgpKeyPurpose {
    /// It verifies the signatures of uploads.
    Authorize,
    /// Exported private keys are encrypted to it.
    Export,
}

/// The purpose of a listed PGP key.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum ListedPurpose {
    /// It verifies the signatures of uploads.
    Authorize,
    /// Exported private keys are encrypted to it.
    Export,
    /// A value this version does not know.
    Other(String),
}

impl From<PgpKeyPurpose> for ListedPurpose {
    fn from(purpose: PgpKeyPurpose) -> Self {
        match purpose {
            PgpKeyPurpose::Authorize => Self::Authorize,
            PgpKeyPurpose::Export => Self::Export,
        }
    }
}

/// A registered PGP key (§2.26).
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PgpKeyDescriptor {
    /// The short id: 8 hex digits, or the service's own text instead.
    pub pgp_key_id: String,
    /// The purpose. An older service may omit it.
    pub pgp_key_purpose: Option<ListedPurpose>,
}
