//! Certificate sets (docs/protocols/ws-channel.md §6).

use super::file::NewBankFile;
use super::ledger::NewLedger;
use crate::engine::text_enum;
use crate::ws_channel::outcome::outcomes;

text_enum! {
    /// State of a set (docs/protocols/ws-channel.md §6.2).
    pub enum CertState {
        /// An enrolment is in progress; there are no certificates yet.
        Pending = "pending",
        /// In use.
        Active = "active",
        /// In use while its successor is being fetched.
        Renewing = "renewing",
        /// Expired; it still prevents a new set until it is retired.
        Expired = "expired",
    }
}

/// One certificate with its sealed private key.
#[derive(Clone, PartialEq, Eq)]
pub struct CertMaterial {
    /// Certificate PEM.
    pub pem: String,
    /// Subject as listed.
    pub subject: String,
    /// Issuer as listed.
    pub issuer: String,
    /// Serial number, upper-case hex.
    pub serial: String,
    /// End of validity, Unix ms.
    pub not_after: i64,
    /// The private key, encrypted by the vault.
    pub sealed_key: Vec<u8>,
    /// Which vault key sealed it.
    pub key_id: String,
}

impl std::fmt::Debug for CertMaterial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CertMaterial")
            .field("serial", &self.serial)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// The current set of an account at a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertSet {
    /// Owner.
    pub email: String,
    /// Canonical bank id.
    pub bank: String,
    /// State.
    pub state: CertState,
    /// Identifies the step that may change the set; changes with each step.
    pub ticket: String,
    /// User id at the bank.
    pub ws_user_id: String,
    /// Company as in the bank contract.
    pub company: String,
    /// Target id, when the bank has one and it is known.
    pub target_id: Option<String>,
    /// Signing certificate; `None` only while pending.
    pub signing: Option<CertMaterial>,
    /// Encryption certificate, Danske Bank only.
    pub encryption: Option<CertMaterial>,
    /// Last change, Unix ms.
    pub changed: i64,
}

/// The data of a new set, from an enrolment or import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCertSet {
    /// User id at the bank.
    pub ws_user_id: String,
    /// Company as in the bank contract.
    pub company: String,
    /// Target id.
    pub target_id: Option<String>,
    /// Signing certificate.
    pub signing: CertMaterial,
    /// Encryption certificate.
    pub encryption: Option<CertMaterial>,
}

/// The data stored in one transaction when an enrolment succeeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentCompletion {
    /// Tenant of the account.
    pub api_key: String,
    /// Account.
    pub email: String,
    /// Bank.
    pub bank: String,
    /// The ticket given to [`crate::ws_channel::WsChannelStore::begin_enrol`].
    pub ticket: String,
    /// The set.
    pub set: NewCertSet,
    /// Simulator: initial balances (all earlier ones of this connection are removed).
    pub ledgers: Vec<NewLedger>,
    /// Simulator: files that appear with the enrolment.
    pub files: Vec<NewBankFile>,
    /// Now, Unix ms.
    pub now: i64,
}

/// The result of starting or completing an enrolment, or of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolOutcome {
    /// Started, or stored.
    Done,
    /// A set (pending, active or expired) exists, or the ticket is no longer the pending one.
    Exists,
    /// No such account under this key.
    NoAccount,
}

outcomes!(EnrolOutcome { Self::Done => "done", Self::Exists => "exists", Self::NoAccount => "no_account" });

/// The result of retiring a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetireOutcome {
    /// The record name, e.g. `nordea.REMOVED.1a2b3c4d`.
    Retired {
        /// The new name.
        name: String,
    },
    /// The account owns no certificate for the bank.
    NothingActive,
    /// No such account under this key.
    NoAccount,
}

outcomes!(RetireOutcome { Self::Retired { .. } => "done", Self::NothingActive => "nothing_active", Self::NoAccount => "no_account" });

/// A retired certificate: its private key is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredCertificateRow {
    /// Owner.
    pub email: String,
    /// Record name, e.g. `nordea.REMOVED.1a2b3c4d`.
    pub name: String,
    /// Bank.
    pub bank: String,
    /// `signing` or `encryption`.
    pub purpose: String,
    /// Certificate PEM.
    pub pem: String,
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Serial, upper-case hex.
    pub serial: String,
    /// End of validity, Unix ms.
    pub not_after: i64,
    /// Retired at, Unix ms.
    pub retired_at: i64,
}

/// The certificates that an account's file operation at a bank uses (docs/protocols/ws-channel.md §6.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectiveCerts {
    /// Its own, or through a link those of the linked account: `set.email` is the owner of the connection.
    Usable {
        /// The set, with a signing certificate.
        set: Box<CertSet>,
        /// Whether it was reached through a link.
        shared: bool,
    },
    /// It has its own certificates, but they have expired or are not in use: a link does not replace them.
    OwnUnusable {
        /// Whether there is a link that could have been used otherwise.
        is_linked: bool,
    },
    /// It has no certificates and no link.
    NotLinked,
    /// It has no certificates, and the linked account has no usable ones at all.
    LinkedWithoutData,
    /// It has no certificates, and the linked account has none for this bank.
    LinkedWithoutBank,
}

/// A set that the daily job should renew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRenewal {
    /// Tenant.
    pub api_key: String,
    /// Owner.
    pub email: String,
    /// Bank.
    pub bank: String,
    /// Earliest end of validity in the set, Unix ms.
    pub first_expiry: i64,
}
