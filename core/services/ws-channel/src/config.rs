//! The configuration file: docs/protocols/ws-channel.md §13 in one place.

use std::{borrow::Cow, net::IpAddr, time::Duration};

use bankchannel_foundation::{
    Error, Result, Secret,
    model::{Boundary, read_boundary},
};
use bankchannel_storage::ws_channel::{PostgresSettings, SchemaUse};
use hyper::HeaderMap;

use super::ServiceOptions;
use crate::banks_config::bank_table;
pub use crate::banks_config::{BanksConfig, ReachedBankConfig};
use bankchannel_server::configuration::{self, ConfigurationForm};

/// The service's configuration. `docs/ws-channel.toml` is a commented file with every setting.
#[derive(Debug, Clone, Boundary)]
pub struct ServiceConfig {
    /// `test` or `production`: production refuses the simulator and a fixed code.
    #[boundary(default = "test")]
    pub flavour: Flavour,
    /// The base path of the operations.
    #[boundary(default = "/v2")]
    pub base_path: String,
    /// A PostgreSQL URL, instead of SQLite in the data folder.
    pub postgres_url: Option<Secret>,
    /// The limits towards the PostgreSQL server.
    #[boundary(default = {})]
    pub postgres: PostgresLimits,
    /// The folder of the keys. Default: `keys` in the data folder. Instances that share a database share it.
    pub keys_folder: Option<String>,
    /// The folder for content too large for a row. Default: `files` in the data folder. Instances that share a database
    /// share it.
    pub files_folder: Option<String>,
    /// Whether to refuse a data folder without a database, for example one that is not mounted. Not with PostgreSQL.
    #[boundary(default = false)]
    pub expect_data: bool,
    /// The seconds for which the service reports that it is not ready before it stops accepting connections.
    #[boundary(default = 0)]
    pub drain_s: u32,
    /// The RSA private key that decrypts passwords, a PEM file of mode 0600. Default: the service's own key.
    pub rsa_private_key: Option<KeyFilePath>,
    /// The previous key, accepted while clients change to the new one.
    pub rsa_previous_private_key: Option<KeyFilePath>,
    /// The delivery of codes.
    #[boundary(default = "file")]
    pub delivery: DeliveryKind,
    /// The banks.
    #[boundary(default = {})]
    pub banks: BanksConfig,
    /// The life of a challenge, in seconds.
    #[boundary(default = 300)]
    pub challenge_ttl_s: u32,
    /// The life of a session, in seconds.
    #[boundary(default = 3600)]
    pub token_ttl_s: u32,
    /// The seconds without a call after which a session ends. If absent, a session ends only at the end of its life.
    pub idle_ttl_s: Option<u32>,
    /// Whether a login with several factors lets the user choose.
    #[boundary(default = "preferred")]
    pub mfa_choice: MfaChoice,
    /// The time limit of a login's second step, in seconds.
    #[boundary(default = 180)]
    pub mfa_session_ttl_s: u32,
    /// The number of wrong codes that ends the second step.
    #[boundary(default = 5)]
    pub mfa_max_tries: u32,
    /// Wrong passwords: count, window and duration.
    #[boundary(default = { "count": 10, "window_s": 900, "duration_s": 900 })]
    pub lockout: Lockout,
    /// Wrong second-factor codes: count, window and duration.
    #[boundary(default = { "count": 10, "window_s": 3600, "duration_s": 3600 })]
    pub code_lockout: Lockout,
    /// 400, or 200 for the steps of a login.
    #[boundary(default = 400)]
    pub logical_failure_status: u16,
    /// Origins that may call from a browser.
    #[boundary(default = [])]
    pub cors_origins: Vec<String>,
    /// Rate limits.
    #[boundary(default = {})]
    pub rate_limit: RateLimit,
    /// The maximum number of registrations per address and hour.
    #[boundary(default = 60)]
    pub registrations_per_ip: u32,
    /// The maximum number of requests for a password reset per source address and hour.
    #[boundary(default = 30)]
    pub resets_per_ip: u32,
    /// The maximum number of registration and reset codes to one phone per day.
    #[boundary(default = 5)]
    pub sms_per_phone: u32,
    /// The maximum number of second-factor codes to one account per hour.
    #[boundary(default = 30)]
    pub mfa_codes_per_account: u32,
    /// The number of different keys that must have signed an upload.
    #[boundary(default = 1)]
    pub required_authorizations: u32,
    /// Whether to refuse the same bytes within 24 hours.
    #[boundary(default = false)]
    pub reject_duplicate_uploads: bool,
    /// Whether registration under a key needs an invitation from its owner.
    #[boundary(default = false)]
    pub registration_requires_invite: bool,
    /// The accounts that may lend certificates to another account of the key.
    #[boundary(default = "owner")]
    pub sharing: Sharing,
    /// Whether new keys may transfer files at once.
    #[boundary(default = true)]
    pub transfer_enabled: bool,
    /// Whether the simulator needs an entitlement.
    #[boundary(default = false)]
    pub simulator_entitlement_required: bool,
    /// Whether the simulator rejects a payment file whose message id it has seen (`DU01`).
    #[boundary(default = false)]
    pub simulator_rejects_duplicates: bool,
    /// The largest request body, in bytes.
    #[boundary(default = 10_485_760)]
    pub max_body_bytes: u64,
    /// The time limit for receiving a whole request body, in seconds.
    #[boundary(default = 120)]
    pub body_timeout_s: u32,
    /// The largest file, in bytes.
    #[boundary(default = 7_340_032)]
    pub max_file_bytes: u64,
    /// Addresses of proxies whose `X-Forwarded-For` is trusted.
    #[boundary(default = [])]
    pub trusted_proxy: Vec<IpAddr>,
    /// A fixed value for every code that is sent; from the command line only.
    #[boundary(absent)]
    pub fixed_code: Option<Secret>,
    /// Removes every limit; from the command line only.
    #[boundary(absent)]
    pub no_limits: bool,
    /// Opens the control interface; from the command line only.
    #[boundary(absent)]
    pub control: bool,
    /// Whether there are banks of the command line.
    #[boundary(absent)]
    pub has_test_banks: bool,
}

/// Connections and time limits towards PostgreSQL.
#[derive(Debug, Clone, Copy, Boundary)]
pub struct PostgresLimits {
    /// The maximum number of connections of this instance.
    #[boundary(default = 16)]
    pub max_connections: u32,
    /// The time limit for connecting, in seconds.
    #[boundary(default = 5)]
    pub connect_timeout_s: u32,
    /// The time limit of one database operation, in seconds.
    #[boundary(default = 10)]
    pub operation_timeout_s: u32,
}

impl PostgresLimits {
    pub(crate) fn settings(self, tables: SchemaUse) -> PostgresSettings {
        let seconds = |count: u32| Duration::from_secs(u64::from(count));
        PostgresSettings {
            max_connections: self.max_connections,
            connect_timeout: seconds(self.connect_timeout_s),
            verb_timeout: seconds(self.operation_timeout_s),
            tables,
        }
    }
}

/// The purpose of the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum Flavour {
    /// Testing: with the simulator.
    Test,
    /// Production, with real money.
    Production,
}

/// The choice of the factor in a login with several factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum MfaChoice {
    /// The service asks for the preferred factor.
    Preferred,
    /// The user chooses.
    Always,
}

/// The accounts that may lend certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum Sharing {
    /// The owner of the API key, to any account under the key.
    Owner,
    /// The owner as above, and any account under the key to an account that accepts.
    Accepted,
    /// Any account under the key, to any other, without its acceptance.
    Any,
}

/// The delivery of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum DeliveryKind {
    /// Appended to `outbox.jsonl` in the data folder, for another program to send.
    File,
    /// Only to the control interface.
    Memory,
}

/// The simulator's handling of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub enum SimulatorMode {
    /// Books them and answers with files.
    #[default]
    Book,
    /// Stores them in the journal only, for measuring. Under `book` they are processed later.
    Store,
}

/// A lockout: `count` failures within `window_s` seconds lock for `duration_s` seconds.
#[derive(Debug, Clone, Copy, Boundary)]
pub struct Lockout {
    /// The number of failures.
    pub count: u32,
    /// The window in seconds.
    pub window_s: u32,
    /// The duration of the lock in seconds.
    pub duration_s: u32,
}

/// Rate limits: a rate and a burst.
#[derive(Debug, Clone, Copy, Boundary)]
pub struct RateLimit {
    /// Calls per second of one API key.
    #[boundary(default = 20)]
    pub per_key_per_s: u32,
    /// Burst of calls of one API key.
    #[boundary(default = 60)]
    pub per_key_burst: u32,
    /// Calls without a session per minute from one address.
    #[boundary(default = 300)]
    pub per_address_per_min: u32,
    /// Burst of calls without a session from one address.
    #[boundary(default = 60)]
    pub per_address_burst: u32,
    /// Failed logins per minute from one address.
    #[boundary(default = 30)]
    pub failed_logins_per_min: u32,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        read_boundary(serde_json::json!({})).expect("a test shows that the declared defaults fit")
    }
}

/// How the file and the environment variables are read.
pub(crate) static CONFIGURATION: ConfigurationForm = ConfigurationForm {
    prefix: "BANKCHANNEL_WS_CHANNEL_",
    shape: ServiceConfig::SHAPE,
    table_name: |place, given| if place == "banks" { bank_table(given) } else { Ok(None) },
};

/// The path of a key file.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(text, format = "path", max_bytes = 4096, example = "/etc/bankchannel/service.pem", check = any_path)]
pub struct KeyFilePath(String);

#[allow(clippy::unnecessary_wraps)]
fn any_path(text: &str) -> std::result::Result<Cow<'_, str>, &'static str> {
    Ok(Cow::Borrowed(text))
}

impl ServiceConfig {
    /// Reads the configuration file and applies the options.
    ///
    /// # Errors
    /// `configuration.invalid`, with file, line and the necessary change.
    pub fn load(options: &ServiceOptions, loopback: bool) -> Result<Self> {
        let read = configuration::read::<Self>(
            &CONFIGURATION,
            options.config.as_deref(),
            configuration::process_environment(),
        )?;
        let mut config = read.values.clone();
        config.fixed_code = options.verification_code.clone();
        config.no_limits = options.no_limits.unwrap_or(false);
        config.control = options.control.unwrap_or(false);
        config.banks.add(options)?;
        config.has_test_banks = options.bank.as_ref().is_some_and(|banks| !banks.is_empty());
        config.check(loopback).map_err(|error| read.placed(error))?;
        Ok(config)
    }

    fn check(&self, loopback: bool) -> Result<()> {
        for (name, given) in [
            ("verification_code", self.fixed_code.is_some()),
            ("no_limits", self.no_limits),
            ("control", self.control),
            ("bank", self.has_test_banks),
        ] {
            if given && !loopback {
                return Err(Error::invalid_setting(name, "is for tests: only when listening on a loopback address"));
            }
            if given && self.flavour == Flavour::Production {
                return Err(Error::invalid_setting(name, "is for tests: not with flavour = \"production\""));
            }
        }
        if let Some(code) = &self.fixed_code
            && (code.expose().len() != 6 || !code.expose().bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(Error::invalid_setting("verification_code", "must be six digits"));
        }
        if self.delivery == DeliveryKind::Memory && !self.control {
            return Err(Error::invalid_setting(
                "delivery",
                "`memory` shows codes to the control interface only, which is not open: use `file`",
            ));
        }
        for (name, value, least, max) in [
            ("challenge_ttl_s", self.challenge_ttl_s, 10, 3600),
            ("token_ttl_s", self.token_ttl_s, 1, 86_400),
            ("body_timeout_s", self.body_timeout_s, 1, 3600),
            ("mfa_session_ttl_s", self.mfa_session_ttl_s, 10, 3600),
            ("mfa_max_tries", self.mfa_max_tries, 1, 100),
            ("lockout.count", self.lockout.count, 1, 1_000_000),
            ("code_lockout.count", self.code_lockout.count, 1, 1_000_000),
            ("postgres.max_connections", self.postgres.max_connections, 1, 1000),
            ("postgres.connect_timeout_s", self.postgres.connect_timeout_s, 1, 60),
            ("postgres.operation_timeout_s", self.postgres.operation_timeout_s, 1, 600),
            ("drain_s", self.drain_s, 0, 600),
        ] {
            if !(least..=max).contains(&value) {
                return Err(Error::invalid_setting(name, format_args!("must be from {least} to {max}")));
            }
        }
        if !matches!(self.logical_failure_status, 200 | 400) {
            return Err(Error::invalid_setting("logical_failure_status", "must be 400 or 200"));
        }
        if !self.base_path.is_empty() && !self.base_path.starts_with('/') {
            return Err(Error::invalid_setting("base_path", "must begin with a slash"));
        }
        Ok(())
    }

    /// Whether a browser page of this origin may call.
    pub(crate) fn allows_origin(&self, origin: &[u8]) -> bool {
        self.cors_origins.iter().any(|allowed| allowed.as_bytes() == origin)
    }

    /// The client's address: from the socket, or from a trusted proxy.
    pub(crate) fn client_address(&self, headers: &HeaderMap, socket: IpAddr) -> IpAddr {
        let socket = socket.to_canonical();
        if !self.trusted_proxy.iter().any(|proxy| proxy.to_canonical() == socket) {
            return socket;
        }
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        // The last entry of the last line is the one written by our own proxy.
        let address = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
        address.map_or(socket, |address| address.to_canonical())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_foundation::model::Shape;

    use super::*;

    #[test]
    fn a_proxy_is_believed_for_the_last_entry_of_its_last_line_only() {
        let proxy = IpAddr::from([192, 0, 2, 1]);
        let config = ServiceConfig { trusted_proxy: vec![proxy], ..ServiceConfig::default() };
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "198.51.100.1".parse().unwrap());
        headers.append("x-forwarded-for", "198.51.100.2, 203.0.113.7".parse().unwrap());
        let client = IpAddr::from([203, 0, 113, 7]);
        assert_eq!(config.client_address(&headers, proxy), client);
        assert_eq!(config.client_address(&headers, "::ffff:192.0.2.1".parse().unwrap()), client);
        assert_eq!(config.client_address(&headers, IpAddr::from([192, 0, 2, 2])), IpAddr::from([192, 0, 2, 2]));
    }

    #[test]
    fn a_file_with_a_password_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.toml");
        let options = ServiceOptions { config: Some(path.display().to_string()), ..ServiceOptions::default() };
        let loaded = |url: &str, mode: u32| {
            std::fs::write(&path, format!("postgres_url = \"{url}\"\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            ServiceConfig::load(&options, true).map(drop).map_err(|error| error.message().to_owned())
        };
        let refused = loaded("postgres://u:p@h/d", 0o644).unwrap_err();
        assert!(refused.contains("chmod 600") && !refused.contains("u:p"), "{refused}");
        assert_eq!(loaded("postgres://u:p@h/d", 0o600), Ok(()));
        assert_eq!(loaded("postgres://u@h/d", 0o644), Ok(()));
    }

    fn read(text: &str, variables: &[(String, String)]) -> Result<ServiceConfig> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("service.toml");
        bankchannel_server::private::write_whole(&file, 0o600, text.as_bytes()).unwrap();
        let variables = variables.iter().map(|(name, text)| (name.into(), text.into()));
        configuration::read::<ServiceConfig>(&CONFIGURATION, file.to_str(), variables).map(|read| read.values)
    }

    fn written(config: ServiceConfig) -> serde_json::Value {
        bankchannel_foundation::model::write_boundary(config)
    }

    /// Every setting in the example file has its default value.
    #[test]
    fn the_documented_file_has_the_defaults() {
        let documented = read(include_str!("../../../../docs/ws-channel.toml"), &[]).unwrap();
        assert_eq!(written(documented), written(ServiceConfig::default()));
    }

    /// A value of this shape that is not the default, as text and in TOML.
    fn sample(shape: &Shape, default: Option<&str>) -> (String, String) {
        let quoted = |text: &str| (text.to_owned(), format!("{text:?}"));
        match shape {
            Shape::Bool if default == Some("true") => ("false".into(), "false".into()),
            Shape::Bool => ("true".into(), "true".into()),
            Shape::Integer { .. } => ("77".into(), "77".into()),
            Shape::Enum(shape) => quoted(shape.values.last().unwrap().value),
            Shape::List(of) => {
                let (text, toml) = sample(of, None);
                (text, format!("[{toml}]"))
            }
            Shape::Text(shape) if !shape.example.is_empty() => quoted(shape.example),
            _ => quoted("planted"),
        }
    }

    /// Each setting, from the declaration: the file, a variable and a file with the value say the same.
    #[test]
    fn each_setting_is_set_by_file_by_variable_and_by_a_file_with_the_value() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("value");
        let settings = CONFIGURATION.settings();
        let names: std::collections::BTreeSet<&String> = settings.iter().map(|one| &one.variable).collect();
        assert_eq!(names.len(), settings.len(), "no two settings share a variable");
        let defaults = written(ServiceConfig::default());
        let mut in_files = 0;
        for setting in settings.iter().filter(|one| !one.is_table()) {
            let (text, toml) = sample(setting.field.shape, setting.field.default);
            std::fs::write(&kept, format!("{text}\n")).unwrap();
            let by_file = written(read(&format!("{} = {toml}\n", setting.place), &[]).unwrap());
            assert_ne!(by_file, defaults, "{}", setting.place);
            let by_variable = written(read("", &[(setting.variable.clone(), text)]).unwrap());
            assert_eq!(by_variable, by_file, "{}", setting.variable);
            let path = kept.display().to_string();
            let variable = (format!("{}_FILE", setting.variable), path.clone());
            let ways = [read(&format!("{}_file = {path:?}\n", setting.place), &[]), read("", &[variable])];
            for way in ways {
                assert_eq!(way.is_ok(), setting.has_file_form, "{}: {way:?}", setting.place);
                if let Ok(config) = way {
                    assert_eq!(written(config), by_file, "{}", setting.place);
                    in_files += 1;
                }
            }
        }
        assert!(in_files > 100, "{in_files}");
    }

    #[test]
    fn no_secret_is_shown() {
        let shown = format!("{:?}", read("postgres_url = 'postgres://u:planted@h/d'", &[]).unwrap());
        assert!(!shown.contains("planted"), "{shown}");
        for text in
            ["postgres_url = ['planted']", "postgres = 'planted'", "[banks.nordea]\nproxy = { other = 'planted' }"]
        {
            let error = read(text, &[]).unwrap_err();
            assert!(error.message().contains("line ") && !format!("{error:?}").contains("planted"), "{error:?}");
        }
    }
}
