//! A client's settings: one declaration for every language, the settings file and the command line.

use std::{path::PathBuf, time::Duration};

use bankchannel_foundation::{
    Boundary, Secret,
    model::{Profile, Value, Writer, Dialect},
};
use bankchannel_transport::{Settings, Tls};
use bankchannel_ws_channel::{
    PRODUCTION_BASE_URL, TEST_BASE_URL,
    model::{ApiKey, Bank, Email, IdToken, Mode, Name, Phone},
};

use super::Session;

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
    /// How long a call may take, in seconds; 0 and absent mean the operation's own limit.
    pub timeout_s: Option<u32>,
    /// Whether a data session that the service no longer accepts is renewed once per call, with the password.
    pub renew_session: Option<bool>,
    /// Further certificate authorities to trust: a PEM file.
    pub ca_file: Option<String>,
    /// A proxy's URL, in place of the environment's.
    pub proxy: Option<String>,
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

    pub(super) fn transport(&self) -> Settings {
        Settings {
            base_url: self.effective_base_url().to_owned(),
            connect_timeout: Duration::from_secs(10),
            tls: Tls { ca_file: self.ca_file.as_ref().map(PathBuf::from), ..Tls::default() },
            proxy: self.proxy.clone(),
            ..Settings::default()
        }
    }
}

/// What requests leave out is taken from here.
pub(super) struct ProfileOf<'a> {
    pub(super) settings: &'a WsChannelSettings,
    pub(super) session: Session,
}

impl Profile for ProfileOf<'_> {
    fn value(&self, field: &str) -> Option<Value> {
        fn write<T: Boundary>(value: Option<T>) -> Option<Value> {
            value.map(|value| value.write(&mut Writer::new(Dialect::Boundary)))
        }
        let settings = self.settings;
        match field {
            "email" => write(settings.email.clone()),
            "mode" => write(settings.mode.or(self.session.mode)),
            "phone" => write(settings.phone.clone()),
            "name" => write(settings.name.clone()),
            "company" => write(settings.company.clone()),
            "bank" => write(settings.bank),
            "api_key" => write(self.session.api_key.clone().or_else(|| settings.api_key.clone())),
            _ => None,
        }
    }
}
