//! Selects the public key to which passwords are encrypted.

use bankchannel_crypto::rsa::RsaPublicKey;
use bankchannel_foundation::{CallOutcome, Error, Result, read_regular_text, shown};
use bankchannel_ws_channel::{PRODUCTION_PUBLIC_KEY_PEM, TEST_PUBLIC_KEY_PEM};

use super::{Environment, WsChannelSettings};

/// The maximum size of a key file, in bytes.
const KEY_FILE_MAX: u64 = 64 * 1024;

impl WsChannelSettings {
    /// The service's public key: from the text setting, else from the file, else from the environment. A custom base
    /// URL without any of these has no key: a password is never encrypted to a key of another service.
    ///
    /// # Errors
    /// `configuration.invalid` with outcome `not_sent`: no key, an unreadable file, not an RSA key, fewer than 2048
    /// bits.
    pub fn public_key(&self) -> Result<RsaPublicKey> {
        let (setting, pem) = self.public_key_text()?;
        RsaPublicKey::from_pem(&pem).map_err(|why| unusable(setting, why))
    }

    /// Whether the key is that of the public test installation, as ISECure's own programs are told to give it.
    pub(super) fn has_key_of_test_installation(&self) -> bool {
        let known = RsaPublicKey::from_pem(TEST_PUBLIC_KEY_PEM).ok();
        self.public_key().ok().zip(known).is_some_and(|(own, known)| own.spki_der() == known.spki_der())
    }

    fn public_key_text(&self) -> Result<(&'static str, String)> {
        if let Some(pem) = &self.public_key_pem {
            return Ok(("public_key_pem", pem.clone()));
        }
        if let Some(path) = &self.public_key_file {
            let pem = read_regular_text(path.as_ref(), KEY_FILE_MAX)
                .map_err(|why| unusable("public_key_file", format!("{} cannot be read: {why}", shown::path(path))))?;
            return Ok(("public_key_file", pem.to_string()));
        }
        match self.installation() {
            Some(Environment::Test) => Ok(("environment", TEST_PUBLIC_KEY_PEM.into())),
            Some(Environment::Production) => Ok(("environment", PRODUCTION_PUBLIC_KEY_PEM.into())),
            None => {
                Err(unusable("public_key_file", "is needed: base_url names a service whose public key is not known"))
            }
        }
    }
}

fn unusable(setting: &'static str, why: impl std::fmt::Display) -> Error {
    Error::invalid_setting(setting, why).with_outcome(CallOutcome::NotSent)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_ws_channel::PRODUCTION_BASE_URL;

    use super::*;

    #[test]
    fn the_published_keys_belong_to_their_environments() {
        let hash = |settings: &WsChannelSettings| {
            bankchannel_crypto::digest::hex(&settings.public_key().unwrap().spki_sha256())
        };
        let settings = WsChannelSettings::default();
        // docs/protocols/ws-channel.md §3.1.
        assert_eq!(hash(&settings), "c6483907aafa24bd5693bdeff607b306b70b63e27e8206255159ba9eb797acf5");
        let settings = WsChannelSettings { environment: Some(Environment::Production), ..settings };
        assert_eq!(hash(&settings), "3bf4f4688c810fe8225cdf19bc7e7753b68c10faf7c3235e81a55016e376ffb2");
        let by_url =
            WsChannelSettings { base_url: Some(format!("{PRODUCTION_BASE_URL}/")), ..WsChannelSettings::default() };
        assert_eq!(hash(&by_url), hash(&settings));
    }

    #[test]
    fn another_service_needs_its_own_key() {
        let own = WsChannelSettings { base_url: Some("http://127.0.0.1:1/v2".into()), ..WsChannelSettings::default() };
        let error = own.public_key().unwrap_err();
        assert_eq!((error.code(), error.outcome()), ("configuration.invalid", Some(CallOutcome::NotSent)));
        let device = WsChannelSettings { public_key_file: Some("/dev/zero".into()), ..own.clone() };
        assert!(device.public_key().unwrap_err().message().contains("not a regular file"));
        let absent = WsChannelSettings { public_key_file: Some("/nonexistent/key.pem".into()), ..own };
        let error = absent.public_key().unwrap_err();
        assert!(error.message().contains("/nonexistent/key.pem"), "{error}");
    }
}
