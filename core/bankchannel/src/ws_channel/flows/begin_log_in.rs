//! A login in steps: its beginning.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_ws_channel::{
    login::{LoginMachine, MfaMethod, Setup},
    model::{Email, Mode, Phone},
};

use super::{Flow, LogInProgress, driver, flow, log_in::LogIn, paused::progress, steps::FlowSteps};
use crate::{
    CallOptions,
    ws_channel::{WsChannel, seal::SealKey},
};

/// The user, and the key that encrypts the waiting login.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct BeginLogInRequest {
    /// The account.
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
    /// The password.
    #[boundary(profile)]
    pub password: Secret,
    /// The account's phone, in case it is not verified yet.
    #[boundary(profile)]
    pub phone: Option<Phone>,
    /// The second factor to use if there is a choice.
    pub mfa_method: Option<MfaMethod>,
    /// Whether to begin the enrolment of an authenticator.
    pub setup_totp: Option<bool>,
    /// The key that encrypts the waiting login. The process that continues needs the same key.
    #[boundary(profile)]
    pub seal_key: SealKey,
}

/// Begin a login that another process may finish.
///
/// Runs the login until input is needed. If a code or a choice is needed, the answer is the login so far, encrypted:
/// store it, ask the person, and continue with `continue_log_in`, in this process or in another, while the code is
/// valid. The encrypted login does not contain the password. A login that needs no code is complete at once.
#[derive(Debug, Operation)]
#[operation(BeginLogInRequest => LogInProgress)]
#[declaration(..flow("ws_channel.begin_log_in", "session"))]
#[errors(..LogIn::DECLARATION.errors)]
pub struct BeginLogIn;

impl Flow<WsChannel> for BeginLogIn {
    async fn run(client: &WsChannel, request: BeginLogInRequest, options: &CallOptions) -> Result<LogInProgress> {
        let steps = FlowSteps::begin(client, options)?;
        let mut made = Setup::new(request.email, request.mode, request.setup_totp.unwrap_or_default());
        made.phone = request.phone;
        made.api_key = client.session().api_key;
        made.factor = request.mfa_method;
        let mut machine = LoginMachine::new(made);
        let stop = driver::advance(&steps, &mut machine, Some(&request.password), false).await?;
        progress(client, &machine, stop, &request.seal_key)
    }
}
