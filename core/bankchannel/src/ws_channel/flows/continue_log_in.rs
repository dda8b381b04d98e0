//! A login in steps: its continuation.

use bankchannel_foundation::{Boundary, Declaration, Operation, Result, Secret};
use bankchannel_ws_channel::{
    login::MfaMethod,
    model::{Code, Phone},
};

use super::{
    Flow, LogInProgress, driver, flow, log_in,
    paused::{progress, resume},
    steps::Steps,
};
use crate::{
    CallOptions,
    ws_channel::{
        WsChannel,
        seal::{SealKey, Sealed},
    },
};

/// The login so far, and what it waits for.
#[derive(Debug, Clone, Boundary)]
pub struct ContinueLogInRequest {
    /// The login so far, as `begin_log_in` or this answered it.
    pub sealed: Sealed,
    /// The code, where one is wanted.
    pub code: Option<Code>,
    /// The choice, where one is wanted. With a code of an authenticator wanted, `sms` switches to an SMS.
    pub mfa_method: Option<MfaMethod>,
    /// The account's phone number, where it is missing.
    #[boundary(profile)]
    pub phone: Option<Phone>,
    /// The password: after a verification the login begins again.
    #[boundary(profile)]
    pub password: Option<Secret>,
    /// What it was sealed with.
    #[boundary(profile)]
    pub seal_key: SealKey,
}

/// Goes on with a login.
#[derive(Debug)]
pub struct ContinueLogIn;

impl Operation for ContinueLogIn {
    type Request = ContinueLogInRequest;
    type Response = LogInProgress;
    const DECLARATION: Declaration = flow(
        "ws_channel.continue_log_in",
        "session",
        "Go on with a login that waited",
        "Gives what the login waits for and goes as far as it can. The answer is as that of `begin_log_in`: complete, or waiting \
         again (`wrong` above 0: the code was refused, and may be given again). Use each sealed login once: the one answered last \
         is the one that counts.",
        log_in::ERRORS,
    );
}

impl Flow<WsChannel> for ContinueLogIn {
    async fn run(client: &WsChannel, request: ContinueLogInRequest, options: &CallOptions) -> Result<LogInProgress> {
        let steps = Steps::begin(client, options)?;
        let mut machine = resume(client, &request.sealed, &request.seal_key)?;
        if let Some(method) = request.mfa_method {
            machine.choose(method)?;
        }
        if let Some(code) = request.code {
            if let (Some(phone), true) = (request.phone, machine.setup().phone.is_none()) {
                // Only a login that waits for the phone's code takes it; for any other it is of no use.
                let _ = machine.give_phone(phone);
            }
            machine.give_code(code)?;
        }
        let stop =
            driver::advance(&steps, &mut machine, request.password.as_ref(), request.mfa_method.is_some()).await?;
        progress(client, &machine, stop, &request.seal_key)
    }
}
