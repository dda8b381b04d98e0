//! Certificate sets (docs/protocols/ws-channel.md §6).

use super::bank_code::{BankCodeLimits, CodeMark, CodeRefusal};
use super::file::{FileScope, NewBankFile};
use super::ledger::NewLedger;
use crate::engine::{StoredRow, text_enum};
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

text_enum! {
    /// The use of a key.
    pub enum KeyPurpose {
        /// It signs.
        Signing = "signing",
        /// It decrypts, at banks that encrypt.
        Encryption = "encryption",
    }
}

/// One certificate with its sealed private key.
#[derive(Clone, PartialEq, Eq, StoredRow)]
#[row(alias = "c")]
pub struct CertMaterial {
    /// Certificate PEM.
    #[row(sql = "COALESCE(c.pem, '')")]
    pub pem: String,
    /// Subject as listed.
    pub subject: String,
    /// Issuer as listed.
    pub issuer: String,
    /// Serial number, upper-case hex.
    pub serial: String,
    /// End of validity, Unix ms.
    pub not_after: i64,
    /// The label to which the seal of the key is bound.
    pub label: String,
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
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
#[row(alias = "s")]
pub struct CertSet {
    /// Owner.
    pub email: String,
    /// Canonical bank id.
    pub bank: String,
    /// State.
    pub state: CertState,
    /// The name of the pair that signs; `None` only while pending.
    pub pair: Option<String>,
    /// User id at the bank.
    pub ws_user_id: String,
    /// Company as in the bank contract.
    pub company: String,
    /// Target id, when the bank has one and it is known.
    pub target_id: Option<String>,
    /// Signing certificate; `None` only while pending.
    #[row(absent)]
    pub signing: Option<CertMaterial>,
    /// Encryption certificate, Danske Bank only.
    #[row(absent)]
    pub encryption: Option<CertMaterial>,
    /// Last change, Unix ms.
    pub changed: i64,
}

impl CertSet {
    /// The states in which a bank accepts the set's signatures, until it expires.
    pub const USABLE_STATES: [CertState; 2] = [CertState::Active, CertState::Renewing];

    /// Whether the set signs at this time: it is in use, and no certificate of it has expired.
    #[must_use]
    pub fn is_usable(&self, now: i64) -> bool {
        let is_valid = |material: &CertMaterial| material.not_after > now;
        Self::USABLE_STATES.contains(&self.state)
            && self.signing.as_ref().is_some_and(is_valid)
            && self.encryption.as_ref().is_none_or(is_valid)
    }
}

/// The data of an imported set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCertSet {
    /// State: [`CertState::Pending`] for one that begins later.
    pub state: CertState,
    /// User id at the bank.
    pub ws_user_id: String,
    /// Company as in the bank contract.
    pub company: String,
    /// Target id.
    pub target_id: Option<String>,
    /// The name of the pair.
    pub pair: String,
    /// Signing certificate.
    pub signing: CertMaterial,
    /// Encryption certificate.
    pub encryption: Option<CertMaterial>,
    /// The life that begins with them, JSON.
    pub life: String,
    /// When something is to be done by itself, Unix ms.
    pub due: Option<i64>,
}

/// The beginning of an enrolment, or of another try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentBegin {
    /// Account and bank.
    pub scope: FileScope,
    /// User id at the bank.
    pub ws_user_id: String,
    /// Company as in the bank contract.
    pub company: String,
    /// Names who holds the set from now on; unique, from the caller.
    pub ticket: String,
    /// How many codes may be sent; `None` at a bank that counts none.
    pub codes: Option<BankCodeLimits>,
    /// Now, Unix ms.
    pub now: i64,
}

/// A set while one caller holds it: no other caller changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCertSet {
    /// Tenant.
    pub api_key: String,
    /// The set.
    pub set: CertSet,
    /// Its life, JSON; empty for one that has none yet.
    pub life: String,
}

/// A key whose certificate is asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct NewKeyRequest {
    /// The name of the pair.
    pub name: String,
    /// The use of the key.
    pub purpose: KeyPurpose,
    /// The label to which the seal of the key is bound.
    pub label: String,
    /// The request, PEM.
    pub request: String,
    /// The private key, encrypted by the vault.
    pub sealed_key: Vec<u8>,
    /// Which vault key sealed it.
    pub key_id: String,
}

impl std::fmt::Debug for NewKeyRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKeyRequest").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A certificate that a bank has issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedForPair {
    /// The name of the pair.
    pub name: String,
    /// What its key is for.
    pub purpose: KeyPurpose,
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
}

/// A stored key of a pair.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
#[row(alias = "c")]
pub struct StoredPairKey {
    /// Its request, PEM.
    pub request: Option<String>,
    /// Its certificate and key; without a certificate, `pem` is empty.
    pub material: CertMaterial,
}

/// A step of a life, stored in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LifeStep {
    /// The life, JSON.
    pub life: String,
    /// Whether it is over: nothing is there, and nothing asked for. The set is removed.
    pub is_over: bool,
    /// The state of the set.
    pub state: Option<CertState>,
    /// The pair that signs.
    pub pair: Option<String>,
    /// When something is to be done by itself, Unix ms.
    pub due: Option<i64>,
    /// The certificates that were issued.
    pub issued: Vec<IssuedForPair>,
    /// A target id that was found.
    pub target_id: Option<String>,
    /// What became of the bank's code that this caller has reserved.
    pub code: Option<CodeMark>,
    /// Simulator: initial balances (all earlier ones of this connection are removed).
    pub ledgers: Vec<NewLedger>,
    /// Simulator: files that appear with the first certificate.
    pub files: Vec<NewBankFile>,
}

/// A set at which something is to be done.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct DueCertSet {
    /// Owner.
    pub email: String,
    /// Bank.
    pub bank: String,
}

/// The result of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// Stored.
    Done,
    /// A set (pending, active or expired) exists.
    Exists,
    /// No such account under this key.
    NoAccount,
}

outcomes!(ImportOutcome { Self::Done => "done", Self::Exists => "exists", Self::NoAccount => "no_account" });

/// The result of beginning an enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolOutcome {
    /// The caller holds the set, which is new, or where another try may go on.
    Held(Box<HeldCertSet>),
    /// A set exists that another user id has.
    Exists,
    /// A set of this user id exists, at which another caller is at work.
    AtWork,
    /// No such account under this key.
    NoAccount,
    /// No code is sent for this user id; nothing changed.
    CodeRefused(CodeRefusal),
}

outcomes!(EnrolOutcome {
    Self::Held(_) => "begun",
    Self::Exists => "exists",
    Self::AtWork => "at_work",
    Self::NoAccount => "no_account",
    Self::CodeRefused(_) => "code_refused",
});

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
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
#[row(alias = "r")]
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
