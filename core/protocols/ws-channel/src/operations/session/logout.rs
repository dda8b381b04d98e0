//! `Logout`: DELETE `/session/{Email}/{Mode}` (§2.12).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{AccessToken, Email, Mode},
};

/// The user of the session.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct LogoutRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
    /// Accepted for older clients. All tokens are revoked with or without it.
    pub access_token: Option<AccessToken>,
}

/// The sessions have ended.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct LogoutResponse {
    /// The service's text.
    pub response_text: String,
}

/// End all sessions of a user.
///
/// Revokes all tokens issued to this user so far, on every machine. The account's other user stays logged in.
#[derive(Debug, Operation)]
#[operation(LogoutRequest => LogoutResponse)]
#[declaration(..declare::exchange("ws_channel.logout", "session"))]
#[errors(..declare::SESSION_ERRORS, errors::PARAMETER_REFUSED)]
#[route(parameters: Parameters::BodyOrQuery, ..declare::session("Logout", Method::Delete, "/session/{Email}/{Mode}"))]
#[exchange(WsChannelCodec, WsChannelTerms::SESSION)]
pub struct Logout;
