//! The passphrase of the keys in the folder: the keys that it opens, and its replacement.
//!
//! One passphrase holds for all of them. A new key is stored only under one that opens those which are there: a mistyped
//! one would have the bank certify a key that cannot be opened.

use std::{fs, io::ErrorKind};

use bankchannel_crypto::{CryptoError, rsa::RsaPrivateKey, signature::SigningKey};
use bankchannel_foundation::{Error, Result, Secret, shown};
use bankchannel_private_files as private;
use bankchannel_renewal::CertificateLife;

use super::folder::{HeldIdentity, IdentityFolder, MOST, decrypting};

/// The ending of a key, and that of the same key under another passphrase.
const KEY: &str = "key";
const NEW_KEY: &str = "key.next";

/// The names of the pairs in use, new, and asked for.
fn names_in_use(life: &CertificateLife) -> impl Iterator<Item = &str> {
    let active = life.active.iter().map(|pair| pair.name.as_str());
    let new = life.switching.iter().map(|new| new.pair.name.as_str());
    active.chain(new).chain(life.attempt.iter().map(|attempt| attempt.pair.as_str()))
}

/// The same, then the replaced ones, the newest first.
fn names_of(life: &CertificateLife) -> impl Iterator<Item = &str> {
    names_in_use(life).chain(life.retired.iter().rev().map(|one| one.pair.name.as_str()))
}

/// The names of all pairs with those of their keys: the one that signs, and the one that decrypts.
fn key_names(life: &CertificateLife) -> impl Iterator<Item = (&str, String)> {
    names_of(life).flat_map(|name| [(name, name.to_owned()), (name, decrypting(name))])
}

impl IdentityFolder {
    /// The key of a pair.
    ///
    /// # Errors
    /// `configuration.invalid` for one that the passphrase does not open; `resource.storage`.
    pub(super) fn opened(&self, name: &str) -> Result<SigningKey> {
        self.opened_as(name, SigningKey::from_pem)
    }

    /// The same as a key of RSA.
    ///
    /// # Errors
    /// As [`opened`](Self::opened).
    pub(super) fn opened_key(&self, name: &str) -> Result<RsaPrivateKey> {
        self.opened_as(name, RsaPrivateKey::from_pem_under)
    }

    fn opened_as<K>(&self, name: &str, open: fn(&str, Option<&str>) -> Result<K, CryptoError>) -> Result<K> {
        let opened = |pem: &Secret| open(pem.expose(), self.passphrase.as_ref().map(Secret::expose));
        let first = opened(&self.secret(name, KEY)?);
        let opened = match (first, private::read_secret(&self.file(name, NEW_KEY), MOST)) {
            // A change of the passphrase that was killed: the next call that holds the folder finishes it.
            (Err(CryptoError::WrongPassphrase), Ok(Some(new))) => opened(&new),
            (first, _) => first,
        };
        opened.map_err(|fault| self.unopened(name, &fault))
    }

    /// Whether the passphrase opens the key of a pair.
    ///
    /// # Errors
    /// `resource.storage` for a key that is not there, or is damaged.
    pub(in super::super) fn opens(&self, name: &str) -> Result<bool> {
        match self.opened(name) {
            Ok(_) => Ok(true),
            Err(error) if error.detail("field") == Some("passphrase") => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn secret(&self, name: &str, ending: &str) -> Result<Secret> {
        let path = self.file(name, ending);
        let found = private::read_secret(&path, MOST)?;
        found.ok_or_else(|| private::unusable(&path, &ErrorKind::NotFound.into()))
    }

    /// The error for a key that cannot be read: mostly the passphrase is another one.
    fn unopened(&self, name: &str, fault: &CryptoError) -> Error {
        let file = self.file(name, KEY);
        let path = shown::path(&file);
        match fault {
            CryptoError::WrongPassphrase => Error::invalid_setting(
                "passphrase",
                format!("does not open the key {path}: it was made under another one"),
            ),
            CryptoError::EncryptedPem => {
                Error::invalid_setting("passphrase", format!("is missing: the key {path} is encrypted"))
            }
            _ => self.damaged(name, KEY, fault),
        }
    }
}

impl HeldIdentity {
    /// Whether a new key may be stored under this passphrase: it opens the key that is there, and that key has one too. Where
    /// only replaced keys are left, one of them is enough.
    ///
    /// # Errors
    /// `configuration.invalid` for `passphrase`.
    pub(in super::super) fn check_passphrase(&self) -> Result<()> {
        let life = self.life();
        let has_key = |name: &&str| self.of.file(name, KEY).exists();
        let Some(name) = names_in_use(life).find(has_key) else {
            let mut replaced = names_of(life).filter(has_key).map(|name| self.of.opened(name).map(drop));
            let Some(first) = replaced.next() else { return Ok(()) };
            return first.or_else(|error| if replaced.any(|opened| opened.is_ok()) { Ok(()) } else { Err(error) });
        };
        self.of.opened(name)?;
        let is_plain = !self.of.secret(name, KEY)?.expose().contains("ENCRYPTED");
        if is_plain && self.of.passphrase.is_some() {
            let why = format!(
                "is given, and the keys in {} are not encrypted: nothing shows whether it is right. Encrypt them first, \
                 with change_passphrase",
                shown::path(&self.of.folder)
            );
            return Err(Error::invalid_setting("passphrase", why));
        }
        Ok(())
    }

    /// Nothing if the passphrase opens the key of this pair; otherwise whether it opens one of the others, which tells a key
    /// that was made under another passphrase from a mistyped one.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) fn opens_beside(&self, name: &str, others: &[String]) -> Result<Option<Result<()>>> {
        if self.of.opens(name)? {
            return Ok(None);
        }
        let mut others = others.iter().filter(|other| self.of.file(other, KEY).exists());
        let opens_one = others.any(|other| self.of.opens(other).unwrap_or_default());
        Ok(Some(if opens_one { Ok(()) } else { self.of.opened(name).map(drop) }))
    }

    /// Replaces the passphrase of all keys that the state knows, or of none. Returns how many there are.
    ///
    /// # Errors
    /// `configuration.invalid` for a key that the present passphrase does not open; `resource.storage`.
    pub(in super::super) fn change_passphrase(&mut self, new: &Secret) -> Result<usize> {
        let life = self.life().clone();
        let mut keys = Vec::new();
        for (pair, name) in key_names(&life).filter(|(_, name)| self.of.file(name, KEY).exists()) {
            let is_replaced = life.retired.iter().any(|one| one.pair.name == pair);
            let pem = self.of.secret(&name, KEY)?;
            let key = RsaPrivateKey::from_pem_under(pem.expose(), self.of.passphrase.as_ref().map(Secret::expose));
            let key = match key.map_err(|fault| self.of.unopened(&name, &fault)) {
                // Of before there was one passphrase for all: it stays as it is, and goes when its time is over.
                Err(error) if is_replaced && error.detail("field") == Some("passphrase") => continue,
                key => key?,
            };
            keys.push((name, key.to_encrypted_pem(new.expose()).map_err(Error::internal)?));
        }
        for (name, pem) in &keys {
            private::write_whole(&self.of.file(name, NEW_KEY), pem.as_bytes())?;
        }
        // From here on the change is finished, if need be by the next holder of the folder.
        self.is_passphrase_changing = true;
        self.commit(life.clone())?;
        self.of.passphrase = Some(new.clone());
        self.finish_passphrase_change()?;
        Ok(keys.len())
    }

    /// Puts the keys under a new passphrase into their places if all of them are there, and removes them otherwise.
    pub(super) fn finish_passphrase_change(&mut self) -> Result<()> {
        let names: Vec<String> = key_names(self.life()).map(|(_, name)| name).collect();
        for name in &names {
            let (from, to) = (self.of.file(name, NEW_KEY), self.of.file(name, KEY));
            let done = if self.is_passphrase_changing { private::rename(&from, &to) } else { fs::remove_file(&from) };
            match done {
                Err(why) if why.kind() != ErrorKind::NotFound => return Err(private::unusable(&from, &why)),
                _ => {}
            }
        }
        if self.is_passphrase_changing {
            self.is_passphrase_changing = false;
            self.commit(self.life().clone())?;
        }
        Ok(())
    }
}
