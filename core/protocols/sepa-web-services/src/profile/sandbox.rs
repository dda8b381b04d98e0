//! What must never be used at a real bank: certificates that only tests know.

use bankchannel_crypto::x509::Certificate;

use super::{BankEnvironment, ChannelProfile};

/// The beginnings of the names of a sandbox bank's authorities. The rest says which of them it is, if it was made
/// again: `4` of “Sandbox OP WS CA V4”, ` G2`.
const SANDBOX_AUTHORITIES: [&str; 8] = [
    "Sandbox Nordea Corporate Server CA",
    "Sandbox OP-Pohjola Root CA",
    "Sandbox OP Services CA V",
    "Sandbox OP WS CA V",
    "Sandbox Samlink Customer CA",
    "Sandbox DBGROOT",
    "Sandbox DBGSWFI",
    "Sandbox Bank TLS CA",
];
const COMMON_NAME: &str = "2.5.4.3";

/// Whether a certificate is that of a sandbox bank's authority, or was issued by one.
#[must_use]
pub fn is_of_sandbox(certificate: &Certificate) -> bool {
    sandbox_of(certificate).is_some()
}

/// The sandbox's authority that a certificate belongs to.
#[must_use]
pub fn sandbox_of(certificate: &Certificate) -> Option<&str> {
    let names = [certificate.subject(), certificate.issuer()];
    let mut names = names.into_iter().filter_map(|name| name.get(COMMON_NAME)).map(|name| &*name.value);
    names.find(|name| is_authority(name))
}

/// Whether a sandbox bank gives an authority this name.
fn is_authority(name: &str) -> bool {
    let is_version = |rest: &str| {
        let number = rest.strip_prefix(" G").unwrap_or(rest);
        rest.is_empty() || (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    SANDBOX_AUTHORITIES.iter().filter_map(|one| name.strip_prefix(one)).any(is_version)
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

    /// All addresses that this profile has, of both services and environments.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        let services = [&self.file_url, &self.certificate_url].into_iter().flatten();
        services.flat_map(|urls| [&urls.production, &urls.test]).flatten().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::is_authority;

    #[test]
    fn only_names_that_a_sandbox_gives_are_its_own() {
        for own in
            ["Sandbox OP WS CA V3", "Sandbox OP WS CA V12", "Sandbox OP-Pohjola Root CA G2", "Sandbox Bank TLS CA"]
        {
            assert!(is_authority(own), "{own}");
        }
        for other in [
            "Sandbox Systems Oy Root CA",
            "Sandbox ",
            "Sandbox Bank TLS CA of us",
            "OP WS CA V3",
            "Sandbox Bank TLS CA G",
        ] {
            assert!(!is_authority(other), "{other}");
        }
    }
}
