//! Certificate sets (docs/protocols/ws-channel.md §6).

use super::file::NewBankFile;
use super::ledger::NewLedger;
use crate::engine::text_enum;
use crate::ws_channel::outcome::outcomes;

text_enum! {
    /// State of a set (docs/protocols/ws-channel.md §6.2).
    pub enum CertState {
        /// An enrolment is under way; there are no certificates yet.
        Pending = "pending",
        /// In use.
        Active = "active",
        /// In use while its successor is being fetched.
        Renewing = "renewing",
        /// Its time is over; it still stands in the way of a new one until retired.
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

/// The living set of an account at a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertSet {
    /// Owner.
    pub email: String,
    /// Canonical bank id.
    pub bank: String,
    /// State.
    pub state: CertState,
    /// Names the step that may change it; changes with each step.
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

/// What enrolment or import brings.
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

/// What is stored in one step when an enrolment succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Tenant of the account.
    pub api_key: String,
    /// Account.
    pub email: String,
    /// Bank.
    pub bank: String,
    /// The ticket given to [`crate::ws_channel::Store::begin_enrol`].
    pub ticket: String,
    /// The set.
    pub set: NewCertSet,
    /// Simulator: balances to begin anew with (all earlier ones of this connection go).
    pub ledgers: Vec<NewLedger>,
    /// Simulator: files that appear with the enrolment.
    pub files: Vec<NewBankFile>,
    /// Now, Unix ms.
    pub now: i64,
}

/// How a begun enrolment or an import ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolOutcome {
    /// Begun, or stored.
    Done,
    /// A set (pending, active or expired) is there, or the ticket is no longer the pending one.
    Exists,
    /// No such account under this key.
    NoAccount,
}

outcomes!(EnrolOutcome { Self::Done => "done", Self::Exists => "exists", Self::NoAccount => "no_account" });

/// How retiring ended.
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
pub struct RetiredCert {
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
    /// Its own, or through a link the owner's: `set.email` is the owner of the connection.
    Usable {
        /// The set, with signing certificate.
        set: Box<CertSet>,
        /// Reached through a link.
        shared: bool,
    },
    /// Its own are there, and their time is over or they are not in use: a link does not stand in for them.
    OwnUnusable {
        /// Whether there is a link that would have had to.
        is_linked: bool,
    },
    /// None, and no link.
    NotLinked,
    /// None, and the linked account has no usable certificate at all.
    LinkedWithoutData,
    /// None, and the linked account has none for this bank.
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
