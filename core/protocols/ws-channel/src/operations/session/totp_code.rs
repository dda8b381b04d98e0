//! Computes the current code of an authenticator (§3.3).

use bankchannel_crypto::totp;
use bankchannel_foundation::prelude::*;

use crate::{
    declare,
    model::{OneTimeCode, TotpSecret},
};

/// The authenticator's secret.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct TotpCodeRequest {
    /// The secret that `login_mfa` returned at the authenticator's enrolment: base32; spaces and letter case do not
    /// matter.
    pub secret: TotpSecret,
}

/// The code.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct TotpCodeResponse {
    /// The six digits.
    pub code: OneTimeCode,
    /// The remaining seconds of this code: 1 to 30.
    pub seconds_left: u32,
}

/// Compute the current code of an authenticator.
///
/// RFC 6238 with SHA-1, six digits and steps of 30 seconds. Each code logs in once: after a login wait for the next
/// step. A secret stored beside the password is no longer a second factor.
#[derive(Debug, Operation)]
#[operation(TotpCodeRequest => TotpCodeResponse)]
#[declaration(..declare::local("ws_channel.totp_code", "session"))]
pub struct TotpCode;

impl Local for TotpCode {
    fn run(request: TotpCodeRequest, with: LocalContext<'_>) -> Result<TotpCodeResponse, Error> {
        let secret =
            totp::TotpKey::from_base32(request.secret.expose()).map_err(|why| Error::invalid_field("secret", why))?;
        let now = u64::try_from(with.clock.now_s()).unwrap_or_default();
        let left = totp::STEP_SECONDS - now % totp::STEP_SECONDS;
        Ok(TotpCodeResponse {
            code: OneTimeCode::new(&totp::code_at_counter(&secret, totp::counter(now)))?,
            seconds_left: u32::try_from(left).unwrap_or_default(),
        })
    }
}
