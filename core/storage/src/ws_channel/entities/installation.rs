//! The identity of the data's installation.

use crate::ws_channel::outcome::VerbOutcome;

/// The kind of a public id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// The installation: its id is also written into the folders that belong to it.
    Installation,
    /// A key that seals private keys and TOTP secrets.
    VaultKey,
    /// The key of challenges and stored codes.
    ChallengeKey,
    /// The key that passwords are decrypted with.
    LoginKey,
}

impl IdKind {
    pub(crate) const ALL: [Self; 4] = [Self::Installation, Self::VaultKey, Self::ChallengeKey, Self::LoginKey];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Installation => "installation",
            Self::VaultKey => "vault_key",
            Self::ChallengeKey => "challenge_key",
            Self::LoginKey => "login_key",
        }
    }
}

/// The recorded ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallationIds {
    ids: Vec<(String, String)>,
    /// Whether there is any account: its registration needed every key.
    pub has_accounts: bool,
}

impl InstallationIds {
    pub(crate) fn new(ids: Vec<(String, String)>, has_accounts: bool) -> Self {
        Self { ids, has_accounts }
    }

    /// The recorded ids of a kind; empty if none was recorded yet.
    pub fn ids(&self, kind: IdKind) -> impl Iterator<Item = &str> {
        self.ids.iter().filter(move |(of, _)| of == kind.as_str()).map(|(_, id)| id.as_str())
    }

    /// The installation's own id, if recorded.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.ids(IdKind::Installation).next()
    }
}

impl VerbOutcome for InstallationIds {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

/// A secret sealed in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// Its account.
    pub email: String,
    /// Its kind, with the associated data of its seal.
    pub kind: SealedKind,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

/// The kind of a sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedKind {
    /// The private key of a certificate.
    BankKey {
        /// The bank.
        bank: String,
        /// `signing` or `encryption`.
        purpose: String,
        /// The label to which the seal is bound: the name of the pair, or the certificate's serial number.
        label: String,
    },
    /// The secret of an authenticator.
    Totp,
}
