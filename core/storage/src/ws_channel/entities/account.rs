//! Accounts and their admin and data users (docs/protocols/ws-channel.md §2.2, §2.24, §2.25, §3.9).

use super::certificate::{CertSet, RetiredCertificateRow};
use super::common::{Digest, StoredMode};
use super::lockout::LockPolicy;
use super::session::AuthenticationFactor;
use super::tenant::ApiTenant;
use crate::engine::StoredRow;
use crate::ws_channel::outcome::outcomes;

/// One account: an e-mail address under one API key.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
#[row(alias = "a")]
pub struct AccountRecord {
    /// Lower-case e-mail address; unique in the store.
    pub email: String,
    /// The tenant's API key.
    pub api_key: String,
    /// Name of the person who registered.
    pub name: String,
    /// Company name.
    pub company: String,
    /// Phone number in E.164 with `+`.
    pub phone: String,
    /// Whether private keys may be exported; once false, false forever.
    pub export_allowed: bool,
    /// The account whose certificates this one uses.
    pub linked_to: Option<String>,
    /// Registered at, Unix ms.
    pub created: i64,
    /// Since when the operator keeps it out, Unix ms.
    pub disabled_at: Option<i64>,
    /// Whether this account owns its API key.
    #[row(sql = "CASE WHEN t.owner_email = a.email THEN 1 ELSE 0 END")]
    pub is_owner: bool,
}

/// State of one mode user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModeState {
    /// A registration exists.
    pub registered: bool,
    /// Phone and e-mail are both verified (or waived).
    pub active: bool,
}

/// One line of the owner's account list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountListing {
    /// The account.
    pub account: AccountRecord,
    /// Its admin user.
    pub admin: ModeState,
    /// Its data user.
    pub data: ModeState,
    /// Directly owned certificate sets that hold certificates, by bank.
    pub certs: Vec<CertSet>,
    /// Retired certificates, by name.
    pub retired: Vec<RetiredCertificateRow>,
}

/// The data of a mode user that Login needs.
#[derive(Clone, PartialEq, Eq, StoredRow)]
#[row(alias = "u")]
pub struct UserCredential {
    /// The account.
    pub account: AccountRecord,
    /// Password hash in PHC string format.
    pub password_hash: String,
    /// The phone number was confirmed.
    pub phone_verified: bool,
    /// The e-mail address was confirmed.
    pub email_verified: bool,
    /// Sealed TOTP secret when enrolled.
    pub totp_secret: Option<Vec<u8>>,
    /// Last TOTP step used; −1 if none.
    pub totp_last_step: i64,
    /// The factor to ask for first.
    pub preferred_factor: Option<AuthenticationFactor>,
    /// The tenant.
    pub tenant: ApiTenant,
}

impl std::fmt::Debug for UserCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserCredential").field("email", &self.account.email).finish_non_exhaustive()
    }
}

/// The API key of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationKey {
    /// `ApiKey` was `0`: create this new key, owned by the account.
    Mint {
        /// The new key; must be unused.
        api_key: String,
        /// Whether the new tenant may transfer files.
        transfer_enabled: bool,
    },
    /// An existing key.
    Existing(String),
}

/// A registration whose challenge, password and body have been verified.
#[derive(Clone)]
pub struct VerifiedRegistration {
    /// Lower-case e-mail address.
    pub email: String,
    /// The user's mode.
    pub mode: StoredMode,
    /// New or existing API key.
    pub key: RegistrationKey,
    /// Name of the person.
    pub name: String,
    /// Company.
    pub company: String,
    /// Phone, E.164.
    pub phone: String,
    /// Password hash in PHC string format.
    pub password_hash: String,
    /// Digest of the phone verification code.
    pub code_hash: Digest,
    /// When that code expires, Unix ms.
    pub code_expires: i64,
    /// Limit of codes to this phone, stored under scope `code.phone` (docs/protocols/ws-channel.md S9); shared with
    /// password reset.
    pub phone_limit: LockPolicy,
    /// Age in ms from which an unverified registration may be overwritten (docs/protocols/ws-channel.md §3.3: 24 h).
    pub overwrite_after: i64,
    /// A customer needs an invitation (docs/protocols/ws-channel.md S13), which is consumed.
    pub invite_required: bool,
    /// Now, Unix ms.
    pub now: i64,
}

/// The result of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegisterOutcome {
    /// Created.
    Created {
        /// The tenant's key.
        api_key: String,
        /// Whether the account owns that key.
        is_owner: bool,
        /// Whether the tenant waives verification: the user is active and no code was stored.
        active: bool,
    },
    /// A verified registration exists, or a recent unverified one.
    Exists,
    /// Mode `data` without an `admin` registration.
    AdminMissing,
    /// Unknown, disabled or foreign key, or `0` for mode `data`.
    InvalidKey,
    /// Mode `data` with another phone than the account's.
    PhoneMismatch,
    /// No invitation for this address.
    NotInvited,
    /// Too many codes were sent to this phone.
    TooManyCodes,
}

outcomes!(RegisterOutcome {
    Self::Created { .. } => "done",
    Self::Exists => "exists",
    Self::AdminMissing => "admin_missing",
    Self::InvalidKey => "invalid_key",
    Self::PhoneMismatch => "phone_mismatch",
    Self::NotInvited => "not_invited",
    Self::TooManyCodes => "too_many_codes",
});

/// The result of an account deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// Erased; each field is false if there was nothing to erase.
    Deleted {
        /// There was an admin user.
        admin: bool,
        /// There was a data user.
        data: bool,
        /// There was an account record.
        account: bool,
        /// Content files that no row names any more: hand them to [`crate::ws_channel::WsChannelStore::discard_content`].
        content: Vec<String>,
    },
    /// The account does not exist under this key.
    Absent,
    /// Owners are never deleted.
    Owner,
    /// The operator has disabled the account: only the operator deletes it, since its address could be registered again.
    Disabled,
}

outcomes!(DeleteOutcome {
    Self::Deleted { .. } => "done",
    Self::Absent => "absent",
    Self::Owner => "owner",
    Self::Disabled => "disabled",
});
