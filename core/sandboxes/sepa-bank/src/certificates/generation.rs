//! One generation of a family's authorities and signers. A roll-over begins the next one.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_crypto::{
    legacy_cipher::SessionKeyOpener,
    rsa::RsaPrivateKey,
    signature::SigningKey,
    x509::{Certificate, CertificateIssuer, CertificatePurpose, NewCertificate, SubjectAttribute::CommonName},
};
use bankchannel_foundation::{Error, Result, error::row, model::Boundary, shown};
use bankchannel_sepa_web_services::verify::DocumentRecipient;
use bankchannel_server::folder::write_whole;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{BankSigner, StoredPair, new, new_root, validity};
use crate::dialect::BankDialect;

const FILE: &str = "generations.json";

/// What becomes new. What stands below it does, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Boundary)]
#[serde(rename_all = "snake_case")]
pub enum RolledOver {
    /// The bank's signers.
    Signer,
    /// The authorities between the root and signers and customers.
    Intermediate,
    /// The root: clients must be told of it.
    Root,
    /// The certificate for which documents to the bank are encrypted, and nothing else.
    Encryption,
}

/// Which certificates a generation has: each number counts how often they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GenerationPlan {
    root: u32,
    below: u32,
    signers: u32,
    #[serde(default = "first")]
    encryption: u32,
    /// When it began, Unix seconds.
    at_s: i64,
    /// How long the one before signs beside it, seconds.
    overlap_s: i64,
}

/// The number of a certificate that was made once.
const fn first() -> u32 {
    1
}

impl GenerationPlan {
    const FIRST: Self = Self { root: 1, below: 1, signers: 1, encryption: first(), at_s: i64::MIN, overlap_s: 0 };

    pub(super) fn next(self, what: RolledOver, at_s: i64, overlap_s: i64) -> Self {
        Self {
            root: self.root + u32::from(what == RolledOver::Root),
            below: self.below + u32::from(matches!(what, RolledOver::Root | RolledOver::Intermediate)),
            signers: self.signers + u32::from(what != RolledOver::Encryption),
            encryption: self.encryption + u32::from(matches!(what, RolledOver::Root | RolledOver::Encryption)),
            at_s,
            overlap_s,
        }
    }

    /// Until when the generation before signs, too.
    pub(super) fn until_s(self) -> i64 {
        self.at_s.saturating_add(self.overlap_s)
    }
}

/// The generations of a family, the oldest first.
pub(super) fn plans(folder: &Path) -> Result<Vec<GenerationPlan>> {
    Ok(stored(&folder.join(FILE))?.unwrap_or_else(|| vec![GenerationPlan::FIRST]))
}

/// The content of a JSON file; `None` without the file.
pub(super) fn stored<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let unusable = |why: String| Error::because(&row::STORAGE, format!("{} cannot be used: {why}", shown::path(path)));
    match fs::read(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(unusable(why.to_string())),
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|why| unusable(why.to_string())),
    }
}

/// Keeps the generations of a family.
pub(super) fn keep(folder: &Path, plans: &[GenerationPlan]) -> Result<()> {
    let text = serde_json::to_vec_pretty(plans).map_err(Error::internal)?;
    write_whole(&folder.join(FILE), &text)
}

/// One generation.
pub(crate) struct BankGeneration {
    pub(super) plan: GenerationPlan,
    pub(super) root: Certificate,
    pub(super) root_file: PathBuf,
    /// The authority of the signers, then that of the customers, if there are any between.
    pub(super) intermediates: Vec<Certificate>,
    /// Signs envelopes.
    pub(crate) envelope: BankSigner,
    /// Signs documents.
    pub(crate) document: BankSigner,
    /// Decrypts documents, where they are encrypted.
    pub(crate) encryption: Option<DocumentRecipient>,
    /// Issues the bank's own certificates.
    pub(super) signers: CertificateIssuer,
    /// Issues customers' certificates.
    pub(super) customers: CertificateIssuer,
    /// No certificate of a customer begins earlier.
    pub(super) begin: Timestamp,
}

impl BankGeneration {
    pub(crate) fn root(&self) -> &Certificate {
        &self.root
    }

    /// Reads the generation's certificates and makes those that are missing.
    pub(super) fn prepare(folder: &Path, dialect: &BankDialect, plan: GenerationPlan, now: Timestamp) -> Result<Self> {
        let of = dialect.name();
        let root_name = numbered("root", plan.root);
        let stored_root = StoredPair { folder, name: &root_name, of };
        let (root, root_key) = stored_root.keep_or_make(now, |key| {
            let depth = u8::from(dialect.below.are_any());
            new_root(&titled(dialect.authority, plan.root), depth, now, 20, key)
                .map(|issuer| issuer.certificate().clone())
        })?;
        let root_issuer = issuer(&root, &root_key)?;
        let authority = |file: &str, name: &str| -> Result<(Certificate, CertificateIssuer)> {
            let (file, name) = (numbered(file, plan.below), titled(name, plan.below));
            let (certificate, key) = StoredPair { folder, name: &file, of }.keep_or_make(now, |key| {
                let (begin, end) = validity(now, 7);
                let purpose = CertificatePurpose::Authority(0);
                let new = NewCertificate::new(&[(CommonName, &name)], begin, end);
                root_issuer.issue(&NewCertificate { purpose, ..new }, key.public())
            })?;
            let issuer = issuer(&certificate, &key)?;
            Ok((certificate, issuer))
        };
        let mut intermediates = Vec::new();
        let mut below = |file, name: Option<&'static str>| -> Result<Option<CertificateIssuer>> {
            let Some(name) = name else { return Ok(None) };
            let (certificate, issuer) = authority(file, name)?;
            intermediates.push(certificate);
            Ok(Some(issuer))
        };
        let signers = below("services-ca", dialect.below.signers)?;
        let customers = below("ws-ca", dialect.below.customers)?;
        let signer = |file: &str, name: &str| -> Result<BankSigner> {
            let file = numbered(file, plan.signers);
            let (certificate, key) = StoredPair { folder, name: &file, of }.keep_or_make(now, |key| {
                signers.as_ref().unwrap_or(&root_issuer).issue(&new(name, now, 3), key.public())
            })?;
            Ok(BankSigner { certificate, key: SigningKey::from_private_key(&key).map_err(Error::internal)? })
        };
        let envelope = signer("signer", dialect.signers.0)?;
        let document = match dialect.signers.1 {
            Some(name) => signer("document-signer", name)?,
            None => BankSigner { certificate: envelope.certificate.clone(), key: envelope.key.clone() },
        };
        let encryption = match dialect.encryption {
            Some(name) => {
                let file = numbered("encryption", plan.encryption);
                let (certificate, key) = StoredPair { folder, name: &file, of }.keep_or_make(now, |key| {
                    let purpose = CertificatePurpose::Encipherment;
                    root_issuer.issue(&NewCertificate { purpose, ..new(name, now, 3) }, key.public())
                })?;
                let opener = SessionKeyOpener::new(&key).map_err(Error::internal)?;
                Some(DocumentRecipient { certificate: Some(certificate), opener: Arc::new(opener) })
            }
            None => None,
        };
        let signers = match signers {
            Some(issuer) => issuer,
            None => issuer(&root, &root_key)?,
        };
        let customers = match customers {
            Some(issuer) => issuer,
            None => root_issuer,
        };
        let begin = customers.certificate().not_before_s();
        let begin = Timestamp::from_second(begin).unwrap_or(now);
        let root_file = stored_root.files().certificate;
        Ok(Self { plan, root, root_file, intermediates, envelope, document, encryption, signers, customers, begin })
    }
}

fn issuer(certificate: &Certificate, key: &RsaPrivateKey) -> Result<CertificateIssuer> {
    CertificateIssuer::from_pem(&certificate.to_pem(), &key.to_pkcs8_pem()).map_err(Error::internal)
}

/// The name of a file that was made so often.
fn numbered(name: &str, number: u32) -> String {
    if number == 1 { name.to_owned() } else { format!("{name}-{number}") }
}

/// The name of an authority that was made so often: “CA V3”, then “CA V4”; “Root CA”, then “Root CA G2”.
fn titled(name: &str, number: u32) -> String {
    if number == 1 {
        return name.to_owned();
    }
    match name.rsplit_once(" V").map(|(head, version)| (head, version.parse::<u32>())) {
        Some((head, Ok(version))) => format!("{head} V{}", version + number - 1),
        _ => format!("{name} G{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_on() {
        assert_eq!(titled("Sandbox OP WS CA V3", 1), "Sandbox OP WS CA V3");
        assert_eq!(titled("Sandbox OP WS CA V3", 2), "Sandbox OP WS CA V4");
        assert_eq!(titled("Sandbox OP-Pohjola Root CA", 3), "Sandbox OP-Pohjola Root CA G3");
        let plan = GenerationPlan::FIRST.next(RolledOver::Intermediate, 100, 50);
        assert_eq!((plan.root, plan.below, plan.signers, plan.until_s()), (1, 2, 2, 150));
    }
}
