//! `[banks]` of the configuration file: which banks the service reaches, and how.

use std::{sync::Arc, time::Duration};

use bankchannel::{
    ConnectionSettings,
    sepa_web_services::{BankEnvironment, SepaWebServicesBank, SepaWebServicesSettings},
};
use bankchannel_foundation::{Error, Result, Secret, clock::Clock};
use bankchannel_storage::ws_channel::BankCodeLimits;
use bankchannel_ws_channel::model::Bank;
use serde::{Deserialize, Deserializer};

use crate::{
    banks::{ANSWER_TIMEOUT, BANK_TIMEOUT},
    config::{Flavour, SimulatorMode},
    options::ServiceOptions,
};

/// The longest time for which an answer to an upload counts.
const ANSWER_TIMEOUT_MAX: Duration = Duration::from_secs(3600);

/// The banks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BanksConfig {
    /// The simulator's handling of payments.
    pub simulator: SimulatorMode,
    /// Nordea.
    pub nordea: Option<ReachedBankConfig>,
    /// OP.
    pub osuuspankki: Option<ReachedBankConfig>,
    /// Aktia.
    pub aktia: Option<ReachedBankConfig>,
    /// The savings banks.
    pub sp: Option<ReachedBankConfig>,
    /// POP Bank.
    pub pop: Option<ReachedBankConfig>,
    /// S-Bank: with a profile of the operator's.
    pub spankki: Option<ReachedBankConfig>,
    /// Bank of Åland: with a profile of the operator's.
    pub alandsbanken: Option<ReachedBankConfig>,
    /// SEB: with a profile of the operator's; no enrolment.
    #[serde(rename = "SEB")]
    pub seb: Option<ReachedBankConfig>,
}

impl Default for BanksConfig {
    fn default() -> Self {
        Self {
            simulator: SimulatorMode::Book,
            nordea: None,
            osuuspankki: None,
            aktia: None,
            sp: None,
            pop: None,
            spankki: None,
            alandsbanken: None,
            seb: None,
        }
    }
}

/// A bank that the service reaches over SEPA Web Services. An empty table switches it on with the profile of the library.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReachedBankConfig {
    /// A file with a profile of the operator's (JSON), in place of the library's.
    pub profile_file: Option<String>,
    /// The address of the file service, in place of the profile's.
    pub file_url: Option<String>,
    /// The address of the certificate service, in place of the profile's.
    pub certificate_url: Option<String>,
    /// A PEM file with authorities that are trusted beside the profile's: the bank's signers lead to them.
    pub anchors_file: Option<String>,
    /// A folder with files of such certificates, read anew while the service runs.
    pub anchors_dir: Option<String>,
    /// A PEM file with authorities for the TLS connection, beside the system's.
    pub ca_file: Option<String>,
    /// A proxy's URL, such as `http://proxy:3128`; with a password, only in a file that others cannot read.
    #[serde(deserialize_with = "secret")]
    pub proxy: Option<Secret>,
    /// The sender's id, if the operator sends for its customers.
    pub sender_id: Option<String>,
    /// The name of the bank in requests, in place of the profile's.
    pub receiver_id: Option<String>,
    /// The name of the program in requests.
    pub software_id: Option<String>,
    /// `test` or `production`: which of the bank's environments. Default: as the service's `flavour`.
    pub environment: Option<Flavour>,
    /// The certificates that are asked for, or tried, at once: 1 to 64. Default: 4.
    pub certificates_at_once: Option<u32>,
    /// The codes for first certificates that are sent for one user id, by all accounts together, without being right: 1 to 20.
    /// Then the operator releases it. One account may have half of them refused, rounded up. Default: 4, as banks lock after
    /// five or more.
    pub wrong_codes_max: Option<u32>,
    /// How long the bank's answer to an upload still counts, in seconds from its sending: 60 to 3600. Default: 300. The
    /// caller is told after 60 that the outcome is unknown; an answer that comes later settles it.
    pub answer_timeout_s: Option<u32>,
}

fn secret<'de, D: Deserializer<'de>>(given: D) -> std::result::Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(given)?.map(Secret::new))
}

/// The library's profile of a bank; `None` if it has none.
fn profile_of(bank: Bank) -> Option<&'static str> {
    Some(match bank {
        Bank::Nordea => "nordea",
        Bank::Osuuspankki => "op",
        Bank::Aktia => "aktia",
        Bank::Sp => "saastopankki",
        Bank::Pop => "pop",
        _ => return None,
    })
}

impl BanksConfig {
    /// Whether there is a password in it.
    pub(crate) fn has_secret(&self) -> bool {
        self.configured().any(|(_, bank)| bank.proxy.as_ref().is_some_and(|proxy| proxy.expose().contains('@')))
    }

    /// The banks that are on.
    pub(crate) fn configured(&self) -> impl Iterator<Item = (Bank, &ReachedBankConfig)> {
        let all = [
            (Bank::Nordea, &self.nordea),
            (Bank::Osuuspankki, &self.osuuspankki),
            (Bank::Aktia, &self.aktia),
            (Bank::Sp, &self.sp),
            (Bank::Pop, &self.pop),
            (Bank::Spankki, &self.spankki),
            (Bank::Alandsbanken, &self.alandsbanken),
            (Bank::Seb, &self.seb),
        ];
        all.into_iter().filter_map(|(bank, configured)| Some((bank, configured.as_ref()?)))
    }
}

impl BanksConfig {
    fn place(&mut self, bank: Bank) -> Option<&mut Option<ReachedBankConfig>> {
        Some(match bank {
            Bank::Nordea => &mut self.nordea,
            Bank::Osuuspankki => &mut self.osuuspankki,
            Bank::Aktia => &mut self.aktia,
            Bank::Sp => &mut self.sp,
            Bank::Pop => &mut self.pop,
            _ => return None,
        })
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
            let bank = Bank::from_text(name).filter(|bank| profile_of(*bank).is_some());
            let known = "is not a bank with a profile: nordea, osuuspankki, aktia, sp, pop";
            Ok((bank.ok_or_else(|| Error::invalid_setting(option, format!("{name} {known}")))?, value.to_owned()))
        };
        for given in options.bank.iter().flatten() {
            let (bank, url) = named("bank", given)?;
            if !is_on_loopback(&url) {
                let why = "is for tests, on loopback only: real banks are in the configuration file, [banks.NAME]";
                return Err(Error::invalid_setting("bank", why));
            }
            let url = url.trim_end_matches('/').to_owned();
            let Some(place) = self.place(bank) else { continue };
            *place = Some(ReachedBankConfig {
                certificate_url: Some(format!("{url}/certificates")),
                file_url: Some(url),
                ca_file: options.bank_ca.clone(),
                // A sandbox bank books only there.
                environment: Some(Flavour::Production),
                ..ReachedBankConfig::default()
            });
        }
        for given in options.bank_anchors.iter().flatten() {
            let (bank, file) = named("bank_anchors", given)?;
            match self.place(bank) {
                Some(Some(configured)) => configured.anchors_file = Some(file),
                _ => {
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
        self.certificates_at_once.map_or(4, |count| usize::try_from(count).unwrap_or(4))
    }

    pub(crate) fn code_limits(&self) -> BankCodeLimits {
        let all = i64::from(self.wrong_codes_max.unwrap_or(4));
        BankCodeLimits { all, per_account: (all + 1) / 2 }
    }

    pub(crate) fn answer_timeout(&self) -> Duration {
        self.answer_timeout_s.map_or(ANSWER_TIMEOUT, |seconds| Duration::from_secs(seconds.into()))
    }

    /// Opens the bank; nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid`, naming bank and setting.
    pub(crate) fn open(&self, bank: Bank, flavour: Flavour, clock: Arc<dyn Clock>) -> Result<SepaWebServicesBank> {
        let place = |setting: &str| format!("banks.{}.{setting}", bank.as_str());
        if !(1..=64).contains(&self.certificates_at_once()) {
            return Err(Error::invalid_setting(&place("certificates_at_once"), "must be from 1 to 64"));
        }
        if !(1..=20).contains(&self.code_limits().all) {
            return Err(Error::invalid_setting(&place("wrong_codes_max"), "must be from 1 to 20"));
        }
        if !(BANK_TIMEOUT..=ANSWER_TIMEOUT_MAX).contains(&self.answer_timeout()) {
            return Err(Error::invalid_setting(&place("answer_timeout_s"), "must be from 60 to 3600"));
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
            anchors_dir: self.anchors_dir.clone(),
            sender_id: self.sender_id.clone(),
            receiver_id: self.receiver_id.clone(),
            software_id: self.software_id.clone(),
            connection: ConnectionSettings {
                ca_file: self.ca_file.clone(),
                proxy: self.proxy.clone(),
                ..ConnectionSettings::default()
            },
            ..SepaWebServicesSettings::default()
        };
        SepaWebServicesBank::new(settings, clock).map_err(|error| {
            let setting = match error.detail("field") {
                Some("trusted_file" | "trusted") => "anchors_file",
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
