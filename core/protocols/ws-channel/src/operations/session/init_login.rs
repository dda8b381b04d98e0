//! `InitLogin`: GET `/session/{Email}/{Mode}` (§2.7).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Challenge, Email, Mode},
};

/// The user who wants to log in.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct InitLoginRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
}

/// The challenge.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct InitLoginResponse {
    /// The challenge for `login`. `encrypt_password` encrypts the password for it. Valid once, for five minutes.
    pub challenge: Challenge,
    /// The service's text.
    pub response_text: String,
}

/// Fetch a challenge for a login.
///
/// The first step of a login, a registration or a password reset: the next call answers the challenge within five
/// minutes. The answer is the same whether or not the account exists, and nothing changes.
#[derive(Debug, Operation)]
#[operation(InitLoginRequest => InitLoginResponse)]
#[declaration(..declare::exchange("ws_channel.init_login", "session"))]
#[errors(errors::PARAMETER_REFUSED)]
#[route(..declare::public("InitLogin", Method::Get, "/session/{Email}/{Mode}"))]
#[exchange(WsChannelCodec, WsChannelTerms::PUBLIC)]
pub struct InitLogin;
