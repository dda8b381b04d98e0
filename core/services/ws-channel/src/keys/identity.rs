//! The keys that the data needs: their public ids are recorded in its database and compared at every start.
//!
//! A folder that is not mounted looks like a first start. Creating new keys then would lose everything sealed with the
//! old ones: so a key is created only for data that has never had one. An id does not help to guess its key: it is a
//! keyed check value of a random key, or the hash of a public half.

use std::{fs, io::ErrorKind, path::Path};

use bankchannel_crypto::{aead, digest, random};
use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_storage::ws_channel::{IdKind, InstallationIds, WsChannelStore};

use super::{challenge, login, vault};
use crate::data::{storage, unusable};
use bankchannel_server::private;

/// The file in a folder that contains the id of its installation.
pub(crate) const MARKER: &str = ".installation";
/// Size limit of a marker.
const MARKER_MAX: u64 = 1024;

/// Whether a missing key may be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MissingKey {
    /// The data has never had one.
    Allowed,
    /// Only a login key that replaces one renamed to be the previous key.
    OnlyRenewed,
    /// Nothing is created: the caller only checks.
    Forbidden,
}

/// The treatment of a missing key of this kind.
pub(super) fn making(known: &InstallationIds, kind: IdKind, may_make: bool) -> MissingKey {
    match may_make {
        false => MissingKey::Forbidden,
        true if is_needed(known, kind) => MissingKey::OnlyRenewed,
        true => MissingKey::Allowed,
    }
}

/// Whether the data has had a key of this kind. For data older than the record of ids, any account is the sign: its
/// registration needed every key.
pub(super) fn is_needed(known: &InstallationIds, kind: IdKind) -> bool {
    known.ids(kind).next().is_some() || known.has_accounts
}

/// Fails if a missing key is needed by the data.
///
/// # Errors
/// `configuration.invalid`; no error if the data does not need such a key yet.
pub(super) async fn refuse_loss(
    store: &WsChannelStore,
    known: &InstallationIds,
    kind: IdKind,
    folder: &Path,
) -> Result<()> {
    if !is_needed(known, kind) {
        return Ok(());
    }
    let (name, file, what) = match kind {
        IdKind::VaultKey => ("vault key", vault::FILE, "private keys and TOTP secrets are sealed with it"),
        IdKind::ChallengeKey => ("challenge key", challenge::FILE, "codes and challenges on their way need it"),
        IdKind::LoginKey => ("login key", login::FILE, "clients encrypt passwords to it"),
        IdKind::Installation => return Ok(()),
    };
    let mut ids: Vec<String> = known.ids(kind).map(str::to_owned).collect();
    if ids.is_empty() && kind == IdKind::VaultKey {
        ids = ids_in_use(store).await?;
    }
    let which = if ids.is_empty() { "its id was not recorded".to_owned() } else { format!("id {}", ids.join(", ")) };
    let path = folder.join(file);
    let why = format!(
        "the key file {} is not there, and the data needs its {name} ({which}): {what}. Mount the folder or put the file back \
         from a backup; no new key was made",
        path.display()
    );
    Err(Error::because(&row::CONFIGURATION, why).with("file", path.display()))
}

/// Refuses a vault that lacks a key with which data is sealed. Also refuses one with none of the data's keys, unless
/// the folder is marked as this data's own: only then was the vault put there on purpose.
///
/// # Errors
/// `configuration.invalid`, `resource.storage`.
pub(super) async fn refuse_other_vault(
    store: &WsChannelStore,
    known: &InstallationIds,
    ids: &[String],
    folder: &Path,
) -> Result<()> {
    let wanted: Vec<&str> = known.ids(IdKind::VaultKey).collect();
    let holds = |id: &str| ids.iter().any(|held| held == id);
    if wanted.iter().all(|id| holds(id)) {
        return Ok(());
    }
    let mut lacking = ids_in_use(store).await?;
    lacking.retain(|id| !holds(id));
    let is_own_folder = known.id().is_some() && marked(folder)?.as_deref() == known.id();
    if lacking.is_empty() && (is_own_folder || wanted.iter().any(|id| holds(id))) {
        return Ok(());
    }
    if lacking.is_empty() {
        lacking = wanted.into_iter().map(str::to_owned).collect();
    }
    let path = folder.join(vault::FILE);
    let why = format!(
        "the key file {} holds vault key {}, the data needs {}: it belongs to other data. Mount the right folder (instances that \
         share a database share one), or add the key's line from a backup",
        path.display(),
        ids.join(", "),
        lacking.join(", ")
    );
    Err(Error::because(&row::CONFIGURATION, why).with("file", path.display()))
}

/// The ids of the keys with which data in the database is sealed.
async fn ids_in_use(store: &WsChannelStore) -> Result<Vec<String>> {
    let sealed = store.sealed_secrets().await.map_err(storage)?;
    let mut ids: Vec<String> =
        sealed.iter().filter_map(|one| aead::key_id_of(&one.sealed).ok()).map(|id| digest::hex(&id)).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// A new installation's id.
pub(crate) fn new_id() -> String {
    random::uuid_v4()
}

/// The installation named by a folder's marker; `None` if there is no marker.
///
/// # Errors
/// `resource.storage` for a marker that cannot be read.
pub(crate) fn marked(folder: &Path) -> Result<Option<String>> {
    use std::io::Read;
    let path = folder.join(MARKER);
    let mut text = String::new();
    match private::open_for_reading(&path).and_then(|file| file.take(MARKER_MAX).read_to_string(&mut text)) {
        Ok(_) => Ok(Some(text.trim().to_owned())),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(unusable(&path, &why)),
    }
}

/// Marks a folder as belonging to this installation, if it is not marked yet.
///
/// # Errors
/// When the marker cannot be written.
pub(crate) fn mark(folder: &Path, id: &str) -> std::io::Result<()> {
    if fs::symlink_metadata(folder.join(MARKER)).is_ok() {
        return Ok(());
    }
    private::write_new(&folder.join(MARKER), format!("{id}\n").as_bytes()).map(drop)
}
