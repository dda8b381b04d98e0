//! The bank's own certificates, as it has shown them, kept beside the customer's: none is trusted by that.
//!
//! ```text
//!   DIR/authorities.pem   authorities between an anchor and the bank's signers, as the bank has named them
//!   DIR/signers.json      the certificates that have signed believed answers: a new one is reported
//!   DIR/bank_encryption.json   the bank's certificate for encryption, and when the bank has told it
//!   DIR/revocation_lists.json   the revocation lists of the bank's authorities, and when they were fetched
//!   DIR/job               when `renew` ran last, Unix seconds: that it does is watched
//!   DIR/times             the last time that a process has reserved for its messages; times.lock is held meanwhile
//! ```

use std::{
    fs::{File, TryLockError},
    io::ErrorKind,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use bankchannel_crypto::{
    digest,
    x509::{Certificate, MAX_REVOCATION_LIST_BYTES, NameStyle, RevocationList},
};
use bankchannel_foundation::{Error, Result};
use bankchannel_private_files as private;
use serde::{Deserialize, Serialize};

use super::folder::IdentityFolder;
use crate::sepa_web_services::{
    clock::{self, ReservedTimes},
    encryption::BankEncryption,
};

const AUTHORITIES: &str = "authorities.pem";
const SIGNERS: &str = "signers.json";
/// How long a process waits for another one that reserves times: a stopped process must not stop others.
const WAIT: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(5);
const BANK_ENCRYPTION: &str = "bank_encryption.json";
const REVOCATION_LISTS: &str = "revocation_lists.json";
const REVOCATION_LISTS_LOCK: &str = "revocation_lists.lock";
/// The revocation lists that are kept, and the greatest size of their file: as PEM a list is a third longer.
const REVOCATION_LISTS_MAX: usize = 4;
const REVOCATION_LISTS_MOST: u64 = (MAX_REVOCATION_LIST_BYTES * REVOCATION_LISTS_MAX * 3 / 2) as u64;
const JOB: &str = "job";
const TIMES: &str = "times";
const TIMES_LOCK: &str = "times.lock";

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
pub(in super::super) struct KeptRevocationList {
    /// Where it was fetched.
    pub(in super::super) url: String,
    /// SHA-256 of its issuer's key (SubjectPublicKeyInfo), hex.
    pub(in super::super) issuer: String,
    pub(in super::super) pem: String,
    /// Unix seconds.
    pub(in super::super) fetched_s: i64,
}

/// A certificate with which the bank has signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct SeenSigner {
    pub(in super::super) subject: String,
    /// Hex.
    pub(in super::super) serial: String,
    /// SHA-256 of the certificate, hex.
    pub(in super::super) sha256: String,
    /// Unix seconds.
    pub(in super::super) not_after_s: i64,
    /// When it was seen first, Unix seconds.
    pub(in super::super) seen_s: i64,
}

impl SeenSigner {
    pub(in super::super) fn new(certificate: &Certificate, seen_s: i64) -> Self {
        Self {
            subject: certificate.subject().to_text(NameStyle::Rfc2253),
            serial: certificate.serial_hex(),
            sha256: digest::hex(&certificate.sha256()),
            not_after_s: certificate.not_after_s(),
            seen_s,
        }
    }
}

/// The lock, held.
fn held(lock: File) -> std::io::Result<File> {
    let begun = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(why)) => return Err(why),
            Err(TryLockError::WouldBlock) if begun.elapsed() < WAIT => thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => {
                return Err(std::io::Error::new(ErrorKind::WouldBlock, "another process holds it"));
            }
        }
    }
}

impl IdentityFolder {
    /// The authorities that the bank has named. What cannot be read is learnt again.
    pub(in super::super) fn authorities(&self) -> Vec<Certificate> {
        let text = self.read(AUTHORITIES).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.and_then(|text| Certificate::all_from_pem(&text).ok()).unwrap_or_default()
    }

    /// Keeps the authorities that the bank has named. Without the folder, nothing is kept.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn keep_authorities(&self, all: &[Certificate]) -> Result<()> {
        let text: String = all.iter().map(Certificate::to_pem).collect();
        self.keep(AUTHORITIES, text.as_bytes())
    }

    /// The signers that were seen.
    pub(in super::super) fn signers(&self) -> Vec<SeenSigner> {
        let read = self.read(SIGNERS).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        read.unwrap_or_default()
    }

    /// Keeps the signers that were seen. Without the folder, nothing is kept.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn keep_signers(&self, all: &[SeenSigner]) -> Result<()> {
        let text = serde_json::to_vec_pretty(all).map_err(Error::internal)?;
        self.keep(SIGNERS, &text)
    }

    /// The bank's certificate for encryption, as it was told last. What cannot be read is asked for again.
    pub(in super::super) fn bank_encryption(&self) -> Option<BankEncryption> {
        let kept: KeptEncryption = serde_json::from_slice(&self.read(BANK_ENCRYPTION).ok()?).ok()?;
        Some(BankEncryption { certificate: Certificate::from_pem(&kept.certificate).ok()?, told_s: kept.told_s })
    }

    /// Keeps the bank's certificate for encryption. Without the folder, nothing is kept.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn keep_bank_encryption(&self, told: &BankEncryption) -> Result<()> {
        let kept = KeptEncryption { certificate: told.certificate.to_pem(), told_s: told.told_s };
        let text = serde_json::to_vec_pretty(&kept).map_err(Error::internal)?;
        self.keep(BANK_ENCRYPTION, &text)
    }

    /// The revocation lists of the bank's authorities, as they were fetched last. What cannot be read is fetched again.
    pub(in super::super) fn revocation_lists(&self) -> Vec<KeptRevocationList> {
        let read = private::read_whole(&self.path(REVOCATION_LISTS), REVOCATION_LISTS_MOST);
        read.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Keeps a revocation list in place of an older one of its authority. Without the folder, nothing is kept.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn keep_revocation_list(&self, new: KeptRevocationList) -> Result<()> {
        let path = self.path(REVOCATION_LISTS_LOCK);
        if !path.parent().is_some_and(Path::is_dir) {
            return Ok(());
        }
        let lock = private::open_own(&path);
        let lock = lock.and_then(held).map_err(|why| private::unusable(&path, &why))?;
        let issued_s = |kept: &KeptRevocationList| {
            RevocationList::from_pem_or_der(kept.pem.as_bytes()).map_or(i64::MIN, |list| list.this_update_s())
        };
        let mut kept = self.revocation_lists();
        // Another process may have a newer one.
        let known = kept.iter().filter(|one| one.issuer == new.issuer).map(issued_s).max();
        let is_newest = known.is_none_or(|known| known <= issued_s(&new));
        if is_newest {
            kept.retain(|one| one.issuer != new.issuer);
        }
        let result = if is_newest {
            kept.insert(0, new);
            kept.truncate(REVOCATION_LISTS_MAX);
            serde_json::to_vec(&kept).map_err(Error::internal).and_then(|text| self.keep(REVOCATION_LISTS, &text))
        } else {
            Ok(())
        };
        // A forked child may hold the file open.
        let _ = lock.unlock();
        result
    }

    /// When `renew` ran last, Unix seconds.
    pub(in super::super) fn job_ran_s(&self) -> Option<i64> {
        String::from_utf8(self.read(JOB).ok()?).ok()?.trim().parse().ok()
    }

    /// Notes that `renew` runs.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn note_job(&self, now_s: i64) -> Result<()> {
        self.keep(JOB, format!("{now_s}\n").as_bytes())
    }

    /// Reserves times for messages that no other process uses, also after a restart, and after the clock was set back.
    /// Without the folder there are none.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn reserve_times(&self, now_ms: i64) -> Result<Option<ReservedTimes>> {
        let path = self.path(TIMES_LOCK);
        if !path.parent().is_some_and(Path::is_dir) {
            return Ok(None);
        }
        let lock = private::open_own(&path);
        let lock = lock.and_then(held).map_err(|why| private::unusable(&path, &why))?;
        let known = self.read(TIMES).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let last = known.and_then(|text| text.trim().parse().ok()).unwrap_or(i64::MIN / 2);
        let next = clock::after(last, now_ms);
        let times = ReservedTimes { next, last: next + clock::RESERVED_MS - 1 };
        let kept = self.keep(TIMES, format!("{}\n", times.last).as_bytes());
        // A forked child may hold the file open.
        let _ = lock.unlock();
        kept.map(|()| Some(times))
    }

    fn keep(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(name);
        // A look at the bank must not make the folder.
        match path.parent() {
            Some(folder) if folder.is_dir() => {
                private::check_folder(folder)?;
                private::write_whole(&path, bytes)
            }
            _ => Ok(()),
        }
    }
}
