//! `SelectMFA`: PUT `/session/{Email}/{Mode}/selectmfa` (§2.10).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{AdminMode, ChallengeName, Email, MfaSession, MfaType},
};

/// The chosen factor.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SelectMfaRequest {
    /// The account (§1.3).
    #[boundary(profile)]
    pub email: Email,
    /// Always `admin`: only the admin user has a second factor.
    #[boundary(profile)]
    pub mode: AdminMode,
    /// The factor, one of those offered.
    pub mfa_type: MfaType,
    /// The handle from the login.
    pub session: MfaSession,
}

/// The code that is needed next.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SelectMfaResponse {
    /// The chosen factor. The oldest services omit it.
    pub challenge_name: Option<ChallengeName>,
    /// The new handle. If an old service omits it, the previous handle stays valid.
    pub session: Option<MfaSession>,
    /// The service's text.
    pub response_text: String,
}

/// Choose the second factor of a login.
///
/// Ends the current step of the session and begins a step for the chosen factor; choosing SMS sends the SMS at once.
/// It can also switch a login that waits for an authenticator to SMS.
#[derive(Debug, Operation)]
#[operation(SelectMfaRequest => SelectMfaResponse)]
#[declaration(..declare::exchange("ws_channel.select_mfa", "session"))]
#[errors(errors::{CODE_REFUSED, CODE_EXPIRED, ATTEMPTS_EXCEEDED, QUOTA_EXCEEDED, PARAMETER_REFUSED})]
#[route(..declare::public("SelectMFA", Method::Put, "/session/{Email}/{Mode}/selectmfa"))]
#[exchange(WsChannelCodec, WsChannelTerms::LOGIN_STEP)]
pub struct SelectMfa;
