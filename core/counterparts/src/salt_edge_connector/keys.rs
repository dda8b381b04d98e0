//! What the data folder holds besides the store: the connector's key pair, and the secret that it shares with the bank.

use std::path::{Path, PathBuf};

use bankchannel::salt_edge_connector::{KeySettings, SaltEdgeConnectorSettings};
use bankchannel_crypto::{random, rsa::PrivateKey};
use bankchannel_foundation::{Error, Result, Secret, error::row};
use bankchannel_salt_edge::bank_interface::SharedSecret;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{
    folder::{unusable, write_whole},
    private::{check_secret_file, read_secret},
};

const KEY: &str = "connector.key.pem";
const PUBLIC: &str = "connector.public.pem";
/// The public half of a key that was given: the pair of the folder stays as it is.
const GIVEN_PUBLIC: &str = "given-key.public.pem";
const BANK_SECRET: &str = "bank.secret";
const KEY_MODE: u32 = 0o600;
const PUBLIC_MODE: u32 = 0o644;
const BITS: usize = 2048;
/// The largest file of a key or secret.
const MAX: u64 = 64 * 1024;

/// What a connector has of its own.
pub(crate) struct Keys {
    pub(crate) public_key_file: PathBuf,
    pub(crate) bank_secret: SharedSecret,
    pub(crate) bank_secret_file: PathBuf,
    /// Whether key and secret were given: several instances must have the same.
    pub(crate) are_given: bool,
}

impl Keys {
    /// What is in the folder, and what was missing there. The settings are completed with it.
    ///
    /// # Errors
    /// `resource.storage`, `configuration.invalid` for files that cannot be used.
    pub(crate) fn prepare(data: &Path, settings: &mut SaltEdgeConnectorSettings) -> Result<Self> {
        let has_key = has_key(&settings.key);
        if !has_key {
            let file = own_key(data)?;
            settings.key = KeySettings { private_key_file: Some(file.display().to_string()), ..KeySettings::default() };
        }
        check_files(settings)?;
        let has_secret = settings.bank_secret.is_some() || settings.bank_secret_file.is_some();
        let bank_secret_file = match (&settings.bank_secret, &settings.bank_secret_file) {
            (Some(text), _) => {
                let file = data.join(BANK_SECRET);
                write_whole(&file, KEY_MODE, text.expose().as_bytes())?;
                file
            }
            (None, Some(file)) => std::path::absolute(file).map_err(|why| unusable(Path::new(file), &why))?,
            (None, None) => own_secret(data)?,
        };
        let (text, bank_secret) = shared_secret(&bank_secret_file)?;
        settings.bank_secret = Some(text);
        settings.bank_secret_file = None;
        let public_key_file = data.join(if has_key { GIVEN_PUBLIC } else { PUBLIC });
        Ok(Self { public_key_file, bank_secret, bank_secret_file, are_given: has_key && has_secret })
    }

    /// Reads what is named and what is in the folder, and makes nothing. The settings are completed with it.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub(crate) fn look(data: Option<&Path>, settings: &mut SaltEdgeConnectorSettings) -> Result<()> {
        check_files(settings)?;
        if let Some(file) = &settings.bank_secret_file {
            shared_secret(Path::new(file))?;
        }
        let Some(data) = data else { return Ok(()) };
        let (key, secret) = (data.join(KEY), data.join(BANK_SECRET));
        if read_secret(&key, MAX)?.is_some() && !has_key(&settings.key) {
            settings.key.private_key_file = Some(key.display().to_string());
        }
        if settings.bank_secret.is_none() && settings.bank_secret_file.is_none() {
            settings.bank_secret = read_secret(&secret, MAX)?;
        }
        Ok(())
    }

    /// Writes the public half down, for the dashboard.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(crate) fn publish(&self, pem: &str) -> Result<()> {
        if std::fs::read(&self.public_key_file).ok().as_deref() == Some(pem.as_bytes()) {
            return Ok(());
        }
        write_whole(&self.public_key_file, PUBLIC_MODE, pem.as_bytes())
    }
}

/// Whether there is a private key.
fn has_key(key: &KeySettings) -> bool {
    key.private_key.is_some() || key.private_key_file.is_some() || key.keystore_file.is_some() || key.pkcs11.is_some()
}

/// Sees that the key is one to sign with, and that nobody else can read the files of secrets and keys that the settings name.
fn check_files(settings: &SaltEdgeConnectorSettings) -> Result<()> {
    let key = &settings.key;
    if key.public_key.is_some() && !has_key(key) {
        return Err(Error::invalid_setting("public_key", "a service must sign by itself: give the private key"));
    }
    let named = [&key.private_key_file, &key.keystore_file, &settings.app_secret_file, &settings.store_key_file];
    named.into_iter().flatten().try_for_each(|file| check_secret_file(Path::new(file)))
}

/// The secret in a file, as it is and as it is used.
fn shared_secret(file: &Path) -> Result<(Secret, SharedSecret)> {
    let text = read_secret(file, MAX)?;
    let text = text.ok_or_else(|| Error::invalid_setting("bank_secret_file", "there is no such file"))?;
    let shared = SharedSecret::new(&text).map_err(|why| Error::invalid_setting("bank_secret", why))?;
    Ok((text, shared))
}

fn own_key(data: &Path) -> Result<PathBuf> {
    let file = data.join(KEY);
    if read_secret(&file, MAX)?.is_none() {
        let made = PrivateKey::generate(BITS).map_err(|why| Error::because(&row::INTERNAL, why.to_string()))?;
        write_whole(&file, KEY_MODE, made.to_pkcs8_pem().as_bytes())?;
    }
    Ok(file)
}

fn own_secret(data: &Path) -> Result<PathBuf> {
    let file = data.join(BANK_SECRET);
    if read_secret(&file, MAX)?.is_none() {
        let made = Zeroizing::new(STANDARD.encode(random::bytes::<32>()));
        write_whole(&file, KEY_MODE, made.as_bytes())?;
    }
    Ok(file)
}

/// A secret of the example bank's own, made where it is missing.
///
/// # Errors
/// `resource.storage`.
pub(crate) fn example_secret(data: &Path) -> Result<Secret> {
    let file = data.join("example-bank.secret");
    if let Some(kept) = read_secret(&file, MAX)? {
        return Ok(kept);
    }
    let made = Zeroizing::new(STANDARD.encode(random::bytes::<32>()));
    write_whole(&file, KEY_MODE, made.as_bytes())?;
    Ok(Secret::new(made.as_str()))
}
