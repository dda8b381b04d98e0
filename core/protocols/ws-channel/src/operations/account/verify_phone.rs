//! `VerifyPhone`: POST `/account/{Email}/{Mode}/{Phone}` (§2.3).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Email, Mode, OneTimeCode, Phone},
};

/// The phone and its code.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyPhoneRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
    /// The registered phone.
    #[boundary(profile)]
    pub phone: Phone,
    /// The six digits from the SMS.
    pub code: OneTimeCode,
}

/// The phone is verified. Now log in for the e-mail's code.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyPhoneResponse {
    /// The service's text.
    pub response_text: String,
}

/// Verify a user's phone with the code from the SMS.
///
/// The service sent the code at registration. A login with the right password sends it again if the last code is at
/// least a minute old, five times a day. The code is valid for 24 hours. A wrong phone, a wrong code and an already
/// verified phone get the same refusal. Admin and data user are verified separately. A refused code is never sent
/// again automatically.
#[derive(Debug, Operation)]
#[operation(VerifyPhoneRequest => VerifyPhoneResponse)]
#[declaration(..declare::exchange("ws_channel.verify_phone", "account"))]
#[errors(errors::{CODE_REFUSED, CODE_EXPIRED, ATTEMPTS_EXCEEDED, PARAMETER_REFUSED})]
#[route(repeat: Repeat::Never, ..declare::public("VerifyPhone", Method::Post, "/account/{Email}/{Mode}/{Phone}"))]
#[exchange(WsChannelCodec, WsChannelTerms::LOGIN_STEP)]
pub struct VerifyPhone;
