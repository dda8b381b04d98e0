//! The addresses of real banks, and what must never be used there: certificates that only tests know.

use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::Error;

use super::{BankEnvironment, ChannelProfile, shipped};

/// The names of all authorities of a sandbox bank begin with it, and no other authority's does.
pub const SANDBOX: &str = "Sandbox ";
const COMMON_NAME: &str = "2.5.4.3";

/// An address that a shipped profile gives for a real bank.
#[derive(Debug, Clone, Copy)]
pub struct BankAddress {
    /// The bank.
    pub profile: &'static ChannelProfile,
    /// Its host.
    host: &'static str,
}

/// The real bank at this address: that of a shipped profile, in any of its environments.
#[must_use]
pub fn bank_at(url: &str) -> Option<BankAddress> {
    let asked = host_of(url);
    let at = |profile: &'static ChannelProfile| {
        let urls = [&profile.file_url, &profile.certificate_url].into_iter().flatten();
        let known = urls.flat_map(|urls| [&urls.production, &urls.test]).flatten().map(|url| host_of(url));
        let mut same = known.filter(|host| host.eq_ignore_ascii_case(asked));
        same.next().map(|host| BankAddress { profile, host })
    };
    shipped::all().find_map(at)
}

/// The host of a URL, as it stands there.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Whether a certificate is that of a sandbox bank's authority, or was issued by one.
#[must_use]
pub fn is_of_sandbox(certificate: &Certificate) -> bool {
    sandbox_of(certificate).is_some()
}

/// The sandbox's authority that a certificate belongs to.
fn sandbox_of(certificate: &Certificate) -> Option<&str> {
    let names = [certificate.subject(), certificate.issuer()];
    let mut names = names.into_iter().filter_map(|name| name.get(COMMON_NAME)).map(|name| &*name.value);
    names.find(|name| name.starts_with(SANDBOX))
}

impl ChannelProfile {
    /// Whether this certificate is an authority of the bank in this environment, and not in its other one.
    #[must_use]
    pub fn knows_only_in(&self, environment: BankEnvironment, certificate: &Certificate) -> bool {
        let knows = |environment| self.anchors_of(environment).is_ok_and(|all| all.contains(certificate));
        let other = match environment {
            BankEnvironment::Production => BankEnvironment::Test,
            BankEnvironment::Test => BankEnvironment::Production,
        };
        knows(environment) && !knows(other)
    }
}

impl BankAddress {
    /// The error of a client that would use this certificate there.
    #[must_use]
    pub fn refusal(&self, certificate: &Certificate) -> Error {
        let bank = self.profile.bank.as_deref().unwrap_or("the bank");
        let (whose, name) = match sandbox_of(certificate) {
            Some(authority) => ("a sandbox", authority.to_owned()),
            None => ("another environment", certificate.subject().display()),
        };
        let why = format!(
            "is that of {bank} itself ({}), and the settings have a certificate of {whose} (“{name}”): for tests give the \
             sandbox's own file_url, such as that of its client_settings; for {bank} take that certificate out",
            self.host
        );
        Error::invalid_setting("file_url", why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_a_shipped_profile_is_a_banks() {
        let mut count = 0;
        for profile in shipped::all() {
            for urls in [&profile.file_url, &profile.certificate_url].into_iter().flatten() {
                for url in [&urls.production, &urls.test].into_iter().flatten() {
                    let host = host_of(url);
                    for other in [url.clone(), url.to_uppercase(), format!("https://{host}:8443/elsewhere")] {
                        assert!(bank_at(&other).is_some(), "{other}");
                    }
                    count += 1;
                }
            }
        }
        assert!(count >= 10, "{count}");
        for own in ["http://127.0.0.1:8080/op", "https://localhost:1/nordea", "https://bank.example.test/op", ""] {
            assert!(bank_at(own).is_none(), "{own}");
        }
    }
}
