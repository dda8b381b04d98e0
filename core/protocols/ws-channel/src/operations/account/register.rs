//! `Register`: PUT `/account/{Email}/{Mode}` (§2.2).

use bankchannel_foundation::{
    message::{InRequest, OutRequest},
    operation::Codec,
    prelude::*,
};

use crate::{
    SessionCredentials, WsChannelCodec, WsChannelTerms, declare, errors,
    model::{ApiKey, Challenge, Email, EncryptedPassword, Mode, Name, Phone},
};

/// The user to register and the answer to the challenge.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RegisterRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
    /// The key of the integrator, or `0` for a new one.
    #[boundary(profile)]
    pub api_key: ApiKey,
    /// The challenge, unchanged.
    pub ch_resp: Challenge,
    /// The company's name.
    #[boundary(profile)]
    pub company: Name,
    /// The password, encrypted for this challenge (§3.1) by `encrypt_password`.
    pub encrypted: EncryptedPassword,
    /// The full name of the person who registers.
    #[boundary(profile)]
    pub name: Name,
    /// The phone for codes, the same for both users.
    #[boundary(profile)]
    pub phone: Phone,
}

/// The user exists; its phone and e-mail are not verified yet.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RegisterResponse {
    /// The API key, new or as given. Store it: every later call needs it.
    pub api_key: ApiKey,
    /// The service's text.
    pub response_text: String,
}

/// Register an account's admin or data user.
///
/// Creates the user and sends a code to the phone by SMS. Register the admin user first; then the data user, with the
/// same phone and the API key from the admin's registration. API key `0` requests a new key and makes the account its
/// owner. Before the first file both users verify phone and e-mail: log in and enter the codes. The password has at
/// least 20 characters with lower case, upper case, digit and special character, and at most 199 bytes. It is never
/// repeated after an error (except a 429, after which nothing was done): log in to see whether it succeeded.
#[derive(Debug, Operation)]
#[operation(RegisterRequest => RegisterResponse)]
#[declaration(..declare::exchange("ws_channel.register", "account"))]
#[errors(errors::{USER_EXISTS, ADMIN_FIRST, API_KEY_REFUSED, LOGIN_REFUSED, ATTEMPTS_EXCEEDED, QUOTA_EXCEEDED, PARAMETER_REFUSED})]
#[route(success: 201, ..declare::public("Register", Method::Put, "/account/{Email}/{Mode}"))]
pub struct Register;

impl Exchange for Register {
    type Codec = WsChannelCodec;
    const TERMS: WsChannelTerms = WsChannelTerms::REGISTRATION;

    fn encode_request(request: RegisterRequest, with: &SessionCredentials) -> Result<OutRequest, Error> {
        request.email.check_new("email")?;
        WsChannelCodec::encode_request::<Self>(request, with)
    }

    fn decode_request(message: InRequest<'_>) -> Result<RegisterRequest, Error> {
        let request = WsChannelCodec::decode_request::<Self>(message)?;
        request.email.check_new("Email")?;
        Ok(request)
    }
}
