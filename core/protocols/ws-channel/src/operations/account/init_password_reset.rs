//! `InitPasswordReset`: GET `/account/{Email}/{Mode}/password` (§2.5).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Email, Mode},
};

/// The user whose password is reset.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct InitPasswordResetRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
}

/// If the user exists, the code was sent.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct InitPasswordResetResponse {
    /// The service's text.
    pub response_text: String,
}

/// Send a code for a password reset by SMS.
///
/// Sends a code to the verified phone, once a minute and five times a day at most. The code is valid for 15 minutes.
/// The answer is the same for an unknown account, to which nothing is sent. This GET has an effect: it is never
/// prefetched, never cached, and not repeated after a server error.
#[derive(Debug, Operation)]
#[operation(InitPasswordResetRequest => InitPasswordResetResponse)]
#[declaration(..declare::exchange("ws_channel.init_password_reset", "account"))]
#[errors(errors::PARAMETER_REFUSED)]
#[route(
    repeat: Repeat::AfterRateLimit,
    audited: true,
    ..declare::public("InitPasswordReset", Method::Get, "/account/{Email}/{Mode}/password")
)]
#[exchange(WsChannelCodec, WsChannelTerms::REGISTRATION)]
pub struct InitPasswordReset;
