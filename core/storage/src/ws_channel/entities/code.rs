//! One-time codes (docs/protocols/ws-channel.md §3.8, S8, S9).

use super::common::{Digest, Mode};
use super::lockout::{LockKey, LockPolicy};
use crate::engine::text_enum;
use crate::ws_channel::outcome::outcomes;

text_enum! {
    /// What a code is for; one live code per (e-mail, mode, purpose).
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
    /// How long tries are counted where no code waits, ms: as long as a code would live (docs/protocols/ws-channel.md §3.3).
    #[must_use]
    pub const fn lifetime_ms(self) -> i64 {
        const MINUTE_MS: i64 = 60_000;
        match self {
            Self::VerifyPhone | Self::VerifyEmail => 24 * 60 * MINUTE_MS,
            Self::PasswordReset | Self::Mfa => 15 * MINUTE_MS,
        }
    }
}

/// A limit that an event counts against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// What is counted, and of whom.
    pub key: LockKey,
    /// How many in which time; the duration is not used.
    pub policy: LockPolicy,
}

/// A code about to be sent. It replaces the earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    /// Account.
    pub email: String,
    /// User.
    pub mode: Mode,
    /// Purpose.
    pub purpose: CodePurpose,
    /// Digest of the code.
    pub hash: Digest,
    /// Unix ms.
    pub expires: i64,
    /// Least time since the last one for this purpose, ms.
    pub min_gap: i64,
    /// All of these must have room; then it counts against all.
    pub quotas: Vec<Quota>,
    /// Where one of these has no room, the code is kept and not sent ([`CodeSend::Kept`]), as one that nobody can give: who asked
    /// for it cannot tell. Else it counts against all.
    pub sending: Vec<Quota>,
    /// Now, Unix ms.
    pub now: i64,
}

/// May the code be sent?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSend {
    /// Stored: send it.
    Send,
    /// The last one is too young; nothing changed.
    TooSoon {
        /// From when on, Unix ms.
        retry_at: i64,
    },
    /// A quota is used up; nothing changed.
    TooMany {
        /// From when on, Unix ms.
        retry_at: i64,
    },
    /// Stored, and not to be sent: nobody can give it.
    Kept,
    /// The user is gone, or its password is no longer the verified one; nothing changed.
    Stale,
}

outcomes!(CodeSend {
    Self::Send => "done",
    Self::TooSoon { .. } => "too_soon",
    Self::TooMany { .. } => "too_many",
    Self::Kept => "not_sent",
    Self::Stale => "stale",
});

/// What a submitted code was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// Right: used up, its effect applied in the same transaction.
    Right,
    /// Wrong, or no code is waiting.
    Wrong,
    /// Too late.
    Expired,
    /// Too many wrong tries: this code is dead, right or not. Where no code waits, tries are counted all the same, so that
    /// strangers do not learn which addresses are known.
    TooMany,
    /// The token that must come with it is unknown, foreign or expired.
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
pub struct VerifyPhone {
    /// Account.
    pub email: String,
    /// User.
    pub mode: Mode,
    /// Must be the registered one; another is answered as a wrong code and does not touch the right phone's code.
    pub phone: String,
    /// Digest of the submitted code.
    pub hash: Digest,
    /// Wrong tries that a code survives.
    pub max_tries: i64,
    /// Now, Unix ms.
    pub now: i64,
}

/// Confirms the e-mail address of a mode user; the token dies with success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyEmail {
    /// Account.
    pub email: String,
    /// User.
    pub mode: Mode,
    /// Digest of the AccessToken.
    pub token: Digest,
    /// Digest of the submitted code.
    pub hash: Digest,
    /// Wrong tries that a code survives.
    pub max_tries: i64,
    /// Now, Unix ms.
    pub now: i64,
}

/// Replaces a password: with a right code the new hash is stored, every session and pending token of the user
/// is revoked and its counters are cleared.
#[derive(Clone)]
pub struct PasswordReset {
    /// Account.
    pub email: String,
    /// User.
    pub mode: Mode,
    /// Digest of the submitted code.
    pub hash: Digest,
    /// New password hash, PHC string format.
    pub password_hash: String,
    /// Wrong tries that a code survives.
    pub max_tries: i64,
    /// Lockouts to lift.
    pub clear: Vec<LockKey>,
    /// Now, Unix ms.
    pub now: i64,
}
