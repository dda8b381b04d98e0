//! The keys in the data folder: the key pairs of hub, connector and third party, and the connector's app id and secret.

use std::path::{Path, PathBuf};

use bankchannel_crypto::{
    digest, random,
    rsa::RsaPrivateKey,
    signature::{SigningKey, VerifyingKey},
};
use bankchannel_foundation::{Error, Result, error::row, message::is_visible, read_regular_text, shown};
use zeroize::Zeroizing;

use bankchannel_server::{
    folder::{unusable, write_whole, write_whole_readable},
    private::read_secret,
};

/// File names: a private key, and its public half.
const HUB: [&str; 2] = ["hub.key.pem", "hub.public.pem"];
const CONNECTOR: [&str; 2] = ["connector.key.pem", "connector.public.pem"];
const THIRD_PARTY: [&str; 2] = ["third-party.key.pem", "third-party.public.pem"];
const APP: [&str; 2] = ["app_id", "app_secret"];

const BITS: usize = 2048;
/// The maximum size of a key file.
const MAX: u64 = 64 * 1024;

/// The keys of a hub.
pub(super) struct HubKeys {
    pub(super) hub_public_key_file: PathBuf,
    pub(super) app_id: String,
    pub(super) app_secret_sha256: [u8; 32],
    pub(super) app_secret_file: PathBuf,
    /// The public keys that verify the connector's signatures.
    pub(super) connector: Vec<VerifyingKey>,
    /// The connector's private key, if the hub has created it.
    pub(super) connector_key_file: Option<PathBuf>,
    /// The third party's public key, PEM.
    pub(super) third_party: String,
    /// The third party's private key.
    pub(super) third_party_key: SigningKey,
    /// The hub's private key.
    pub(super) hub_key: SigningKey,
}

impl HubKeys {
    /// Reads the files in the folder and creates those that are missing.
    ///
    /// # Errors
    /// `resource.storage`, `configuration.invalid` for unusable files.
    pub(super) fn prepare(data: &Path, connector_public_key: Option<&str>) -> Result<Self> {
        // The configured key first: creating keys takes a while.
        let (pem, connector_key_file) = match connector_public_key {
            Some(path) => (given(path)?, None),
            None => {
                let [key, public] = pair(data, CONNECTOR)?;
                (read(&public)?, Some(key))
            }
        };
        let connector = VerifyingKey::all_from_pem(&pem)
            .map_err(|why| Error::invalid_setting("connector_public_key", why.to_string()))?;
        let [hub_key_file, hub_public_key_file] = pair(data, HUB)?;
        let [third_party_key_file, third_party] = pair(data, THIRD_PARTY)?;
        let [id, app_secret_file] = APP.map(|name| data.join(name));
        let app_id = text(&id)?;
        let secret = text(&app_secret_file)?;
        Ok(Self {
            hub_public_key_file,
            app_id: app_id.to_string(),
            app_secret_sha256: digest::sha256(secret.as_bytes()),
            app_secret_file,
            connector,
            connector_key_file,
            third_party: read(&third_party)?,
            third_party_key: signing(&third_party_key_file)?,
            hub_key: signing(&hub_key_file)?,
        })
    }
}

/// The files of a key pair, created if missing.
fn pair(data: &Path, names: [&str; 2]) -> Result<[PathBuf; 2]> {
    let [key_file, public_file] = names.map(|name| data.join(name));
    let key = match read_secret(&key_file, MAX)? {
        Some(pem) => RsaPrivateKey::from_pem(pem.expose())
            .map_err(|why| Error::invalid_setting("data", format!("{}: {why}", names[0])))?,
        None => {
            let made = RsaPrivateKey::generate(BITS).map_err(Error::internal)?;
            write_whole(&key_file, made.to_pkcs8_pem().as_bytes())?;
            made
        }
    };
    let public = key.public().to_spki_pem();
    if std::fs::read(&public_file).ok().as_deref() != Some(public.as_bytes()) {
        write_whole_readable(&public_file, public.as_bytes())?;
    }
    Ok([key_file, public_file])
}

/// Reads the private key in this file.
fn signing(path: &Path) -> Result<SigningKey> {
    let pem = read_secret(path, MAX)?.ok_or_else(|| Error::because(&row::STORAGE, "a key that existed is missing"))?;
    SigningKey::from_pem(pem.expose(), None).map_err(|why| Error::invalid_setting("data", why.to_string()))
}

/// Reads the random text in this file, created if missing.
fn text(path: &Path) -> Result<Zeroizing<String>> {
    if let Some(kept) = read_secret(path, MAX)? {
        // Editors append a line break.
        let text = kept.expose().trim_end_matches(['\r', '\n']);
        if text.is_empty() || !is_visible(text.as_bytes()) {
            let why = format!("{} must hold visible ASCII: remove it, and a new one is made", shown::path(path));
            return Err(Error::invalid_setting("data", why));
        }
        return Ok(Zeroizing::new(text.to_owned()));
    }
    let made = Zeroizing::new(digest::hex(&random::bytes::<16>()));
    write_whole(path, made.as_bytes())?;
    Ok(made)
}

/// Reads the configured public key of the connector.
fn given(path: &str) -> Result<String> {
    let wrong = |why: String| Error::invalid_setting("connector_public_key", format!("{}: {why}", shown::path(path)));
    let text = read_regular_text(path.as_ref(), MAX).map_err(|why| wrong(format!("it cannot be read: {why}")))?;
    Ok(text.to_string())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|why| unusable(path, &why))
}
