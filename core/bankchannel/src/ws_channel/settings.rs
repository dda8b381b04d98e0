//! A client's settings: one declaration for every language, the settings file and the command line.

use std::sync::Arc;

use bankchannel_foundation::{
    Boundary, Result, Secret,
    model::{Dialect, Profile, Seconds, Value, Writer},
};
use bankchannel_transport::Settings;
use bankchannel_ws_channel::{
    PRODUCTION_BASE_URL, TEST_BASE_URL,
    model::{ApiKey, Bank, Email, IdToken, Mode, Name, Phone},
};

use super::{Session, WsChannel};
use crate::{ConnectionSettings, client::ClientSettings};

/// Which of the service's installations is meant (§1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub enum Environment {
    /// The test installation, with the simulator bank.
    #[default]
    Test,
    /// The real one.
    Production,
}

/// The settings of a WS Channel client. All are optional; those of an account are used wherever a request leaves them out.
#[derive(Debug, Clone, Default, Boundary)]
pub struct WsChannelSettings {
    /// Which installation: decides the base URL and the public key, where those are not given.
    pub environment: Option<Environment>,
    /// The base URL, such as `http://127.0.0.1:8080/v2`; in place of the environment's. Plain HTTP is for loopback addresses only.
    pub base_url: Option<String>,
    /// The service's RSA public key as PEM text; in place of the environment's.
    pub public_key_pem: Option<String>,
    /// A file that holds it.
    pub public_key_file: Option<String>,
    /// The account's e-mail address.
    pub email: Option<Email>,
    /// The mode to log in with.
    pub mode: Option<Mode>,
    /// The account's password: at least 20 characters with lower and upper case, digit and special.
    pub password: Option<Secret>,
    /// The registrant's name.
    pub name: Option<Name>,
    /// The company's name.
    pub company: Option<Name>,
    /// The account's phone number.
    pub phone: Option<Phone>,
    /// The integrator's API key.
    pub api_key: Option<ApiKey>,
    /// A session token from an earlier login.
    pub id_token: Option<IdToken>,
    /// The bank of requests that name none.
    pub bank: Option<Bank>,
    /// How long a whole flow may take, its questions and waits included, in seconds, fractions allowed. 0 and absent mean no limit
    /// but those of its exchanges.
    pub flow_timeout_s: Option<Seconds>,
    /// Whether a data session that the service no longer accepts is renewed once per call, with the password.
    pub renew_session: Option<bool>,
    /// What sessions and logins are sealed with when they leave this process: 32 random characters or more.
    pub seal_key: Option<Secret>,
    /// How the service is reached.
    #[boundary(flatten)]
    pub connection: ConnectionSettings,
}

impl WsChannelSettings {
    /// The base URL that counts.
    #[must_use]
    pub fn effective_base_url(&self) -> &str {
        match (&self.base_url, self.environment.unwrap_or_default()) {
            (Some(url), _) => url,
            (None, Environment::Test) => TEST_BASE_URL,
            (None, Environment::Production) => PRODUCTION_BASE_URL,
        }
    }

    pub(super) fn transport(&self) -> Result<Settings> {
        self.connection.transport(self.effective_base_url().to_owned())
    }
}

impl ClientSettings for WsChannelSettings {
    type Client = WsChannel;

    fn connection(&self) -> &ConnectionSettings {
        &self.connection
    }

    fn or_variables(&self, variable: &dyn Fn(&str) -> Option<String>) -> Option<Result<Self>> {
        Some(Self::from_variables(variable).map(|read| self.clone().or(read)))
    }
}

/// What requests leave out is taken from here.
pub(super) struct ProfileOf<'a> {
    settings: &'a WsChannelSettings,
    session: Arc<Session>,
    /// Whether the session's user counts before the settings'.
    pub(super) session_first: bool,
}

impl<'a> ProfileOf<'a> {
    pub(super) fn of(client: &'a WsChannel) -> Self {
        Self { settings: client.settings(), session: client.held().0, session_first: false }
    }
}

/// A client has what its requests leave out.
impl Profile for WsChannel {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        ProfileOf::of(self).value(field)
    }
}

impl Profile for ProfileOf<'_> {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        fn write<T: Boundary>(value: Option<T>) -> Option<Value<'static>> {
            value.map(|value| value.write(&mut Writer::new(Dialect::Boundary)))
        }
        fn first<T: Boundary + Clone>(
            settings: &Option<T>,
            session: &Option<T>,
            session_first: bool,
        ) -> Option<Value<'static>> {
            let (one, other) = if session_first { (session, settings) } else { (settings, session) };
            write(one.clone().or_else(|| other.clone()))
        }
        let Self { settings, session, session_first } = self;
        match field {
            "email" => first(&settings.email, &session.email, *session_first),
            "mode" => first(&settings.mode, &session.mode, *session_first),
            "phone" => write(settings.phone.clone()),
            "name" => write(settings.name.clone()),
            "company" => write(settings.company.clone()),
            "bank" => write(settings.bank),
            "api_key" => first(&settings.api_key, &session.api_key, true),
            "password" => write(settings.password.clone()),
            "seal_key" => write(settings.seal_key.clone()),
            _ => None,
        }
    }
}
