//! `PasswordReset`: POST `/account/{Email}/{Mode}/password` (§2.6).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Challenge, Email, EncryptedPassword, Mode, OneTimeCode},
};

/// The code, and the new password as the answer to a challenge.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct PasswordResetRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
    /// The challenge, unchanged.
    pub ch_resp: Challenge,
    /// The six digits from the SMS.
    pub code: OneTimeCode,
    /// The new password, encrypted for this challenge (§3.1).
    pub encrypted: EncryptedPassword,
}

/// The new password is set.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct PasswordResetResponse {
    /// The service's text.
    pub response_text: String,
}

/// Set a new password with the code from the SMS.
///
/// Replaces the password of this user, ends all sessions of the user and clears the user's lockout. The other user
/// does not change. The operation does not log in and verifies nothing. The challenge comes from `init_login` or
/// `init_register`. The request is never repeated automatically: after an unknown outcome try the new password.
#[derive(Debug, Operation)]
#[operation(PasswordResetRequest => PasswordResetResponse)]
#[declaration(..declare::exchange("ws_channel.password_reset", "account"))]
#[errors(errors::{CODE_REFUSED, CODE_EXPIRED, ATTEMPTS_EXCEEDED, LOGIN_REFUSED, PARAMETER_REFUSED})]
#[route(repeat: Repeat::Never, ..declare::public("PasswordReset", Method::Post, "/account/{Email}/{Mode}/password"))]
#[exchange(WsChannelCodec, WsChannelTerms::LOGIN_STEP)]
pub struct PasswordReset;
