//! The rights that a call with a session depends on, checked again in the transaction of each of its writes
//! (docs/protocols/ws-channel.md §3.7).

use super::certificate::EffectiveCerts;
use super::common::Digest;
use super::pgp::PgpPurpose;

/// The rights of one call with a session: the session itself, and the other rights that the call depends on.
#[derive(Clone)]
pub struct SessionRights {
    /// Digest of the IdToken: the session must still exist and not have expired, its user must be verified, its account
    /// and key in use.
    pub token: Digest,
    /// The time of the check, Unix ms.
    pub now: i64,
    /// The other conditions that must hold.
    pub grounds: Vec<RequiredRight>,
}

impl std::fmt::Debug for SessionRights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionRights").field("grounds", &self.grounds).finish_non_exhaustive()
    }
}

/// A condition that a call depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequiredRight {
    /// The API key may transfer files.
    Transfer,
    /// The account owns its API key.
    Owner,
    /// The account may export private keys.
    Export,
    /// The tenant has this entitlement.
    Entitlement {
        /// Product.
        product: String,
    },
    /// The account may use this connection: its own, or one lent to it.
    Connection {
        /// The account that owns the certificates.
        owner: String,
        /// Canonical bank id.
        bank: String,
        /// Serial number of the signing certificate found. A renewed certificate counts as the same; a retired one does
        /// not.
        serial: String,
    },
    /// The account's own set at a bank still has this signing certificate, usable or not.
    Certificate {
        /// Canonical bank id.
        bank: String,
        /// Serial number.
        serial: String,
    },
    /// At least `least` of these PGP keys are still registered for this purpose.
    PgpKeys {
        /// Purpose.
        purpose: PgpPurpose,
        /// Fingerprints.
        fingerprints: Vec<String>,
        /// The minimum number of keys.
        least: usize,
    },
}

/// The right that ended before the change was made. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the call's rights ended before its change was made ({})", self.as_str())]
pub enum LostRight {
    /// The session has expired or was revoked.
    Session,
    /// The API key is disabled.
    Key,
    /// The account does not exist.
    Account,
    /// The operator has disabled the account.
    Disabled,
    /// Phone or mail address are no longer verified.
    Verification,
    /// The API key may not transfer files.
    Transfer,
    /// The account does not own its API key.
    Owner,
    /// Export of private keys was forbidden.
    Export,
    /// The tenant is not entitled.
    Entitlement,
    /// The connection can no longer be used; contains the certificates that a new request would get.
    Connection(Box<EffectiveCerts>),
    /// The account's own certificate was replaced or retired.
    Certificate,
    /// Too few of the PGP keys are left.
    PgpKeys {
        /// Purpose.
        purpose: PgpPurpose,
        /// Whether the account has other keys for the purpose.
        has_others: bool,
    },
}

impl LostRight {
    /// A word for logs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Key => "API key",
            Self::Account => "account",
            Self::Disabled => "account in use",
            Self::Verification => "verification",
            Self::Transfer => "file transfer",
            Self::Owner => "ownership of the API key",
            Self::Export => "export",
            Self::Entitlement => "entitlement",
            Self::Connection(_) | Self::Certificate => "bank certificate",
            Self::PgpKeys { .. } => "PGP key",
        }
    }
}
