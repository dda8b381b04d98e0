//! `Login`: POST `/session/{Email}/{Mode}` (§2.8).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{
        AccessToken, AccountInfo, ApiKey, Challenge, ChallengeName, Email, EncryptedPassword, ExpiresIn, IdToken,
        MfaOption, MfaSession, Mode,
    },
};

/// The answer to the challenge.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct LoginRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
    /// The challenge, unchanged.
    pub ch_resp: Challenge,
    /// The password, encrypted for this challenge (§3.1) by `encrypt_password`.
    pub encrypted: EncryptedPassword,
}

/// A session, or the next step: exactly one of the cases (§2.8).
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct LoginResponse {
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
    /// The phone number for an SMS, masked, such as `+*****5507`.
    pub sms_destination: Option<String>,
    /// The token for `verify_email`, if the address is not verified.
    pub access_token: Option<AccessToken>,
    /// The account's type and features, with the token (API 2.10).
    pub account: Option<AccountInfo>,
    /// The service's text.
    pub response_text: String,
}

/// Answer a challenge with the password.
///
/// One step of a login, not the whole of it. The answer is a session's token, or the step that the service wants
/// first (a code for phone or e-mail, a second factor, the choice of one); `login::LoginState` tells them apart. It
/// may send a code. After ten wrong passwords within 15 minutes the user is locked for 15 minutes. A challenge is
/// valid for one attempt, successful or not.
#[derive(Debug, Operation)]
#[operation(LoginRequest => LoginResponse)]
#[declaration(..declare::exchange("ws_channel.login", "session"))]
#[errors(errors::{LOGIN_REFUSED, ATTEMPTS_EXCEEDED, QUOTA_EXCEEDED, API_KEY_REFUSED, API_KEY_DIFFERS, PARAMETER_REFUSED})]
#[route(..declare::public("Login", Method::Post, "/session/{Email}/{Mode}"))]
#[exchange(WsChannelCodec, WsChannelTerms::LOGIN_STEP)]
pub struct Login;
