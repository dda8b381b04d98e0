//! The service's keys: they must survive a restart, and must exist nowhere else.
//!
//! ```text
//!   DATA/keys/vault.keys        seals private keys and TOTP secrets at rest; the first line seals, all lines open
//!   DATA/keys/challenge.key     derives the keys of challenges, one per hour, and of stored codes
//!   DATA/keys/login-rsa.pem     decrypts passwords; the key in `login-rsa-previous.pem` is still accepted
//!   DATA/public-key.pem         the public half of login-rsa.pem, for clients
//! ```
//!
//! Files have mode 0600, are created exclusively and synced. Several instances that share a PostgreSQL database must
//! share these files: `keys_folder` names the folder. A damaged file is an error that names it, and so is a missing one
//! that the data needs (`identity`). Such a file is never replaced: everything sealed or encrypted with the lost key
//! would be lost with it.

mod challenge;
mod files;
pub(crate) mod identity;
mod login;
mod vault;

use std::path::{Path, PathBuf};

use bankchannel_foundation::{Error, Result, error::row, shown};
use bankchannel_storage::ws_channel::{IdKind, InstallationIds, WsChannelStore};

use super::{
    config::ServiceConfig,
    data::{KEYS_ELSEWHERE, storage},
};
use bankchannel_server::private;

pub(crate) use challenge::ChallengeKey;
pub(crate) use files::{read_or_make, try_making_files};
pub(crate) use login::{LoginKeys, kept_elsewhere};
pub(crate) use vault::KeyVault;

/// The folder of the keys below the data folder.
pub(crate) const FOLDER: &str = "keys";
/// The public key for clients, below the data folder.
pub(crate) const PUBLIC_KEY_FILE: &str = "public-key.pem";

/// The files without which the service does not start.
pub(crate) const NEEDED: [&str; 3] = [vault::FILE, challenge::FILE, login::FILE];

/// The keys of a service.
pub(crate) struct ServiceKeys {
    /// Decrypts passwords.
    pub(crate) login: LoginKeys,
    /// Makes challenges and hashes codes.
    pub(crate) challenge: ChallengeKey,
    /// The public key for clients: an absolute path to an SPKI PEM.
    pub(crate) public_key_file: PathBuf,
    vault: Box<dyn KeyVault>,
}

/// The keys found.
struct FoundKeys {
    vault: Option<vault::LocalVault>,
    challenge: Option<ChallengeKey>,
    login: Option<LoginKeys>,
}

impl ServiceKeys {
    /// Reads the keys that the data of this store needs, and records them. Keys are created only for data that has
    /// never had any.
    ///
    /// # Errors
    /// `configuration.invalid` for an unusable key, or for a missing key that the data needs, `resource.storage` for a
    /// file that cannot be read or written; the message names the file and how to fix it.
    pub(crate) async fn open(store: &WsChannelStore, data: &Path, config: &ServiceConfig) -> Result<Self> {
        let folder = folder(data, config);
        refuse_link(&folder, config)?;
        // The marker first: its id was recorded in the database before the folder was marked.
        let marked = marker_of(&folder)?;
        let known = store.installation().await.map_err(storage)?;
        refuse_keys_of_other_data(&known, marked, &folder)?;
        if folder.exists() {
            private::check_folder(&folder)?;
        } else if !identity::is_needed(&known, IdKind::VaultKey) {
            private::folder(&folder)?;
        }
        let found = find(store, &known, &folder, config, true).await?;
        let known = record(store, known, &found, &folder).await?;
        if let Some(id) = known.id() {
            // Mounted secrets cannot be marked and need no marker: their keys have ids.
            if let Err(why) = identity::mark(&folder, id) {
                tracing::debug!(folder = %folder.display(), %why, "the folder of the keys cannot be marked");
            }
        }
        let (FoundKeys { vault: Some(vault), challenge: Some(challenge), login: Some(login) }, public_key_file) =
            (found, data.join(PUBLIC_KEY_FILE))
        else {
            return Err(Error::internal("a key that was made is not there"));
        };
        files::publish(&public_key_file, &login.public_pem())?;
        Ok(Self { login, challenge, public_key_file, vault: Box::new(vault) })
    }

    /// Checks the keys as [`open`](Self::open) does, without creating any; `store` is absent if there is no database
    /// yet. Returns whether all exist: missing ones would be created.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) async fn check_keys(
        store: Option<&WsChannelStore>,
        data: &Path,
        config: &ServiceConfig,
    ) -> Result<bool> {
        let folder = folder(data, config);
        refuse_link(&folder, config)?;
        let marked = marker_of(&folder)?;
        let known = match store {
            Some(store) => store.installation().await.map_err(storage)?,
            None => InstallationIds::default(),
        };
        refuse_keys_of_other_data(&known, marked, &folder)?;
        if folder.exists() {
            private::check_folder(&folder)?;
        }
        let found = match store {
            Some(store) => find(store, &known, &folder, config, false).await?,
            None => read(&known, &folder, config, false)?,
        };
        Ok(found.vault.is_some() && found.challenge.is_some() && found.login.is_some())
    }

    /// Seals private keys and TOTP secrets.
    pub(crate) fn vault(&self) -> &dyn KeyVault {
        &*self.vault
    }
}

/// The key folder: the configured one, or the data folder's own.
pub(crate) fn folder(data: &Path, config: &ServiceConfig) -> PathBuf {
    config.keys_folder.as_ref().map_or_else(|| data.join(FOLDER), PathBuf::from)
}

/// The file of the key that passwords are encrypted to.
pub(crate) fn login_key_file(data: &Path, config: &ServiceConfig) -> PathBuf {
    let elsewhere = config.rsa_private_key.as_ref().map(|path| PathBuf::from(path.as_str()));
    elsewhere.unwrap_or_else(|| folder(data, config).join(login::FILE))
}

/// Refuses a link in the place of the keys, unless the settings name the place.
fn refuse_link(folder: &Path, config: &ServiceConfig) -> Result<()> {
    match config.keys_folder {
        Some(_) => Ok(()),
        None => private::check_inner_folder(folder, KEYS_ELSEWHERE),
    }
}

fn marker_of(folder: &Path) -> Result<Option<String>> {
    if folder.exists() { identity::marked(folder) } else { Ok(None) }
}

/// Refuses keys without their database: most likely the data folder is not mounted.
fn refuse_keys_of_other_data(known: &InstallationIds, marked: Option<String>, folder: &Path) -> Result<()> {
    let Some(marked) = marked else { return Ok(()) };
    if known.id().is_some_and(|id| id == marked) || known.id().is_none() && known.has_accounts {
        return Ok(());
    }
    let path = folder.join(identity::MARKER);
    let why = match known.id() {
        Some(id) => format!(
            "the folder of the keys {} belongs to installation {marked}, the database to {id}: give each its own",
            folder.display()
        ),
        None => format!(
            "the folder of the keys {} belongs to installation {marked}, whose database is not here: mount the data folder or \
             restore a backup. To start over with these keys, remove {}",
            folder.display(),
            path.display()
        ),
    };
    Err(Error::because(&row::CONFIGURATION, why).with("file", path.display()))
}

/// Reads the keys and refuses those that do not belong to the data.
async fn find(
    store: &WsChannelStore,
    known: &InstallationIds,
    folder: &Path,
    config: &ServiceConfig,
    may_make: bool,
) -> Result<FoundKeys> {
    let found = read(known, folder, config, may_make)?;
    match &found.vault {
        Some(vault) => identity::refuse_other_vault(store, known, vault.ids(), folder).await?,
        None => identity::refuse_loss(store, known, IdKind::VaultKey, folder).await?,
    }
    if found.challenge.is_none() {
        identity::refuse_loss(store, known, IdKind::ChallengeKey, folder).await?;
    }
    if found.login.is_none() {
        identity::refuse_loss(store, known, IdKind::LoginKey, folder).await?;
    }
    Ok(found)
}

fn read(known: &InstallationIds, folder: &Path, config: &ServiceConfig, may_make: bool) -> Result<FoundKeys> {
    let making = |kind| identity::making(known, kind, may_make);
    let allowed = |kind| making(kind) == identity::MissingKey::Allowed;
    let known_login: Vec<&str> = known.ids(IdKind::LoginKey).collect();
    Ok(FoundKeys {
        vault: vault::LocalVault::load(folder, allowed(IdKind::VaultKey))?,
        challenge: ChallengeKey::load(folder, allowed(IdKind::ChallengeKey))?,
        login: LoginKeys::load(folder, config, &known_login, making(IdKind::LoginKey))?,
    })
}

/// Records the current keys of the data. A replaced login or challenge key is accepted: nothing is stored under the old
/// one.
async fn record(
    store: &WsChannelStore,
    known: InstallationIds,
    found: &FoundKeys,
    folder: &Path,
) -> Result<InstallationIds> {
    let vault = found.vault.as_ref().map(|vault| vault.ids().to_vec()).unwrap_or_default();
    let one = |id: Option<String>| id.into_iter().collect::<Vec<_>>();
    let challenge = one(found.challenge.as_ref().map(ChallengeKey::id));
    let login = one(found.login.as_ref().map(LoginKeys::id));
    let kinds = [(IdKind::VaultKey, vault), (IdKind::ChallengeKey, challenge), (IdKind::LoginKey, login)];
    let mut new: Vec<(IdKind, String)> = Vec::new();
    if known.id().is_none() {
        new.push((IdKind::Installation, identity::new_id()));
    }
    for (kind, ids) in &kinds {
        let recorded: Vec<&str> = known.ids(*kind).collect();
        if recorded.is_empty() {
            new.extend(ids.iter().map(|id| (*kind, id.clone())));
        } else if ids.len() != recorded.len() || !ids.iter().all(|id| recorded.contains(&&**id)) {
            tracing::warn!(kind = ?kind, was = recorded.join(" "), is = ids.join(" "), "the key was replaced since the last start");
            store.replace_ids(*kind, ids.clone()).await.map_err(storage)?;
        }
    }
    if new.is_empty() {
        return Ok(known);
    }
    let adopted = store.adopt(new).await.map_err(storage)?;
    // Another instance may have been first, with its own keys.
    let held = found.vault.as_ref().map(vault::LocalVault::ids).unwrap_or_default();
    identity::refuse_other_vault(store, &adopted, held, folder).await?;
    Ok(adopted)
}

/// The error for an unusable key file.
fn damaged(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::because(
        &row::CONFIGURATION,
        format!(
            "the key file {} is damaged ({why}): put it back from a backup; do not delete it, a new key cannot open \
             data that the old one sealed",
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

    async fn opened(folder: &Path) -> Result<ServiceKeys> {
        let store = WsChannelStore::open_sqlite(folder).await.unwrap();
        let keys = ServiceKeys::open(&store, folder, &ServiceConfig::default()).await;
        let seen = ServiceKeys::check_keys(Some(&store), folder, &ServiceConfig::default()).await;
        assert_eq!(keys.is_ok(), seen.is_ok(), "a check says what a start says: {:?}", seen.err());
        store.close().await;
        keys
    }

    #[tokio::test]
    async fn a_restart_finds_the_same_keys_and_the_files_are_private() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!ServiceKeys::check_keys(None, folder.path(), &ServiceConfig::default()).await.unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "looking makes nothing");
        let first = opened(folder.path()).await.unwrap();
        let sealed = first.vault().seal(b"account", b"secret").unwrap();
        let again = opened(folder.path()).await.unwrap();
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

    #[tokio::test]
    async fn a_damaged_file_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        drop(opened(folder.path()).await.unwrap());
        for name in ["vault.keys", "challenge.key", "login-rsa.pem"] {
            let path = folder.path().join(FOLDER).join(name);
            let good = std::fs::read_to_string(&path).unwrap();
            let mut half = good.clone();
            half.truncate(good.len() / 2);
            for bad in [half.as_str(), "", "nonsense\n"] {
                std::fs::write(&path, bad).unwrap();
                let error = opened(folder.path()).await.err().unwrap();
                assert!(error.message().contains(name), "{error}");
                assert_eq!(std::fs::read_to_string(&path).unwrap(), bad, "kept as it is");
            }
            // A changed digit is detected too, not only a file that cannot be parsed.
            if name != "login-rsa.pem" {
                let at = good.find(|c: char| c.is_ascii_digit()).unwrap();
                let other = if &good[at..=at] == "1" { "2" } else { "1" };
                std::fs::write(&path, [&good[..at], other, &good[at + 1..]].concat()).unwrap();
                assert!(opened(folder.path()).await.is_err());
            }
            std::fs::write(&path, good).unwrap();
        }
        drop(opened(folder.path()).await.unwrap());
    }

    /// A folder that is not mounted must not look like a first start.
    #[tokio::test]
    async fn a_key_that_the_data_has_had_is_never_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = opened(folder.path()).await.unwrap();
        let (challenge, login) = (first.challenge.id(), first.login.id());
        let keys = folder.path().join(FOLDER);
        let id_of = |name: &str| match name {
            "challenge.key" => challenge.clone(),
            "login-rsa.pem" => login.clone(),
            vault => std::fs::read_to_string(keys.join(vault)).unwrap().split(' ').next().unwrap().to_owned(),
        };
        for name in ["vault.keys", "challenge.key", "login-rsa.pem"] {
            let (path, aside, id) = (keys.join(name), folder.path().join("aside"), id_of(name));
            std::fs::rename(&path, &aside).unwrap();
            let error = opened(folder.path()).await.err().unwrap();
            assert!(error.message().contains(path.to_str().unwrap()) && error.message().contains(&id), "{error}");
            assert!(!path.exists(), "nothing was made");
            std::fs::rename(&aside, &path).unwrap();
        }
        let aside = folder.path().join("aside");
        std::fs::rename(&keys, &aside).unwrap();
        for _ in 0..2 {
            let error = opened(folder.path()).await.err().unwrap();
            assert!(error.message().contains("vault.keys"), "{error}");
            assert!(
                std::fs::read_dir(&keys).is_ok_and(|mut all| all.next().is_none()) == keys.exists(),
                "nothing was made"
            );
            let _ = std::fs::create_dir(&keys);
        }
        std::fs::remove_dir(&keys).unwrap();
        std::fs::rename(&aside, &keys).unwrap();
        drop(opened(folder.path()).await.unwrap());
    }

    #[tokio::test]
    async fn keys_whose_database_is_not_there_are_not_used_for_another() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        drop(opened(folder.path()).await.unwrap());
        drop(opened(other.path()).await.unwrap());
        let config = ServiceConfig {
            keys_folder: Some(folder.path().join(FOLDER).to_str().unwrap().into()),
            ..ServiceConfig::default()
        };
        let store = WsChannelStore::open_sqlite(other.path()).await.unwrap();
        assert!(ServiceKeys::open(&store, other.path(), &config).await.err().unwrap().message().contains("belongs to"));
        store.close().await;
        let fresh = tempfile::tempdir().unwrap();
        let looked = ServiceKeys::check_keys(None, fresh.path(), &config).await.err().unwrap();
        assert!(looked.message().contains("database is not here"), "{looked}");
        let store = WsChannelStore::open_sqlite(fresh.path()).await.unwrap();
        let refused = ServiceKeys::open(&store, fresh.path(), &config).await.err().unwrap();
        assert_eq!(refused.message(), looked.message());
    }

    #[tokio::test]
    async fn a_vault_that_does_not_open_what_is_sealed_is_refused_and_a_rotated_one_is_not() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = opened(folder.path()).await.unwrap();
        drop(opened(other.path()).await.unwrap());
        let sealed = first.vault().seal(b"totp", b"secret").unwrap();
        let path = folder.path().join(FOLDER).join("vault.keys");
        let (old, new) = (
            std::fs::read_to_string(&path).unwrap(),
            std::fs::read_to_string(other.path().join(FOLDER).join("vault.keys")).unwrap(),
        );
        std::fs::write(&path, format!("{new}{old}")).unwrap();
        let rotated = opened(folder.path()).await.unwrap();
        assert!(rotated.vault().open(b"totp", &sealed).is_ok());
        // Nothing is stored under the old one.
        std::fs::write(&path, &new).unwrap();
        drop(opened(folder.path()).await.unwrap());
    }
}
