//! The RSA keys that passwords are encrypted to (WS Channel sheet §3.1).

use std::path::Path;

use bankchannel_crypto::rsa::PrivateKey;
use bankchannel_foundation::{Error, Result, Secret, error::row, shown};
use zeroize::Zeroizing;

use super::{
    damaged,
    files::{self, Missing, read_or_make},
};
use crate::ws_channel::config::Config;

/// The file with the private key, unless one is configured.
const FILE: &str = "login-rsa.pem";
/// The file with the key before it, if there is one.
const PREVIOUS_FILE: &str = "login-rsa-previous.pem";
/// What existing clients' keys have, and what their limit of 199 password bytes is made for.
const BITS: usize = 2048;

/// The private key, and the one before it while clients change over.
#[derive(Clone)]
pub(crate) struct LoginKeys {
    current: PrivateKey,
    previous: Option<PrivateKey>,
}

impl LoginKeys {
    /// Reads the keys, or makes one.
    ///
    /// # Errors
    /// As [`read_or_make`]; `configuration.invalid` for a key that cannot be used.
    pub(crate) fn load(folder: &Path, config: &Config, missing: Missing) -> Result<Self> {
        let current = match &config.rsa_private_key {
            Some(path) => configured(path, "rsa_private_key")?,
            None => {
                let path = folder.join(FILE);
                let pem = read_or_make(&path, missing, generate)?;
                PrivateKey::from_pem(pem.expose()).map_err(|why| damaged(&path, why))?
            }
        };
        let previous = match &config.rsa_previous_private_key {
            Some(path) => Some(configured(path, "rsa_previous_private_key")?),
            None => {
                let path = folder.join(PREVIOUS_FILE);
                let pem = files::read(&path)?;
                pem.map(|pem| PrivateKey::from_pem(pem.expose()).map_err(|why| damaged(&path, why))).transpose()?
            }
        };
        Ok(Self { current, previous })
    }

    /// The public half, SPKI PEM.
    pub(crate) fn public_pem(&self) -> String {
        self.current.public().to_spki_pem()
    }

    /// Decrypts with either key. Takes milliseconds of computing. `None` says no more on purpose; both keys are tried
    /// whatever the first one answers, so that the time says no more either.
    pub(crate) fn open(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let current = self.current.decrypt_oaep_sha1(ciphertext).ok();
        let previous = self.previous.as_ref().and_then(|key| key.decrypt_oaep_sha1(ciphertext).ok());
        current.or(previous)
    }
}

/// The keys that the configuration keeps elsewhere, with the names that they have in a folder of keys.
pub(crate) fn kept_elsewhere(config: &Config) -> impl Iterator<Item = (&Path, &'static str)> {
    let keys = [(&config.rsa_private_key, FILE), (&config.rsa_previous_private_key, PREVIOUS_FILE)];
    keys.into_iter().filter_map(|(path, name)| Some((Path::new(path.as_deref()?), name)))
}

fn configured(path: &str, setting: &'static str) -> Result<PrivateKey> {
    let bad =
        |why: &dyn std::fmt::Display| Error::invalid_setting(setting, format_args!("{}: {why}", shown::path(path)));
    let pem = files::read(Path::new(path))?.ok_or_else(|| bad(&"there is no such file"))?;
    PrivateKey::from_pem(pem.expose()).map_err(|why| bad(&why))
}

fn generate() -> Result<Secret> {
    let key = PrivateKey::generate(BITS).map_err(|why| Error::because(&row::INTERNAL, why.to_string()))?;
    Ok(Secret::new(key.to_pkcs8_pem().as_str()))
}
