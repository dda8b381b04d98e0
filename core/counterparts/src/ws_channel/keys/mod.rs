//! The service's keys: what must be there again after a restart, and nowhere else.
//!
//! ```text
//!   DATA/keys/vault.keys        seals private keys and TOTP secrets at rest; the first line seals, all lines open
//!   DATA/keys/challenge.key     from it come the keys of challenges, one per hour, and of stored codes
//!   DATA/keys/login-rsa.pem     passwords are encrypted to its public half; `login-rsa-previous.pem` is still accepted
//!   DATA/public-key.pem         that public half, for clients
//! ```
//!
//! Files have mode 0600, are created exclusively and synced. Several instances that share a PostgreSQL database must share
//! these files: `keys_folder` names the folder. A damaged file is an error that names it; it is never replaced, because
//! what was sealed or encrypted with the lost key would be lost with it.

mod challenge;
mod files;
mod login;
mod vault;

use std::path::{Path, PathBuf};

use bankchannel_foundation::{Error, Result, error::row, shown};

use super::config::Config;

pub(crate) use challenge::ChallengeKey;
pub(crate) use files::{Missing, read_or_make};
pub(crate) use login::{LoginKeys, kept_elsewhere};
pub(crate) use vault::KeyVault;

/// The folder of the keys below the data folder.
pub(crate) const FOLDER: &str = "keys";
/// The public key for clients, below the data folder.
pub(crate) const PUBLIC_KEY_FILE: &str = "public-key.pem";

/// The keys of a service.
pub(crate) struct Keys {
    /// Opens encrypted passwords.
    pub(crate) login: LoginKeys,
    /// Makes challenges and hashes codes.
    pub(crate) challenge: ChallengeKey,
    /// The public key for clients: an absolute path to an SPKI PEM.
    pub(crate) public_key_file: PathBuf,
    vault: Box<dyn KeyVault>,
}

impl Keys {
    /// Reads the keys, making those that are not there yet.
    ///
    /// # Errors
    /// `configuration.invalid` for a key that cannot be used, `resource.storage` for a file that cannot be read or
    /// written; the message names the file and what to do.
    pub(crate) fn load_or_make(data: &Path, config: &Config) -> Result<Self> {
        Self::load(data, config, Missing::Make)
    }

    /// Reads the keys and makes none: what a check does.
    ///
    /// # Errors
    /// As [`load_or_make`](Self::load_or_make), and for a file that is not there.
    pub(crate) fn load(data: &Path, config: &Config, missing: Missing) -> Result<Self> {
        let folder = folder(data, config);
        if missing == Missing::Make {
            files::private_folder(&folder)?;
        }
        let vault = vault::LocalVault::load(&folder, missing)?;
        let challenge = ChallengeKey::load(&folder, missing)?;
        let login = LoginKeys::load(&folder, config, missing)?;
        let public_key_file = data.join(PUBLIC_KEY_FILE);
        if missing == Missing::Make {
            files::publish(&public_key_file, &login.public_pem())?;
        }
        Ok(Self { login, challenge, public_key_file, vault: Box::new(vault) })
    }

    /// What seals private keys and TOTP secrets.
    pub(crate) fn vault(&self) -> &dyn KeyVault {
        &*self.vault
    }
}

/// Where the keys are: the configured folder, or the data folder's own.
pub(crate) fn folder(data: &Path, config: &Config) -> PathBuf {
    config.keys_folder.as_ref().map_or_else(|| data.join(FOLDER), PathBuf::from)
}

/// A key file that cannot be used.
fn damaged(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::because(
        &row::CONFIGURATION,
        format!(
            "the key file {} is damaged ({why}): put it back from a backup; do not delete it, a new key opens nothing of what \
             the old one sealed",
            shown::path(path)
        ),
    )
    .with("file", shown::path(path))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_restart_finds_the_same_keys_and_the_files_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::default();
        assert!(Keys::load(folder.path(), &config, Missing::Refuse).is_err());
        let first = Keys::load_or_make(folder.path(), &config).unwrap();
        let sealed = first.vault().seal(b"account", b"secret").unwrap();
        let again = Keys::load(folder.path(), &config, Missing::Refuse).unwrap();
        assert_eq!(again.vault().open(b"account", &sealed).unwrap().as_slice(), b"secret");
        assert!(again.vault().open(b"other", &sealed).is_err());
        assert_eq!(first.challenge.at(1_767_225_600_000), again.challenge.at(1_767_225_600_000));
        assert_eq!(first.login.public_pem(), again.login.public_pem());
        assert_eq!(std::fs::read_to_string(&again.public_key_file).unwrap(), again.login.public_pem());
        for entry in std::fs::read_dir(folder.path().join(FOLDER)).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_file_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::default();
        drop(Keys::load_or_make(folder.path(), &config).unwrap());
        for name in ["vault.keys", "challenge.key", "login-rsa.pem"] {
            let path = folder.path().join(FOLDER).join(name);
            let good = std::fs::read_to_string(&path).unwrap();
            let mut half = good.clone();
            half.truncate(good.len() / 2);
            for bad in [half.as_str(), "", "nonsense\n"] {
                std::fs::write(&path, bad).unwrap();
                let error = Keys::load_or_make(folder.path(), &config).err().unwrap();
                assert!(error.message().contains(name), "{error}");
                assert_eq!(std::fs::read_to_string(&path).unwrap(), bad, "kept as it is");
            }
            // A changed digit is noticed too, not only a file that cannot be parsed.
            if name != "login-rsa.pem" {
                let at = good.find(|c: char| c.is_ascii_digit()).unwrap();
                let other = if &good[at..=at] == "1" { "2" } else { "1" };
                std::fs::write(&path, [&good[..at], other, &good[at + 1..]].concat()).unwrap();
                assert!(Keys::load_or_make(folder.path(), &config).is_err());
            }
            std::fs::write(&path, good).unwrap();
        }
        drop(Keys::load_or_make(folder.path(), &config).unwrap());
    }
}
