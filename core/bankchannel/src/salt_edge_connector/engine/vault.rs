//! The key of a connector's store: it seals records, and hashes secrets so that they can be searched but not read.

use std::{collections::BTreeMap, path::Path};

use bankchannel_crypto::{
    aead::SealingKey,
    digest::{hmac_sha256, sha256_of_texts},
    random,
};
use bankchannel_foundation::{
    Error, Result, Secret,
    error::row,
    json,
    model::{Boundary, Representation, Writer, read_boundary},
};
use bankchannel_private_files::{make_folders, write_new};
use bankchannel_salt_edge::envelope::after_bearer;
use bankchannel_storage::salt_edge_connector::{Digest, RowId};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use data_encoding::BASE64;
use zeroize::Zeroizing;

/// The length of the store's key, in bytes.
const KEY_BYTES: usize = 32;
/// The maximum nesting depth of a sealed record.
const MAX_DEPTH: usize = 32;
/// The name of the key's file in a store's folder.
pub(super) const KEY_FILE: &str = "store.key";

/// The uses of a store's key. Each use has a separate key that is derived from it.
pub(super) struct StoreVault {
    sealing: SealingKey,
    finding: Zeroizing<[u8; 32]>,
    tokens: Zeroizing<[u8; 32]>,
}

impl StoreVault {
    /// Parses the key: base64 of 32 bytes.
    ///
    /// # Errors
    /// `configuration.invalid`; the text is not shown.
    pub(super) fn from_text(text: &Secret) -> Result<Self> {
        let unfit = || {
            Error::invalid_setting("store_key", "must be base64 of 32 bytes, such as `openssl rand -base64 32` writes")
        };
        let key = BASE64.decode(text.expose().trim().as_bytes()).map(Zeroizing::new).map_err(|_| unfit())?;
        if key.len() != KEY_BYTES {
            return Err(unfit());
        }
        let derived =
            |purpose: &str| Zeroizing::new(hmac_sha256(&key, &[b"bankchannel salt edge ", purpose.as_bytes()]));
        let sealing = SealingKey::from_bytes(&*derived("sealing")).map_err(|_| unfit())?;
        Ok(Self { sealing, finding: derived("finding"), tokens: derived("access tokens") })
    }

    /// The key's public id.
    pub(super) fn key_id(&self) -> [u8; 8] {
        self.sealing.key_id()
    }

    /// Seals a record. It can be opened only for the same place.
    pub(super) fn seal(&self, record: impl Boundary, place: SealedRow) -> Vec<u8> {
        let text = Zeroizing::new(record.write(&mut Writer::new(Representation::Boundary)).to_json());
        self.sealing.seal(text.as_bytes(), &place.bytes())
    }

    /// Reverses [`seal`](Self::seal).
    ///
    /// # Errors
    /// `resource.storage`: the record is damaged or was moved.
    pub(super) fn open<T: Boundary>(&self, sealed: &[u8], place: SealedRow) -> Result<T> {
        let damaged = || Error::because(&row::STORAGE, "a stored record cannot be opened: the store is damaged");
        let text = self.sealing.open(sealed, &place.bytes()).map_err(|_| damaged())?;
        let value = json::parse(&text, MAX_DEPTH).map_err(|_| damaged())?;
        read_boundary(value).map_err(|_| damaged())
    }

    /// The search key of a session.
    pub(super) fn session(&self, secret: &str) -> Digest {
        hmac_sha256(&*self.finding, &[b"session ", secret.as_bytes()])
    }

    /// The search key of an access token.
    pub(super) fn access_token(&self, token: &str) -> Digest {
        hmac_sha256(&*self.finding, &[b"access token ", token.as_bytes()])
    }

    /// The search key of a customer's tokens.
    pub(super) fn holder(&self, user_id: &str) -> Digest {
        hmac_sha256(&*self.finding, &[b"user ", user_id.as_bytes()])
    }

    /// The digest that identifies a repeated answer of a customer: the given values, and the third party's request.
    /// The same values in another request are another answer.
    pub(super) fn answer(&self, given: &BTreeMap<String, Secret>, client_jwt: &Secret) -> Digest {
        let values = given.iter().flat_map(|(field, value)| [Some(field.as_str()), Some(value.expose())]);
        let texts: Vec<Option<&str>> = std::iter::once(Some(client_jwt.expose())).chain(values).collect();
        hmac_sha256(&*self.finding, &[b"answer ", &sha256_of_texts(&texts)])
    }

    /// The digest that finds a third party's JWT: of its signed part.
    pub(super) fn client_jwt(&self, jwt: &Secret) -> Digest {
        let jwt = after_bearer(jwt.expose()).unwrap_or(jwt.expose());
        let signed = jwt.rsplit_once('.').map_or(jwt, |(signed, _)| signed);
        hmac_sha256(&*self.finding, &[b"client jwt ", signed.as_bytes()])
    }

    /// Derives the access token of a row: always the same, and unpredictable without the key. So it need not be stored.
    pub(super) fn token(&self, id: RowId, generation: u32) -> Secret {
        let bytes = Zeroizing::new(hmac_sha256(&*self.tokens, &[&id, &generation.to_be_bytes()]));
        Secret::new(URL_SAFE_NO_PAD.encode(*bytes))
    }
}

/// The row that a sealed record belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) enum SealedRow {
    /// A session's details.
    Session(RowId),
    /// A token's details.
    Token(RowId),
    /// The input for a question.
    Task(RowId),
    /// The content of a report to the hub.
    Callback(RowId),
}

impl SealedRow {
    fn bytes(self) -> Vec<u8> {
        let (name, id): (&[u8], RowId) = match self {
            Self::Session(id) => (b"session ", id),
            Self::Token(id) => (b"token ", id),
            Self::Task(id) => (b"task ", id),
            Self::Callback(id) => (b"callback ", id),
        };
        [name, &id].concat()
    }
}

/// Reads the key in a store's folder. The key is created with the store; for a store without its key no new one is
/// made.
///
/// # Errors
/// `resource.storage` if the folder is unusable; `configuration.invalid` if the key is missing.
pub(super) fn key_in(folder: &Path, database: &str) -> Result<Secret> {
    let path = folder.join(KEY_FILE);
    let unusable = |why: std::io::Error| {
        let path = bankchannel_foundation::shown::path(&path);
        Error::because(&row::STORAGE, format!("{path} cannot be used: {why}"))
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => return Ok(Secret::new(text)),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
        Err(why) => return Err(unusable(why)),
    }
    if folder.join(database).exists() {
        // In the meantime another process may have created both.
        if let Ok(text) = std::fs::read_to_string(&path) {
            return Ok(Secret::new(text));
        }
        let why = "has a database, but not its key file store.key: restore the file, or name it with store_key_file";
        return Err(Error::invalid_setting("store", why));
    }
    make_folders(folder).map_err(unusable)?;
    let text = Zeroizing::new(BASE64.encode(&*Zeroizing::new(random::bytes::<KEY_BYTES>())));
    // If several processes create it at once, one file remains.
    write_new(&path, text.as_bytes()).map_err(unusable)?;
    std::fs::read_to_string(&path).map(Secret::new).map_err(unusable)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn vault(byte: u8) -> StoreVault {
        StoreVault::from_text(&Secret::new(BASE64.encode(&[byte; 32]))).unwrap()
    }

    #[test]
    fn a_record_opens_where_it_belongs_with_its_key() {
        let sealed = vault(1).seal("text".to_owned(), SealedRow::Session([7; 16]));
        assert_eq!(vault(1).open::<String>(&sealed, SealedRow::Session([7; 16])).unwrap(), "text");
        assert!(vault(1).open::<String>(&sealed, SealedRow::Session([8; 16])).is_err());
        assert!(vault(1).open::<String>(&sealed, SealedRow::Token([7; 16])).is_err());
        assert!(vault(2).open::<String>(&sealed, SealedRow::Session([7; 16])).is_err());
    }

    #[test]
    fn tokens_are_the_same_each_time_and_differ_from_each_other() {
        let token = |byte, id, generation| vault(byte).token([id; 16], generation).expose().to_owned();
        assert_eq!(token(1, 1, 0), token(1, 1, 0));
        assert_eq!(token(1, 1, 0).len(), 43);
        for other in [token(2, 1, 0), token(1, 2, 0), token(1, 1, 1)] {
            assert_ne!(token(1, 1, 0), other);
        }
    }

    #[test]
    fn a_key_that_is_none_is_refused_and_not_shown() {
        for text in ["", "secret-that-is-no-key", &BASE64.encode(&[1; 31])] {
            let fault = StoreVault::from_text(&Secret::new(text)).err().unwrap().to_string();
            assert!(fault.contains("store_key") && (text.is_empty() || !fault.contains(text)), "{fault}");
        }
    }

    #[test]
    fn a_folder_has_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let keys: Vec<String> = std::thread::scope(|scope| {
            let made: Vec<_> = (0..8).map(|_| scope.spawn(|| key_in(&data, "db").unwrap())).collect();
            made.into_iter().map(|key| key.join().unwrap().expose().to_owned()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0] && StoreVault::from_text(&Secret::new(key.as_str())).is_ok()));
        std::fs::write(data.join("db"), "").unwrap();
        std::fs::remove_file(data.join(KEY_FILE)).unwrap();
        assert!(key_in(&data, "db").unwrap_err().to_string().contains("store.key"));
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1, "no draft is left");
    }
}
