//! The address of a real bank, at which nothing is used that only tests know.

use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::{Error, Result};
use bankchannel_sepa_web_services::profile::{self, BankEnvironment, ChannelProfile};
use bankchannel_transport::{Transport, TransportSettings, read_authorities};
use url::{Host, Url};

use super::{
    settings::{SepaWebServicesSettings, SigningPair},
    trust::ReadSources,
};

/// An address that a client has.
pub(super) struct ClientAddress<'a> {
    /// The setting that gives it, or would.
    pub(super) setting: &'static str,
    pub(super) url: &'a str,
    /// Whether the setting gives it, and not the profile.
    pub(super) is_given: bool,
}

/// The transport to an address of this setting.
pub(super) fn opened(setting: &str, settings: &TransportSettings) -> Result<Transport> {
    Transport::new(settings).map_err(|error| of_address(setting, error))
}

/// The error of an address under the name of its setting.
pub(super) fn of_address(setting: &str, error: Error) -> Error {
    match error.detail("field") {
        Some("base_url") => Error::invalid_setting(setting, error.message().trim_start_matches("base_url: ")),
        _ => error,
    }
}

/// The address of a real bank.
#[derive(Debug, Clone)]
pub(super) struct BankAddress {
    pub(super) profile: ChannelProfile,
    setting: &'static str,
    host: String,
}

impl BankAddress {
    /// The real bank at this address of a client with this profile: that of a shipped profile, in any of its environments and
    /// services, or whatever the client's own profile names, if it is not this machine.
    pub(super) fn at(address: &ClientAddress<'_>, own: &ChannelProfile) -> Option<Self> {
        let host = host_of(address.url)?;
        let has = |profile: &ChannelProfile| profile.urls().filter_map(host_of).any(|known| known == host);
        let of_shipped = || profile::names().filter_map(|name| profile::named(name).ok()).find(|profile| has(profile));
        let known = if address.is_given { Some(of_shipped()?) } else { None };
        // Several banks share a host: the one that was meant is the client's.
        let profile = known.filter(|_| !has(own)).unwrap_or(own).clone();
        Some(Self { profile, setting: address.setting, host })
    }

    /// The error of a client that would use this certificate there.
    pub(super) fn refusal(&self, certificate: &Certificate) -> Error {
        let bank = self.profile.bank.as_deref().or(self.profile.name.as_deref()).unwrap_or("the bank");
        let (whose, name) = match profile::sandbox_of(certificate) {
            Some(authority) => ("a sandbox", authority.to_owned()),
            None => ("another environment", certificate.subject().display()),
        };
        let (setting, host) = (self.setting, &self.host);
        let why = format!(
            "is that of {bank} itself ({host}), and the settings have a certificate of {whose} (“{name}”): for tests give the \
             sandbox's own {setting}, such as that of its client_settings; for {bank} take that certificate out"
        );
        Error::invalid_setting(setting, why)
    }
}

/// Refuses what belongs to tests in a client that asks a real bank: it trusts, or signs as, somebody whom only a sandbox or
/// another environment knows, so that its address is a mistake.
pub(super) fn check_no_tests(
    settings: &SepaWebServicesSettings,
    asked: &BankAddress,
    environment: BankEnvironment,
    anchors: &ReadSources,
    pairs: [&Option<SigningPair>; 2],
    bank_encryption: Option<&Certificate>,
) -> Result<()> {
    // The bank's own test authority, trusted by a client of its production.
    let is_of_test = |one: &Certificate| {
        environment == BankEnvironment::Production && asked.profile.knows_only_in(BankEnvironment::Test, one)
    };
    let authority = anchors.given().find(|one| profile::is_of_sandbox(one) || is_of_test(one));
    // A file that cannot be read is refused where the connection is made.
    let tls = settings.connection.ca_file.as_ref().and_then(|path| read_authorities(path.as_ref()).ok());
    let tls = tls.and_then(|pem| String::from_utf8(pem).ok());
    let tls = tls.and_then(|text| Certificate::all_from_pem(&text).ok()).unwrap_or_default();
    let pairs = || pairs.into_iter().flatten();
    let decrypting = pairs().flat_map(|pair| &pair.recipients).filter_map(|one| one.certificate.as_ref());
    let own = pairs().map(|pair| &pair.certificate).chain(decrypting).chain(bank_encryption);
    let of_sandbox = own.chain(&tls).find(|one| profile::is_of_sandbox(one));
    match authority.or(of_sandbox) {
        Some(found) => Err(asked.refusal(found)),
        None => Ok(()),
    }
}

/// The host that a client of this address connects to; `None` for this machine, and for text that is no address.
fn host_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let is_own = match url.host()? {
        Host::Domain(name) => matches!(name.trim_end_matches('.'), "localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let host = url.host_str().filter(|_| !is_own)?;
    Some(host.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(url: &str, is_given: bool, own: &str) -> Option<BankAddress> {
        let own = profile::named(own).unwrap();
        BankAddress::at(&ClientAddress { setting: "file_url", url, is_given }, own)
    }

    #[test]
    fn every_address_of_a_shipped_profile_is_a_banks_in_every_spelling() {
        let mut count = 0;
        for name in profile::names() {
            for url in profile::named(name).unwrap().urls() {
                let host = host_of(url).unwrap();
                for other in [
                    url.to_owned(),
                    url.to_uppercase(),
                    format!("https://{host}:8443/elsewhere"),
                    format!("https://{host}./services"),
                    format!("https:\\\\{host}"),
                    format!("https:{host}"),
                    format!("https://someone:secret@{host}/"),
                    format!(" https://{host}#@localhost"),
                ] {
                    let bank = at(&other, true, name).unwrap();
                    assert_eq!(bank.profile.name, profile::named(name).unwrap().name, "{other}");
                }
                count += 1;
            }
        }
        assert!(count >= 10, "{count}");
        for own in [
            "http://127.0.0.1:8080/op",
            "https://localhost:1/nordea",
            "http://[::1]:1/",
            "https://bank.example.test/op",
            "https://wsk.op.fi.example.test/",
            "",
        ] {
            assert!(at(own, true, "op").is_none(), "{own}");
        }
    }

    #[test]
    fn what_a_profile_names_is_a_banks_unless_it_is_this_machine() {
        assert!(at("https://bank.example.test/op", false, "omasp").is_some());
        assert!(at("http://127.0.0.1:8080/op", false, "omasp").is_none());
    }
}
