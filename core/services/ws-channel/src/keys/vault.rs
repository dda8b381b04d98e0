//! Sealing of data at rest: private keys of certificates, TOTP secrets (docs/protocols/ws-channel.md §10 S26, S36).

use std::path::Path;

use bankchannel_crypto::{
    aead::{SealingKey, SealingVault},
    digest,
};
use bankchannel_foundation::{Result, Secret};
use zeroize::Zeroizing;

use super::{damaged, files::read_or};

/// The file with the sealing keys.
pub(super) const FILE: &str = "vault.keys";

/// Seals and opens data at rest. The keys are internal to it: in a local file, later in an HSM or a cloud key service.
pub(crate) trait KeyVault: Send + Sync {
    /// Seals `secret`; [`open`](Self::open) returns it only for the same `associated` data.
    ///
    /// # Errors
    /// When the vault cannot be reached.
    fn seal(&self, associated: &[u8], secret: &[u8]) -> Result<Vec<u8>, VaultError>;

    /// Reverses [`seal`](Self::seal).
    ///
    /// # Errors
    /// When the data is damaged, was sealed with other associated data, or with a key that is not here.
    fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError>;
}

/// The vault failed. The text contains no secrets.
#[derive(Debug, thiserror::Error)]
#[error("the key vault: {0}")]
pub(crate) struct VaultError(String);

/// A vault with its keys in a file: one line per key, its id and its bytes in hex; the first key seals.
pub(crate) struct LocalVault {
    vault: SealingVault,
    ids: Vec<String>,
}

impl LocalVault {
    /// Reads the file; creates it with one new key if that is allowed. `None`: it is absent and must not be created.
    ///
    /// # Errors
    /// As [`read_or`]; `configuration.invalid` for a damaged file.
    pub(crate) fn load(folder: &Path, may_make: bool) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        let Some(text) = read_or(&path, may_make, || Ok(line(&SealingKey::generate())))? else { return Ok(None) };
        let mut keys = Vec::new();
        for (number, line) in text.expose().lines().enumerate() {
            let key =
                read_line(line).ok_or_else(|| damaged(&path, format_args!("line {} holds no key", number + 1)))?;
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(damaged(&path, "it holds no key"));
        }
        let ids = keys.iter().map(|key| digest::hex(&key.key_id())).collect();
        let current = keys.remove(0);
        Ok(Some(Self { vault: SealingVault::new(current, keys), ids }))
    }

    /// The ids of its keys, the sealing one first.
    pub(crate) fn ids(&self) -> &[String] {
        &self.ids
    }
}

impl KeyVault for LocalVault {
    fn seal(&self, associated: &[u8], secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(self.vault.seal(secret, associated))
    }

    fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.vault.open(sealed, associated).map_err(|why| VaultError(why.to_string()))
    }
}

fn line(key: &SealingKey) -> Secret {
    Secret::new(format!("{} {}\n", digest::hex(&key.key_id()), digest::hex(key.as_bytes())))
}

/// Parses a line; the id detects a damaged key.
fn read_line(line: &str) -> Option<SealingKey> {
    let (id, bytes) = line.split_once(' ')?;
    let bytes = Zeroizing::new(digest::from_hex(bytes)?);
    let key = SealingKey::from_bytes(&bytes).ok()?;
    (digest::from_hex(id)? == key.key_id()).then_some(key)
}
