//! The RSA keys that passwords are encrypted with (docs/protocols/ws-channel.md §3.1).

use std::path::Path;

use bankchannel_crypto::{digest, rsa::RsaPrivateKey};
use bankchannel_foundation::{Error, Result, Secret, shown};
use zeroize::Zeroizing;

use super::{
    damaged,
    files::{self, read_or},
    identity::MissingKey,
};
use crate::config::ServiceConfig;

/// The file with the private key, unless one is configured.
pub(super) const FILE: &str = "login-rsa.pem";
/// The file with the previous key, if there is one.
const PREVIOUS_FILE: &str = "login-rsa-previous.pem";
/// Length of a key's public name in bytes.
const ID_BYTES: usize = 8;
/// The key size of existing clients, on which their limit of 199 password bytes is based.
const BITS: usize = 2048;

/// The private key, and the previous one while clients change over.
#[derive(Clone)]
pub(crate) struct LoginKeys {
    current: RsaPrivateKey,
    previous: Option<RsaPrivateKey>,
}

impl LoginKeys {
    /// Reads the keys. A missing private key is created if that is allowed, or if the previous key is the one that
    /// clients know (`known`): then it was renamed in order to start with a new one. `None`: it is absent and must not
    /// be created.
    ///
    /// # Errors
    /// As [`read_or`]; `configuration.invalid` for an unusable key.
    pub(crate) fn load(
        folder: &Path,
        config: &ServiceConfig,
        known: &[&str],
        making: MissingKey,
    ) -> Result<Option<Self>> {
        let previous = match &config.rsa_previous_private_key {
            Some(path) => Some(configured(path.as_str(), "rsa_previous_private_key")?),
            None => {
                let path = folder.join(PREVIOUS_FILE);
                let pem = files::read(&path)?;
                pem.map(|pem| RsaPrivateKey::from_pem(pem.expose()).map_err(|why| damaged(&path, why))).transpose()?
            }
        };
        let current = match &config.rsa_private_key {
            Some(path) => configured(path.as_str(), "rsa_private_key")?,
            None => {
                let path = folder.join(FILE);
                let renamed = previous.as_ref().is_some_and(|key| known.contains(&&*id(key)));
                let may_make = making == MissingKey::Allowed || making == MissingKey::OnlyRenewed && renamed;
                let Some(pem) = read_or(&path, may_make, generate)? else { return Ok(None) };
                RsaPrivateKey::from_pem(pem.expose()).map_err(|why| damaged(&path, why))?
            }
        };
        Ok(Some(Self { current, previous }))
    }

    /// The public name of the private key: the start of a hash of its public half.
    pub(crate) fn id(&self) -> String {
        id(&self.current)
    }

    /// The public half, SPKI PEM.
    pub(crate) fn public_pem(&self) -> String {
        self.current.public().to_spki_pem()
    }

    /// Decrypts with either key. Takes milliseconds of computing. `None` deliberately gives no reason; both keys are
    /// always tried, so that the time gives none either.
    pub(crate) fn open(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let current = self.current.decrypt_oaep_sha1(ciphertext).ok();
        let previous = self.previous.as_ref().and_then(|key| key.decrypt_oaep_sha1(ciphertext).ok());
        current.or(previous)
    }
}

/// The keys that the configuration places elsewhere, with their names in a key folder.
pub(crate) fn kept_elsewhere(config: &ServiceConfig) -> impl Iterator<Item = (&Path, &'static str)> {
    let keys = [(&config.rsa_private_key, FILE), (&config.rsa_previous_private_key, PREVIOUS_FILE)];
    keys.into_iter().filter_map(|(path, name)| Some((Path::new(path.as_ref()?.as_str()), name)))
}

fn id(key: &RsaPrivateKey) -> String {
    digest::hex(&digest::sha256(key.public().to_spki_pem().as_bytes())[..ID_BYTES])
}

fn configured(path: &str, setting: &'static str) -> Result<RsaPrivateKey> {
    let bad =
        |why: &dyn std::fmt::Display| Error::invalid_setting(setting, format_args!("{}: {why}", shown::path(path)));
    let pem = files::read(Path::new(path))?.ok_or_else(|| bad(&"there is no such file"))?;
    RsaPrivateKey::from_pem(pem.expose()).map_err(|why| bad(&why))
}

fn generate() -> Result<Secret> {
    let key = RsaPrivateKey::generate(BITS).map_err(Error::internal)?;
    Ok(Secret::new(key.to_pkcs8_pem().as_str()))
}
