//! What one answer of the service means.

use bankchannel_foundation::{Boundary, Error, Outcome, error::row, redact::redact_words};

use crate::{
    errors,
    model::{
        AccessToken, AccountInfo, ApiKey, ChallengeName, ExpiresIn, IdToken, MfaOption, MfaSession, MfaType,
        OtpauthUri, TotpSecret,
    },
    operations::session::{login::LoginResponse, login_mfa::LoginMfaResponse, select_mfa::SelectMfaResponse},
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

/// What the answers of `Login`, `LoginMFA` and `SelectMFA` have in common.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // the fields are those of the answers
pub struct Answer {
    pub id_token: Option<IdToken>,
    pub api_key: Option<ApiKey>,
    pub expires_in: Option<ExpiresIn>,
    pub session: Option<MfaSession>,
    pub challenge_name: Option<ChallengeName>,
    pub mfa_options: Option<Vec<MfaOption>>,
    pub sms_destination: Option<String>,
    pub access_token: Option<AccessToken>,
    pub secret_code: Option<TotpSecret>,
    pub otpauth_uri: Option<OtpauthUri>,
    pub account: Option<AccountInfo>,
    pub response_text: String,
}

impl From<LoginResponse> for Answer {
    fn from(answer: LoginResponse) -> Self {
        Self {
            id_token: answer.id_token,
            api_key: answer.api_key,
            expires_in: answer.expires_in,
            session: answer.session,
            challenge_name: answer.challenge_name,
            mfa_options: answer.mfa_options,
            sms_destination: answer.sms_destination,
            access_token: answer.access_token,
            secret_code: None,
            otpauth_uri: None,
            account: answer.account,
            response_text: answer.response_text,
        }
    }
}

impl From<LoginMfaResponse> for Answer {
    fn from(answer: LoginMfaResponse) -> Self {
        Self {
            id_token: answer.id_token,
            api_key: answer.api_key,
            expires_in: answer.expires_in,
            session: answer.session,
            challenge_name: answer.challenge_name,
            mfa_options: answer.mfa_options,
            sms_destination: answer.sms_destination,
            access_token: answer.access_token,
            secret_code: answer.secret_code,
            otpauth_uri: answer.otpauth_uri,
            account: answer.account,
            response_text: answer.response_text,
        }
    }
}

impl Answer {
    /// The answer of `SelectMFA`. A service that leaves out the new handle keeps the one the choice was made with; one that
    /// leaves out the name has begun the factor that was chosen.
    #[must_use]
    pub fn to_selection(answer: SelectMfaResponse, chosen: MfaType, held: &MfaSession) -> Self {
        Self {
            id_token: None,
            api_key: None,
            expires_in: None,
            session: Some(answer.session.unwrap_or_else(|| held.clone())),
            challenge_name: Some(answer.challenge_name.unwrap_or_else(|| chosen.into())),
            mfa_options: None,
            sms_destination: None,
            access_token: None,
            secret_code: None,
            otpauth_uri: None,
            account: None,
            response_text: answer.response_text,
        }
    }
}

impl LoginState {
    /// What an answer means. The keys decide first, the text second (§3.6); `configured` is the API key that the client has,
    /// `0` or none when it has none yet. Tokens that the client still holds from before have no say.
    ///
    /// # Errors
    /// `peer.protocol`: a challenge of unknown name, another API key than the configured one, a step without its handle.
    pub fn of(answer: impl Into<Answer>, configured: Option<&ApiKey>) -> Result<Self, Error> {
        let answer = answer.into();
        if let Some(id_token) = answer.id_token.clone() {
            return authenticated(answer, id_token, configured).map(Self::Authenticated);
        }
        if let Some(ChallengeName::Other(_)) = answer.challenge_name {
            return Err(broken("the login asks for a step that this version does not know"));
        }
        let text = answer.response_text.to_ascii_lowercase();
        if text.contains("verify phone") {
            return Ok(Self::NeedsPhoneVerification);
        }
        if let Some(access_token) = answer.access_token {
            return Ok(Self::NeedsEmailVerification(NeedsEmailVerification { access_token }));
        }
        if text.contains("verify email") {
            return Ok(failed(FailureReason::MissingAccessToken, &answer.response_text));
        }
        let method = match &answer.challenge_name {
            Some(ChallengeName::Select) => return selection(answer).map(Self::NeedsMfaSelection),
            Some(ChallengeName::Sms) => Some(MfaMethod::Sms),
            Some(ChallengeName::Totp) => Some(MfaMethod::Totp),
            // The first contracts named no challenge; without a word about it the factor is SMS (§2.9).
            _ if text.contains("authenticator code") => Some(MfaMethod::Totp),
            _ if text.contains("sms code") || answer.session.is_some() => Some(MfaMethod::Sms),
            _ => None,
        };
        match (method, answer.session) {
            (Some(method), Some(session)) => {
                Ok(Self::NeedsMfa(NeedsMfa { method, session, challenge_name: answer.challenge_name }))
            }
            (Some(_), None) => Err(broken("the login asks for a code without the Session it belongs to")),
            (None, _) => {
                let reason = errors::login_failure_reason(&answer.response_text).and_then(FailureReason::from_text);
                Ok(failed(reason.unwrap_or(FailureReason::Unknown), &answer.response_text))
            }
        }
    }
}

/// The key that asks for a new one at registration: no key yet.
const NO_KEY: &str = "0";

fn authenticated(answer: Answer, id_token: IdToken, configured: Option<&ApiKey>) -> Result<Authenticated, Error> {
    let configured = configured.filter(|key| key.expose() != NO_KEY);
    let api_key = match (answer.api_key, configured) {
        (Some(given), Some(configured)) if given.expose() != configured.expose() => {
            return Err(broken("the login answers another ApiKey than the configured one"));
        }
        (Some(given), _) if given.expose() != NO_KEY => given,
        (_, Some(configured)) => configured.clone(),
        _ => return Err(broken("the login answers a session without an ApiKey")),
    };
    let totp_enrolment = match (answer.secret_code, answer.access_token) {
        (Some(secret_code), Some(access_token)) => {
            Some(TotpEnrolment { secret_code, otpauth_uri: answer.otpauth_uri, access_token })
        }
        (Some(_), None) => return Err(broken("the login answers a SecretCode without its AccessToken")),
        (None, _) => None,
    };
    Ok(Authenticated {
        id_token,
        api_key,
        expires_in: answer.expires_in,
        totp_enrolment,
        account: answer.account,
        response_text: answer.response_text,
    })
}

fn selection(answer: Answer) -> Result<NeedsMfaSelection, Error> {
    let offered = answer.mfa_options.unwrap_or_default();
    let mut methods = Vec::new();
    for method in offered.iter().filter_map(MfaOption::known).map(MfaMethod::from) {
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    if methods.is_empty() {
        return Err(broken("the login offers no second factor that this version knows"));
    }
    let session = answer.session.ok_or_else(|| broken("the login offers second factors without a Session"))?;
    Ok(NeedsMfaSelection { methods, sms_destination: answer.sms_destination, session })
}

fn failed(reason: FailureReason, text: &str) -> LoginState {
    LoginState::Failed(Failed { reason, response_code: Some("00".into()), response_text: redact_words(text) })
}

fn broken(why: &str) -> Error {
    Error::because(&row::PEER_PROTOCOL, why).with_outcome(Outcome::Accepted)
}
