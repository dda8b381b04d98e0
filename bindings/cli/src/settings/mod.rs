//! A client's settings: command line over settings file over environment over defaults (docs/protocols/ws-channel.md
//! §8.1, §8.4).

mod edit;
mod file;
pub(crate) mod token;

use std::collections::BTreeMap;

use bankchannel::{
    Client,
    protocols::{KeptSession, Protocol},
};
use bankchannel_foundation::{environment::value_of_text, model::Seconds};
use serde_json::{Map, Value};

use crate::exit::{CommandFailure, CommandOutcome};

pub(crate) use file::SettingsFile;

/// The API key that requests a new one.
pub(crate) const NEW_API_KEY: &str = "0";
/// The setting of a session, which is passed separately.
const SESSION: &str = "id_token";
/// The default mode (docs/protocols/ws-channel.md §8.1).
const DEFAULT_MODE: &str = "data";
/// The fewest characters of a password (docs/protocols/ws-channel.md §2.2).
pub(crate) const PASSWORD_MIN: usize = 20;

/// The settings of one run.
#[derive(Default)]
pub(crate) struct RunSettings {
    /// The protocol of the clients; `None` for none.
    protocol: Option<&'static Protocol>,
    /// From the command line, by their names in the settings file.
    given: BTreeMap<String, String>,
    /// The settings file, if there is one.
    pub(crate) file: Option<SettingsFile>,
    environment: BTreeMap<String, String>,
    /// Time limit of one exchange.
    pub(crate) exchange_timeout: Option<Seconds>,
}

impl RunSettings {
    /// Reads the settings file: the named one, or the user's own if it exists.
    pub(crate) fn load(
        protocol: &'static Protocol,
        config: Option<&str>,
        given: BTreeMap<String, String>,
        exchange_timeout: Option<Seconds>,
    ) -> CommandOutcome<Self> {
        let file = match config {
            Some(path) => Some(SettingsFile::open(path.as_ref())?),
            None => SettingsFile::open_default()?,
        };
        if let Some(client) = &protocol.client {
            let is_filed = |key: &str| file.as_ref().is_some_and(|file| file.value(key).is_some());
            client.check_environment(|name| {
                let key = filed_name(name);
                given.get(&*key).is_some_and(|value| !value.is_empty()) || is_filed(&key)
            })?;
        }
        let mut environment = BTreeMap::new();
        // The session is passed separately.
        let variables = protocol.client.iter().flat_map(|client| client.variables());
        for (variable, setting) in variables.filter(|(_, setting)| setting.name != SESSION) {
            let Some(value) = std::env::var_os(&variable).filter(|value| !value.is_empty()) else { continue };
            let value = value
                .into_string()
                .map_err(|_| CommandFailure::usage(format!("the environment variable {variable} is not UTF-8")))?;
            environment.entry(filed_name(setting.name)).or_insert(value);
        }
        Ok(Self {
            protocol: Some(protocol),
            given: given.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            file,
            environment,
            exchange_timeout,
        })
    }

    /// No settings: no file and no variable is read.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// A setting by its name in the settings file; empty values count as absent.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let file = || self.file.as_ref().and_then(|file| file.value(name));
        let found = self.given.get(name).map(String::as_str).or_else(file);
        found.or_else(|| self.environment.get(name).map(String::as_str))
    }

    /// A setting from the settings file only.
    pub(crate) fn filed(&self, name: &str) -> Option<&str> {
        self.file.as_ref().and_then(|file| file.value(name))
    }

    /// Whether the command line has it.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// Sets a value for this run, as if it came from the command line.
    pub(crate) fn set_value(&mut self, name: &str, value: String) {
        self.given.insert(name.to_owned(), value);
    }

    /// The requested mode.
    pub(crate) fn mode(&self) -> &str {
        self.value("mode").unwrap_or(DEFAULT_MODE)
    }

    /// The effective base URL, so that a stored token is never sent to another service than its own.
    pub(crate) fn base_url(&self) -> CommandOutcome<String> {
        self.service(self.client_json()?)
    }

    /// A client's settings.
    fn read(&self, mut json: Value) -> CommandOutcome<bankchannel::Settings> {
        json["protocol"] = self.protocol.map(|protocol| protocol.name).into();
        Ok(bankchannel::Settings::read(json.into())?)
    }

    /// The base URL of a client with these settings.
    fn service(&self, json: Value) -> CommandOutcome<String> {
        let settings = self.read(json)?;
        let sessions = self.protocol.and_then(|protocol| protocol.sessions.as_ref());
        Ok(sessions.and_then(|sessions| (sessions.service)(&settings)).unwrap_or_default())
    }

    /// A client with these settings, and with the session if there is one.
    pub(crate) fn client(&self, token: Option<&token::RunToken>) -> CommandOutcome<Client> {
        let mut json = self.client_json()?;
        if let (Value::Object(map), Some(token)) = (&mut json, token) {
            map.insert("id_token".into(), Value::String(token.text.clone()));
            if let Some(mode) = &token.mode {
                map.insert("mode".into(), Value::String(mode.clone()));
            }
        }
        Ok(Client::new(self.read(json)?)?)
    }

    fn client_json(&self) -> CommandOutcome<Value> {
        let mut map = Map::new();
        let settings = self.protocol.and_then(|protocol| protocol.client.as_ref()).map(|client| client.settings);
        let fields = settings.into_iter().flat_map(|shape| shape.fields());
        for field in fields.filter(|field| field.name != SESSION) {
            if let Some(value) = self.value(&filed_name(field.name)) {
                map.insert(field.name.into(), value_of_text(field.name, field.shape, value)?.into());
            }
        }
        // A key file from the command line overrides a key text from the environment, and vice versa.
        if self.is_given("publickeyfile") {
            map.remove("public_key_pem");
        } else if map.contains_key("public_key_pem") && map.contains_key("public_key_file") {
            let filed = self.filed("publickeypem").is_some();
            map.remove(if filed { "public_key_file" } else { "public_key_pem" });
        }
        map.insert("mode".into(), Value::String(self.mode().to_owned()));
        map.entry("api_key").or_insert_with(|| Value::String(NEW_API_KEY.to_owned()));
        if let Some(environment) = environment_name(self.value("environment"))? {
            map.insert("environment".into(), Value::String(environment.into()));
        }
        if let Some(Seconds(limit)) = self.exchange_timeout {
            map.insert("exchange_timeout_s".into(), Value::from(limit.as_secs_f64()));
        }
        Ok(Value::Object(map))
    }

    /// Stores values in the settings file; `None` removes one. The file is created if there is none.
    pub(crate) fn keep(&mut self, changes: &[(&str, Option<String>)]) -> CommandOutcome {
        if self.file.is_none() {
            self.file = Some(SettingsFile::create_default()?);
        }
        match &mut self.file {
            Some(file) => file.change(changes),
            None => Ok(()),
        }
    }

    /// Checks that [`keep`](Self::keep) will be possible.
    pub(crate) fn check_keeping(&self) -> CommandOutcome {
        match &self.file {
            Some(file) => file.check_changeable(),
            None => SettingsFile::create_default()?.check_changeable(),
        }
    }

    /// The base URL of the settings file's own values: the service of a stored session that does not name one.
    pub(crate) fn filed_base_url(&self) -> CommandOutcome<String> {
        let mut map = Map::new();
        if let Some(url) = self.filed("baseurl") {
            map.insert("base_url".into(), Value::String(url.to_owned()));
        }
        if let Some(environment) = environment_name(self.filed("environment"))? {
            map.insert("environment".into(), Value::String(environment.into()));
        }
        self.service(Value::Object(map))
    }

    /// Stores the session of a login.
    pub(crate) fn keep_session(&mut self, session: &KeptSession) -> CommandOutcome {
        let Some(token) = &session.token else { return Ok(()) };
        let base_url = self.base_url()?;
        let mode = session.mode.unwrap_or(self.mode()).to_owned();
        let expiry = session.ends.map(token::expiry_text);
        let mut changes = vec![
            ("idtoken", Some(token.expose().to_owned())),
            ("idtokenexpiry", expiry),
            ("idtokenmode", Some(mode)),
            ("idtokenbaseurl", Some(base_url)),
        ];
        if let Some(key) = session.api_key.as_ref().map(|key| key.expose()).filter(|key| *key != NEW_API_KEY)
            && self.filed("apikey") != Some(key)
        {
            changes.push(("apikey", Some(key.to_owned())));
        }
        self.keep(&changes)
    }

    /// Removes the stored session.
    pub(crate) fn drop_session(&mut self) -> CommandOutcome {
        let stored = token::KEYS.iter().any(|key| self.filed(key).is_some());
        if !stored {
            return Ok(());
        }
        let changes: Vec<_> = token::KEYS.iter().map(|key| (*key, None)).collect();
        self.keep(&changes)
    }
}

/// A setting's name in the settings file.
pub(crate) fn filed_name(setting: &str) -> String {
    setting.replace('_', "")
}

fn environment_name(given: Option<&str>) -> CommandOutcome<Option<&'static str>> {
    match given {
        None => Ok(None),
        Some("test" | "testing") => Ok(Some("test")),
        Some("production") => Ok(Some("production")),
        Some(other) => Err(CommandFailure::usage(match bankchannel_foundation::shown::member(other) {
            Some(name) => format!("environment: `{name}` is not one of test, production"),
            None => format!("environment: the given value ({} bytes) is not one of test, production", other.len()),
        })),
    }
}
