//! A bank's own certificates and lists, as it has shown them, kept in a folder: none is trusted by that, and each counts by the
//! anchors of now. The folder is the customer's
//! `identity_dir`, or one of a bank that many customers share.
//!
//! ```text
//!   DIR/authorities.pem   authorities between an anchor and the bank's signers, as the bank has named them
//!   DIR/signers.json      the certificates that have signed believed answers: a new one is reported
//!   DIR/bank_encryption.json   the bank's certificate for encryption, and when the bank has told it
//!   DIR/revocation_lists.json   the revocation lists of the bank's authorities, and when they were fetched
//!   DIR/bank.lock         held while one of them changes
//! ```

use std::path::{Path, PathBuf};

use bankchannel_crypto::{
    digest,
    x509::{Certificate, MAX_REVOCATION_LIST_BYTES, NameStyle, RevocationList},
};
use bankchannel_foundation::{Error, Result};
use bankchannel_private_files as private;
use serde::{Deserialize, Serialize};

use super::{
    encryption::BankEncryption,
    kept_files::{keep, while_locked},
    trust::LEARNT_MAX,
};

const AUTHORITIES: &str = "authorities.pem";
const SIGNERS: &str = "signers.json";
const BANK_ENCRYPTION: &str = "bank_encryption.json";
const REVOCATION_LISTS: &str = "revocation_lists.json";
/// Held while one of the files changes: the calls of all customers, and other processes, may change it at once.
const LOCK: &str = "bank.lock";
/// The revocation lists that are kept, and the greatest size of their file: as PEM a list is a third longer.
const REVOCATION_LISTS_MAX: usize = 4;
const REVOCATION_LISTS_MOST: u64 = (MAX_REVOCATION_LIST_BYTES * REVOCATION_LISTS_MAX * 3 / 2) as u64;
/// The bank's signers that are remembered at most.
pub(super) const SIGNERS_MAX: usize = 64;
/// Largest of the other files, bytes.
const MOST: u64 = 256 * 1024;

/// The folder.
#[derive(Debug, Clone)]
pub(super) struct BankKnowledgeFolder(PathBuf);

/// The bank's certificate for encryption, in its file.
#[derive(Serialize, Deserialize)]
struct KeptEncryption {
    /// PEM.
    certificate: String,
    /// Unix seconds.
    told_s: i64,
}

/// A revocation list of the bank's authorities, in their file.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptRevocationList {
    /// Where it was fetched.
    pub(super) url: String,
    /// SHA-256 of its issuer's key (SubjectPublicKeyInfo), hex.
    pub(super) issuer: String,
    pub(super) pem: String,
    /// Unix seconds.
    pub(super) fetched_s: i64,
}

/// A certificate with which the bank has signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenSigner {
    pub(super) subject: String,
    /// Hex.
    pub(super) serial: String,
    /// SHA-256 of the certificate, hex.
    pub(super) sha256: String,
    /// Unix seconds.
    pub(super) not_after_s: i64,
    /// When it was seen first, Unix seconds.
    pub(super) seen_s: i64,
}

impl SeenSigner {
    pub(super) fn new(certificate: &Certificate, seen_s: i64) -> Self {
        Self {
            subject: certificate.subject().to_text(NameStyle::Rfc2253),
            serial: certificate.serial_hex(),
            sha256: digest::hex(&certificate.sha256()),
            not_after_s: certificate.not_after_s(),
            seen_s,
        }
    }
}

impl BankKnowledgeFolder {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Its place.
    pub(super) fn place(&self) -> &Path {
        &self.0
    }

    /// The authorities that the bank has named. What cannot be read is learnt again.
    pub(super) fn authorities(&self) -> Vec<Certificate> {
        let text = self.read(AUTHORITIES).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.and_then(|text| Certificate::all_from_pem(&text).ok()).unwrap_or_default()
    }

    /// Keeps authorities that the bank has named, beside those that are there. Without the folder, nothing is kept.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) fn keep_authorities(&self, learnt: Vec<Certificate>) -> Result<()> {
        self.changing(|| {
            let mut all = self.authorities();
            let new: Vec<Certificate> = learnt.into_iter().filter(|one| !all.contains(one)).collect();
            all.extend(new);
            all.truncate(LEARNT_MAX);
            let text: String = all.iter().map(Certificate::to_pem).collect();
            keep(&self.0, AUTHORITIES, text.as_bytes())
        })
    }

    /// The signers that were seen.
    pub(super) fn signers(&self) -> Vec<SeenSigner> {
        let read = self.read(SIGNERS).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        read.unwrap_or_default()
    }

    /// Keeps signers that were seen first now, behind those that are there. Without the folder, nothing is kept.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) fn keep_signers(&self, seen: Vec<SeenSigner>) -> Result<()> {
        self.changing(|| {
            let mut all = self.signers();
            all.retain(|known| seen.iter().all(|one| one.sha256 != known.sha256));
            all.extend(seen);
            all.drain(..all.len().saturating_sub(SIGNERS_MAX));
            keep(&self.0, SIGNERS, &serde_json::to_vec_pretty(&all).map_err(Error::internal)?)
        })
    }

    /// The bank's certificate for encryption, as it was told last. What cannot be read is asked for again.
    pub(super) fn bank_encryption(&self) -> Option<BankEncryption> {
        let kept: KeptEncryption = serde_json::from_slice(&self.read(BANK_ENCRYPTION).ok()?).ok()?;
        Some(BankEncryption { certificate: Certificate::from_pem(&kept.certificate).ok()?, told_s: kept.told_s })
    }

    /// Keeps the bank's certificate for encryption, unless the bank has told one later. Without the folder, nothing is kept.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) fn keep_bank_encryption(&self, told: &BankEncryption) -> Result<()> {
        self.changing(|| {
            let known = self.bank_encryption();
            // The same one may be older than it was: then it is to be asked for again.
            if known.is_some_and(|known| known.told_s > told.told_s && known.certificate != told.certificate) {
                return Ok(());
            }
            let kept = KeptEncryption { certificate: told.certificate.to_pem(), told_s: told.told_s };
            keep(&self.0, BANK_ENCRYPTION, &serde_json::to_vec_pretty(&kept).map_err(Error::internal)?)
        })
    }

    /// The revocation lists of the bank's authorities, as they were fetched last. What cannot be read is fetched again.
    pub(super) fn revocation_lists(&self) -> Vec<KeptRevocationList> {
        let read = private::read_whole(&self.0.join(REVOCATION_LISTS), REVOCATION_LISTS_MOST);
        read.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Keeps a revocation list in place of an older one of its authority. Without the folder, nothing is kept.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(super) fn keep_revocation_list(&self, new: KeptRevocationList) -> Result<()> {
        let issued_s = |kept: &KeptRevocationList| {
            RevocationList::from_pem_or_der(kept.pem.as_bytes()).map_or(i64::MIN, |list| list.this_update_s())
        };
        self.changing(|| {
            let mut kept = self.revocation_lists();
            // Another process may have a newer one.
            let known = kept.iter().filter(|one| one.issuer == new.issuer).map(issued_s).max();
            if known.is_some_and(|known| known > issued_s(&new)) {
                return Ok(());
            }
            kept.retain(|one| one.issuer != new.issuer);
            kept.insert(0, new);
            kept.truncate(REVOCATION_LISTS_MAX);
            keep(&self.0, REVOCATION_LISTS, &serde_json::to_vec(&kept).map_err(Error::internal)?)
        })
    }

    /// Changes a file, alone.
    fn changing(&self, work: impl FnOnce() -> Result<()>) -> Result<()> {
        while_locked(&self.0, LOCK, work).map(Option::unwrap_or_default)
    }

    fn read(&self, name: &str) -> std::io::Result<Vec<u8>> {
        private::read_whole(&self.0.join(name), MOST)
    }
}
