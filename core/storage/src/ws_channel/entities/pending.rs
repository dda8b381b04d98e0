//! Steps of a login that wait for an answer (docs/protocols/ws-channel.md §2.9–2.11, §3.4).

use super::code::NewCode;
use super::common::{Digest, Mode};
use super::lockout::{LockKey, LockPolicy};
use super::session::{Factor, NewSession};
use crate::engine::text_enum;
use crate::ws_channel::outcome::outcomes;

text_enum! {
    /// What a pending token allows.
    pub enum PendingKind {
        /// An MFA `Session`.
        Mfa = "mfa",
        /// An `AccessToken` for VerifyEmail.
        VerifyEmail = "verify_email",
        /// An `AccessToken` for VerifyTOTP.
        TotpEnrol = "totp_enrol",
    }
}

text_enum! {
    /// What an MFA `Session` waits for.
    pub enum Challenge {
        /// A code by SMS.
        Sms = "SMS_MFA",
        /// An authenticator code.
        Totp = "SOFTWARE_TOKEN_MFA",
        /// The choice between them.
        Select = "SELECT_MFA_TYPE",
    }
}

/// A token about to be given out.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPending {
    /// Digest of the token.
    pub token: Digest,
    /// What it allows.
    pub kind: PendingKind,
    /// Account.
    pub email: String,
    /// User.
    pub mode: Mode,
    /// MFA only: what it waits for.
    pub challenge: Option<Challenge>,
    /// TOTP enrolment only: the new secret, sealed.
    pub secret: Option<Vec<u8>>,
    /// Now, Unix ms.
    pub now: i64,
    /// Unix ms.
    pub expires: i64,
    /// The stored password hash that was verified: the step is opened only while it is still the user's. `None` where
    /// no password was: the user need only be there.
    pub verified_hash: Option<String>,
}

/// A living token.
#[derive(Clone, PartialEq, Eq)]
pub struct Pending {
    /// What it allows.
    pub kind: PendingKind,
    /// Account.
    pub email: String,
    /// User.
    pub mode: Mode,
    /// MFA only.
    pub challenge: Option<Challenge>,
    /// TOTP enrolment only: sealed secret.
    pub secret: Option<Vec<u8>>,
    /// Wrong tries so far.
    pub tries: i64,
    /// Unix ms.
    pub expires: i64,
}

macro_rules! hidden_debug {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field("kind", &self.kind).field("email", &self.email).finish_non_exhaustive()
            }
        }
    )+};
}
hidden_debug!(NewPending, Pending);

/// Exchanges a pending MFA token for one with a chosen factor.
#[derive(Debug, Clone)]
pub struct SelectMfa {
    /// Digest of the token that dies.
    pub old: Digest,
    /// The new token; its e-mail and mode must be those of the old one.
    pub new: NewPending,
    /// The SMS code to store, when SMS was chosen.
    pub code: Option<NewCode>,
}

/// How the exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectOutcome {
    /// The new token lives, the old one is dead.
    Selected,
    /// The old token is unknown, foreign, expired or was already used.
    Gone,
    /// No more codes now; the old token still lives.
    TooMany {
        /// From when on, Unix ms.
        retry_at: i64,
    },
}

outcomes!(SelectOutcome { Self::Selected => "done", Self::Gone => "gone", Self::TooMany { .. } => "too_many" });

/// The second factor as submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MfaProof {
    /// Digest of an SMS code.
    Sms(Digest),
    /// The step whose authenticator code it was; `None` when it is the code of no acceptable step.
    Totp(Option<i64>),
}

/// What a right answer creates, in the same transaction.
#[derive(Debug, Clone, Default)]
pub struct MfaGrant {
    /// The session.
    pub session: Option<NewSession>,
    /// A token for TOTP enrolment (or e-mail verification).
    pub pending: Option<NewPending>,
}

/// An answer to an MFA challenge.
#[derive(Debug, Clone)]
pub struct MfaAnswer {
    /// Digest of the MFA `Session`.
    pub token: Digest,
    /// Account in the path.
    pub email: String,
    /// User in the path.
    pub mode: Mode,
    /// The proof; its kind must be what the token waits for.
    pub proof: MfaProof,
    /// Wrong answers that a token survives is one less than this (docs/protocols/ws-channel.md §3.4: 5).
    pub max_tries: i64,
    /// Where wrong answers count, and the lockout.
    pub lock: (LockKey, LockPolicy),
    /// What a right answer creates.
    pub grant: MfaGrant,
    /// Now, Unix ms.
    pub now: i64,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MfaOutcome {
    /// Right: the token is dead, the grant is stored.
    Granted,
    /// Wrong, or a token of another user; counted.
    Wrong,
    /// The token or code is unknown, expired or dead.
    Expired,
    /// The token waits for something else; nothing was counted.
    OtherChallenge,
    /// Too many wrong answers on this account.
    Locked {
        /// Until when, Unix ms.
        until: i64,
    },
}

outcomes!(MfaOutcome {
    Self::Granted => "done",
    Self::Wrong => "wrong_code",
    Self::Expired => "expired",
    Self::OtherChallenge => "other_challenge",
    Self::Locked { .. } => "locked",
});

/// Finishes a TOTP enrolment.
#[derive(Debug, Clone)]
pub struct ConfirmTotp {
    /// Digest of the enrolment token.
    pub token: Digest,
    /// Account in the path.
    pub email: String,
    /// The step whose code was submitted; `None` when it is the code of no acceptable step.
    pub step: Option<i64>,
    /// Wrong tries that kill the token.
    pub max_tries: i64,
    /// Now, Unix ms.
    pub now: i64,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotpOutcome {
    /// The secret is the account's, TOTP is preferred, the step is used up, the token is dead.
    Enabled,
    /// Wrong; counted.
    Wrong,
    /// Unknown, foreign, expired or dead token.
    NoToken,
}

outcomes!(TotpOutcome { Self::Enabled => "done", Self::Wrong => "wrong_code", Self::NoToken => "no_token" });

impl From<Challenge> for Option<Factor> {
    fn from(challenge: Challenge) -> Self {
        match challenge {
            Challenge::Sms => Some(Factor::Sms),
            Challenge::Totp => Some(Factor::Totp),
            Challenge::Select => None,
        }
    }
}
