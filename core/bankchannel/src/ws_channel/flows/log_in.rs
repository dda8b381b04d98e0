//! The whole login as one call (docs/protocols/ws-channel.md §3.4).

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_ws_channel::{
    errors,
    login::{Authenticated, LoginMachine, MfaMethod, Setup},
    model::{Email, Mode, OneTimeCode, Phone},
};

use super::{Flow, driver, flow, steps::FlowSteps};
use crate::{CallOptions, ws_channel::WsChannel};

/// The user and the login's options.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct LogInRequest {
    /// The account.
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users.
    #[boundary(profile)]
    pub mode: Mode,
    /// The password.
    #[boundary(profile)]
    pub password: Secret,
    /// The account's phone, in case it is not verified yet. The call asks for it if it is needed and absent.
    #[boundary(profile)]
    pub phone: Option<Phone>,
    /// The second factor to use if there is a choice. By default the call asks for it; without a callback for questions
    /// it is the authenticator.
    pub mfa_method: Option<MfaMethod>,
    /// Whether to begin the enrolment of an authenticator; the answer then has its secret. `enrol_totp` does the whole
    /// enrolment.
    pub setup_totp: Option<bool>,
    /// The answer to the first question for a code, if it is already known.
    pub code: Option<OneTimeCode>,
}

/// Log in, with all its steps.
///
/// Fetches the challenge, encrypts the password, and does the steps that the service wants first: verifies phone and
/// e-mail, chooses a second factor, submits its code. It asks for `phone_code`, `email_code`, `sms_code`,
/// `totp_code`, `mfa_method` and `phone` when it needs them; it asks again after a wrong code, three times in all.
/// Afterwards the client has the session. If question and answer are in different processes, `begin_log_in` and
/// `continue_log_in` do the same in steps.
#[derive(Debug, Operation)]
#[operation(LogInRequest => Authenticated)]
#[declaration(commands: &[Command::named("login").with_examples(EXAMPLES)], ..flow("ws_channel.log_in", "session"))]
#[errors(errors::{
    LOGIN_REFUSED, LOGIN_FAILED, LOGIN_STALLED, CODE_REFUSED, CODE_EXPIRED, ATTEMPTS_EXCEEDED, QUOTA_EXCEEDED, API_KEY_DIFFERS,
    CHALLENGE_MALFORMED,
})]
pub struct LogIn;

const EXAMPLES: &str = "Examples:\n  bankchannel session login -m admin\n  bankchannel session login -m admin --session SESSION --code 123456    the second step alone\n\n\
             Environment variables can give the codes: ISECURE_ADMIN_MFA_CODE, ISECURE_DATA_EMAIL_CODE and so on\n(…_{MFA,EMAIL,PHONE}_CODE, with the mode or without).";

impl Flow<WsChannel> for LogIn {
    async fn run(client: &WsChannel, request: LogInRequest, options: &CallOptions) -> Result<Authenticated> {
        let steps = FlowSteps::begin(client, options)?;
        let mut made = Setup::new(request.email, request.mode, request.setup_totp.unwrap_or_default());
        made.phone = request.phone;
        made.api_key = client.session().api_key;
        made.factor = request.mfa_method;
        let mut machine = LoginMachine::new(made);
        driver::log_in(&steps, &mut machine, Some(&request.password), request.code).await
    }
}
