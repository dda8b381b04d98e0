//! `LoginMFA`: PUT `/session/{Email}/{Mode}/mfacode` (§2.9).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{
        AccessToken, AccountInfo, AdminMode, ApiKey, ChallengeName, Email, ExpiresIn, IdToken, MfaOption, MfaSession,
        MfaType, OneTimeCode, OtpauthUri, TotpSecret,
    },
};

/// The code and its step.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct LoginMfaRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// Always `admin`: only the admin user has a second factor.
    #[boundary(profile)]
    pub mode: AdminMode,
    /// The code from the SMS or the authenticator.
    pub code: OneTimeCode,
    /// The handle from the login or the choice of the factor.
    pub session: MfaSession,
    /// The factor of the code, as the login named it. Default: `SMS_MFA`.
    pub challenge_name: Option<MfaType>,
    /// Whether to begin the enrolment of an authenticator.
    #[boundary(wire = "SetupTOTP")]
    pub setup_totp: Option<bool>,
}

/// A session, or the next step.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct LoginMfaResponse {
    /// The session's token; with it the login is complete.
    pub id_token: Option<IdToken>,
    /// The API key of the account, with the token.
    pub api_key: Option<ApiKey>,
    /// The life of the session, with the token.
    pub expires_in: Option<ExpiresIn>,
    /// The handle of the second step.
    pub session: Option<MfaSession>,
    /// The kind of the second step.
    pub challenge_name: Option<ChallengeName>,
    /// The factors to choose from.
    pub mfa_options: Option<Vec<MfaOption>>,
    /// The phone number for an SMS, masked.
    pub sms_destination: Option<String>,
    /// The secret for the authenticator, if its enrolment was requested.
    pub secret_code: Option<TotpSecret>,
    /// The same secret for a QR code.
    pub otpauth_uri: Option<OtpauthUri>,
    /// With the secret: the token for `verify_totp`. Alone: the token for `verify_email`.
    pub access_token: Option<AccessToken>,
    /// The account's type and features, with the token (API 2.10).
    pub account: Option<AccountInfo>,
    /// The service's text.
    pub response_text: String,
}

/// Submit the code of the second factor.
///
/// The second step of an admin login. Five wrong codes end the step; ten within an hour lock the user for an hour.
/// With `setup_totp` the answer also has the secret for an authenticator, shown only once: `verify_totp` completes
/// the enrolment. A refused code is never sent again automatically.
#[derive(Debug, Operation)]
#[operation(LoginMfaRequest => LoginMfaResponse)]
#[declaration(commands: COMMANDS, ..declare::exchange("ws_channel.login_mfa", "session"))]
#[errors(errors::{CODE_REFUSED, CODE_EXPIRED, ATTEMPTS_EXCEEDED, PARAMETER_REFUSED})]
#[route(repeat: Repeat::Never, ..declare::public("LoginMFA", Method::Put, "/session/{Email}/{Mode}/mfacode"))]
#[exchange(WsChannelCodec, WsChannelTerms::LOGIN_STEP)]
pub struct LoginMfa;

const COMMANDS: &[Command] = &[Command::when_given("login", &["session", "code"])];
