//! Registers a user of an account (docs/protocols/ws-channel.md §2.1, §2.2).

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_ws_channel::{
    challenge::encrypt_password,
    errors,
    model::{ApiKey, Email, Mode, Name, Phone},
    operations::account::{
        init_register::{InitRegister, InitRegisterRequest},
        register::{Register, RegisterRequest, RegisterResponse},
    },
};

use super::{Flow, flow, password_rule, steps::FlowSteps};
use crate::{CallOptions, ws_channel::WsChannel};

/// The user to register.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RegisterAccountRequest {
    /// The account's e-mail address.
    #[boundary(profile)]
    pub email: Email,
    /// One of the account's two users. Register the admin user first.
    #[boundary(profile)]
    pub mode: Mode,
    /// The full name of the person who registers.
    #[boundary(profile)]
    pub name: Name,
    /// The company's name.
    #[boundary(profile)]
    pub company: Name,
    /// The phone for codes, the same for both users.
    #[boundary(profile)]
    pub phone: Phone,
    /// The password: at least 20 characters with lower and upper case, digit and special character, at most 199 bytes.
    #[boundary(profile)]
    pub password: Secret,
    /// The integrator's key, `0` for a new one. Default: the client's key, or `0` if the client has none.
    #[boundary(profile)]
    pub api_key: Option<ApiKey>,
}

/// Register an account's admin or data user.
///
/// Fetches the challenge, encrypts the password and registers the user. The service sends a code to the phone; the
/// first login asks for it. Register the admin user first, then the data user: the client keeps the API key from the
/// first registration, unless the client is logged in. The registration is never repeated after an error: log in to
/// see whether it succeeded.
#[derive(Debug, Operation)]
#[operation(RegisterAccountRequest => RegisterResponse)]
#[declaration(commands: COMMANDS, ..flow("ws_channel.register_account", "account"))]
#[errors(errors::{USER_EXISTS, ADMIN_FIRST, API_KEY_REFUSED, LOGIN_REFUSED, PARAMETER_REFUSED, CHALLENGE_MALFORMED})]
pub struct RegisterAccount;

const EXAMPLES: &str = "The settings file (~/.wscli/settings.yaml, mode 0600 in a folder of mode 0700) is the same as that of wscli:\n\n  settings:\n    email: me@example.com\n    \
             mode: admin\n    name: Eve Example\n    company: Example Oy\n    phone: \"+358401234567\"\n    apikey: \"0\"\n    environment: test\n    bank: simulator\n\n\
             Register the admin user first, then the data user. The API key from the first registration is stored in the file.";

const COMMANDS: &[Command] = &[Command::named("register").with_examples(EXAMPLES)];

impl Flow<WsChannel> for RegisterAccount {
    async fn run(
        client: &WsChannel,
        request: RegisterAccountRequest,
        options: &CallOptions,
    ) -> Result<RegisterResponse> {
        let steps = FlowSteps::begin(client, options)?;
        password_rule::check("password", &request.password)?;
        let key = client.settings().public_key()?;
        let RegisterAccountRequest { email, mode, name, company, phone, password, api_key } = request;
        let api_key = match api_key.or(client.session().api_key) {
            Some(key) => key,
            None => ApiKey::new("0")?,
        };
        let challenge = InitRegisterRequest::new(email.clone(), mode);
        let ch_resp = steps.exchange::<InitRegister>(challenge).await?.challenge;
        let encrypted = encrypt_password(&password, &ch_resp, &key)?;
        steps
            .exchange::<Register>(RegisterRequest::new(email, mode, api_key, ch_resp, company, encrypted, name, phone))
            .await
    }
}
