//! Certificates of a counterpart: pairs of PEM files in its data folder, made where they are missing or of no more use.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use bankchannel_crypto::x509::{Certificate, is_key_of};
use bankchannel_foundation::Result;
use zeroize::Zeroizing;

use crate::folder::{unusable, write_whole, write_whole_readable};

/// The local names and addresses of a counterpart.
pub const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The files of a certificate and its private key.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The certificate, PEM.
    pub certificate: PathBuf,
    /// Its private key, PKCS#8 PEM.
    pub key: PathBuf,
}

impl CertificateFiles {
    /// `NAME.pem` and `NAME.key`.
    #[must_use]
    pub fn new(folder: &Path, name: &str) -> Self {
        Self { certificate: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}.key")) }
    }

    /// Reads certificate and key, PKCS#8 PEM. Makes them where a file is missing, where they do not belong together, where
    /// the certificate is not valid at each of these times (Unix seconds), or where `is_usable` refuses it.
    ///
    /// # Errors
    /// `resource.storage` for files that cannot be read or written; those of `make`.
    pub fn read_or_make(
        &self,
        valid_at_s: &[i64],
        is_usable: impl FnOnce(&Certificate) -> bool,
        make: impl FnOnce() -> Result<(Certificate, Zeroizing<String>)>,
    ) -> Result<(Certificate, Zeroizing<String>)> {
        if let Some((certificate, key)) = self.read()? {
            let validity = certificate.not_before_s()..=certificate.not_after_s();
            let fits = is_key_of(&key, &certificate) && valid_at_s.iter().all(|at| validity.contains(at));
            if fits && is_usable(&certificate) {
                return Ok((certificate, key));
            }
        }
        let (certificate, key) = make()?;
        self.write(&certificate, &key)?;
        Ok((certificate, key))
    }

    /// Writes both files, the key first: a certificate without its key would be of no use.
    ///
    /// # Errors
    /// `resource.storage`.
    pub fn write(&self, certificate: &Certificate, key: &str) -> Result<()> {
        write_whole(&self.key, key.as_bytes())?;
        write_certificates(&self.certificate, &certificate.to_pem())
    }

    /// The contents of both files; `None` if either is missing or has no certificate in it.
    fn read(&self) -> Result<Option<(Certificate, Zeroizing<String>)>> {
        let read = |path: &Path| match fs::read(path) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
            Err(why) => Err(unusable(path, &why)),
        };
        let (Some(certificate), Some(key)) = (read(&self.certificate)?, read(&self.key)?) else { return Ok(None) };
        let text = |bytes: &[u8]| Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
        Ok(Certificate::from_pem(&text(&certificate)).ok().map(|certificate| (certificate, text(&key))))
    }
}

/// Writes certificates, PEM, to a file that any user may read. A file that has them is left alone.
///
/// # Errors
/// `resource.storage`.
pub fn write_certificates(path: &Path, pem: &str) -> Result<()> {
    if fs::read(path).is_ok_and(|held| held == pem.as_bytes()) {
        return Ok(());
    }
    write_whole_readable(path, pem.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_crypto::x509::CertificateIssuer;

    use super::*;

    #[test]
    fn a_pair_is_made_again_where_it_is_of_no_more_use() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = ("2026-01-01T00:00:00Z".parse().unwrap(), "2027-01-01T00:00:00Z".parse().unwrap());
        let files = CertificateFiles::new(folder.path(), "ca");
        let within_s = 1_780_000_000;
        let read = |valid_at_s: &[i64], is_usable: bool| {
            let make = || {
                let made = CertificateIssuer::create("A Root", from, to).unwrap();
                Ok((made.certificate().clone(), made.private_key_pem()))
            };
            files.read_or_make(valid_at_s, |_| is_usable, make).unwrap().0
        };
        let first = read(&[within_s], true);
        assert_eq!(read(&[within_s, within_s + 1], true), first);
        let second = read(&[within_s, within_s + 400 * 86_400], true);
        assert_ne!(second, first);
        let third = read(&[within_s], false);
        assert_ne!(third, second);
        // The key of another certificate, a damaged certificate, one that is no text, a missing key.
        let made = CertificateIssuer::create("A Root", from, to).unwrap();
        fs::write(&files.key, made.private_key_pem().as_bytes()).unwrap();
        let mut last = read(&[within_s], true);
        assert_ne!(last, third);
        for damage in [
            (|files: &CertificateFiles| fs::write(&files.certificate, "no PEM")) as fn(&CertificateFiles) -> _,
            |files| fs::write(&files.certificate, [0xff; 10]),
            |files| fs::remove_file(&files.key),
        ] {
            damage(&files).unwrap();
            let now = read(&[within_s], true);
            assert_ne!(now, last);
            last = now;
        }
        assert_eq!(read(&[within_s], true), last);
        fs::remove_file(&files.key).unwrap();
        fs::create_dir(&files.key).unwrap();
        let refused = files.read_or_make(&[], |_| true, || panic!("a file that cannot be read is not replaced"));
        assert_eq!(refused.unwrap_err().code(), "resource.storage");
    }
}
