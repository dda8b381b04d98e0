//! The revocation lists of a family: `revoked.json` has what is revoked, the list is signed when it is fetched.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{Certificate, NewRevocationList},
};
use bankchannel_foundation::{Error, Result, model::Boundary};
use bankchannel_server::folder::write_whole;
use data_encoding::HEXUPPER;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use super::{BITS, FamilyCertificates, generation::stored, new_root};
use crate::chaos::BankFault;

const FILE: &str = "revoked.json";
/// How long a list holds.
const HOLDS_HOURS: i64 = 48;
/// How old one of before is.
const OLD_HOURS: i64 = 72;

/// Which certificate of the bank is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum RevokedOfBank {
    /// Those of its present signers.
    #[boundary("signer")]
    Signer,
    /// That for which documents to the bank are encrypted.
    #[boundary("encryption")]
    Encryption,
}

/// A revoked certificate, in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RevokedRecord {
    /// Hex.
    serial: String,
    /// Unix seconds.
    revoked_s: i64,
}

/// What a family has revoked.
pub(super) struct RevokedCertificates {
    path: PathBuf,
    records: Mutex<Vec<RevokedRecord>>,
}

impl RevokedCertificates {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let records: Option<Vec<RevokedRecord>> = stored(&path)?;
        Ok(Self { path, records: Mutex::new(records.unwrap_or_default()) })
    }

    fn add(&self, certificates: &[&Certificate], revoked_s: i64) -> Result<()> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = records.clone();
        for certificate in certificates {
            let serial = HEXUPPER.encode(certificate.serial());
            if !all.iter().any(|one| one.serial == serial) {
                all.push(RevokedRecord { serial, revoked_s });
            }
        }
        write_whole(&self.path, &serde_json::to_vec_pretty(&all).map_err(Error::internal)?)?;
        *records = all;
        Ok(())
    }
}

impl FamilyCertificates {
    /// Revokes certificates of the bank, which it uses all the same, as somebody does who has its key.
    ///
    /// # Errors
    /// `input.invalid_field` where the family has nothing of the kind; `resource.storage`.
    pub(crate) fn revoke(&self, what: RevokedOfBank, now_s: i64) -> Result<()> {
        let newest = self.newest()?;
        match what {
            RevokedOfBank::Signer => {
                self.revoked.add(&[&newest.envelope.certificate, &newest.document.certificate], now_s)
            }
            RevokedOfBank::Encryption => {
                let certificate = newest.encryption.as_ref().and_then(|one| one.certificate.as_ref());
                let why = "must be signer: this family encrypts nothing";
                let certificate = certificate.ok_or_else(|| Error::invalid_field("what", why))?;
                self.revoked.add(&[certificate], now_s)
            }
        }
    }

    /// The list of the authority of the bank's signers, DER.
    pub(crate) fn revocation_list(&self, now_s: i64, faults: &[BankFault]) -> Result<Vec<u8>> {
        let newest = self.newest()?;
        let records = self.revoked.records.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = Timestamp::from_second(now_s).map_err(Error::internal)?;
        let at = |hours: i64| now.checked_add(hours.hours()).unwrap_or(now);
        let is_old = faults.contains(&BankFault::Stale);
        let (this_update, next_update) = match faults.contains(&BankFault::ExpiredSigner) {
            true => (at(-HOLDS_HOURS), at(-1)),
            false if is_old => (at(-OLD_HOURS), at(HOLDS_HOURS)),
            false => (now, at(HOLDS_HOURS)),
        };
        // One of before names nothing yet.
        let records = if is_old { Vec::new() } else { records };
        let mut revoked = Vec::new();
        for one in records {
            let serial = HEXUPPER.decode(one.serial.as_bytes()).map_err(Error::internal)?;
            revoked.push((serial, Timestamp::from_second(one.revoked_s).map_err(Error::internal)?));
        }
        let new = NewRevocationList { number: now_s.unsigned_abs(), this_update, next_update, revoked: &revoked };
        if faults.contains(&BankFault::ForeignSigner) {
            let key = RsaPrivateKey::generate(BITS).map_err(Error::internal)?;
            let name = newest.signers.certificate().subject().get(super::COMMON_NAME).map_or("", |name| &name.value);
            let other = new_root(name, 0, self.now, 2, &key).map_err(Error::internal)?;
            return other.revocation_list(&new).map_err(Error::internal);
        }
        newest.signers.revocation_list(&new).map_err(Error::internal)
    }
}
