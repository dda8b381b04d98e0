//! The keys in the data folder: the connector's key pair, and the secret that it shares with the bank.

use std::path::{Path, PathBuf};

use bankchannel::{KeySources, salt_edge_connector::SaltEdgeConnectorSettings};
use bankchannel_crypto::{random, rsa::RsaPrivateKey};
use bankchannel_foundation::{Error, Result, Secret};
use bankchannel_salt_edge::bank_interface::SharedSecret;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use bankchannel_server::{
    folder::{unusable, write_whole, write_whole_readable},
    private::{check_secret_file, read_secret},
};

const KEY: &str = "connector.key.pem";
const PUBLIC: &str = "connector.public.pem";
/// The public half of a configured key: the key pair in the folder stays unchanged.
const GIVEN_PUBLIC: &str = "given-key.public.pem";
const BANK_SECRET: &str = "bank.secret";
const BITS: usize = 2048;
/// The maximum size of a key or secret file.
const MAX: u64 = 64 * 1024;

/// A connector's keys and secrets.
pub(crate) struct ConnectorKeys {
    pub(crate) public_key_file: PathBuf,
    pub(crate) bank_secret: SharedSecret,
    pub(crate) bank_secret_file: PathBuf,
    /// Whether key and secret were configured: all instances of a cluster need the same ones.
    pub(crate) are_given: bool,
}

impl ConnectorKeys {
    /// Reads the files in the folder and creates those that are missing. Completes the settings with them.
    ///
    /// # Errors
    /// `resource.storage`, `configuration.invalid` for unusable files.
    pub(crate) fn prepare(data: &Path, settings: &mut SaltEdgeConnectorSettings) -> Result<Self> {
        let has_key = has_key(settings);
        if !has_key {
            let file = own_key(data)?;
            settings.key = KeySources { private_key_file: Some(file.display().to_string()), ..KeySources::default() };
        }
        check_files(settings)?;
        let has_secret = settings.bank_secret.is_some() || settings.bank_secret_file.is_some();
        let bank_secret_file = match (&settings.bank_secret, &settings.bank_secret_file) {
            (Some(text), _) => {
                let file = data.join(BANK_SECRET);
                write_whole(&file, text.expose().as_bytes())?;
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

    /// Reads the configured files and those in the folder, and creates nothing. Completes the settings with them.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub(crate) fn check_keys(data: Option<&Path>, settings: &mut SaltEdgeConnectorSettings) -> Result<()> {
        check_files(settings)?;
        if let Some(file) = &settings.bank_secret_file {
            shared_secret(Path::new(file))?;
        }
        let Some(data) = data else { return Ok(()) };
        let (key, secret) = (data.join(KEY), data.join(BANK_SECRET));
        if read_secret(&key, MAX)?.is_some() && !has_key(settings) {
            settings.key.private_key_file = Some(key.display().to_string());
        }
        if settings.bank_secret.is_none() && settings.bank_secret_file.is_none() {
            settings.bank_secret = read_secret(&secret, MAX)?;
        }
        Ok(())
    }

    /// Writes the public key to a file, for the dashboard.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(crate) fn publish(&self, pem: &str) -> Result<()> {
        if std::fs::read(&self.public_key_file).ok().as_deref() == Some(pem.as_bytes()) {
            return Ok(());
        }
        write_whole_readable(&self.public_key_file, pem.as_bytes())
    }
}

/// Whether a private key is configured.
pub(crate) fn has_key(settings: &SaltEdgeConnectorSettings) -> bool {
    let key = &settings.key;
    settings.private_key.is_some()
        || key.private_key_file.is_some()
        || key.keystore_file.is_some()
        || key.pkcs11.is_some()
}

/// Checks that the secret and key files named in the settings are not readable by others.
fn check_files(settings: &SaltEdgeConnectorSettings) -> Result<()> {
    let key = &settings.key;
    let named = [&key.private_key_file, &key.keystore_file, &settings.app_secret_file, &settings.store_key_file];
    named.into_iter().flatten().try_for_each(|file| check_secret_file(Path::new(file)))
}

/// Reads the secret in a file: as text, and in the form used for signatures.
fn shared_secret(file: &Path) -> Result<(Secret, SharedSecret)> {
    let text = read_secret(file, MAX)?;
    let text = text.ok_or_else(|| Error::invalid_setting("bank_secret_file", "there is no such file"))?;
    let shared = SharedSecret::new(&text).map_err(|why| Error::invalid_setting("bank_secret", why))?;
    Ok((text, shared))
}

fn own_key(data: &Path) -> Result<PathBuf> {
    let file = data.join(KEY);
    if read_secret(&file, MAX)?.is_none() {
        let made = RsaPrivateKey::generate(BITS).map_err(Error::internal)?;
        write_whole(&file, made.to_pkcs8_pem().as_bytes())?;
    }
    Ok(file)
}

fn own_secret(data: &Path) -> Result<PathBuf> {
    let file = data.join(BANK_SECRET);
    if read_secret(&file, MAX)?.is_none() {
        let made = Zeroizing::new(STANDARD.encode(random::bytes::<32>()));
        write_whole(&file, made.as_bytes())?;
    }
    Ok(file)
}

/// The example bank's secret, created if missing.
///
/// # Errors
/// `resource.storage`.
pub(crate) fn example_secret(data: &Path) -> Result<Secret> {
    let file = data.join("example-bank.secret");
    if let Some(kept) = read_secret(&file, MAX)? {
        return Ok(kept);
    }
    let made = Zeroizing::new(STANDARD.encode(random::bytes::<32>()));
    write_whole(&file, made.as_bytes())?;
    Ok(Secret::new(made.as_str()))
}
