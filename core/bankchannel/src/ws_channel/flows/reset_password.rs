//! Sets a new password (docs/protocols/ws-channel.md §3.5).

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_ws_channel::{
    challenge::encrypt_password,
    errors,
    model::{Email, Mode, OneTimeCode},
    operations::{
        account::{
            init_password_reset::{InitPasswordReset, InitPasswordResetRequest},
            password_reset::{PasswordReset, PasswordResetRequest, PasswordResetResponse},
        },
        session::init_login::{InitLogin, InitLoginRequest},
    },
};

use super::{
    Flow, flow, password_rule,
    steps::{FlowSteps, code_question},
};
use crate::{CallOptions, ws_channel::WsChannel};

/// The user and the new password.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ResetPasswordRequest {
    /// The account.
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
    /// The new password: at least 20 characters with lower and upper case, digit and special character, at most 199
    /// bytes.
    pub new_password: Secret,
    /// The code, if `init_password_reset` already sent it. By default this call sends a code and asks for it.
    pub code: Option<OneTimeCode>,
}

/// Set a new password with a code from an SMS.
///
/// Sends a code, asks for it (`reset_code`), and sets the new password. All sessions of this user end; the account's
/// other user does not change. The operation does not log in. A code is sent once a minute and five times a day at
/// most; to an unknown account nothing is sent, and the service does not say so. It does not ask again after a
/// refusal: the code may have been right and another value wrong.
#[derive(Debug, Operation)]
#[operation(ResetPasswordRequest => PasswordResetResponse)]
#[declaration(commands: &[Command::named("password-reset")], ..flow("ws_channel.reset_password", "account"))]
#[errors(errors::{
    CODE_REFUSED, CODE_EXPIRED, ATTEMPTS_EXCEEDED, LOGIN_REFUSED, PARAMETER_REFUSED, CHALLENGE_MALFORMED,
})]
pub struct ResetPassword;

impl Flow<WsChannel> for ResetPassword {
    async fn run(
        client: &WsChannel,
        request: ResetPasswordRequest,
        options: &CallOptions,
    ) -> Result<PasswordResetResponse> {
        let steps = FlowSteps::begin(client, options)?;
        password_rule::check("new_password", &request.new_password)?;
        let key = client.settings().public_key()?;
        let ResetPasswordRequest { email, mode, new_password, code } = request;
        let code = match code {
            Some(code) => code,
            None => {
                steps.exchange::<InitPasswordReset>(InitPasswordResetRequest::new(email.clone(), mode)).await?;
                let text = format!("The code from the SMS that resets the password ({email}, mode {mode})");
                steps.ask_for(code_question("reset_code", text), OneTimeCode::new).await?
            }
        };
        // Fetched only after the code has arrived: a challenge is valid for five minutes, the code for fifteen.
        let ch_resp = steps.exchange::<InitLogin>(InitLoginRequest::new(email.clone(), mode)).await?.challenge;
        let encrypted = encrypt_password(&new_password, &ch_resp, &key)?;
        steps.exchange::<PasswordReset>(PasswordResetRequest::new(email, mode, ch_resp, code, encrypted)).await
    }
}
