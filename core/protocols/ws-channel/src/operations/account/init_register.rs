//! `InitRegister`: GET `/account/{Email}/{Mode}` (§2.1).

use bankchannel_foundation::{
    message::{InRequest, OutRequest},
    operation::Codec,
    prelude::*,
};

use crate::{
    SessionCredentials, WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Challenge, Email, Mode},
};

/// The user to register.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct InitRegisterRequest {
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
pub struct InitRegisterResponse {
    /// The challenge for `register`. `encrypt_password` encrypts the password for it. Valid once, for five minutes.
    pub challenge: Challenge,
    /// The service's text.
    pub response_text: String,
}

/// Fetch a challenge for a registration.
///
/// The first of the two steps of a registration: `register` answers the challenge within five minutes. Challenges of
/// `init_login` and of this operation are interchangeable. The answer is the same whether or not the account exists,
/// and nothing changes.
#[derive(Debug, Operation)]
#[operation(InitRegisterRequest => InitRegisterResponse)]
#[declaration(..declare::exchange("ws_channel.init_register", "account"))]
#[errors(errors::PARAMETER_REFUSED)]
#[route(..declare::public("InitRegister", Method::Get, "/account/{Email}/{Mode}"))]
pub struct InitRegister;

impl Exchange for InitRegister {
    type Codec = WsChannelCodec;
    const TERMS: WsChannelTerms = WsChannelTerms::PUBLIC;

    fn encode_request(request: InitRegisterRequest, with: &SessionCredentials) -> Result<OutRequest, Error> {
        request.email.check_new("email")?;
        WsChannelCodec::encode_request::<Self>(request, with)
    }

    fn decode_request(message: InRequest<'_>) -> Result<InitRegisterRequest, Error> {
        let request = WsChannelCodec::decode_request::<Self>(message)?;
        request.email.check_new("Email")?;
        Ok(request)
    }
}
