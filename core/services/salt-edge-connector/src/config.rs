//! The configuration: file and options combined.

use std::net::{IpAddr, SocketAddr};

use bankchannel::{ConnectionSettings, salt_edge_connector::SaltEdgeConnectorSettings};
use bankchannel_foundation::{
    Error, Result, Secret,
    model::{Boundary, Timestamp},
    read_regular_text, shown,
};

use super::{ConnectorOptions, keys::has_key};
use bankchannel_server::{
    configuration::{self, ConfigurationForm},
    http::TlsFiles,
    log::{LogFormat, LogSettings},
    metrics::OperatorSettings,
    migration::MigrationTime,
};

/// The default listen address.
const LISTEN: &str = "127.0.0.1:0";
/// The default code of the bank at Salt Edge.
const PROVIDER_CODE: &str = "demobank";
/// The maximum size of a public key file.
const MAX_KEY: u64 = 64 * 1024;

/// The service's configuration file. `docs/salt-edge-connector.toml` is written from it: every setting that a service has a use
/// for, with its documentation and default.
#[derive(Debug, Clone, Boundary)]
pub(crate) struct ConnectorFile {
    /// `example` for the built-in example bank, or the URL of the bank's own code.
    #[boundary(default = "example")]
    pub(crate) bank: String,
    /// The seconds that the bank's own code may take for one question: 1 to 240. Repeated tries after a refused connection are
    /// included in this time.
    #[boundary(default = 30)]
    pub(crate) bank_timeout_s: u32,
    /// A PEM file with more certificate authorities to trust at the bank's URL, beside the system's. Default: none.
    #[boundary(example = "bank-ca.pem")]
    pub(crate) bank_ca_file: Option<String>,
    /// The number of questions that are asked at once: 1 to 64. Questions of one session never overlap.
    #[boundary(default = 4)]
    pub(crate) workers: u32,
    /// The address and port at which the bank's page and back office reach sessions and tokens. Port 0 takes a free port,
    /// another one at each start: name one. Beyond loopback only with the TLS files of the service.
    #[boundary(default = "127.0.0.1:0")]
    pub(crate) bank_interface_listen: String,
    /// The URL at which customers' browsers reach the example bank's page. Default: the connector's own address.
    #[boundary(example = "https://connector.bank.example")]
    pub(crate) public_url: Option<String>,
    /// When the store's data of an older version is brought up to date: at the `start`, or `manual`: only by `bankchannel serve
    /// salt-edge-connector --migrate`, and a start before it is refused. A start makes an absent store in any case.
    #[boundary(default = "start")]
    pub(crate) migrate: MigrationTime,
    /// Addresses of proxies whose `X-Forwarded-For` is trusted: the client's address in the log.
    #[boundary(default = [])]
    pub(crate) trusted_proxy: Vec<IpAddr>,
    /// Where those who run the service look at it.
    #[boundary(flatten)]
    pub(crate) operator: OperatorSettings,
    /// What it writes to the log.
    #[boundary(flatten)]
    pub(crate) log: LogSettings,
    /// The connector itself, with the settings of `SaltEdgeConnector` that a service has. A key of its own, the store and the
    /// secret that connector and bank share are made in the data folder, unless they are given here.
    #[boundary(default = {})]
    pub(crate) connector: SaltEdgeConnectorSettings,
}

/// What is true of settings of the library's connector when a service has them.
const OWN_TEXTS: &[(&str, Option<&str>)] = &[
    (
        "connector.base_url",
        Some(
            "The base URL of Salt Edge: `https://priora.saltedge.com`, or the URL of an embedded hub. Plain HTTP is accepted \
             for loopback addresses only. Default: none, and reports to Salt Edge wait in the store.",
        ),
    ),
    (
        "connector.hub_public_key",
        Some(
            "Salt Edge's public key as PEM text. During a key change: the old key and the new key, one after the other. \
             Default: the key that Salt Edge has published.",
        ),
    ),
    (
        "connector.app_id",
        Some("The provider's app id, from Salt Edge's dashboard. Default: none; with `base_url` it is required."),
    ),
    (
        "connector.app_secret",
        Some("The app secret, from Salt Edge's dashboard. Default: none; with `base_url` it is required."),
    ),
    ("connector.provider_code", Some("The bank's code at Salt Edge. Default: `demobank`.")),
    (
        "connector.private_key",
        Some(
            "The private key as PEM text, PKCS#8 or PKCS#1, 2048 bits or more. Default: a key that is made in the data folder \
             at the first start.",
        ),
    ),
    (
        "connector.keystore_file",
        Some("A PKCS#12 file (`.p12`, `.pfx`) with the private key and its certificate, in place of `private_key`."),
    ),
    (
        "connector.ca_file",
        Some(
            "A PEM file with more certificate authorities to trust at Salt Edge, beside the system's: on Linux those of \
             `SSL_CERT_FILE` and `SSL_CERT_DIR`, if they are set. Default: none. Those for the bank are in `bank_ca_file`.",
        ),
    ),
    (
        "connector.replay_from",
        Some(
            "For tests: a file made with `record_to`. Each request to Salt Edge gets its next answer to the same method and \
             path; nothing is sent. Default: none.",
        ),
    ),
    // For programs whose calls ask for signatures.
    ("connector.public_key", None),
    ("connector.public_key_file", None),
    (
        "connector.store",
        Some(
            "The store of sessions, tokens and callbacks: a folder, or the address of a PostgreSQL database \
             (`postgres://user:password@host/database`), which any number of instances may share. Default: the folder `store` \
             in the data folder.",
        ),
    ),
    (
        "connector.store_key",
        Some(
            "The key that encrypts the store: 32 bytes in base64. To make a file with one: `(umask 077; openssl rand -base64 \
             32 > store.key)`. Required for PostgreSQL. Default for a folder: the key in its file `store.key`, which is made \
             with the store.",
        ),
    ),
    (
        "connector.bank_secret",
        Some(
            "The secret that the connector shares with the bank's own code: 32 characters or more. To make a file with one: \
             `(umask 077; openssl rand -base64 32 > bank.secret)`. Default: one that is made in the data folder, in the file \
             `bank.secret`, at the first start.",
        ),
    ),
    (
        "connector.reports_at_once",
        Some(
            "The number of reports that are sent to Salt Edge at the same time. One that is not answered takes its place for \
             30 seconds at most, and holds up the others only when it and its like take all. Default: 64.",
        ),
    ),
    (
        "connector.exchange_timeout_s",
        Some(
            "The time limit of one exchange with Salt Edge, in seconds, fractions allowed. Default, and meaning of 0: that of \
             the exchange's kind.",
        ),
    ),
    (
        "connector.send_traceparent",
        Some(
            "Whether a `traceparent` goes along with what is sent to Salt Edge. Default: false, as Salt Edge is to learn \
             nothing of the bank's systems.",
        ),
    ),
];

/// How the file and the environment variables are read.
pub(crate) static CONFIGURATION: ConfigurationForm = ConfigurationForm {
    prefix: "BANKCHANNEL_SALT_EDGE_CONNECTOR_",
    shape: ConnectorFile::SHAPE,
    about: "Options of the command line override it. Address, TLS files and data folder are options only: `--listen`, \
            `--tls-cert`, `--tls-key`, `--data`.",
    page: "docs/salt-edge-connector.toml",
    sections: &[("operator_listen", "Monitoring"), ("connector", "The connector")],
    own_texts: OWN_TEXTS,
    table_name: |_, _| Ok(None),
    // The connector, its bank and its workers are made at the start.
    reloadable: &["trusted_proxy", "operator_token", "operator_tls_cert", "operator_tls_key", "log_level"],
};

/// A connector's configuration.
pub(crate) struct ConnectorConfig {
    pub(crate) listen: SocketAddr,
    pub(crate) bank_interface_listen: SocketAddr,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) bank: BankAt,
    pub(crate) workers: u32,
    pub(crate) public_url: Option<String>,
    pub(crate) migrate: MigrationTime,
    pub(crate) trusted_proxy: Vec<IpAddr>,
    pub(crate) operator: OperatorSettings,
    pub(crate) log: LogSettings,
    /// The connector's settings without the contents of the data folder.
    pub(crate) connector: SaltEdgeConnectorSettings,
    pub(crate) clock: Option<Timestamp>,
    pub(crate) control: bool,
    /// The file as it was read.
    pub(crate) file: ConnectorFile,
}

/// The source of the bank's answers.
pub(crate) enum BankAt {
    /// The built-in example.
    Example,
    /// The bank's own code, over HTTP.
    Url { url: String, timeout_s: u32, ca_file: Option<String> },
}

impl ConnectorConfig {
    /// Reads the file and applies the options.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the setting; `resource.storage` for a file that cannot be read.
    pub(crate) fn from_options(options: ConnectorOptions) -> Result<Self> {
        let read = configuration::read::<ConnectorFile>(
            &CONFIGURATION,
            options.config.as_deref(),
            configuration::process_environment(),
        )?;
        Self::of_file(read.values.clone(), options).map_err(|error| read.placed(error))
    }

    fn of_file(file: ConnectorFile, options: ConnectorOptions) -> Result<Self> {
        let as_read = file.clone();
        let listen = address("listen", options.listen.as_deref().unwrap_or(LISTEN))?;
        let bank_interface_listen = address("bank_interface_listen", &file.bank_interface_listen)?;
        let is_loopback = listen.ip().is_loopback();
        for (name, given) in [("control", options.control == Some(true)), ("clock", options.clock.is_some())] {
            if given && !is_loopback {
                return Err(Error::invalid_setting(name, "is for tests: only when listening on a loopback address"));
            }
        }
        let tls = match (options.tls_cert, options.tls_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate: certificate.into(), key: key.into() }),
            _ => return Err(Error::invalid_setting("tls_cert", "goes with tls_key: give both or neither")),
        };
        let within = |setting, given: u32, max| match given {
            value if (1..=max).contains(&value) => Ok(value),
            _ => Err(Error::invalid_setting(setting, format!("must be 1 to {max}"))),
        };
        let timeout_s = within("bank_timeout_s", file.bank_timeout_s, 240)?;
        file.operator.address()?;
        file.log.levels()?;
        let workers = within("workers", file.workers, 64)?;
        let bank = match options.bank.as_deref().unwrap_or(&file.bank) {
            "example" => BankAt::Example,
            url => BankAt::Url { url: url.to_owned(), timeout_s, ca_file: file.bank_ca_file },
        };
        let mut connector = file.connector;
        connector.base_url = options.hub_url.or(connector.base_url);
        if let Some(files) = options.hub_public_key.filter(|files| !files.is_empty()) {
            let texts: Result<Vec<String>> = files.iter().map(|file| public_key(file)).collect();
            connector.hub_public_key = Some(texts?.join("\n"));
            connector.hub_public_key_file = None;
        }
        connector.app_id = options.app_id.or(connector.app_id);
        if let Some(file) = options.app_secret_file {
            (connector.app_secret, connector.app_secret_file) = (None, Some(file));
        }
        connector.provider_code =
            options.provider_code.or(connector.provider_code).or_else(|| Some(PROVIDER_CODE.to_owned()));
        check_hub(&connector)?;
        if let Some(file) = options.private_key {
            let key = &mut connector.key;
            (connector.private_key, key.keystore_file, key.pkcs11) = (None, None, None);
            key.private_key_file = Some(file);
        }
        check_key(&connector)?;
        if let Some(file) = options.bank_secret_file {
            (connector.bank_secret, connector.bank_secret_file) = (None, Some(file));
        }
        let public_url = file.public_url.map(|url| url.trim_end_matches('/').to_owned());
        Ok(Self {
            listen,
            bank_interface_listen,
            tls,
            bank,
            workers,
            public_url,
            migrate: file.migrate,
            trusted_proxy: file.trusted_proxy,
            operator: file.operator,
            log: file.log,
            connector,
            clock: options.clock,
            control: options.control == Some(true),
            file: as_read,
        })
    }

    /// The TLS files of the bank interface; `None` on loopback.
    pub(crate) fn tls_beside(&self) -> Option<&TlsFiles> {
        self.tls.as_ref().filter(|_| !self.bank_interface_listen.ip().is_loopback())
    }

    /// The settings of the connection to the bank's own code.
    pub(crate) fn bank_connection(ca_file: Option<&String>) -> ConnectionSettings {
        ConnectionSettings { ca_file: ca_file.cloned(), ..ConnectionSettings::default() }
    }

    /// Whether the store is a PostgreSQL database.
    pub(crate) fn is_postgres(&self) -> bool {
        self.connector.store.as_ref().is_some_and(is_postgres)
    }
}

/// Whether a store is a PostgreSQL database.
pub(crate) fn is_postgres(place: &Secret) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| place.expose().starts_with(scheme))
}

/// Checks that callbacks can be sent if a hub is configured.
fn check_hub(connector: &SaltEdgeConnectorSettings) -> Result<()> {
    let needed = "is missing: Salt Edge's dashboard shows it, and callbacks are refused without it";
    if connector.base_url.is_some() && connector.app_id.as_deref().is_none_or(|id| id.trim().is_empty()) {
        return Err(Error::invalid_setting("app_id", needed));
    }
    if connector.base_url.is_some() && connector.app_secret.is_none() && connector.app_secret_file.is_none() {
        return Err(Error::invalid_setting("app_secret", needed));
    }
    Ok(())
}

/// Refuses a public key without its private key: a service has nobody to ask for signatures.
fn check_key(connector: &SaltEdgeConnectorSettings) -> Result<()> {
    let given = [
        ("connector.public_key", connector.public_key.is_some()),
        ("connector.public_key_file", connector.public_key_file.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((setting, _)) if !has_key(connector) => Err(Error::invalid_setting(
            setting,
            "a service signs by itself: give the private key (private_key_file, keystore_file or pkcs11), or leave this out",
        )),
        _ => Ok(()),
    }
}

fn address(setting: &'static str, text: &str) -> Result<SocketAddr> {
    let wrong = |_| Error::invalid_setting(setting, "must be an address and port such as 127.0.0.1:8080");
    text.parse().map_err(wrong)
}

/// Reads a file with one of Salt Edge's public keys.
fn public_key(file: &str) -> Result<String> {
    let wrong = |why: String| Error::invalid_setting("hub_public_key", format!("{}: {why}", shown::path(file)));
    let text = read_regular_text(file.as_ref(), MAX_KEY).map_err(|why| wrong(format!("it cannot be read: {why}")))?;
    Ok(text.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn config(options: ConnectorOptions) -> Result<ConnectorConfig> {
        ConnectorConfig::from_options(options)
    }

    /// The file that is written from the declarations: as it is, with its defaults, and with its examples too.
    #[test]
    fn the_documented_file_has_every_setting_and_the_defaults() {
        let page = include_str!("../../../../docs/salt-edge-connector.toml");
        let read = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("connector.toml");
            bankchannel_server::private::write_whole(&file, text.as_bytes()).unwrap();
            let read = configuration::read::<ConnectorFile>(&CONFIGURATION, file.to_str(), []).unwrap().values;
            bankchannel_foundation::model::write_boundary(read)
        };
        let uncommented = |with_examples: bool| {
            let is_meant = |line: &&str| !line.starts_with(' ') && (with_examples || !line.ends_with(" # example"));
            let lines = page.lines().map(|line| line.strip_prefix('#').filter(is_meant).unwrap_or(line));
            // A table that is absent by default has settings without a default.
            let lines = lines.filter(|line| with_examples || *line != "[connector.pkcs11]");
            lines.map(|line| format!("{line}\n")).collect::<String>()
        };
        let defaults = read("");
        assert_eq!((read(page), read(&uncommented(false))), (defaults.clone(), defaults));
        let whole = read(&uncommented(true));
        assert_eq!(whole["connector"]["provider_code"], PROVIDER_CODE);
        for setting in CONFIGURATION.settings() {
            let is_there = whole.pointer(&format!("/{}", setting.place.replace('.', "/"))).is_some();
            assert_eq!(is_there, CONFIGURATION.text_of(&setting).is_some(), "{}", setting.place);
        }
    }

    /// Each setting, from the declaration: a reload applies it, or names it as one that needs a restart and leaves it.
    #[test]
    fn each_setting_is_applied_by_a_reload_or_needs_a_restart() {
        use bankchannel_foundation::model::{Shape, read_boundary, write_boundary};
        let of = |json: serde_json::Value| read_boundary::<ConnectorFile>(json).unwrap();
        let before = of(serde_json::json!({}));
        let mut applied = Vec::new();
        let value = |field: &bankchannel_foundation::model::Field| match field.shape {
            Shape::Bool => (field.default != Some("true")).into(),
            Shape::Integer { .. } | Shape::Seconds | Shape::Number => 77.into(),
            Shape::Enum(shape) => shape.values.last().unwrap().value.into(),
            Shape::List(_) => serde_json::json!(["192.0.2.1"]),
            Shape::Text(shape) if !shape.example.is_empty() => shape.example.into(),
            _ => serde_json::Value::from("planted"),
        };
        let all = CONFIGURATION.settings();
        for setting in all.iter().filter(|one| !one.is_table()) {
            // With what its table cannot be without.
            let (table, name) = setting.place.rsplit_once('.').unwrap_or(("", &setting.place));
            let beside = all.iter().filter(|one| one.place.rsplit_once('.').is_some_and(|(of, _)| of == table));
            let beside = beside.filter(|one| !one.field.optional && one.field.default.is_none() && !one.is_table());
            let mut changed: serde_json::Map<_, _> =
                beside.map(|one| (one.field.name.to_owned(), value(one.field))).collect();
            changed.insert(name.to_owned(), value(setting.field));
            let mut changed = serde_json::Value::from(changed);
            for name in table.rsplit('.').filter(|name| !name.is_empty()) {
                changed = serde_json::json!({ name: changed });
            }
            let Ok(changed) = read_boundary::<ConnectorFile>(changed.clone()) else { panic!("{changed}") };
            let (values, report) = CONFIGURATION.reloaded(before.clone(), changed.clone(), &[]).unwrap();
            let named = [report.applied.as_slice(), report.needs_restart.as_slice()].concat();
            let is_named = |place: &String| setting.place == *place || setting.place.starts_with(&format!("{place}."));
            assert!(named.len() == 1 && is_named(&named[0]), "{}: {named:?}", setting.place);
            let expected = if report.applied.is_empty() { &before } else { &changed };
            assert_eq!(write_boundary(values), write_boundary(expected.clone()), "{}", setting.place);
            applied.extend(report.applied);
        }
        assert_eq!(applied, CONFIGURATION.reloadable, "the others are used at the start");
    }

    #[test]
    fn a_public_key_without_its_private_key_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("connector.toml");
        let with = |text: &str| {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
            config(ConnectorOptions { config: Some(file.display().to_string()), ..ConnectorOptions::default() })
        };
        for setting in ["public_key", "public_key_file"] {
            let text = format!("[connector]\n{setting} = \"of.pem\"\n");
            let refused = with(&text).err().unwrap();
            assert_eq!(refused.detail("field"), Some(&*format!("connector.{setting}")));
            assert!(refused.message().contains("private_key_file"), "{refused}");
            assert!(refused.message().contains("connector.toml") && refused.message().contains('2'), "{refused}");
            assert!(with(&format!("{text}private_key_file = \"key.pem\"\n")).is_ok());
        }
    }

    #[test]
    fn options_count_before_the_file_and_what_is_for_tests_stays_on_loopback() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("connector.toml");
        std::fs::write(&file, "").unwrap();
        let set_mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        set_mode(0o600);
        std::fs::write(
            &file,
            "bank = \"http://127.0.0.1:1/bank\"\n[connector]\napp_id = \"file\"\napp_secret = \"planted-secret\"\n",
        )
        .unwrap();
        let with = |options: ConnectorOptions| {
            config(ConnectorOptions { config: Some(file.display().to_string()), ..options })
        };
        let read = with(ConnectorOptions { app_id: Some("option".into()), ..ConnectorOptions::default() }).unwrap();
        assert_eq!(read.connector.app_id.as_deref(), Some("option"));
        set_mode(0o644);
        let open = with(ConnectorOptions::default()).err().unwrap();
        assert!(open.message().contains("chmod 600"), "a file with a secret: {open}");
        set_mode(0o600);
        assert!(matches!(read.bank, BankAt::Url { .. }));
        assert!(matches!(
            with(ConnectorOptions { bank: Some("example".into()), ..ConnectorOptions::default() }).unwrap().bank,
            BankAt::Example
        ));
        for options in [
            ConnectorOptions { control: Some(true), ..ConnectorOptions::default() },
            ConnectorOptions { clock: Some(Timestamp::from_ms(0)), ..ConnectorOptions::default() },
        ] {
            assert!(with(ConnectorOptions { listen: Some("0.0.0.0:0".into()), ..options }).is_err());
        }
        for (text, named) in [
            ("bank = 7", "bank"),
            ("workers = 0", "workers"),
            ("[connector]\napp_secret = [\"planted-secret\"]", "app_secret"),
            ("[connector]\nplanted = \"planted-secret\"", "planted"),
            ("app_secret \"planted-secret\"", "line 1"),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = with(ConnectorOptions::default()).err().unwrap();
            assert!(
                error.message().contains(named) && !format!("{error} {error:?}").contains("planted-secret"),
                "{error}"
            );
        }
    }
}
