//! A login in steps: its continuation.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_ws_channel::{
    login::MfaMethod,
    model::{OneTimeCode, Phone},
};

use super::{
    Flow, LogInProgress, driver, flow,
    log_in::LogIn,
    paused::{progress, resume},
    steps::FlowSteps,
};
use crate::{
    CallOptions,
    ws_channel::{
        WsChannel,
        seal::{SealKey, SealedText},
    },
};

/// The login so far, and the input that it waits for.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ContinueLogInRequest {
    /// The login so far, from the answer of `begin_log_in` or of the previous `continue_log_in`.
    pub sealed: SealedText,
    /// The code, if one is needed.
    pub code: Option<OneTimeCode>,
    /// The choice, if one is needed. If an authenticator's code is needed, `sms` switches to an SMS.
    pub mfa_method: Option<MfaMethod>,
    /// The account's phone number, if it is missing.
    #[boundary(profile)]
    pub phone: Option<Phone>,
    /// The password. Needed if the login restarts after a verification of phone or e-mail.
    #[boundary(profile)]
    pub password: Option<Secret>,
    /// The key that encrypted the login.
    #[boundary(profile)]
    pub seal_key: SealKey,
}

/// Continue a login that waits for input.
///
/// Supplies the input and runs the login until more input is needed. The answer is like that of `begin_log_in`:
/// complete, or waiting again (`wrong` above 0: the code was refused and can be entered again). Use each encrypted
/// login once; only the last one returned is valid.
#[derive(Debug, Operation)]
#[operation(ContinueLogInRequest => LogInProgress)]
#[declaration(..flow("ws_channel.continue_log_in", "session"))]
#[errors(..LogIn::DECLARATION.errors)]
pub struct ContinueLogIn;

impl Flow<WsChannel> for ContinueLogIn {
    async fn run(client: &WsChannel, request: ContinueLogInRequest, options: &CallOptions) -> Result<LogInProgress> {
        let steps = FlowSteps::begin(client, options)?;
        let mut machine = resume(client, &request.sealed, &request.seal_key)?;
        if let Some(method) = request.mfa_method {
            machine.choose(method)?;
        }
        if let Some(code) = request.code {
            if let (Some(phone), true) = (request.phone, machine.setup().phone.is_none()) {
                // Only a login that waits for the phone's code accepts it; others ignore it.
                let _ = machine.give_phone(phone);
            }
            machine.give_code(code)?;
        }
        let stop =
            driver::advance(&steps, &mut machine, request.password.as_ref(), request.mfa_method.is_some()).await?;
        progress(client, &machine, stop, &request.seal_key)
    }
}
