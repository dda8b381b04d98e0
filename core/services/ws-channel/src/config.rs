//! The configuration file: docs/protocols/ws-channel.md §13 in one place.

use std::{borrow::Cow, net::IpAddr, time::Duration};

use super::{
    ServiceOptions,
    notices::{self, NoticeCommandSettings, SmtpSettings, WebhookSettings},
};
use crate::banks_config::bank_table;
pub use crate::banks_config::{BanksConfig, ReachedBankConfig};
use crate::reload::RELOADABLE;
use bankchannel_foundation::{
    Error, Result, Secret,
    model::{Boundary, read_boundary},
};
use bankchannel_server::{
    configuration::{self, ConfigurationForm},
    log::{LogFormat, LogSettings},
    metrics::OperatorSettings,
    migration::MigrationTime,
};
use bankchannel_storage::ws_channel::{PostgresSettings, SchemaUse};

/// The service's configuration. `docs/ws-channel.toml` is written from it: every setting with its documentation and default.
#[derive(Debug, Clone, Boundary)]
pub struct ServiceConfig {
    /// What the installation is for: `test` has the simulator bank; `production` has no simulator, no fixed codes, no lifted
    /// limits and no control interface.
    #[boundary(default = "test")]
    pub flavour: Flavour,
    /// The base path of the operations.
    #[boundary(default = "/v2")]
    pub base_path: String,
    /// The URL of a PostgreSQL database. Default: none; SQLite in the data folder is the database. Any number of instances may
    /// share one, with one `keys_folder` and one `files_folder`. With a password only if nobody else can read this file.
    #[boundary(example = "postgres://bankchannel@localhost/bankchannel")]
    pub postgres_url: Option<Secret>,
    /// Connections and time limits towards PostgreSQL.
    #[boundary(default = {})]
    pub postgres: PostgresLimits,
    /// The folder of the service's keys. Default: `keys` in the data folder. Instances that share a database share it.
    #[boundary(example = "/etc/bankchannel/keys")]
    pub keys_folder: Option<String>,
    /// The folder of contents above 64 KiB. Default: `files` in the data folder, which is right for a single instance.
    /// Instances that share a database must share it.
    #[boundary(example = "/var/lib/bankchannel/files")]
    pub files_folder: Option<String>,
    /// Whether to refuse a data folder without a database, instead of making a new one. For mounted folders: set it after the
    /// first start. With PostgreSQL the database itself records which keys and files belong to it.
    #[boundary(default = false)]
    pub expect_data: bool,
    /// When data of an older version is brought up to date: at the `start`, or `manual`: only by `bankchannel admin migrate`, and a
    /// start before it is refused. A start makes the tables of an empty database in any case.
    #[boundary(default = "start")]
    pub migrate: MigrationTime,
    /// The seconds for which `GET /readyz` says 503 after SIGTERM while requests are still answered, at most 600. Choose more
    /// than your load balancer needs to notice. Afterwards the service accepts no connection, and running answers finish.
    #[boundary(default = 0)]
    pub drain_s: u32,
    /// The RSA private key that passwords are encrypted to: a PEM file of mode 0600, 2048 bits or more. Default: one that is
    /// made at the first start.
    pub rsa_private_key: Option<KeyFilePath>,
    /// The previous key, still accepted while clients change to the new one. Default: none.
    #[boundary(example = "/etc/bankchannel/service-old.pem")]
    pub rsa_previous_private_key: Option<KeyFilePath>,
    /// How codes, and what customers and the operator are told, leave the service.
    #[boundary(default = "file")]
    pub delivery: DeliveryKind,
    /// How they leave for phones: not `smtp`. Default: as `delivery` says.
    #[boundary(example = "webhook")]
    pub delivery_of_sms: Option<DeliveryKind>,
    /// How they leave for customers' mail addresses. Default: as `delivery` says.
    #[boundary(example = "smtp")]
    pub delivery_of_email: Option<DeliveryKind>,
    /// How they leave for whoever runs the service. Default: as `delivery` says.
    #[boundary(example = "smtp")]
    pub delivery_of_operator: Option<DeliveryKind>,
    /// The mail address of whoever runs the service. Required if what the operator is told goes by `smtp`. Default: none.
    #[boundary(example = "payments-on-call@company.example")]
    pub operator_email: Option<String>,
    /// The mail server of `smtp`.
    #[boundary(default = {})]
    pub smtp: SmtpSettings,
    /// The program of `webhook`.
    #[boundary(default = {})]
    pub webhook: WebhookSettings,
    /// The program of `command`.
    #[boundary(default = {})]
    pub notice_command: NoticeCommandSettings,
    /// The lifetime of a challenge, in seconds: 10 to 3600.
    #[boundary(default = 300)]
    pub challenge_ttl_s: u32,
    /// The lifetime of a session, in seconds: 1 to 86400.
    #[boundary(default = 3600)]
    pub token_ttl_s: u32,
    /// The time limit of a login's second step, in seconds: 10 to 3600.
    #[boundary(default = 180)]
    pub mfa_session_ttl_s: u32,
    /// The seconds without a call after which a session ends. If absent, a session ends only with its lifetime.
    #[boundary(example = "900")]
    pub idle_ttl_s: Option<u32>,
    /// The number of wrong codes that ends the second step: 1 to 100.
    #[boundary(default = 5)]
    pub mfa_max_tries: u32,
    /// Who chooses the factor in a login with several factors.
    #[boundary(default = "preferred")]
    pub mfa_choice: MfaChoice,
    /// The lock after wrong passwords.
    #[boundary(default = { "count": 10, "window_s": 900, "duration_s": 900 })]
    pub lockout: Lockout,
    /// The lock after wrong codes.
    #[boundary(default = { "count": 10, "window_s": 3600, "duration_s": 3600 })]
    pub code_lockout: Lockout,
    /// The HTTP status of a refused step of a login: 400, or 200 as some clients expect.
    #[boundary(default = 400)]
    pub logical_failure_status: u16,
    /// Calls beyond these rates are refused with 429; a refused signature counts as five calls.
    #[boundary(default = {})]
    pub rate_limit: RateLimit,
    /// The maximum number of registrations from one address per hour.
    #[boundary(default = 60)]
    pub registrations_per_ip: u32,
    /// The maximum number of password resets requested from one network address per hour, for all accounts together.
    #[boundary(default = 30)]
    pub resets_per_ip: u32,
    /// The maximum number of registration and reset codes to one phone per day, plus one reset for a request from an address
    /// where the user has logged in.
    #[boundary(default = 5)]
    pub sms_per_phone: u32,
    /// The maximum number of second-factor codes to one account per hour.
    #[boundary(default = 30)]
    pub mfa_codes_per_account: u32,
    /// The largest request body, in bytes.
    #[boundary(default = 10_485_760)]
    pub max_body_bytes: u64,
    /// The largest file, in bytes.
    #[boundary(default = 7_340_032)]
    pub max_file_bytes: u64,
    /// The seconds in which a whole request body must arrive: 1 to 3600. A slower body is refused with 408 and its connection
    /// closed. If the session ends while the body arrives, the request is refused whatever this setting is.
    #[boundary(default = 120)]
    pub body_timeout_s: u32,
    /// The number of different authorize keys that must have signed an upload.
    #[boundary(default = 1)]
    pub required_authorizations: u32,
    /// Whether to refuse the same bytes from one account within 24 hours.
    #[boundary(default = false)]
    pub reject_duplicate_uploads: bool,
    /// Who may lend bank certificates to another account under the same API key (ShareCerts). Borrower, lender and the key's
    /// owner can end a link.
    #[boundary(default = "owner")]
    pub sharing: Sharing,
    /// Whether new API keys may move files at once. If not, only after the operator allows it.
    #[boundary(default = true)]
    pub transfer_enabled: bool,
    /// Whether registering under a key needs an invitation of the key's owner.
    #[boundary(default = false)]
    pub registration_requires_invite: bool,
    /// Whether the simulator needs an entitlement of the key.
    #[boundary(default = false)]
    pub simulator_entitlement_required: bool,
    /// Whether the simulator rejects a payment file whose message id it has seen, with reason `DU01` in the status report, as
    /// banks do. It knows the files that it has processed while this was true.
    #[boundary(default = false)]
    pub simulator_rejects_duplicates: bool,
    /// Origins of browser pages that may call; never `*`.
    #[boundary(default = [])]
    pub cors_origins: Vec<String>,
    /// Addresses of proxies whose `X-Forwarded-For` is trusted.
    #[boundary(default = [])]
    pub trusted_proxy: Vec<IpAddr>,
    /// Where those who run the service look at it.
    #[boundary(flatten)]
    pub operator: OperatorSettings,
    /// What it writes to the log.
    #[boundary(flatten)]
    pub log: LogSettings,
    /// The banks.
    #[boundary(default = {})]
    pub banks: BanksConfig,
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

/// A request that waits longer than these limits for a silent or refusing database is answered with 503.
#[derive(Debug, Clone, Copy, Boundary)]
pub struct PostgresLimits {
    /// The maximum number of connections of this instance: 1 to 1000. The sum of all instances must be below the server's
    /// `max_connections`.
    #[boundary(default = 16)]
    pub max_connections: u32,
    /// The time limit for connecting, in seconds: 1 to 60.
    #[boundary(default = 5)]
    pub connect_timeout_s: u32,
    /// The time limit of one operation on the database, in seconds: 1 to 600.
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
    /// Testing.
    Test,
    /// Production, with real money.
    Production,
}

/// The choice of the factor in a login with several factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum MfaChoice {
    /// The service asks for the factor that was enrolled last.
    Preferred,
    /// The user chooses.
    Always,
}

/// The accounts that may lend certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum Sharing {
    /// Only the owner of the API key, to any account under the key.
    Owner,
    /// The owner, and any other account under the key once the borrower accepts, by ShareCerts with the lender's address and
    /// `Accept`.
    Accepted,
    /// Every account under the key without being asked, as in the deployed service. Anyone who knows a key may then register
    /// under it, make accounts without a certificate send through the lender's connection, and read the answers.
    Any,
}

/// The delivery of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum DeliveryKind {
    /// Appended to `outbox.jsonl` in the data folder, mode 0600, from where your gateway sends them.
    File,
    /// Shown to the control interface only.
    Memory,
    /// By mail, as `smtp` says; from the database, sealed, until it is taken.
    Smtp,
    /// Posted to the URL of `webhook`; from the database, sealed, until it is taken.
    Webhook,
    /// Given to the program of `notice_command`; from the database, sealed, until it is taken.
    Command,
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

/// `count` failures within `window_s` seconds lock the user for `duration_s` seconds.
#[derive(Debug, Clone, Copy, Boundary)]
pub struct Lockout {
    /// The number of failures: 1 to 1000000.
    pub count: u32,
    /// The seconds within which they count.
    pub window_s: u32,
    /// The seconds for which the user is locked.
    pub duration_s: u32,
}

/// A rate of calls has a burst: the number of calls that may come at once. That of failed logins has none of its own: as many
/// as in a minute may come at once.
#[derive(Debug, Clone, Copy, Boundary)]
pub struct RateLimit {
    /// Calls per second of one API key.
    #[boundary(default = 20)]
    pub per_key_per_s: u32,
    /// The burst of calls of one API key.
    #[boundary(default = 60)]
    pub per_key_burst: u32,
    /// Calls without a session from one address per minute.
    #[boundary(default = 300)]
    pub per_address_per_min: u32,
    /// The burst of calls without a session from one address.
    #[boundary(default = 60)]
    pub per_address_burst: u32,
    /// Failed logins from one address per minute.
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
    about: "`bankchannel serve ws-channel --data DIR --config FILE --check` reports the errors of a file.",
    page: "docs/ws-channel.toml",
    sections: &[
        ("challenge_ttl_s", "Logging in"),
        ("rate_limit", "Limits"),
        ("required_authorizations", "Files"),
        ("registration_requires_invite", "Registering"),
        ("simulator_entitlement_required", "The simulated bank"),
        ("cors_origins", "Network"),
        ("operator_listen", "Monitoring"),
        ("banks", "Banks"),
    ],
    own_texts: &[],
    table_name: |place, given| if place == "banks" { bank_table(given) } else { Ok(None) },
    reloadable: RELOADABLE,
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

    /// These settings with what only the command line gives, as `running` has it.
    pub(crate) fn with_options_of(self, running: &Self) -> Self {
        Self {
            fixed_code: running.fixed_code.clone(),
            no_limits: running.no_limits,
            control: running.control,
            has_test_banks: running.has_test_banks,
            ..self
        }
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
        notices::check(self)?;
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
        self.operator.address()?;
        self.log.levels()?;
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
}

#[cfg(test)]
mod tests;
