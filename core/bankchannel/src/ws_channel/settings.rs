//! A client's settings: one declaration for every language, the settings file and the command line.

use std::sync::Arc;

use bankchannel_foundation::{
    Error, Result, Secret,
    model::{Boundary, Profile, Representation, Seconds, Value, Writer},
};
use bankchannel_transport::TransportSettings;
use bankchannel_ws_channel::{
    PRODUCTION_BASE_URL, TEST_BASE_URL,
    model::{ApiKey, Bank, Email, IdToken, Mode, Name, Phone},
};

use super::{Session, WsChannel};
use crate::{ConnectionSettings, client::client_settings};

/// An installation of the service (§1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum Environment {
    /// The test installation, with the simulator bank.
    #[default]
    Test,
    /// The production installation.
    Production,
}

/// The settings of a WS Channel client. All are optional. The account's settings fill the fields that a request omits.
#[derive(Debug, Clone, Default, Boundary)]
pub struct WsChannelSettings {
    /// The installation. It decides the base URL and the public key, unless those are given.
    pub environment: Option<Environment>,
    /// The base URL, such as `http://127.0.0.1:8080/v2`, instead of the environment's. Plain HTTP is accepted for
    /// loopback addresses only.
    pub base_url: Option<String>,
    /// The service's RSA public key as PEM text, instead of the environment's: with `base_url`, or with `environment`.
    #[boundary(gives = "public_key")]
    pub public_key_pem: Option<String>,
    /// A file with the service's public key.
    #[boundary(env = "ISECURE_PUBLIC_KEY_PEM_FILE", gives = "public_key")]
    pub public_key_file: Option<String>,
    /// The account's e-mail address.
    pub email: Option<Email>,
    /// The mode to log in with.
    pub mode: Option<Mode>,
    /// The account's password: at least 20 characters with lower and upper case, digit and special character.
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
    /// The bank for requests that name none.
    pub bank: Option<Bank>,
    /// The time limit of a whole flow with its questions and waits, in seconds, fractions allowed. With 0 or without a
    /// value only the limits of its exchanges apply.
    pub flow_timeout_s: Option<Seconds>,
    /// Whether calls log in by themselves in data mode, with the password: the first time, and once per call if the
    /// session has expired or the service no longer accepts it. Not after a logout, nor after a refused login.
    pub renew_session: Option<bool>,
    /// The key that encrypts sessions and logins when they leave this process: 32 random characters or more.
    pub seal_key: Option<Secret>,
    /// The connection to the service.
    #[boundary(flatten)]
    pub connection: ConnectionSettings,
}

impl WsChannelSettings {
    /// The base URL in use.
    #[must_use]
    pub fn effective_base_url(&self) -> &str {
        match (&self.base_url, self.environment.unwrap_or_default()) {
            (Some(url), _) => url,
            (None, Environment::Test) => TEST_BASE_URL,
            (None, Environment::Production) => PRODUCTION_BASE_URL,
        }
    }

    /// The public installation that these settings are for; `None` for an own service.
    pub(super) fn installation(&self) -> Option<Environment> {
        let known = match self.base_url.as_deref().map(|url| url.trim_end_matches('/')) {
            None | Some(TEST_BASE_URL) => Some(Environment::Test),
            Some(PRODUCTION_BASE_URL) => Some(Environment::Production),
            Some(_) => None,
        };
        self.environment.or(known)
    }

    /// Checks that a service's own key comes with its address: without one, passwords would go to the test installation,
    /// encrypted to a key that it does not have.
    fn check_whose_key(&self) -> Result<()> {
        let key = [("public_key_pem", &self.public_key_pem), ("public_key_file", &self.public_key_file)];
        match key.into_iter().find(|(_, given)| given.is_some()) {
            Some((setting, _))
                if self.base_url.is_none() && self.environment.is_none() && !self.has_key_of_test_installation() =>
            {
                let why = format!(
                    "is missing: {setting} is the key of one service, and without its address the test installation would be \
                     asked; give its base_url, or environment if it is the key of that"
                );
                Err(Error::invalid_setting("base_url", why))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn transport(&self) -> Result<TransportSettings> {
        self.check_whose_key()?;
        let transport = self.connection.transport(self.effective_base_url().to_owned())?;
        let send_traceparent = self.connection.send_traceparent.unwrap_or_else(|| self.installation().is_none());
        Ok(TransportSettings { send_traceparent, ..transport })
    }
}

/// The variables of ISECure's own published programs that are no settings here (docs/protocols/ws-channel.md §8.1).
const OF_PUBLISHED_PROGRAMS: &[&str] = &[
    "ISECURE_REGISTER",
    "ISECURE_PGP_PUBLIC_KEY_FILE",
    "ISECURE_PGP_PRIVATE_KEY_FILE",
    "ISECURE_PGP_KEY_DIRECTORY",
    "ISECURE_PGP_SIGNING_FINGERPRINT",
    "ISECURE_PAYMENT_FILE",
    "ISECURE_OUTPUT_DIR",
    "ISECURE_API_KEY_OUTPUT_FILE",
    "ISECURE_UPLOAD_FILE",
    "ISECURE_UPLOAD_TYPE",
    "ISECURE_SIGNATURE_FILE",
    "ISECURE_DOWNLOAD_TYPE",
    "ISECURE_DOWNLOAD_FILE",
];

client_settings!(WsChannelSettings, WsChannel, "ISECURE_", others: OF_PUBLISHED_PROGRAMS);

/// The source of the fields that requests omit.
pub(super) struct ProfileOf<'a> {
    settings: &'a WsChannelSettings,
    session: Arc<Session>,
    /// Whether the session's user takes precedence over the settings' user.
    pub(super) session_first: bool,
}

impl<'a> ProfileOf<'a> {
    pub(super) fn new(client: &'a WsChannel) -> Self {
        Self { settings: client.settings(), session: client.held().0, session_first: false }
    }
}

/// The client's settings fill the fields that a request omits.
impl Profile for WsChannel {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        ProfileOf::new(self).value(field)
    }
}

impl Profile for ProfileOf<'_> {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        fn write<T: Boundary>(value: Option<T>) -> Option<Value<'static>> {
            value.map(|value| value.write(&mut Writer::new(Representation::Boundary)))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_of_its_own_comes_with_an_address() {
        let own = |settings: WsChannelSettings| WsChannel::new(settings).map(|client| client.base_url().to_owned());
        for key in [
            WsChannelSettings { public_key_pem: Some("key".into()), ..WsChannelSettings::default() },
            WsChannelSettings { public_key_file: Some("key.pem".into()), ..WsChannelSettings::default() },
        ] {
            let error = own(key.clone()).unwrap_err();
            assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some("base_url")), "{error}");
            own(WsChannelSettings { base_url: Some("http://127.0.0.1:1/v2".into()), ..key.clone() }).unwrap();
            own(WsChannelSettings { environment: Some(Environment::Production), ..key }).unwrap();
        }
        assert_eq!(own(WsChannelSettings::default()).unwrap(), TEST_BASE_URL);
        // That of the test installation, as ISECure's own programs give it.
        let known = Some(bankchannel_ws_channel::TEST_PUBLIC_KEY_PEM.to_owned());
        let known = WsChannelSettings { public_key_pem: known, ..WsChannelSettings::default() };
        assert_eq!(own(known).unwrap(), TEST_BASE_URL);
    }
}
