//! `InitPasswordReset`: GET `/account/{Email}/{Mode}/password` (§2.5).

use bankchannel_foundation::{
    Boundary, Declaration, Exchange, Operation,
    error::Row,
    message::Method,
    operation::{Repeat, Route},
};

use crate::{
    Envelope, Terms, errors,
    model::{Email, Mode},
    route,
};

/// Whose password is to be reset.
#[derive(Debug, Clone, Boundary)]
pub struct InitPasswordResetRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// Which of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
}

/// If there is such a user, the code is on its way.
#[derive(Debug, Clone, Boundary)]
pub struct InitPasswordResetResponse {
    /// The service's text.
    pub response_text: String,
}

const ERRORS: &[&Row] = &[&errors::PARAMETER_REFUSED];

/// Has the code for a password reset sent.
#[derive(Debug)]
pub struct InitPasswordReset;

impl Operation for InitPasswordReset {
    type Request = InitPasswordResetRequest;
    type Response = InitPasswordResetResponse;
    const DECLARATION: Declaration = route::exchange(
        "ws_channel.init_password_reset",
        "account",
        "Have a code for a password reset sent by SMS",
        "Sends a code to the verified phone: once a minute and five times a day at most; it lives for 15 minutes. It answers the same \
         for an unknown account, to which nothing is sent. A GET with an effect: never prefetched, never cached, not repeated after a \
         server error.",
        ERRORS,
        Route {
            repeat: Repeat::AfterRateLimit,
            audited: true,
            ..route::public("InitPasswordReset", Method::Get, "/account/{Email}/{Mode}/password")
        },
    );
}

impl Exchange for InitPasswordReset {
    type Codec = Envelope;
    const TERMS: Terms = Terms::REGISTRATION;
}
