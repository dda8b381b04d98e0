//! Which keys the data needs: recorded in its database by their public ids, compared at every start.
//!
//! A folder that is not mounted looks like a first start. Whoever made new keys then would lose what the old ones sealed: so
//! a key is made only for data that has never had one. An id helps nobody to guess its key: it is a keyed check value of a
//! random key, or the hash of a public half.

use std::{fs, io::ErrorKind, path::Path};

use bankchannel_crypto::{aead, digest, random};
use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_storage::ws_channel::{IdKind, Installation, Store};

use super::{challenge, files, login, vault};
use crate::{
    private,
    ws_channel::data::{storage, unusable},
};

/// The file in a folder that says which installation it belongs to.
pub(crate) const MARKER: &str = ".installation";
/// The largest marker that is read.
const MARKER_MAX: u64 = 1024;

/// Whether a key that is not there may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Making {
    /// The data has never had one.
    Allowed,
    /// Only a login key, in place of one that was renamed to be the key before it.
    OnlyRenewed,
    /// Nothing is made: somebody only looks.
    Forbidden,
}

/// How a missing key of this kind is treated.
pub(super) fn making(known: &Installation, kind: IdKind, may_make: bool) -> Making {
    match may_make {
        false => Making::Forbidden,
        true if is_needed(known, kind) => Making::OnlyRenewed,
        true => Making::Allowed,
    }
}

/// Whether the data has had a key of this kind. Of data that is older than the record of its ids, an account tells: its
/// registration needed every key.
pub(super) fn is_needed(known: &Installation, kind: IdKind) -> bool {
    known.ids(kind).next().is_some() || known.has_accounts
}

/// The error for a key that the data needs and that is not there.
///
/// # Errors
/// `configuration.invalid`; none when the data needs no such key yet.
pub(super) async fn refuse_loss(store: &Store, known: &Installation, kind: IdKind, folder: &Path) -> Result<()> {
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

/// Refuses a vault that lacks a key which something is sealed with, or that holds none of the data's keys although nobody has
/// put it there on purpose, into this data's own folder.
///
/// # Errors
/// `configuration.invalid`, `resource.storage`.
pub(super) async fn refuse_other_vault(
    store: &Store,
    known: &Installation,
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

/// The ids of the keys that something in the database is sealed with.
async fn ids_in_use(store: &Store) -> Result<Vec<String>> {
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

/// The installation that a folder says it belongs to; `None` where it says nothing.
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

/// Marks a folder as this installation's, where it is not marked yet.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn mark(folder: &Path, id: &str) -> std::io::Result<()> {
    if fs::symlink_metadata(folder.join(MARKER)).is_ok() {
        return Ok(());
    }
    files::create(&folder.join(MARKER), format!("{id}\n").as_bytes())
}
