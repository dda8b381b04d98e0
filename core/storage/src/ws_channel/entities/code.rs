//! One-time codes (docs/protocols/ws-channel.md §3.8, S8, S9).

use super::common::{Digest, StoredMode};
use super::lockout::{LockKey, LockPolicy};
use crate::engine::text_enum;
use crate::ws_channel::outcome::outcomes;

text_enum! {
    /// The purpose of a code; there is one live code per (e-mail, mode, purpose).
    pub enum CodePurpose {
        /// Confirms the phone.
        VerifyPhone = "verify_phone",
        /// Confirms the e-mail address.
        VerifyEmail = "verify_email",
        /// Second factor.
        Mfa = "mfa",
        /// Password reset.
        PasswordReset = "password_reset",
    }
}

impl CodePurpose {
    /// How long tries without a stored code are counted, ms: the lifetime of a code (docs/protocols/ws-channel.md
    /// §3.3).
    #[must_use]
    pub const fn lifetime_ms(self) -> i64 {
        const MINUTE_MS: i64 = 60_000;
        match self {
            Self::VerifyPhone | Self::VerifyEmail => 24 * 60 * MINUTE_MS,
            Self::PasswordReset | Self::Mfa => 15 * MINUTE_MS,
        }
    }
}

/// A quota that an event counts against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuota {
    /// The counter and its subject.
    pub key: LockKey,
    /// The limit and its window; the duration is not used.
    pub policy: LockPolicy,
}

/// A code to be sent. It replaces the earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    /// Account.
    pub email: String,
    /// User.
    pub mode: StoredMode,
    /// Purpose.
    pub purpose: CodePurpose,
    /// Digest of the code.
    pub hash: Digest,
    /// Expiry, Unix ms.
    pub expires: i64,
    /// Minimum time since the last code for this purpose, ms.
    pub min_gap: i64,
    /// If all of these have room, the code counts against all of them.
    pub quotas: Vec<EventQuota>,
    /// If one of these has no room, the code is stored as one that cannot be guessed, and not sent
    /// ([`CodeSend::Kept`]), so that the requester notices no difference. Otherwise it counts against all of them.
    pub sending: Vec<EventQuota>,
    /// Now, Unix ms.
    pub now: i64,
}

/// Whether the code may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSend {
    /// Stored: send it.
    Send,
    /// The last code is too recent; nothing changed.
    TooSoon {
        /// The earliest time for the next code, Unix ms.
        retry_at: i64,
    },
    /// A quota is used up; nothing changed.
    TooMany {
        /// The earliest time for the next code, Unix ms.
        retry_at: i64,
    },
    /// Stored as a code that cannot be guessed: do not send it.
    Kept,
    /// The user no longer exists, or its password is no longer the verified one; nothing changed.
    Stale,
}

outcomes!(CodeSend {
    Self::Send => "done",
    Self::TooSoon { .. } => "too_soon",
    Self::TooMany { .. } => "too_many",
    Self::Kept => "not_sent",
    Self::Stale => "stale",
});

/// The result of a submitted code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// Right: consumed, and its effect was applied in the same transaction.
    Right,
    /// Wrong, or there is no code.
    Wrong,
    /// Expired.
    Expired,
    /// Too many wrong tries: this code is no longer accepted, right or not. Tries without a stored code are counted
    /// too, so that strangers do not learn which addresses are known.
    TooMany,
    /// The token submitted with it is unknown, foreign or expired.
    NoToken,
}

outcomes!(CodeCheck {
    Self::Right => "done",
    Self::Wrong => "wrong_code",
    Self::Expired => "expired",
    Self::TooMany => "too_many_tries",
    Self::NoToken => "no_token",
});

/// Confirms the phone number of a mode user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneConfirmation {
    /// Account.
    pub email: String,
    /// User.
    pub mode: StoredMode,
    /// Must be the registered phone; another one counts as a wrong code, but not against the right phone's code.
    pub phone: String,
    /// Digest of the submitted code.
    pub hash: Digest,
    /// Number of wrong tries allowed per code.
    pub max_tries: i64,
    /// Now, Unix ms.
    pub now: i64,
}

/// Confirms the e-mail address of a mode user; success removes the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailConfirmation {
    /// Account.
    pub email: String,
    /// User.
    pub mode: StoredMode,
    /// Digest of the AccessToken.
    pub token: Digest,
    /// Digest of the submitted code.
    pub hash: Digest,
    /// Number of wrong tries allowed per code.
    pub max_tries: i64,
    /// Now, Unix ms.
    pub now: i64,
}

/// Replaces a password: a right code stores the new hash, revokes every session and pending token of the user, and
/// clears its counters.
#[derive(Clone)]
pub struct PasswordReplacement {
    /// Account.
    pub email: String,
    /// User.
    pub mode: StoredMode,
    /// Digest of the submitted code.
    pub hash: Digest,
    /// New password hash, PHC string format.
    pub password_hash: String,
    /// Number of wrong tries allowed per code.
    pub max_tries: i64,
    /// Lockouts to clear.
    pub clear: Vec<LockKey>,
    /// Now, Unix ms.
    pub now: i64,
}
