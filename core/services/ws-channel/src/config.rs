//! The configuration file: docs/protocols/ws-channel.md §13 in one place.

use std::{net::IpAddr, path::Path, time::Duration};

use bankchannel_foundation::{Error, Result, Secret};
use bankchannel_storage::ws_channel::{PostgresSettings, SchemaUse};
use hyper::HeaderMap;
use serde::Deserialize;

use super::ServiceOptions;
pub use crate::banks_config::{BanksConfig, ReachedBankConfig};
use bankchannel_server::{private, toml_file};

/// The service's configuration. `docs/ws-channel.toml` is a commented file with every setting.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceConfig {
    /// `test` or `production`: production refuses the simulator and a fixed code.
    pub flavour: Flavour,
    /// The base path of the operations.
    pub base_path: String,
    /// A PostgreSQL URL, instead of SQLite in the data folder.
    pub postgres_url: Option<String>,
    /// The limits towards the PostgreSQL server.
    pub postgres: PostgresLimits,
    /// The folder of the keys. Default: `keys` in the data folder. Instances that share a database share it.
    pub keys_folder: Option<String>,
    /// The folder for content too large for a row. Default: `files` in the data folder. Instances that share a database
    /// share it.
    pub files_folder: Option<String>,
    /// Whether to refuse a data folder without a database, for example one that is not mounted. Not with PostgreSQL.
    pub expect_data: bool,
    /// The seconds for which the service reports that it is not ready before it stops accepting connections.
    pub drain_s: u32,
    /// The RSA private key that decrypts passwords, a PEM file of mode 0600. Default: the service's own key.
    pub rsa_private_key: Option<String>,
    /// The previous key, accepted while clients change to the new one.
    pub rsa_previous_private_key: Option<String>,
    /// The delivery of codes.
    pub delivery: DeliveryKind,
    /// The banks.
    pub banks: BanksConfig,
    /// The life of a challenge, in seconds.
    pub challenge_ttl_s: u32,
    /// The life of a session, in seconds.
    pub token_ttl_s: u32,
    /// The seconds without a call after which a session ends. If absent, a session ends only at the end of its life.
    pub idle_ttl_s: Option<u32>,
    /// Whether a login with several factors lets the user choose.
    pub mfa_choice: MfaChoice,
    /// The time limit of a login's second step, in seconds.
    pub mfa_session_ttl_s: u32,
    /// The number of wrong codes that ends the second step.
    pub mfa_max_tries: u32,
    /// Wrong passwords: count, window and duration.
    pub lockout: Lockout,
    /// Wrong second-factor codes: count, window and duration.
    pub code_lockout: Lockout,
    /// 400, or 200 for the steps of a login.
    pub logical_failure_status: u16,
    /// Origins that may call from a browser.
    pub cors_origins: Vec<String>,
    /// Rate limits.
    pub rate_limit: RateLimit,
    /// The maximum number of registrations per address and hour.
    pub registrations_per_ip: u32,
    /// The maximum number of requests for a password reset per source address and hour.
    pub resets_per_ip: u32,
    /// The maximum number of registration and reset codes to one phone per day.
    pub sms_per_phone: u32,
    /// The maximum number of second-factor codes to one account per hour.
    pub mfa_codes_per_account: u32,
    /// The number of different keys that must have signed an upload.
    pub required_authorizations: u32,
    /// Whether to refuse the same bytes within 24 hours.
    pub reject_duplicate_uploads: bool,
    /// Whether registration under a key needs an invitation from its owner.
    pub registration_requires_invite: bool,
    /// The accounts that may lend certificates to another account of the key.
    pub sharing: Sharing,
    /// Whether new keys may transfer files at once.
    pub transfer_enabled: bool,
    /// Whether the simulator needs an entitlement.
    pub simulator_entitlement_required: bool,
    /// Whether the simulator rejects a payment file whose message id it has seen (`DU01`).
    pub simulator_rejects_duplicates: bool,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// The time limit for receiving a whole request body, in seconds.
    pub body_timeout_s: u32,
    /// The largest file, in bytes.
    pub max_file_bytes: u64,
    /// Addresses of proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxy: Vec<IpAddr>,
    /// A fixed value for every code that is sent; from the command line only.
    #[serde(skip)]
    pub fixed_code: Option<Secret>,
    /// Removes every limit; from the command line only.
    #[serde(skip)]
    pub no_limits: bool,
    /// Opens the control interface; from the command line only.
    #[serde(skip)]
    pub control: bool,
    /// Whether there are banks of the command line.
    #[serde(skip)]
    pub has_test_banks: bool,
}

/// Connections and time limits towards PostgreSQL.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PostgresLimits {
    /// The maximum number of connections of this instance.
    pub max_connections: u32,
    /// The time limit for connecting, in seconds.
    pub connect_timeout_s: u32,
    /// The time limit of one database operation, in seconds.
    pub operation_timeout_s: u32,
}

impl Default for PostgresLimits {
    fn default() -> Self {
        Self { max_connections: 16, connect_timeout_s: 5, operation_timeout_s: 10 }
    }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// Testing: with the simulator.
    Test,
    /// Production, with real money.
    Production,
}

/// The choice of the factor in a login with several factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MfaChoice {
    /// The service asks for the preferred factor.
    Preferred,
    /// The user chooses.
    Always,
}

/// The accounts that may lend certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sharing {
    /// The owner of the API key, to any account under the key.
    Owner,
    /// The owner as above, and any account under the key to an account that accepts.
    Accepted,
    /// Any account under the key, to any other, without its acceptance.
    Any,
}

/// The delivery of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryKind {
    /// Appended to `outbox.jsonl` in the data folder, for another program to send.
    File,
    /// Only to the control interface.
    Memory,
}

/// The simulator's handling of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SimulatorMode {
    /// Books them and answers with files.
    Book,
    /// Stores them in the journal only, for measuring. Under `book` they are processed later.
    Store,
}

/// A lockout: `count` failures within `window_s` seconds lock for `duration_s` seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lockout {
    /// The number of failures.
    pub count: u32,
    /// The window in seconds.
    pub window_s: u32,
    /// The duration of the lock in seconds.
    pub duration_s: u32,
}

/// Rate limits: a rate and a burst.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimit {
    /// Calls per second of one API key.
    pub per_key_per_s: u32,
    /// Burst of calls of one API key.
    pub per_key_burst: u32,
    /// Calls without a session per minute from one address.
    pub per_address_per_min: u32,
    /// Burst of calls without a session from one address.
    pub per_address_burst: u32,
    /// Failed logins per minute from one address.
    pub failed_logins_per_min: u32,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            per_key_per_s: 20,
            per_key_burst: 60,
            per_address_per_min: 300,
            per_address_burst: 60,
            failed_logins_per_min: 30,
        }
    }
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            flavour: Flavour::Test,
            base_path: "/v2".into(),
            postgres_url: None,
            postgres: PostgresLimits::default(),
            keys_folder: None,
            files_folder: None,
            expect_data: false,
            drain_s: 0,
            rsa_private_key: None,
            rsa_previous_private_key: None,
            delivery: DeliveryKind::File,
            banks: BanksConfig::default(),
            challenge_ttl_s: 300,
            token_ttl_s: 3600,
            idle_ttl_s: None,
            mfa_choice: MfaChoice::Preferred,
            mfa_session_ttl_s: 180,
            mfa_max_tries: 5,
            lockout: Lockout { count: 10, window_s: 900, duration_s: 900 },
            code_lockout: Lockout { count: 10, window_s: 3600, duration_s: 3600 },
            logical_failure_status: 400,
            cors_origins: Vec::new(),
            rate_limit: RateLimit::default(),
            registrations_per_ip: 60,
            resets_per_ip: 30,
            sms_per_phone: 5,
            mfa_codes_per_account: 30,
            required_authorizations: 1,
            reject_duplicate_uploads: false,
            registration_requires_invite: false,
            sharing: Sharing::Owner,
            transfer_enabled: true,
            simulator_entitlement_required: false,
            simulator_rejects_duplicates: false,
            max_body_bytes: 10 * 1024 * 1024,
            body_timeout_s: 120,
            max_file_bytes: 7 * 1024 * 1024,
            trusted_proxy: Vec::new(),
            fixed_code: None,
            no_limits: false,
            control: false,
            has_test_banks: false,
        }
    }
}

/// Whether a database's URL has a password.
fn has_password(url: &str) -> bool {
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let login = place.rsplit_once('@').map_or("", |(login, _)| login);
    let login = login.split_once("://").map_or(login, |(_, login)| login);
    login.contains(':') || parameters.split('&').any(|one| one.starts_with("password="))
}

impl ServiceConfig {
    /// Reads the configuration file and applies the options.
    ///
    /// # Errors
    /// `configuration.invalid`, with file, line and the necessary change.
    pub fn load(options: &ServiceOptions, loopback: bool) -> Result<Self> {
        let mut config = match &options.config {
            None => Self::default(),
            Some(path) => {
                let config: Self = toml_file::read(path)?;
                if config.postgres_url.as_deref().is_some_and(has_password) || config.banks.has_secret() {
                    private::check_secret_file(Path::new(path))?;
                }
                config
            }
        };
        config.fixed_code = options.verification_code.clone();
        config.no_limits = options.no_limits.unwrap_or(false);
        config.control = options.control.unwrap_or(false);
        config.banks.add(options)?;
        config.has_test_banks = options.bank.as_ref().is_some_and(|banks| !banks.is_empty());
        config.check(loopback)?;
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
        for url in ["postgres://u:p@h/d", "postgresql://:p@h/d", "postgres://h/d?user=u&password=p"] {
            assert!(has_password(url), "{url}");
        }
        for url in ["postgres://u@h:5432/d", "postgres://h:5432/d", "postgres:///d?host=/run", "postgres://h/d?x=a:b@c"]
        {
            assert!(!has_password(url), "{url}");
        }
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

    /// Every setting in the example file has its default value.
    #[test]
    fn the_documented_file_has_the_defaults() {
        let documented: ServiceConfig = toml::from_str(include_str!("../../../../docs/ws-channel.toml")).unwrap();
        assert_eq!(format!("{documented:?}"), format!("{:?}", ServiceConfig::default()));
    }
}
