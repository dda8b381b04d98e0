//! `[banks]` of the configuration file: which banks the service reaches, and how.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use bankchannel::{
    ConnectionSettings,
    sepa_web_services::{BankEnvironment, RevocationCheck, SepaWebServicesBank, SepaWebServicesSettings},
};
use bankchannel_banks::KnownBank;
use bankchannel_foundation::{
    Error, Result, Secret,
    clock::Clock,
    model::{Boundary, Field, Object, ObjectReader, Reader, Seconds, Shape, StructShape, Value, Writer, read_boundary},
    shown,
};
use bankchannel_renewal::RenewalRules;
use bankchannel_storage::ws_channel::BankCodeLimits;
use bankchannel_ws_channel::model::Bank;

use crate::{
    banks::{TIME_LIMITS, certificate_time_limit},
    config::{Flavour, SimulatorMode},
    options::ServiceOptions,
};

/// The shortest time for which an answer to an upload counts.
const ANSWER_TIMEOUT_LEAST: Duration = Duration::from_secs(60);
/// How much longer than the service the library waits: the service's own limit counts.
const LIBRARY_MARGIN: Duration = Duration::from_secs(5);
/// The longest time for which an answer to an upload counts.
const ANSWER_TIMEOUT_MAX: Duration = Duration::from_secs(3600);
/// Codes without success that are sent for a user id where nothing else is said.
const WRONG_CODES: u32 = 4;
/// How many days before its end the renewal of a certificate may begin.
const RENEWAL_WINDOW_DAYS: std::ops::RangeInclusive<u32> = 1..=365;

/// The documentation of [`BanksConfig`].
const BANKS_DOC: &str = "Each bank that the service reaches over SEPA Web Services has a table of its own. An empty one is \
    enough where the library has the bank's addresses and authorities: nordea, osuuspankki, sp, pop, danskebank; aktia needs its \
    authorities (`anchors_file`); shb, spankki, alandsbanken, SEB need a profile of your own (`profile_file`). Other banks answer \"No channel \
    configured for this bank\". A bank may be named by any of its names: `bankchannel banks` lists them.";

/// The banks, each in a table with its id.
#[derive(Debug, Clone, Default)]
pub struct BanksConfig {
    /// The simulated bank.
    pub simulator: SimulatorConfig,
    /// The banks that are reached.
    pub reached: BTreeMap<Bank, ReachedBankConfig>,
}

/// The simulated bank of test environments.
#[derive(Debug, Clone, Copy, Default, Boundary)]
pub struct SimulatorConfig {
    /// What it does with payments.
    #[boundary(default = "book")]
    pub payments: SimulatorMode,
    /// From so many days before its end on a certificate is renewed; one that lives for less than twice as many days, from
    /// half of its life on. Default: 30, as the entry of the bank says (`bankchannel banks simulator`).
    #[boundary(example = "30")]
    pub renew_before_days: Option<u32>,
}

impl SimulatorConfig {
    pub(crate) fn renew_before_days(self) -> u32 {
        let of_entry = || Bank::Simulator.entry()?.member("renew_before_days")?.as_u64()?.try_into().ok();
        self.renew_before_days.or_else(of_entry).unwrap_or(RenewalRules::default().renew_before_days)
    }
}

/// A table for each bank that the service has or reaches, by its id.
static TABLES: [Field; Bank::ALL.len()] = {
    let mut tables = [ONE_BANK; Bank::ALL.len()];
    let mut at = 0;
    while at < Bank::ALL.len() {
        tables[at].name = Bank::ALL[at].as_str();
        if matches!(Bank::ALL[at], Bank::Simulator) {
            tables[at].doc = "The simulated bank, in a test environment.";
            tables[at].shape = SimulatorConfig::SHAPE;
            tables[at].default = Some("{}");
        }
        at += 1;
    }
    tables
};

/// The table of a bank that is reached.
const ONE_BANK: Field = Field {
    name: "",
    camel: "",
    wire: "",
    aliases: &[],
    doc: "An empty table switches the bank on. With `flavour = \"production\"` the service speaks with its production \
        environment, with `\"test\"` with its test environment.",
    shape: ReachedBankConfig::SHAPE,
    wire_shape: ReachedBankConfig::SHAPE,
    optional: true,
    wire_optional: true,
    default: None,
    example: None,
    profile: false,
    off_wire: false,
    opens_file: false,
    variables: &[],
    gives: &[],
};

impl Boundary for BanksConfig {
    const SHAPE: &'static Shape = &Shape::Struct(StructShape { name: "BanksConfig", doc: BANKS_DOC, fields: &TABLES });

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self> {
        let mut tables = ObjectReader::open(value, &TABLES, reader)?;
        let mut banks = Self::default();
        for (field, bank) in TABLES.iter().zip(Bank::ALL) {
            if bank.is_test_only() {
                banks.simulator = tables.field::<Option<SimulatorConfig>>(field, reader)?.unwrap_or_default();
            } else if let Some(table) = tables.field::<Option<ReachedBankConfig>>(field, reader)? {
                banks.reached.insert(*bank, table);
            }
        }
        tables.close(&TABLES, reader)?;
        Ok(banks)
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        let mut tables = Object::new();
        tables.insert(Bank::Simulator.as_str(), self.simulator.write(writer));
        for (bank, table) in self.reached {
            tables.insert(bank.as_str(), table.write(writer));
        }
        Value::Object(tables)
    }
}

/// The table of a bank by another of its names.
pub(crate) fn bank_table(name: &str) -> std::result::Result<Option<&'static str>, String> {
    if let Some(bank) = Bank::from_name(name) {
        return Ok(Some(bank.as_str()));
    }
    let known: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    let (meant, known) = (bankchannel_banks::advice(name, &known), known.join(", "));
    let name = shown::member(name).map(|name| format!(" `{name}`")).unwrap_or_default();
    Err(format!("unknown bank{name}{meant}; there are {known}"))
}

/// A bank that the service reaches over SEPA Web Services. An empty table switches it on with the profile of the library.
#[derive(Debug, Clone, Boundary)]
pub struct ReachedBankConfig {
    /// A file with a profile of your own (JSON; docs/sepa-web-services.md says what is in it). Default: the library's.
    #[boundary(example = "/etc/bankchannel/bank.json")]
    pub profile_file: Option<String>,
    /// The address of the file service. Default: the profile's.
    #[boundary(example = "https://files.bank.example/services")]
    pub file_url: Option<String>,
    /// The address of the certificate service. Default: the profile's. With a `file_url` of your own, give it too.
    #[boundary(example = "https://certificates.bank.example/services")]
    pub certificate_url: Option<String>,
    /// `test` or `production`: which of the bank's environments. Default: that of `flavour`. Nordea's demonstration customer is
    /// in production.
    pub environment: Option<Flavour>,
    /// A PEM file with authorities that are trusted beside the profile's: the bank's signatures lead to them. Default: none.
    #[boundary(example = "/etc/bankchannel/authorities.pem")]
    pub anchors_file: Option<String>,
    /// A folder with such files, read again while the service runs. Default: none.
    #[boundary(example = "/etc/bankchannel/anchors")]
    pub anchors_dir: Option<String>,
    /// The address of the revocation list of the bank's authority. Plain HTTP will do: the list is signed. Default: the profile's,
    /// without a `file_url` of your own.
    #[boundary(example = "http://lists.bank.example/bank.crl")]
    pub crl_url: Option<String>,
    /// What happens if that list cannot be had: `soft_fail` (requests are sent), `hard_fail` (none is) or `off` (it is not
    /// fetched). Default: `soft_fail`.
    pub crl_check: Option<RevocationCheck>,
    /// A PEM file with the bank's certificate for encryption, at banks that encrypt. Default: the bank is asked for it, once a
    /// day, and its answer must lead to its root.
    #[boundary(example = "/etc/bankchannel/bank-encryption.pem")]
    pub bank_encryption_certificate_file: Option<String>,
    /// A PEM file with authorities of the bank's TLS certificate, beside the system's. Default: none.
    #[boundary(example = "/etc/bankchannel/bank-tls.pem")]
    pub ca_file: Option<String>,
    /// A proxy's URL. With a password only if nobody else can read this file. Default: that of `HTTPS_PROXY` or `ALL_PROXY` in
    /// the environment, except for the hosts in `NO_PROXY`.
    #[boundary(example = "http://proxy:3128")]
    pub proxy: Option<Secret>,
    /// The sender's id, if you send for your customers under an agreement of your own. Default: the customer's.
    #[boundary(example = "11111111")]
    pub sender_id: Option<String>,
    /// The bank's name in requests. Default: the profile's.
    #[boundary(example = "123456789")]
    pub receiver_id: Option<String>,
    /// Your program's name in requests. Default: `bankchannel` with its version.
    #[boundary(example = "Our Payments 1.0")]
    pub software_id: Option<String>,
    /// From so many days before its end on a certificate is renewed: 1 to 365, with the same meaning as the simulated bank's.
    /// Default: the profile's; OP has 55, the others 60.
    #[boundary(example = "60")]
    pub renew_before_days: Option<u32>,
    /// The certificates that are asked for, or tried, at the same time: 1 to 64.
    #[boundary(default = 4)]
    pub certificates_at_once: u32,
    /// How long the service waits for the bank, in seconds: 5 to 600. For a certificate twice as long, at most 720. Clients wait
    /// for 90 seconds: beyond 60, give them a longer time limit.
    #[boundary(default = 60)]
    pub timeout_s: u32,
    /// How long the bank's answer to an upload still counts, in seconds from its sending: 60 to 3600, and not less than
    /// `timeout_s`. The caller is told after `timeout_s` that the outcome is unknown; an answer that comes later settles it.
    #[boundary(default = 300)]
    pub answer_timeout_s: u32,
    /// The codes for first certificates that are sent for one user id, by all accounts together, without being right: 1 to 20, at Danske Bank 1 to 3.
    /// Banks lock after five or so, Danske Bank at the fourth. One account may have half of them refused, rounded up. Then
    /// `bankchannel admin code-release` lets more be sent. Default: 4; 3 for Danske Bank.
    #[boundary(example = "4")]
    pub wrong_codes_max: Option<u32>,
}

impl Default for ReachedBankConfig {
    fn default() -> Self {
        read_boundary(serde_json::json!({})).expect("a test shows that the declared defaults fit")
    }
}

/// How many codes without success are sent for a user id of a bank. Danske Bank locks it at the fourth.
fn wrong_codes_of(bank: Bank) -> std::ops::RangeInclusive<u32> {
    1..=if bank == Bank::Danskebank { 3 } else { 20 }
}

/// The library's profile of a bank; `None` if it has none.
fn profile_of(bank: Bank) -> Option<&'static str> {
    bank.entry().filter(|entry| entry.has_web_services()).map(KnownBank::name)
}

impl BanksConfig {
    /// The banks that are on.
    pub(crate) fn configured(&self) -> impl Iterator<Item = (Bank, &ReachedBankConfig)> {
        self.reached.iter().map(|(bank, configured)| (*bank, configured))
    }

    /// Adds the banks of the command line.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the option.
    pub(crate) fn add(&mut self, options: &ServiceOptions) -> Result<()> {
        let named = |option: &'static str, given: &str| -> Result<(Bank, String)> {
            let (name, value) = given
                .split_once('=')
                .filter(|(_, value)| !value.is_empty())
                .ok_or_else(|| Error::invalid_setting(option, "must be NAME=VALUE, such as nordea=…"))?;
            let has_profile = |bank: &Bank| profile_of(*bank).is_some();
            let bank = Bank::from_name(name).filter(has_profile).ok_or_else(|| {
                let known: Vec<&str> =
                    Bank::ALL.iter().filter(|bank| has_profile(bank)).map(|bank| bank.as_str()).collect();
                let why = format!("{name} is not a bank with a profile: {}", known.join(", "));
                Error::invalid_setting(option, why)
            })?;
            Ok((bank, value.to_owned()))
        };
        for given in options.bank.iter().flatten() {
            let (bank, url) = named("bank", given)?;
            if !is_on_loopback(&url) {
                let why = "is for tests, on loopback only: real banks are in the configuration file, [banks.NAME]";
                return Err(Error::invalid_setting("bank", why));
            }
            let url = url.trim_end_matches('/').to_owned();
            let configured = ReachedBankConfig {
                certificate_url: Some(format!("{url}/certificates")),
                file_url: Some(url),
                ca_file: options.bank_ca.clone(),
                // A sandbox bank books only there.
                environment: Some(Flavour::Production),
                ..ReachedBankConfig::default()
            };
            self.reached.insert(bank, configured);
        }
        for given in options.bank_anchors.iter().flatten() {
            let (bank, file) = named("bank_anchors", given)?;
            match self.reached.get_mut(&bank) {
                Some(configured) => configured.anchors_file = Some(file),
                None => {
                    let why = format!("{} is not one of the option bank", bank.as_str());
                    return Err(Error::invalid_setting("bank_anchors", why));
                }
            }
        }
        Ok(())
    }
}

/// Whether a URL is of this machine.
fn is_on_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl ReachedBankConfig {
    pub(crate) fn certificates_at_once(&self) -> usize {
        usize::try_from(self.certificates_at_once).unwrap_or(usize::MAX)
    }

    pub(crate) fn code_limits(&self, bank: Bank) -> BankCodeLimits {
        let all = i64::from(self.wrong_codes_max.unwrap_or(WRONG_CODES.min(*wrong_codes_of(bank).end())));
        BankCodeLimits { all, per_account: (all + 1) / 2 }
    }

    pub(crate) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.timeout_s.into())
    }

    pub(crate) fn answer_timeout(&self) -> Duration {
        Duration::from_secs(self.answer_timeout_s.into())
    }

    /// How the certificates of this opened bank are renewed.
    pub(crate) fn renewal_rules(&self, opened: &SepaWebServicesBank) -> RenewalRules {
        let of_profile = opened.renewal_rules();
        let renew_before_days = self.renew_before_days.unwrap_or(of_profile.renew_before_days);
        RenewalRules { renew_before_days, ..of_profile }
    }

    /// Opens the bank; nothing is sent, nothing written. `all`: the folder with the own certificates and lists of all banks.
    ///
    /// # Errors
    /// `configuration.invalid`, naming bank and setting.
    pub(crate) fn open(
        &self,
        bank: Bank,
        flavour: Flavour,
        clock: Arc<dyn Clock>,
        all: Option<PathBuf>,
    ) -> Result<SepaWebServicesBank> {
        let place = |setting: &str| format!("banks.{}.{setting}", bank.as_str());
        if !(1..=64).contains(&self.certificates_at_once()) {
            return Err(Error::invalid_setting(&place("certificates_at_once"), "must be from 1 to 64"));
        }
        let wrong_codes = wrong_codes_of(bank);
        if self.wrong_codes_max.is_some_and(|most| !wrong_codes.contains(&most)) {
            let why = format!("must be from 1 to {}: more lock the user id at the bank", wrong_codes.end());
            return Err(Error::invalid_setting(&place("wrong_codes_max"), why));
        }
        if !TIME_LIMITS.contains(&self.time_limit()) {
            return Err(Error::invalid_setting(&place("timeout_s"), "must be from 5 to 600"));
        }
        let least = ANSWER_TIMEOUT_LEAST.max(self.time_limit());
        if !(least..=ANSWER_TIMEOUT_MAX).contains(&self.answer_timeout()) {
            let why = format!(
                "must be from {} to 3600: it counts for as long as its caller waits, or longer",
                least.as_secs()
            );
            return Err(Error::invalid_setting(&place("answer_timeout_s"), why));
        }
        if self.renew_before_days.is_some_and(|days| !RENEWAL_WINDOW_DAYS.contains(&days)) {
            return Err(Error::invalid_setting(&place("renew_before_days"), "must be from 1 to 365"));
        }
        let known = profile_of(bank);
        if known.is_none() && self.profile_file.is_none() {
            let why = "is missing: the library has no profile of this bank";
            return Err(Error::invalid_setting(&place("profile_file"), why));
        }
        let settings = SepaWebServicesSettings {
            bank: known.filter(|_| self.profile_file.is_none()).map(str::to_owned),
            profile_file: self.profile_file.clone(),
            environment: Some(match self.environment.unwrap_or(flavour) {
                Flavour::Test => BankEnvironment::Test,
                Flavour::Production => BankEnvironment::Production,
            }),
            file_url: self.file_url.clone(),
            certificate_url: self.certificate_url.clone(),
            trusted_file: self.anchors_file.clone(),
            crl_url: self.crl_url.clone(),
            crl_check: self.crl_check,
            bank_encryption_certificate_file: self.bank_encryption_certificate_file.clone(),
            anchors_dir: self.anchors_dir.clone(),
            sender_id: self.sender_id.clone(),
            receiver_id: self.receiver_id.clone(),
            software_id: self.software_id.clone(),
            connection: ConnectionSettings {
                ca_file: self.ca_file.clone(),
                proxy: self.proxy.clone(),
                exchange_timeout_s: Some(Seconds(certificate_time_limit(self.time_limit()) + LIBRARY_MARGIN)),
                ..ConnectionSettings::default()
            },
            ..SepaWebServicesSettings::default()
        };
        SepaWebServicesBank::knowing(settings, clock, all.map(|all| (all, bank.as_str()))).map_err(|error| {
            let setting = match error.detail("field") {
                Some("trusted_file" | "trusted") => "anchors_file",
                Some("bank_encryption_certificate") => "bank_encryption_certificate_file",
                Some(known) => known,
                None => "",
            };
            // Under the name that the setting has here.
            let said = error.message();
            let named = error.detail("field").and_then(|field| said.strip_prefix(field)?.strip_prefix(": "));
            let text = format!("{}: {}", place(setting).trim_end_matches('.'), named.unwrap_or(said));
            Error::because(&bankchannel_foundation::error::row::CONFIGURATION, text).with("field", place(setting))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_foundation::clock::SystemClock;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_bank_has_a_table_whose_defaults_fit() {
        for bank in Bank::ALL {
            let read = read_boundary::<BanksConfig>(json!({ bank.as_str(): {} }));
            assert!(read.is_ok(), "{bank}: {read:?}");
        }
        assert_eq!(bank_table("danske"), Ok(Some("danskebank")));
        let default = ReachedBankConfig::default();
        // What the documentation says of empty tables.
        let missing = |bank: &Bank| {
            let opened = default.open(*bank, Flavour::Production, Arc::new(SystemClock::default()), None);
            opened
                .err()
                .map(|error| error.detail("field").and_then(|place| place.rsplit('.').next()).map(str::to_owned))
        };
        let those = |setting: Option<&str>| {
            let reached = Bank::ALL.iter().filter(|bank| !bank.is_test_only());
            let meant = reached.filter(|bank| missing(bank).flatten().as_deref() == setting);
            meant.map(|bank| bank.as_str()).collect::<Vec<_>>()
        };
        assert!(BANKS_DOC.contains("nordea, osuuspankki, sp, pop, danskebank; aktia"));
        assert_eq!(those(None).len(), 5, "{:?}", those(None));
        assert!(
            those(None).iter().all(|name| "nordea, osuuspankki, sp, pop, danskebank".contains(name)),
            "{:?}",
            those(None)
        );
        assert_eq!(those(Some("anchors_file")), ["aktia"]);
        assert_eq!(those(Some("profile_file")).len() + 7, Bank::ALL.len());
        let named = format!("{} need a profile", those(Some("profile_file")).join(", "));
        assert!(BANKS_DOC.contains(&named), "{named}");
    }

    #[test]
    fn a_bank_is_waited_for_within_bounds() {
        let opened = |table: serde_json::Value| {
            let banks = read_boundary::<BanksConfig>(json!({ "nordea": table })).unwrap();
            let opened = banks.reached[&Bank::Nordea].open(
                Bank::Nordea,
                Flavour::Production,
                Arc::new(SystemClock::default()),
                None,
            );
            opened.err().map(|error| (error.detail("field").unwrap().to_owned(), error.message().to_owned()))
        };
        for fits in [json!({}), json!({"timeout_s": 5}), json!({"timeout_s": 600, "answer_timeout_s": 600})] {
            assert_eq!(opened(fits.clone()), None, "{fits}");
        }
        for (table, setting) in [
            (json!({"timeout_s": 4}), "timeout_s"),
            (json!({"timeout_s": 601, "answer_timeout_s": 700}), "timeout_s"),
            // The answer to an upload counts for as long as its caller waits.
            (json!({"timeout_s": 301}), "answer_timeout_s"),
            (json!({"timeout_s": 5, "answer_timeout_s": 59}), "answer_timeout_s"),
        ] {
            assert_eq!(opened(table.clone()).unwrap().0, format!("banks.nordea.{setting}"), "{table}");
        }
        assert!(opened(json!({"timeout_s": 301})).unwrap().1.contains("from 301 to 3600"));
        let limit = |seconds| certificate_time_limit(Duration::from_secs(seconds)).as_secs();
        assert_eq!((limit(5), limit(60), limit(600)), (10, 120, 720));
    }

    #[test]
    fn a_table_is_of_the_bank_that_has_its_name_and_says_when_its_certificates_are_renewed() {
        let read = |tables: serde_json::Value| read_boundary::<BanksConfig>(tables);
        let days = |banks: &BanksConfig, bank: Bank| {
            let configured = &banks.reached[&bank];
            let opened = configured.open(bank, Flavour::Production, Arc::new(SystemClock::default()), None).unwrap();
            configured.renewal_rules(&opened).renew_before_days
        };
        let banks = read(json!({ "osuuspankki": {}, "nordea": { "renew_before_days": 90 }, "sp": {} })).unwrap();
        let on: Vec<Bank> = banks.configured().map(|(bank, _)| bank).collect();
        assert_eq!(on, [Bank::Nordea, Bank::Osuuspankki, Bank::Sp]);
        assert_eq!((days(&banks, Bank::Osuuspankki), days(&banks, Bank::Sp)), (55, 60), "as the bank's entry says");
        assert_eq!(days(&banks, Bank::Nordea), 90, "as the table says");
        assert_eq!(banks.simulator.payments, SimulatorMode::Book);
        let banks = read(json!({ "simulator": { "payments": "store", "renew_before_days": 10 } })).unwrap();
        assert_eq!((banks.simulator.payments, banks.configured().count()), (SimulatorMode::Store, 0));
        assert_eq!((bank_table("op"), bank_table("Nordea")), (Ok(Some("osuuspankki")), Ok(Some("nordea"))));
        assert!(bank_table("SEBB").unwrap_err().contains("did you mean SEB?"));
        assert!(bank_table("omasp").unwrap_err().contains("unknown bank `omasp`"));
    }
}
