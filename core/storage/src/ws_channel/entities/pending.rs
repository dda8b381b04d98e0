//! Login steps that wait for the client (docs/protocols/ws-channel.md §2.9–2.11, §3.4).

use super::code::NewCode;
use super::common::{Digest, StoredMode};
use super::lockout::{LockKey, LockPolicy};
use super::session::{AuthenticationFactor, NewAccountSession};
use crate::engine::{StoredRow, text_enum};
use crate::ws_channel::outcome::outcomes;

text_enum! {
    /// The purpose of a pending token.
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
    /// The challenge of an MFA `Session`.
    pub enum MfaChallenge {
        /// A code by SMS.
        Sms = "SMS_MFA",
        /// An authenticator code.
        Totp = "SOFTWARE_TOKEN_MFA",
        /// The choice between them.
        Select = "SELECT_MFA_TYPE",
    }
}

/// A token to be issued.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPending {
    /// Digest of the token.
    pub token: Digest,
    /// Its purpose.
    pub kind: PendingKind,
    /// Account.
    pub email: String,
    /// User.
    pub mode: StoredMode,
    /// MFA only: its challenge.
    pub challenge: Option<MfaChallenge>,
    /// TOTP enrolment only: the new secret, sealed.
    pub secret: Option<Vec<u8>>,
    /// Now, Unix ms.
    pub now: i64,
    /// Expiry, Unix ms.
    pub expires: i64,
    /// The stored password hash that was verified: the step is opened only while it is still the user's. `None` if no
    /// password was verified: the user only has to exist.
    pub verified_hash: Option<String>,
}

/// A live token.
#[derive(Clone, PartialEq, Eq, StoredRow)]
pub struct PendingToken {
    /// Its purpose.
    pub kind: PendingKind,
    /// Account.
    pub email: String,
    /// User.
    pub mode: StoredMode,
    /// MFA only.
    pub challenge: Option<MfaChallenge>,
    /// TOTP enrolment only: sealed secret.
    pub secret: Option<Vec<u8>>,
    /// Wrong tries so far.
    pub tries: i64,
    /// Expiry, Unix ms.
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
hidden_debug!(NewPending, PendingToken);

/// Exchanges a pending MFA token for one with a chosen factor.
#[derive(Debug, Clone)]
pub struct FactorSelection {
    /// Digest of the token to be removed.
    pub old: Digest,
    /// The new token; its e-mail and mode must be those of the old one.
    pub new: NewPending,
    /// The SMS code to store, if SMS was chosen.
    pub code: Option<NewCode>,
}

/// The result of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectOutcome {
    /// The new token is valid, the old one is not.
    Selected,
    /// The old token is unknown, foreign, expired or was already used.
    Gone,
    /// No more codes for now; the old token stays valid.
    TooMany {
        /// The earliest time for the next code, Unix ms.
        retry_at: i64,
    },
}

outcomes!(SelectOutcome { Self::Selected => "done", Self::Gone => "gone", Self::TooMany { .. } => "too_many" });

/// The submitted second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MfaProof {
    /// Digest of an SMS code.
    Sms(Digest),
    /// The time step of the authenticator code; `None` if it is not the code of an acceptable step.
    Totp(Option<i64>),
}

/// The objects that a right answer creates, in the same transaction.
#[derive(Debug, Clone, Default)]
pub struct MfaGrant {
    /// The session.
    pub session: Option<NewAccountSession>,
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
    pub mode: StoredMode,
    /// The proof; its kind must match the token's challenge.
    pub proof: MfaProof,
    /// The number of wrong answers that makes a token invalid (docs/protocols/ws-channel.md §3.4: 5).
    pub max_tries: i64,
    /// The counter of wrong answers, and the lockout.
    pub lock: (LockKey, LockPolicy),
    /// The objects that a right answer creates.
    pub grant: MfaGrant,
    /// Now, Unix ms.
    pub now: i64,
}

/// The result of an answer to an MFA challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MfaOutcome {
    /// Right: the token is removed, the grant is stored.
    Granted,
    /// Wrong, or a token of another user; counted.
    Wrong,
    /// The token or code is unknown, expired or no longer valid.
    Expired,
    /// The token has another challenge; nothing was counted.
    OtherChallenge,
    /// Too many wrong answers on this account.
    Locked {
        /// End of the lockout, Unix ms.
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
    /// The time step of the submitted code; `None` if it is not the code of an acceptable step.
    pub step: Option<i64>,
    /// The number of wrong tries that makes the token invalid.
    pub max_tries: i64,
    /// Now, Unix ms.
    pub now: i64,
}

/// The result of confirming a TOTP enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotpOutcome {
    /// The secret is stored for the account, TOTP is preferred, the step is consumed, the token is removed.
    Enabled,
    /// Wrong; counted.
    Wrong,
    /// Unknown, foreign, expired or invalid token.
    NoToken,
}

outcomes!(TotpOutcome { Self::Enabled => "done", Self::Wrong => "wrong_code", Self::NoToken => "no_token" });

impl From<MfaChallenge> for Option<AuthenticationFactor> {
    fn from(challenge: MfaChallenge) -> Self {
        match challenge {
            MfaChallenge::Sms => Some(AuthenticationFactor::Sms),
            MfaChallenge::Totp => Some(AuthenticationFactor::Totp),
            MfaChallenge::Select => None,
        }
    }
}
