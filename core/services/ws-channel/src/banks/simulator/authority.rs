//! The simulator's certification authority: created at the first enrolment, kept in the key folder.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use bankchannel_crypto::{
    rsa::RsaPublicKey,
    x509::{Certificate, CertificateIssuer, NewCertificate, SubjectAttribute},
};
use bankchannel_foundation::{Error, Secret, error::row};
use jiff::{SignedDuration, Timestamp};

use super::{BankError, serial};
use crate::keys::read_or_make;

/// The file with its certificate and private key.
pub(super) const FILE: &str = "simulator-ca.pem";
/// Its name.
const NAME: &str = "Simulator Test CA";
/// Its lifetime.
const YEARS: i64 = 30;
/// Lifetime of its certificates.
const LEAF_YEARS: i64 = 2;
const YEAR_S: i64 = 365 * 24 * 60 * 60;
/// Certificates become valid slightly before now, for clocks that are behind.
const BACKDATED_S: i64 = 60 * 60;
const KEY_BEGINS: &str = "-----BEGIN PRIVATE KEY-----";

/// The authority, loaded on first use.
pub(super) struct SimulatorAuthority {
    path: PathBuf,
    issuer: Mutex<Option<CertificateIssuer>>,
}

impl SimulatorAuthority {
    pub(super) fn at(folder: &Path) -> Self {
        Self { path: folder.join(FILE), issuer: Mutex::new(None) }
    }

    /// Certifies a key. Blocks for a few milliseconds the first time.
    pub(super) fn certify(
        &self,
        subject: &str,
        company: &str,
        key: &RsaPublicKey,
        now_ms: i64,
    ) -> Result<Certificate, BankError> {
        let failed = |why: &dyn std::fmt::Display| BankError::Failed(why.to_string());
        let mut issuer = self.issuer.lock().unwrap_or_else(PoisonError::into_inner);
        let issuer = match &mut *issuer {
            Some(issuer) => issuer,
            none => none.insert(self.load(now_ms).map_err(|why| failed(&why))?),
        };
        let (begin, end) = validity(now_ms, LEAF_YEARS).map_err(|why| failed(&why))?;
        let subject = [(SubjectAttribute::CommonName, subject), (SubjectAttribute::Organization, company)];
        let serial = serial();
        let new = NewCertificate { serial: Some(&serial), ..NewCertificate::new(&subject, begin, end) };
        issuer.issue(&new, key).map_err(|why| failed(&why))
    }

    fn load(&self, now_ms: i64) -> Result<CertificateIssuer, Error> {
        let text = read_or_make(&self.path, || {
            let internal = |why: &dyn std::fmt::Display| Error::internal(why);
            let (begin, end) = validity(now_ms, YEARS).map_err(|why| internal(&why))?;
            let made = CertificateIssuer::create(NAME, begin, end).map_err(|why| internal(&why))?;
            let (certificate, key) = (made.certificate().to_pem(), made.private_key_pem());
            Ok(Secret::new([certificate.trim_end(), key.trim_end()].join("\n") + "\n"))
        })?;
        let damaged = || {
            let why = format!(
                "the key file {} is damaged: put it back from a backup, or remove it to begin with a new simulator \
                 authority (certificates issued before stay in use until they end)",
                self.path.display()
            );
            Error::because(&row::CONFIGURATION, why).with("file", self.path.display())
        };
        let at = text.expose().find(KEY_BEGINS).ok_or_else(damaged)?;
        let (certificate, key) = text.expose().split_at(at);
        CertificateIssuer::from_pem(certificate, key).map_err(|_| damaged())
    }
}

fn validity(now_ms: i64, years: i64) -> Result<(Timestamp, Timestamp), jiff::Error> {
    let now = Timestamp::from_second(now_ms.div_euclid(1000))?;
    let begin = now.checked_sub(SignedDuration::from_secs(BACKDATED_S))?;
    Ok((begin, now.checked_add(SignedDuration::from_secs(years * YEAR_S))?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_crypto::rsa::RsaPrivateKey;

    use super::*;

    const NOW: i64 = 1_795_154_400_000;

    #[test]
    fn a_restart_finds_the_same_authority_and_a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let key = RsaPrivateKey::generate(2048).unwrap();
        let issue =
            || SimulatorAuthority::at(folder.path()).certify("SIM-0123456789ab", "Company Oy", key.public(), NOW);
        let (first, second) = (issue().unwrap(), issue().unwrap());
        let names = (first.issuer().display(), first.subject().display());
        assert_eq!((&*names.0, &*names.1), (NAME, "SIM-0123456789ab"));
        assert!(first.matches_private_key(&key) && first.serial() != second.serial());
        assert_eq!(first.not_after(), Timestamp::from_second(NOW / 1000 + 2 * YEAR_S).unwrap());
        let path = folder.path().join(FILE);
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let why = issue().unwrap_err().to_string();
        assert!(why.contains(FILE), "{why}");
    }
}
