//! The meaning of one answer of the service.

use bankchannel_foundation::{Error, model::Boundary};

use crate::model::{
    AccessToken, AccountInfo, ApiKey, ChallengeName, ExpiresIn, IdToken, MfaSession, MfaType, OtpauthUri, TotpSecret,
};

/// The state of a login.
#[derive(Debug, Clone, Boundary)]
#[boundary(tag = "state")]
#[non_exhaustive]
pub enum LoginState {
    /// The login is complete.
    Authenticated(Authenticated),
    /// The service wants a code of a second factor.
    NeedsMfa(NeedsMfa),
    /// The service wants the choice of a second factor.
    NeedsMfaSelection(NeedsMfaSelection),
    /// The service wants the code from the verification mail.
    NeedsEmailVerification(NeedsEmailVerification),
    /// The service wants the code from the verification SMS.
    NeedsPhoneVerification,
    /// The service accepted a verification; the login starts again.
    VerificationAccepted(VerificationAccepted),
    /// The service asked for the same step again: the login would loop.
    Stalled(Stalled),
    /// The login failed.
    Failed(Failed),
}

/// A complete login.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct Authenticated {
    /// The session's token.
    pub id_token: IdToken,
    /// The account's API key.
    pub api_key: ApiKey,
    /// The life of the session. Absent if the service did not give it.
    pub expires_in: Option<ExpiresIn>,
    /// The new authenticator's secret, if its enrolment was requested.
    pub totp_enrolment: Option<TotpEnrolment>,
    /// The account's type and features, if the service gives them.
    pub account: Option<AccountInfo>,
    /// The service's text.
    pub response_text: String,
}

/// The secret for an authenticator, shown only once. `verify_totp` completes the enrolment.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct TotpEnrolment {
    /// The secret, base32.
    pub secret_code: TotpSecret,
    /// The same secret for a QR code.
    pub otpauth_uri: Option<OtpauthUri>,
    /// The token for `verify_totp`, valid for ten minutes.
    pub access_token: AccessToken,
}

/// A second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
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

/// The service wants a code of a second factor.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct NeedsMfa {
    /// The source of the code.
    pub method: MfaMethod,
    /// The handle of this step.
    pub session: MfaSession,
    /// The service's name for the step. The oldest services give no name.
    pub challenge_name: Option<ChallengeName>,
}

/// The service wants the choice of a second factor.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct NeedsMfaSelection {
    /// The factors to choose from, at least one.
    pub methods: Vec<MfaMethod>,
    /// The phone number for an SMS, masked.
    pub sms_destination: Option<String>,
    /// The handle of this step.
    pub session: MfaSession,
}

/// The service wants the code from the verification mail.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct NeedsEmailVerification {
    /// The token for `verify_email`, valid for 15 minutes.
    pub access_token: AccessToken,
}

/// A verification that was accepted.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerificationAccepted {
    /// The verified item.
    pub verified: Verified,
    /// The service's text.
    pub response_text: String,
}

/// An item that can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum Verified {
    /// The e-mail address.
    Email,
    /// The phone.
    Phone,
    /// An authenticator.
    Totp,
}

/// A step of a login that needs input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
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

/// A login that loops.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct Stalled {
    /// The repeated step, or the first step over the limit.
    pub step: Prompt,
    /// The number of steps taken.
    pub transitions: u32,
}

/// A login that failed.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct Failed {
    /// The reason, as far as the service's text tells.
    pub reason: FailureReason,
    /// The service's code.
    pub response_code: Option<String>,
    /// The service's text, without the parts that may not be shown.
    pub response_text: String,
}

/// Why a step of a login failed (§8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum FailureReason {
    /// Too many attempts: locked for a while.
    TooManyAttempts,
    /// The code or the step has expired.
    ExpiredCode,
    /// A new code must be requested.
    ResendRequired,
    /// The phone or e-mail was already verified.
    AlreadyVerified,
    /// The registration is not confirmed.
    Unconfirmed,
    /// The phone or the e-mail address is not verified.
    NotVerified,
    /// The code is wrong.
    InvalidCode,
    /// The service asked to verify the e-mail address but did not send the token for it.
    MissingAccessToken,
    /// The text gives no reason. The service gives none for a wrong password or user.
    Unknown,
}

impl Failed {
    /// Converts the error of a login step to a failure; `None` if the service sent no readable answer.
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
