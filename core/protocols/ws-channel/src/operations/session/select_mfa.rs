//! `SelectMFA`: PUT `/session/{Email}/{Mode}/selectmfa` (§2.10).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, error::Row, message::Method};

use crate::{
    Envelope, Terms, errors,
    model::{AdminMode, ChallengeName, Email, MfaSession, MfaType},
    route,
};

/// The chosen factor.
#[derive(Debug, Clone, Boundary)]
pub struct SelectMfaRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// Always `admin`: only its user has a second factor.
    #[boundary(profile)]
    pub mode: AdminMode,
    /// The factor, one that was offered.
    pub mfa_type: MfaType,
    /// From the login.
    pub session: MfaSession,
}

/// The code to be given now.
#[derive(Debug, Clone, Boundary)]
pub struct SelectMfaResponse {
    /// The chosen factor; the oldest services leave it out.
    pub challenge_name: Option<ChallengeName>,
    /// The new handle; where an old service leaves it out, the former stays good.
    pub session: Option<MfaSession>,
    /// The service's text.
    pub response_text: String,
}

const ERRORS: &[&Row] =
    &[&errors::CODE_REFUSED, &errors::CODE_EXPIRED, &errors::ATTEMPTS_EXCEEDED, &errors::PARAMETER_REFUSED];

/// Chooses the second factor.
#[derive(Debug)]
pub struct SelectMfa;

impl Operation for SelectMfa {
    type Request = SelectMfaRequest;
    type Response = SelectMfaResponse;
    const DECLARATION: Declaration = route::exchange(
        "ws_channel.select_mfa",
        "session",
        "Choose the second factor of a login",
        "Ends the step that the session stood for and begins one for the chosen factor; choosing SMS sends it now. Also switches a \
         login that waits for an authenticator to SMS.",
        ERRORS,
        route::public("SelectMFA", Method::Put, "/session/{Email}/{Mode}/selectmfa"),
    );
}

impl Exchange for SelectMfa {
    type Codec = Envelope;
    const TERMS: Terms = Terms::LOGIN_STEP;
}
