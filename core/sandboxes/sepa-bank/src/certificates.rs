//! The bank's authorities, its signers, and its customers' pairs: files in the data folder, made at the first start.
//!
//! ```text
//!   DATA/ca.pem ca.key server.pem server.key     TLS: the bank at 127.0.0.1, ::1 and localhost
//!   DATA/FAMILY/anchors.pem                      what clients trust
//!   DATA/FAMILY/root.pem root.key …              authorities and signers
//!   DATA/FAMILY/customers/ID.pem ID.key          the customers, as somebody brings them from another program
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
};

use bankchannel_crypto::{
    rsa::{RsaPrivateKey, RsaPublicKey},
    signature::SigningKey,
    x509::{Certificate, CertificateIssuer, CertificatePurpose, CertificateRequest, NewCertificate},
};
use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_sepa_web_services::profile::BankFamily;
use bankchannel_server::{
    folder::{private_folder, write_whole},
    http::TlsFiles,
};
use jiff::{Timestamp, ToSpan as _};
use zeroize::Zeroizing;

use super::{
    chaos::BankFault,
    dialect::{BankDialect, DIALECTS},
    state::SandboxCustomer,
};

const KEY_MODE: u32 = 0o600;
/// Certificates are public: any user may read them.
const CERTIFICATE_MODE: u32 = 0o644;
/// The local names and addresses of the bank.
const HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
const BITS: usize = 2048;
/// Parts of a name.
pub(crate) const COMMON_NAME: &str = "2.5.4.3";
pub(crate) const SUBJECT_SERIAL: &str = "2.5.4.5";
pub(crate) const COUNTRY: &str = "2.5.4.6";

/// A signer of the bank.
pub(crate) struct BankSigner {
    pub(crate) certificate: Certificate,
    pub(crate) key: SigningKey,
}

/// The certificates of one family.
pub(crate) struct FamilyCertificates {
    /// What customers' certificates lead to.
    pub(crate) anchors: Vec<Certificate>,
    /// Authorities between.
    pub(crate) intermediates: Vec<Certificate>,
    /// Signs envelopes.
    pub(crate) envelope: BankSigner,
    /// Signs documents.
    pub(crate) document: BankSigner,
    pub(crate) anchors_file: PathBuf,
    folder: PathBuf,
    /// Issues customers' certificates.
    customers: CertificateIssuer,
    begin: Timestamp,
    now: Timestamp,
}

/// A customer's pair, as files.
pub(crate) struct CustomerPair {
    pub(crate) certificate_file: PathBuf,
    pub(crate) key_file: PathBuf,
}

/// The TLS certificate of the bank.
pub(crate) struct BankTls {
    pub(crate) files: TlsFiles,
    pub(crate) ca_file: PathBuf,
}

/// A pair of files.
struct StoredPair<'a> {
    folder: &'a Path,
    name: &'a str,
}

impl StoredPair<'_> {
    fn certificate_file(&self) -> PathBuf {
        self.folder.join(format!("{}.pem", self.name))
    }

    fn key_file(&self) -> PathBuf {
        self.folder.join(format!("{}.key", self.name))
    }

    /// Reads the pair, or makes it. The key is written first: a certificate without its key would be of no use.
    fn keep_or_make(
        &self,
        at: Timestamp,
        make: impl FnOnce(&RsaPrivateKey) -> Result<Certificate, bankchannel_crypto::CryptoError>,
    ) -> Result<(Certificate, RsaPrivateKey)> {
        let (certificate_file, key_file) = (self.certificate_file(), self.key_file());
        if let (Ok(pem), Ok(key)) = (fs::read_to_string(&certificate_file), fs::read_to_string(&key_file)) {
            let key = Zeroizing::new(key);
            let read = Certificate::from_pem(&pem).ok().zip(RsaPrivateKey::from_pem(&key).ok());
            let is_valid = |one: &Certificate| (one.not_before_s()..=one.not_after_s()).contains(&at.as_second());
            if let Some((certificate, key)) = read
                && certificate.matches_private_key(&key)
                && is_valid(&certificate)
            {
                return Ok((certificate, key));
            }
        }
        let unmade = |why: bankchannel_crypto::CryptoError| Error::because(&row::INTERNAL, why.to_string());
        let key = RsaPrivateKey::generate(BITS).map_err(unmade)?;
        let certificate = make(&key).map_err(unmade)?;
        write_whole(&key_file, KEY_MODE, key.to_pkcs8_pem().as_bytes())?;
        write_whole(&certificate_file, CERTIFICATE_MODE, certificate.to_pem().as_bytes())?;
        Ok((certificate, key))
    }
}

/// The beginning and the end of a certificate.
fn validity(now: Timestamp, years: i64) -> (Timestamp, Timestamp) {
    let day = 24.hours();
    let begin = now.checked_sub(day * 30).unwrap_or(now);
    (begin, now.checked_add((years * 365 * 24).hours()).unwrap_or(Timestamp::MAX))
}

fn new<'a>(name: &'a str, key: &'a RsaPrivateKey, now: Timestamp, years: i64) -> NewCertificate<'a> {
    let (not_before, not_after) = validity(now, years);
    NewCertificate {
        common_name: name,
        organization: "Sandbox Bank",
        country: "",
        subject_serial: "",
        key: key.public(),
        serial: &[],
        not_before,
        not_after,
        purpose: CertificatePurpose::Messages,
    }
}

impl FamilyCertificates {
    /// Reads the family's certificates and makes those that are missing.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(crate) fn prepare(data: &Path, dialect: &BankDialect, now: Timestamp) -> Result<Self> {
        let folder = data.join(dialect.name());
        private_folder(&folder)?;
        private_folder(&folder.join("customers"))?;
        fn stored<'a>(folder: &'a Path, name: &'a str) -> StoredPair<'a> {
            StoredPair { folder, name }
        }
        let internal = |why: bankchannel_crypto::CryptoError| Error::because(&row::INTERNAL, why.to_string());
        let (begin, end) = validity(now, 20);
        let (root, root_key) = stored(&folder, "root").keep_or_make(now, |key| {
            let depth = u8::from(dialect.below.is_some());
            CertificateIssuer::create_rsa(dialect.authority, key, depth, begin, end)
                .map(|issuer| issuer.certificate().clone())
        })?;
        let root_issuer = CertificateIssuer::with_rsa_key(root.clone(), &root_key).map_err(internal)?;
        let authority = |file: &str, name: &str| -> Result<(Certificate, CertificateIssuer)> {
            let (certificate, key) = stored(&folder, file).keep_or_make(now, |key| {
                let purpose = CertificatePurpose::Authority(0);
                root_issuer.issue_certificate(&NewCertificate { purpose, organization: "", ..new(name, key, now, 7) })
            })?;
            let issuer = CertificateIssuer::with_rsa_key(certificate.clone(), &key).map_err(internal)?;
            Ok((certificate, issuer))
        };
        let mut intermediates = Vec::new();
        let (signers, customers) = match dialect.below {
            Some((services, customers)) => {
                let (services, customers) = (authority("services-ca", services)?, authority("ws-ca", customers)?);
                intermediates.extend([services.0, customers.0]);
                (Some(services.1), Some(customers.1))
            }
            None => (None, None),
        };
        let signer = |file: &str, name: &str| -> Result<BankSigner> {
            let (certificate, key) = stored(&folder, file).keep_or_make(now, |key| {
                signers.as_ref().unwrap_or(&root_issuer).issue_certificate(&new(name, key, now, 3))
            })?;
            Ok(BankSigner { certificate, key: SigningKey::from_private_key(&key).map_err(internal)? })
        };
        let envelope = signer("signer", dialect.signers.0)?;
        let document = match dialect.signers.1 {
            Some(name) => signer("document-signer", name)?,
            None => BankSigner { certificate: envelope.certificate.clone(), key: envelope.key.clone() },
        };
        let anchors_file = folder.join("anchors.pem");
        // A token carries one certificate, so clients need the authority behind it too.
        let anchors: String = [&root].into_iter().chain(intermediates.first()).map(Certificate::to_pem).collect();
        write_whole(&anchors_file, CERTIFICATE_MODE, anchors.as_bytes())?;
        let customers = match customers {
            Some(issuer) => issuer,
            None => CertificateIssuer::with_rsa_key(root.clone(), &root_key).map_err(internal)?,
        };
        Ok(Self { anchors: vec![root], intermediates, envelope, document, anchors_file, folder, customers, begin, now })
    }

    /// The pair of a customer.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(crate) fn customer(&self, id: &str, company: &str) -> Result<CustomerPair> {
        let folder = self.folder.join("customers");
        let pair = StoredPair { folder: &folder, name: id };
        pair.keep_or_make(self.now, |key| {
            let new = NewCertificate { organization: company, ..new(id, key, self.now, 2) };
            self.customers.issue_certificate(&NewCertificate { not_before: self.begin, ..new })
        })?;
        Ok(CustomerPair { certificate_file: pair.certificate_file(), key_file: pair.key_file() })
    }

    /// Whether a certificate was issued to a customer: its common name or the serial number of its subject says so, and only
    /// this bank issues here.
    pub(crate) fn is_of_customer(&self, id: &str, certificate: &Certificate) -> bool {
        let named = |oid: &str| certificate.subject().get(oid).is_some_and(|name| name.value == id);
        (named(COMMON_NAME) || named(SUBJECT_SERIAL)) && certificate.is_issued_by(self.customers.certificate())
    }

    /// A certificate for the key of a customer's request, for two years from now on.
    ///
    /// # Errors
    /// `internal`.
    pub(crate) fn issue(
        &self,
        dialect: &BankDialect,
        customer: &SandboxCustomer,
        request: &CertificateRequest,
        now_s: i64,
        faults: &[BankFault],
    ) -> Result<Certificate> {
        let internal = |why: bankchannel_crypto::CryptoError| Error::because(&row::INTERNAL, why.to_string());
        let now = Timestamp::from_second(now_s).unwrap_or(self.now);
        let asked = RsaPublicKey::from_spki_der(request.key().spki_der()).map_err(internal)?;
        let other = faults.contains(&BankFault::OtherKey).then(|| RsaPrivateKey::generate(BITS)).transpose();
        let other = other.map_err(internal)?;
        let key = other.as_ref().map_or(&asked, RsaPrivateKey::public);
        let (id, company) = (&*customer.customer_id, &*customer.company);
        let (common_name, organization, subject_serial) = match dialect.family {
            BankFamily::Nordea => (company, "", id),
            _ => (id, company, ""),
        };
        let (not_before, not_after) = validity(now, 2);
        let not_before = not_before.max(self.begin);
        let new = NewCertificate {
            common_name,
            organization,
            country: "FI",
            subject_serial,
            key,
            serial: &[],
            not_before,
            not_after,
            purpose: CertificatePurpose::Messages,
        };
        self.customers.issue_certificate(&new).map_err(internal)
    }

    /// A signer of the bank that clients must not believe: with a certificate that has ended.
    ///
    /// # Errors
    /// `internal`.
    pub(crate) fn expired_signer(&self, name: &str) -> Result<BankSigner> {
        let internal = |why: bankchannel_crypto::CryptoError| Error::because(&row::INTERNAL, why.to_string());
        let key = RsaPrivateKey::generate(BITS).map_err(internal)?;
        let not_after = self.now.checked_sub(24.hours()).unwrap_or(self.now);
        let made = NewCertificate { not_after, ..new(name, &key, self.now, 1) };
        let certificate = self.customers.issue_certificate(&made).map_err(internal)?;
        Ok(BankSigner { certificate, key: SigningKey::from_private_key(&key).map_err(internal)? })
    }

    /// The same of another authority, or of a customer of this one.
    ///
    /// # Errors
    /// `internal`.
    pub(crate) fn other_signer(&self, name: &str, is_customer: bool) -> Result<BankSigner> {
        let internal = |why: bankchannel_crypto::CryptoError| Error::because(&row::INTERNAL, why.to_string());
        let key = RsaPrivateKey::generate(BITS).map_err(internal)?;
        let certificate = if is_customer {
            self.customers.issue_certificate(&new("ANOTHER CUSTOMER OY", &key, self.now, 2)).map_err(internal)?
        } else {
            let root = RsaPrivateKey::generate(BITS).map_err(internal)?;
            let (begin, end) = validity(self.now, 2);
            let other = CertificateIssuer::create_rsa("Another CA", &root, 0, begin, end).map_err(internal)?;
            other.issue_certificate(&new(name, &key, self.now, 1)).map_err(internal)?
        };
        Ok(BankSigner { certificate, key: SigningKey::from_private_key(&key).map_err(internal)? })
    }
}

impl BankTls {
    /// Reads the TLS certificate and its authority, and makes what is missing.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(crate) fn prepare(data: &Path, now: Timestamp) -> Result<Self> {
        let internal = |why: bankchannel_crypto::CryptoError| Error::because(&row::INTERNAL, why.to_string());
        let (ca, server) = (StoredPair { folder: data, name: "ca" }, StoredPair { folder: data, name: "server" });
        let (begin, end) = validity(now, 20);
        let (certificate, key) = ca.keep_or_make(now, |key| {
            CertificateIssuer::create_rsa("Sandbox Bank TLS CA", key, 0, begin, end)
                .map(|issuer| issuer.certificate().clone())
        })?;
        let issuer = CertificateIssuer::with_rsa_key(certificate, &key).map_err(internal)?;
        server.keep_or_make(now, |key| {
            let purpose = CertificatePurpose::TlsServer(&HOSTS);
            issuer.issue_certificate(&NewCertificate { purpose, ..new("Sandbox Bank", key, now, 10) })
        })?;
        let files = TlsFiles { certificate: server.certificate_file(), key: server.key_file() };
        Ok(Self { files, ca_file: ca.certificate_file() })
    }
}

/// The certificates of all families, each made on a thread of its own: keys take a while.
///
/// # Errors
/// `resource.storage`.
pub(crate) fn prepare_all(data: &Path, now: Timestamp) -> Result<Vec<FamilyCertificates>> {
    std::thread::scope(|scope| {
        let prepare = |dialect| FamilyCertificates::prepare(data, dialect, now);
        let tasks: Vec<_> = DIALECTS
            .iter()
            .map(|dialect| {
                std::thread::Builder::new().spawn_scoped(scope, move || prepare(dialect)).map_err(|_| dialect)
            })
            .collect();
        let done = tasks.into_iter().map(|task| match task {
            Ok(task) => task.join().unwrap_or_else(|_| Err(Error::because(&row::INTERNAL, "making keys has failed"))),
            // Where no thread can be had, here.
            Err(dialect) => prepare(dialect),
        });
        done.collect()
    })
}
