//! What a call of a session rests on, judged again in the transaction of everything that it writes (docs/protocols/ws-channel.md §3.7).

use super::certificate::EffectiveCerts;
use super::common::Digest;
use super::pgp::PgpPurpose;

/// The rights of one call of a session: the session itself, and what the call has relied on beyond it.
#[derive(Clone)]
pub struct Rights {
    /// Digest of the IdToken: the session must still be there, not over, its user verified, its account and key in use.
    pub token: Digest,
    /// When it is judged, Unix ms.
    pub now: i64,
    /// What must hold besides.
    pub grounds: Vec<Ground>,
}

impl std::fmt::Debug for Rights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rights").field("grounds", &self.grounds).finish_non_exhaustive()
    }
}

/// One thing that a call has relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// The API key may move files.
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
    /// The account may use this connection: its own, or one that is lent to it.
    Connection {
        /// Account whose certificates they are.
        owner: String,
        /// Canonical bank id.
        bank: String,
        /// Serial number of the signing certificate that was found. A renewed one is as good; a retired one is not.
        serial: String,
    },
    /// The account's own set at a bank still has this signing certificate, usable or not.
    Certificate {
        /// Canonical bank id.
        bank: String,
        /// Serial number.
        serial: String,
    },
    /// At least so many of these PGP keys are still registered for this purpose.
    PgpKeys {
        /// Purpose.
        purpose: PgpPurpose,
        /// Fingerprints.
        fingerprints: Vec<String>,
        /// How many must be there.
        least: usize,
    },
}

/// Which right ended before the change was made. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the call's rights ended before its change was made ({})", self.as_str())]
pub enum LostRight {
    /// The session is over or was revoked.
    Session,
    /// The API key is disabled.
    Key,
    /// The account is gone.
    Account,
    /// Phone or mail address are not verified any more.
    Verification,
    /// The API key may not move files.
    Transfer,
    /// The account does not own its API key.
    Owner,
    /// Export of private keys was forbidden.
    Export,
    /// The tenant is not entitled.
    Entitlement,
    /// The connection cannot be used any more; what a new look for certificates finds.
    Connection(Box<EffectiveCerts>),
    /// The account's own certificate is another one or retired.
    Certificate,
    /// Too few of the PGP keys are left; whether the account has others for the purpose.
    PgpKeys {
        /// Purpose.
        purpose: PgpPurpose,
        /// Others are there.
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
