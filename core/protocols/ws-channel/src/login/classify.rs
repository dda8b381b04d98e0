//! Classifies one answer of the service: keys first, text second.

use bankchannel_foundation::{CallOutcome, Error, error::row, redact::redact_words};

use super::state::{
    Authenticated, Failed, FailureReason, LoginState, MfaMethod, NeedsEmailVerification, NeedsMfa, NeedsMfaSelection,
    TotpEnrolment,
};
use crate::{
    errors,
    model::{
        AccessToken, AccountInfo, ApiKey, ChallengeName, ExpiresIn, IdToken, MfaOption, MfaSession, MfaType,
        OtpauthUri, TotpSecret,
    },
    operations::session::{login::LoginResponse, login_mfa::LoginMfaResponse, select_mfa::SelectMfaResponse},
};

/// The common fields of the answers of `Login`, `LoginMFA` and `SelectMFA`.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)] // the fields are those of the answers
pub struct LoginAnswer {
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

impl From<LoginResponse> for LoginAnswer {
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
            account: answer.account,
            response_text: answer.response_text,
            ..Self::default()
        }
    }
}

impl From<LoginMfaResponse> for LoginAnswer {
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

impl LoginAnswer {
    /// Normalises the answer of `SelectMFA`. If a service omits the new handle, the handle of the choice stays valid;
    /// if it omits the factor's name, the factor is the chosen one.
    #[must_use]
    pub fn to_selection(answer: SelectMfaResponse, chosen: MfaType, held: &MfaSession) -> Self {
        Self {
            session: Some(answer.session.unwrap_or_else(|| held.clone())),
            challenge_name: Some(answer.challenge_name.unwrap_or_else(|| chosen.into())),
            response_text: answer.response_text,
            ..Self::default()
        }
    }
}

impl LoginState {
    /// Classifies an answer: the keys decide first, the text second (§3.6). `configured` is the client's API key, `0`
    /// or none if it has none yet. Tokens from earlier answers are ignored.
    ///
    /// # Errors
    /// `peer.protocol`: a challenge with an unknown name, an API key other than the configured one, a step without its
    /// handle.
    pub fn from_answer(answer: impl Into<LoginAnswer>, configured: Option<&ApiKey>) -> Result<Self, Error> {
        let answer = answer.into();
        if let Some(id_token) = answer.id_token.clone() {
            return authenticated(answer, id_token, configured).map(Self::Authenticated);
        }
        if let Some(ChallengeName::Other(_)) = answer.challenge_name {
            return Err(unreadable_answer("the login asks for a step that this version does not know"));
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
            // The first contracts named no challenge; the factor is SMS unless the text says otherwise (§2.9).
            _ if text.contains("authenticator code") => Some(MfaMethod::Totp),
            _ if text.contains("sms code") || answer.session.is_some() => Some(MfaMethod::Sms),
            _ => None,
        };
        match (method, answer.session) {
            (Some(method), Some(session)) => {
                Ok(Self::NeedsMfa(NeedsMfa { method, session, challenge_name: answer.challenge_name }))
            }
            (Some(_), None) => Err(unreadable_answer("the login asks for a code without the Session it belongs to")),
            (None, _) => {
                let reason = crate::answer_errors::login_failure_reason(&answer.response_text)
                    .and_then(FailureReason::from_text);
                Ok(failed(reason.unwrap_or(FailureReason::Unknown), &answer.response_text))
            }
        }
    }
}

/// Requests a new key at registration: no key yet.
const NO_KEY: &str = "0";

fn authenticated(answer: LoginAnswer, id_token: IdToken, configured: Option<&ApiKey>) -> Result<Authenticated, Error> {
    let configured = configured.filter(|key| key.expose() != NO_KEY);
    let api_key = match (answer.api_key, configured) {
        (Some(given), Some(configured)) if given.expose() != configured.expose() => {
            return Err(Error::new(&errors::API_KEY_DIFFERS)
                .with("field", "api_key")
                .with_outcome(CallOutcome::Accepted));
        }
        (Some(given), _) if given.expose() != NO_KEY => given,
        (_, Some(configured)) => configured.clone(),
        _ => return Err(unreadable_answer("the login returned a session without an ApiKey")),
    };
    let totp_enrolment = match (answer.secret_code, answer.access_token) {
        (Some(secret_code), Some(access_token)) => {
            Some(TotpEnrolment { secret_code, otpauth_uri: answer.otpauth_uri, access_token })
        }
        (Some(_), None) => return Err(unreadable_answer("the login returned a SecretCode without its AccessToken")),
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

fn selection(answer: LoginAnswer) -> Result<NeedsMfaSelection, Error> {
    let offered = answer.mfa_options.unwrap_or_default();
    let mut methods = Vec::new();
    for method in offered.iter().filter_map(MfaOption::known).map(MfaMethod::from) {
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    if methods.is_empty() {
        return Err(unreadable_answer("the login offers no second factor that this version knows"));
    }
    let session =
        answer.session.ok_or_else(|| unreadable_answer("the login offers second factors without a Session"))?;
    Ok(NeedsMfaSelection { methods, sms_destination: answer.sms_destination, session })
}

fn failed(reason: FailureReason, text: &str) -> LoginState {
    LoginState::Failed(Failed { reason, response_code: Some("00".into()), response_text: redact_words(text) })
}

fn unreadable_answer(why: &str) -> Error {
    Error::because(&row::PEER_PROTOCOL, why).with_outcome(CallOutcome::Accepted)
}
