//! `VerifyTOTP`: PUT `/session/{Email}/{Mode}/verifytotp` (§2.11).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{AccessToken, AdminMode, Email, OneTimeCode},
};

/// A current code from the new secret.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyTotpRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// Always `admin`: only the admin user has a second factor.
    #[boundary(profile)]
    pub mode: AdminMode,
    /// The token from `login_mfa` with `setup_totp`.
    pub access_token: AccessToken,
    /// The authenticator's current code.
    pub code: OneTimeCode,
}

/// The authenticator is enrolled.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyTotpResponse {
    /// The service's text.
    pub response_text: String,
}

/// Complete the enrolment of an authenticator.
///
/// Proves that the authenticator has the secret that `login_mfa` returned. From then on the authenticator is the
/// preferred factor and SMS the fallback; an earlier authenticator is replaced. The token is valid for ten minutes
/// and five attempts. A refused code is never sent again automatically.
#[derive(Debug, Operation)]
#[operation(VerifyTotpRequest => VerifyTotpResponse)]
#[declaration(..declare::exchange("ws_channel.verify_totp", "session"))]
#[errors(errors::{CODE_REFUSED, CODE_EXPIRED, ATTEMPTS_EXCEEDED, PARAMETER_REFUSED})]
#[route(repeat: Repeat::Never, ..declare::public("VerifyTOTP", Method::Put, "/session/{Email}/{Mode}/verifytotp"))]
#[exchange(WsChannelCodec, WsChannelTerms::LOGIN_STEP)]
pub struct VerifyTotp;
