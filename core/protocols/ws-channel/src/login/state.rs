//! What one answer of the service is.

use bankchannel_foundation::{Boundary, Error};

use crate::model::{
    AccessToken, AccountInfo, ApiKey, ChallengeName, ExpiresIn, IdToken, MfaSession, MfaType, OtpauthUri, TotpSecret,
};

/// What a login has come to.
#[derive(Debug, Clone, Boundary)]
#[boundary(tag = "state")]
pub enum LoginState {
    /// The login is complete.
    Authenticated(Authenticated),
    /// A code of a second factor is wanted.
    NeedsMfa(NeedsMfa),
    /// The choice of a second factor is wanted.
    NeedsMfaSelection(NeedsMfaSelection),
    /// The code from the verification mail is wanted.
    NeedsEmailVerification(NeedsEmailVerification),
    /// The code from the verification SMS is wanted.
    NeedsPhoneVerification,
    /// A verification was accepted; the login begins again.
    VerificationAccepted(VerificationAccepted),
    /// The service asked for the same step again: going on would go in circles.
    Stalled(Stalled),
    /// The login failed.
    Failed(Failed),
}

/// A complete login.
#[derive(Debug, Clone, Boundary)]
pub struct Authenticated {
    /// The session's token.
    pub id_token: IdToken,
    /// The account's API key.
    pub api_key: ApiKey,
    /// How long the session lives; left out when the service did not say.
    pub expires_in: Option<ExpiresIn>,
    /// The new secret for an authenticator, when its enrolment was asked for.
    pub totp_enrolment: Option<TotpEnrolment>,
    /// What the account is, when the service says so.
    pub account: Option<AccountInfo>,
    /// The service's text.
    pub response_text: String,
}

/// The secret for an authenticator: shown this once. `verify_totp` completes the enrolment.
#[derive(Debug, Clone, Boundary)]
pub struct TotpEnrolment {
    /// The secret, base32.
    pub secret_code: TotpSecret,
    /// The same for a QR code.
    pub otpauth_uri: Option<OtpauthUri>,
    /// For `verify_totp`, within ten minutes.
    pub access_token: AccessToken,
}

/// A second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum MfaMethod {
    /// A code by SMS.
    Sms,
    /// A code of an authenticator.
    Totp,
}

impl From<MfaType> for MfaMethod {
    fn from(factor: MfaType) -> Self {
        match factor {
            MfaType::Sms => Self::Sms,
            MfaType::Totp => Self::Totp,
        }
    }
}

impl From<MfaMethod> for MfaType {
    fn from(method: MfaMethod) -> Self {
        match method {
            MfaMethod::Sms => Self::Sms,
            MfaMethod::Totp => Self::Totp,
        }
    }
}

/// A code of a second factor is wanted.
#[derive(Debug, Clone, Boundary)]
pub struct NeedsMfa {
    /// Where the code comes from.
    pub method: MfaMethod,
    /// The handle of this step.
    pub session: MfaSession,
    /// What the service called the step; the oldest services call it nothing.
    pub challenge_name: Option<ChallengeName>,
}

/// The choice of a second factor is wanted.
#[derive(Debug, Clone, Boundary)]
pub struct NeedsMfaSelection {
    /// The factors to choose from: one at least.
    pub methods: Vec<MfaMethod>,
    /// Where an SMS would go, masked.
    pub sms_destination: Option<String>,
    /// The handle of this step.
    pub session: MfaSession,
}

/// The code from the verification mail is wanted.
#[derive(Debug, Clone, Boundary)]
pub struct NeedsEmailVerification {
    /// For `verify_email`, within 15 minutes.
    pub access_token: AccessToken,
}

/// A verification that was accepted.
#[derive(Debug, Clone, Boundary)]
pub struct VerificationAccepted {
    /// What was verified.
    pub verified: Verified,
    /// The service's text.
    pub response_text: String,
}

/// What was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum Verified {
    /// The e-mail address.
    Email,
    /// The phone.
    Phone,
    /// An authenticator.
    Totp,
}

/// A step of a login that somebody must do something for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum Prompt {
    /// The code of a second factor.
    Mfa,
    /// The choice of a second factor.
    MfaSelection,
    /// The code from the verification mail.
    EmailVerification,
    /// The code from the verification SMS.
    PhoneVerification,
}

/// A login that goes in circles.
#[derive(Debug, Clone, Boundary)]
pub struct Stalled {
    /// The step that was asked for again, or the one after the last that is allowed.
    pub step: Prompt,
    /// How many steps were taken.
    pub transitions: u32,
}

/// A login that failed.
#[derive(Debug, Clone, Boundary)]
pub struct Failed {
    /// Why, as far as the service's text tells.
    pub reason: FailureReason,
    /// The service's code.
    pub response_code: Option<String>,
    /// The service's text, with what may not be shown left out.
    pub response_text: String,
}

/// Why a step of a login failed (§8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum FailureReason {
    /// Too many tries: locked for a while.
    TooManyAttempts,
    /// The code or the step has expired.
    ExpiredCode,
    /// A new code must be asked for.
    ResendRequired,
    /// It was verified before.
    AlreadyVerified,
    /// The registration is not confirmed.
    Unconfirmed,
    /// Phone or e-mail is not verified.
    NotVerified,
    /// The code is wrong.
    InvalidCode,
    /// The service asked for the e-mail's verification without the token that it needs.
    MissingAccessToken,
    /// The text gives no reason; a wrong password or user is told without one.
    Unknown,
}

impl Failed {
    /// The failure that an error of a login step means; `None` when the service did not answer in its own words.
    #[must_use]
    pub fn from_error(error: &Error) -> Option<Self> {
        let peer = error.peer()?;
        Some(Self {
            reason: error.detail("reason").and_then(FailureReason::from_text).unwrap_or(FailureReason::Unknown),
            response_code: peer.code.clone(),
            response_text: peer.text.clone().unwrap_or_default(),
        })
    }
}
