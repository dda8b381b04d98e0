//! Keys and certificates in a folder, which one call at a time holds, in one process or in several.
//!
//! ```text
//!   DIR/                0700
//!   DIR/lock            held while something changes
//!   DIR/state.json      0600: the pairs that are asked for, in use, replaced
//!   DIR/NAME.key .csr .pem      0600: a key (PKCS#8), its request, its certificate
//!   DIR/NAME.encryption.key …   0600: the same of the key that decrypts, at banks that encrypt
//!   DIR/NAME.key.next           0600: the same key under another passphrase, while that is changed; see passphrase.rs
//!   DIR/NAME.answer             0600: an answer of the bank with its certificate, not believed yet; see unbelieved.rs
//!   DIR/authorities.pem signers.json      the bank's own certificates, as it has shown them; see bank_knowledge.rs
//! ```

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::PathBuf,
    sync::Arc,
};

use bankchannel_crypto::{
    digest,
    legacy_cipher::SessionKeyOpener,
    random,
    rsa::RsaPrivateKey,
    x509::{Certificate, CertificateRequest},
};
use bankchannel_foundation::{Error, Result, Secret, error::row, shown};
use bankchannel_private_files as private;
use bankchannel_renewal::{CertificateLife, CertificateRequests, CertificateSet, RequestedKeys};
use bankchannel_sepa_web_services::{errors, profile::ChannelProfile, verify::DocumentRecipient};
use serde::{Deserialize, Serialize};

use crate::{
    client::signer::KeySigner,
    sepa_web_services::{
        encryption::{other_pairs, recipients_in},
        settings::SigningPair,
    },
};

const STATE: &str = "state.json";
const LOCK: &str = "lock";
/// The prefix of the names of pairs.
const PAIR: &str = "pair-";
/// What stands behind the name of a pair in that of its key that decrypts.
const DECRYPTS: &str = ".encryption";
/// Largest file that is read, bytes.
pub(super) const MOST: u64 = 256 * 1024;
/// The version of the state's form.
const VERSION: u32 = 1;

/// The state's file.
#[derive(Serialize, Deserialize)]
struct StoredState {
    version: u32,
    /// The bank and its environment: `op/production`.
    bank: String,
    customer_id: String,
    life: CertificateLife,
    /// Whether all keys are there under another passphrase, which takes the place of the present one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_passphrase_changing: bool,
}

/// A folder with the keys and certificates of one customer at one bank.
#[derive(Clone)]
pub(in super::super) struct IdentityFolder {
    pub(super) folder: PathBuf,
    bank: String,
    customer_id: String,
    pub(super) passphrase: Option<Secret>,
}

/// The folder while this call holds it.
pub(in super::super) struct HeldIdentity {
    pub(super) of: IdentityFolder,
    life: CertificateLife,
    pub(super) is_passphrase_changing: bool,
    lock: File,
}

impl IdentityFolder {
    pub(in super::super) fn new(folder: &str, bank: String, customer_id: String, passphrase: Option<Secret>) -> Self {
        Self { folder: PathBuf::from(folder), bank, customer_id, passphrase }
    }

    /// The state, without holding the folder.
    ///
    /// # Errors
    /// `resource.storage`; `configuration.invalid` for a folder that others can change, or of another customer.
    pub(in super::super) fn life(&self) -> Result<CertificateLife> {
        self.state().map(|(life, _)| life)
    }

    /// The state, and whether the passphrase is being changed, without holding the folder.
    ///
    /// # Errors
    /// Those of [`life`](Self::life).
    fn state(&self) -> Result<(CertificateLife, bool)> {
        let text = match self.read(STATE) {
            Err(why) if why.kind() == ErrorKind::NotFound => {
                return self.without_state().map(|life| (life, false));
            }
            read => read.map_err(|why| private::unusable(&self.path(STATE), &why))?,
        };
        // Anybody who can change the folder can change its state.
        private::check_folder(&self.folder)?;
        let damaged = |why: &str| {
            let file = self.path(STATE);
            let path = shown::path(&file);
            Error::because(&row::STORAGE, format!("{path} {why}")).with("file", path)
        };
        let state: StoredState = serde_json::from_slice(&text).map_err(|_| damaged("is damaged: it cannot be read"))?;
        if state.version != VERSION {
            return Err(damaged("was written by a newer version of this library"));
        }
        if (&state.bank, &state.customer_id) != (&self.bank, &self.customer_id) {
            let why = format!("belongs to customer {} at {}: give each its own folder", state.customer_id, state.bank);
            return Err(Error::invalid_setting("identity_dir", why));
        }
        Ok((state.life, state.is_passphrase_changing))
    }

    /// The state of a folder that has none: nothing, unless something was issued here. A key alone was never sent: the state
    /// is written before.
    fn without_state(&self) -> Result<CertificateLife> {
        let has_certificate = fs::read_dir(&self.folder).into_iter().flatten().flatten().any(|entry| {
            let name = entry.file_name();
            name.to_str().is_some_and(|name| name.starts_with(PAIR) && name.ends_with(".pem"))
        });
        if !has_certificate {
            return Ok(CertificateLife::default());
        }
        let path = self.path(STATE);
        let why =
            format!("{} is missing, though certificates are there: bring it back from a backup", shown::path(&path));
        Err(Error::because(&row::STORAGE, why).with("file", shown::path(&path)))
    }

    /// Holds the folder, which is made if it is not there.
    ///
    /// # Errors
    /// `sepa_web_services.identity_busy` if another call holds it; those of [`life`](Self::life).
    pub(in super::super) fn hold(&self) -> Result<HeldIdentity> {
        private::folder(&self.folder)?;
        let path = self.path(LOCK);
        let lock = private::open_own(&path);
        let lock = lock.map_err(|why| private::unusable(&path, &why))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = format!("another call works with {}", shown::path(&self.folder));
                return Err(Error::because(&errors::IDENTITY_BUSY, text));
            }
            Err(TryLockError::Error(why)) => return Err(private::unusable(&path, &why)),
        }
        let (life, is_passphrase_changing) = self.state()?;
        let mut held = HeldIdentity { life, is_passphrase_changing, of: self.clone(), lock };
        held.finish_passphrase_change()?;
        Ok(held)
    }

    /// A pair that signs.
    ///
    /// # Errors
    /// `resource.storage`, `configuration.invalid` for a key that others can read, or that the passphrase does not open.
    pub(in super::super) fn pair(&self, name: &str) -> Result<SigningPair> {
        let certificate = self.certificate(name)?;
        let key = self.opened(name)?;
        if key.spki_der() != certificate.spki_der() {
            return Err(self.damaged(name, "key", &"it does not belong to the certificate beside it"));
        }
        // Opened now: an answer that cannot be decrypted is found out before the request is sent.
        let recipients = match self.encryption_certificate(name)? {
            Some(certificate) => {
                let key = self.opened_key(&decrypting(name))?;
                if !certificate.matches_private_key(&key) {
                    let why = "it does not belong to the certificate beside it";
                    return Err(self.damaged(&decrypting(name), "key", &why));
                }
                let opener = SessionKeyOpener::new(&key).map_err(|fault| self.damaged(name, "key", &fault))?;
                vec![DocumentRecipient { certificate: Some(certificate), opener: Arc::new(opener) }]
            }
            None => Vec::new(),
        };
        Ok(SigningPair { certificate, signer: Some(KeySigner::Key(key)), recipients })
    }

    /// The certificate of the key of a pair that decrypts, if there is one.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn encryption_certificate(&self, name: &str) -> Result<Option<Certificate>> {
        let name = decrypting(name);
        if self.file(&name, "pem").exists() { self.certificate(&name).map(Some) } else { Ok(None) }
    }

    /// Why answers for a pair cannot be decrypted, if they cannot.
    pub(in super::super) fn why_not_decrypting(&self, name: &str) -> Option<String> {
        match self.pair(name) {
            Ok(pair) if pair.recipients.is_empty() => Some(Self::without_encryption(name)),
            Ok(_) => None,
            Err(error) => Some(error.message().to_owned()),
        }
    }

    /// That a pair has no certificate for encryption.
    pub(in super::super) fn without_encryption(name: &str) -> String {
        format!("has no certificate for encryption beside {name}.pem: bring it back from a backup")
    }

    /// Whether there is a key of a pair that decrypts.
    pub(in super::super) fn has_decryption_key(&self, name: &str) -> bool {
        self.file(&decrypting(name), "key").exists()
    }

    /// The key of a pair that decrypts.
    ///
    /// # Errors
    /// As [`pair`](Self::pair).
    pub(in super::super) fn decryption_key(&self, name: &str) -> Result<SessionKeyOpener> {
        let name = decrypting(name);
        let opener = SessionKeyOpener::new(&self.opened_key(&name)?);
        opener.map_err(|fault| self.damaged(&name, "key", &fault))
    }

    fn certificate(&self, name: &str) -> Result<Certificate> {
        let text = self.text(name, "pem")?;
        Certificate::from_pem(&text).map_err(|fault| self.damaged(name, "pem", &fault))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn file(&self, name: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{name}.{ending}"))
    }

    pub(super) fn read(&self, name: &str) -> std::io::Result<Vec<u8>> {
        private::read_whole(&self.path(name), MOST)
    }

    fn text(&self, name: &str, ending: &str) -> Result<String> {
        let path = self.file(name, ending);
        let bytes = private::read_whole(&path, MOST).map_err(|why| private::unusable(&path, &why))?;
        String::from_utf8(bytes).map_err(|_| self.damaged(name, ending, &"it is no text"))
    }

    pub(super) fn damaged(&self, name: &str, ending: &str, why: &dyn std::fmt::Display) -> Error {
        let file = self.file(name, ending);
        let path = shown::path(&file);
        Error::because(&row::STORAGE, format!("{path} cannot be used: {why}")).with("file", path)
    }
}

/// The name of a pair's key that decrypts, of its request, of its certificate.
pub(super) fn decrypting(name: &str) -> String {
    format!("{name}{DECRYPTS}")
}

impl HeldIdentity {
    /// A new name, if the passphrase opens the keys which are there.
    fn new_name(&self) -> Result<String> {
        self.check_passphrase()?;
        Ok(format!("{PAIR}{}", digest::hex(&random::bytes::<6>())))
    }

    /// Stores a key.
    fn add_key(&self, name: &str, key: &RsaPrivateKey) -> Result<()> {
        let pem = match &self.of.passphrase {
            Some(passphrase) => key.to_encrypted_pem(passphrase.expose()).map_err(Error::internal)?,
            None => key.to_pkcs8_pem(),
        };
        private::write_whole(&self.of.file(name, "key"), pem.as_bytes())
    }

    /// The state.
    pub(in super::super) fn life(&self) -> &CertificateLife {
        &self.life
    }

    /// Replaces the state.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn commit(&mut self, life: CertificateLife) -> Result<()> {
        let state = StoredState {
            version: VERSION,
            bank: self.of.bank.clone(),
            customer_id: self.of.customer_id.clone(),
            life: life.clone(),
            is_passphrase_changing: self.is_passphrase_changing,
        };
        let text = serde_json::to_vec_pretty(&state).map_err(Error::internal)?;
        private::write_whole(&self.of.path(STATE), &text)?;
        self.life = life;
        Ok(())
    }

    /// Stores new keys and their requests under a new name, which is returned.
    pub(super) fn add_requests(&mut self, keys: &RequestedKeys) -> Result<String> {
        let name = self.new_name()?;
        // The key that signs last: a pair is there once it is.
        let encryption = keys.encryption.as_ref().map(|one| (decrypting(&name), one));
        for (name, one) in encryption.into_iter().chain([(name.clone(), &keys.signing)]) {
            self.add_key(&name, &one.key)?;
            private::write_whole(&self.of.file(&name, "csr"), one.request.to_pem().as_bytes())?;
        }
        Ok(name)
    }

    /// Stores a pair that was made elsewhere under a new name, which is returned, with the key that decrypts, if there is one.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn add_pair(
        &mut self,
        (key, encryption_key): (&RsaPrivateKey, Option<&RsaPrivateKey>),
        certificates: &CertificateSet,
    ) -> Result<String> {
        let name = self.new_name()?;
        if let Some(key) = encryption_key {
            self.add_key(&decrypting(&name), key)?;
        }
        self.add_key(&name, key)?;
        self.add_certificates(&name, certificates)?;
        Ok(name)
    }

    /// The requests of a pair, once its keys could be opened.
    pub(super) fn requests(&self, name: &str) -> Result<CertificateRequests> {
        let read = |name: &str| {
            self.of.opened(name)?;
            let text = self.of.text(name, "csr")?;
            CertificateRequest::from_pem(&text).map_err(|fault| self.of.damaged(name, "csr", &fault))
        };
        let decrypting = Some(decrypting(name)).filter(|name| self.of.file(name, "csr").exists());
        Ok(CertificateRequests { signing: read(name)?, encryption: decrypting.map(|name| read(&name)).transpose()? })
    }

    /// The company's name, as the bank knows it: in the certificate of a pair whose key can be opened, or its request.
    pub(super) fn company_of(&self, name: &str, profile: &ChannelProfile) -> Result<Option<String>> {
        let pair = self.of.pair(name)?;
        let asked = self.of.text(name, "csr").ok().and_then(|text| CertificateRequest::from_pem(&text).ok());
        let asked = asked.and_then(|request| profile.company_in(request.subject()));
        Ok(asked.or_else(|| profile.company_in(pair.certificate.subject())))
    }

    /// Stores the certificates of a pair, that of the key that signs last.
    pub(super) fn add_certificates(&mut self, name: &str, certificates: &CertificateSet) -> Result<()> {
        let write = |name: &str, certificate: &Certificate| {
            private::write_whole(&self.of.file(name, "pem"), certificate.to_pem().as_bytes())
        };
        if let Some(encryption) = &certificates.encryption {
            write(&decrypting(name), encryption)?;
        }
        write(name, &certificates.signing)
    }

    /// The certificates of a pair, if all are there.
    pub(super) fn issued(&self, name: &str) -> Result<Option<CertificateSet>> {
        if !self.of.file(name, "pem").exists() {
            return Ok(None);
        }
        let encryption = self.of.encryption_certificate(name)?;
        if encryption.is_none() && self.of.file(&decrypting(name), "csr").exists() {
            return Ok(None);
        }
        Ok(Some(CertificateSet { signing: self.of.certificate(name)?, encryption }))
    }

    /// Removes the key that signs of a replaced pair, if it is there still: the other one is kept longer.
    pub(super) fn remove_signing_key(&mut self, name: &str) -> Result<()> {
        if self.of.file(&decrypting(name), "key").exists() {
            self.remove_files(name, &["key", "key.next"])
        } else {
            Ok(())
        }
    }

    /// A pair that signs, which answers may be encrypted for, as for any other one.
    pub(super) fn pair(&self, name: &str) -> Result<SigningPair> {
        let mut pair = self.of.pair(name)?;
        if !pair.recipients.is_empty() {
            pair.recipients.extend(recipients_in(&self.of, &other_pairs(&self.life, name)));
        }
        Ok(pair)
    }

    /// Removes a replaced pair whose time is over.
    pub(super) fn remove(&mut self, name: &str) -> Result<()> {
        // The keys first: the rest is not secret.
        const ALL: &[&str] = &["key", "key.next", "answer", "csr", "pem"];
        self.remove_files(&decrypting(name), ALL)?;
        self.remove_files(name, ALL)
    }

    fn remove_files(&self, name: &str, endings: &[&str]) -> Result<()> {
        for ending in endings {
            let path = self.of.file(name, ending);
            match fs::remove_file(&path) {
                Err(why) if why.kind() != ErrorKind::NotFound => return Err(private::unusable(&path, &why)),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for HeldIdentity {
    fn drop(&mut self) {
        // A forked child may hold the file open.
        let _ = self.lock.unlock();
    }
}
