//! `VerifyEmail`: POST `/account/{Email}/{Mode}` (§2.4).

use bankchannel_foundation::{error::row, message::InRequest, operation::Codec, prelude::*};

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{AccessToken, Email, Mode, OneTimeCode},
};

/// The token from the login and the code from the mail.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyEmailRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
    /// The token from the login that asked for this verification.
    pub access_token: AccessToken,
    /// The six digits from the mail.
    pub code: OneTimeCode,
}

/// The address is verified; now log in.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyEmailResponse {
    /// The service's text.
    pub response_text: String,
}

/// Verify a user's e-mail address with the code from the mail.
///
/// The login that asks for this verification returns the token and sends the code. The token is valid for 15 minutes,
/// the code for 24 hours; a success uses up the token. Admin and data user are verified separately. A refused code is
/// never sent again automatically.
#[derive(Debug, Operation)]
#[operation(VerifyEmailRequest => VerifyEmailResponse)]
#[declaration(..declare::exchange("ws_channel.verify_email", "account"))]
#[errors(errors::{CODE_REFUSED, CODE_EXPIRED, ATTEMPTS_EXCEEDED, PARAMETER_REFUSED})]
#[route(repeat: Repeat::Never, ..declare::public("VerifyEmail", Method::Post, "/account/{Email}/{Mode}"))]
pub struct VerifyEmail;

impl Exchange for VerifyEmail {
    type Codec = WsChannelCodec;
    const TERMS: WsChannelTerms = WsChannelTerms::LOGIN_STEP;

    /// A code that is not six digits is refused under the wire's name of the field, `Code`, which clients know (§1.7).
    fn decode_request(message: InRequest<'_>) -> Result<VerifyEmailRequest, Error> {
        WsChannelCodec::decode_request::<Self>(message).map_err(|fault| match fault.detail("field") {
            Some("Code") if fault.row() == &row::INVALID_FIELD => {
                Error::invalid_field("EmailCode", "must be six digits")
            }
            _ => fault,
        })
    }
}
