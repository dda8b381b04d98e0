//! A folder with the certificates of authorities that are trusted: files that a person has put there.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use bankchannel_crypto::{
    digest,
    rsa::MIN_BITS,
    x509::{Certificate, NameStyle},
};
use bankchannel_foundation::{Error, Result, error::row, shown};
use bankchannel_private_files as private;
use bankchannel_sepa_web_services::errors;

use super::{BankAnchorSource, TrustedAnchor};

/// The endings of files that are read.
const ENDINGS: [&str; 3] = ["pem", "crt", "cer"];
/// The most files of a folder.
const MOST_FILES: usize = 200;
/// Largest file that is read, bytes.
const MOST_BYTES: u64 = 256 * 1024;

/// The folder. It need not be there: then it has none.
#[derive(Clone)]
pub(in super::super) struct AnchorFolder(PathBuf);

impl AnchorFolder {
    pub(in super::super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The files, in the order of their names.
    ///
    /// # Errors
    /// `resource.storage`; `configuration.invalid` for a folder with too many files.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>> {
        let unusable = |why: &std::io::Error| private::unusable(&self.0, why);
        let entries = match fs::read_dir(&self.0) {
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|why| unusable(&why))?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|why| unusable(&why))?.path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
            if !ENDINGS.contains(&&*ending) {
                continue;
            }
            if files.len() >= MOST_FILES {
                return Err(Error::invalid_setting("anchors_dir", format!("has more than {MOST_FILES} certificates")));
            }
            files.push(path);
        }
        files.sort();
        Ok(files)
    }

    /// The anchors.
    ///
    /// # Errors
    /// `configuration.invalid` for a folder or a file that others can change, or that is no certificate;
    /// `resource.storage`.
    pub(in super::super) fn anchors(&self) -> Result<Vec<TrustedAnchor>> {
        let files = self.files()?;
        if files.is_empty() {
            return Ok(Vec::new());
        }
        private::check_folder(&self.0)?;
        let mut anchors = Vec::new();
        for file in files {
            let of_file =
                |certificate| TrustedAnchor { certificate, source: BankAnchorSource::Folder, file: Some(file.clone()) };
            anchors.extend(read(&file)?.into_iter().map(of_file));
        }
        Ok(anchors)
    }

    /// Adds certificates, each as a file of its own: all, or none if one cannot be an anchor. Returns how many were new.
    ///
    /// # Errors
    /// `sepa_web_services.certificate_unusable` for one that cannot be an anchor; those of [`anchors`](Self::anchors).
    pub(in super::super) fn add(&self, all: &[Certificate], now_s: i64) -> Result<u32> {
        all.iter().try_for_each(|one| check(one, now_s))?;
        private::folder(&self.0)?;
        let known = self.anchors()?;
        let mut added = 0;
        for (at, one) in all.iter().enumerate() {
            if known.iter().any(|known| known.certificate == *one) || all[..at].contains(one) {
                continue;
            }
            let file = self.0.join(format!("{}-{}.pem", slug(one), &digest::hex(&one.sha256())[..16]));
            private::write_whole(&file, one.to_pem().as_bytes())?;
            added += 1;
        }
        Ok(added)
    }

    /// Removes the certificate with this digest from the folder's files, and returns it.
    ///
    /// # Errors
    /// `input.invalid_field` if the folder has none; those of [`anchors`](Self::anchors).
    pub(in super::super) fn remove(&self, sha256: &[u8; 32]) -> Result<TrustedAnchor> {
        let anchors = self.anchors()?;
        let Some(found) = anchors.iter().find(|anchor| anchor.certificate.sha256() == *sha256) else {
            let why = format!("is of no anchor in {}: list_anchors shows those there are", shown::path(&self.0));
            return Err(Error::invalid_field("sha256", why));
        };
        for file in self.files()? {
            let all = read(&file)?;
            let kept: Vec<&Certificate> = all.iter().filter(|one| one.sha256() != *sha256).collect();
            if kept.is_empty() {
                fs::remove_file(&file).map_err(|why| private::unusable(&file, &why))?;
            } else if kept.len() < all.len() {
                let text: String = kept.into_iter().map(Certificate::to_pem).collect();
                private::write_whole(&file, text.as_bytes())?;
            }
        }
        Ok(found.clone())
    }
}

/// Whether a certificate can be an anchor.
fn check(certificate: &Certificate, now_s: i64) -> Result<()> {
    let why = if !certificate.is_ca() {
        "is not an authority's (CA:TRUE is missing): what it has signed cannot be trusted by it"
    } else if !certificate.key().is_ok_and(|key| key.bits() >= MIN_BITS) {
        "has no RSA key of 2048 bits or more"
    } else if certificate.not_after_s() < now_s {
        "has expired"
    } else {
        return Ok(());
    };
    let text = format!("the certificate of {} {why}", certificate.subject().to_text(NameStyle::Rfc2253));
    Err(Error::because(&errors::CERTIFICATE_UNUSABLE, text).with("field", "certificate"))
}

/// The certificates of a file.
fn read(file: &Path) -> Result<Vec<Certificate>> {
    let bytes = private::read_whole(file, MOST_BYTES).map_err(|why| private::unusable(file, &why))?;
    let broken = |why: &str| {
        let path = shown::path(file);
        Error::because(&row::CONFIGURATION, format!("{path} is no certificate of an authority: {why}"))
            .with("file", path)
    };
    let text = String::from_utf8(bytes).map_err(|_| broken("it is no PEM text"))?;
    Certificate::all_from_pem(&text).map_err(|fault| broken(&fault.to_string()))
}

/// A certificate's name as a part of a file's name.
fn slug(certificate: &Certificate) -> String {
    const COMMON_NAME: &str = "2.5.4.3";
    let name = certificate.subject().get(COMMON_NAME).map(|attribute| attribute.value.to_lowercase());
    let kept: String = name
        .unwrap_or_default()
        .chars()
        .map(|one| if one.is_ascii_alphanumeric() { one } else { '-' })
        .take(40)
        .collect();
    let kept = kept.trim_matches('-').to_owned();
    if kept.is_empty() { "anchor".to_owned() } else { kept }
}
