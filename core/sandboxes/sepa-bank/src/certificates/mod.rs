//! The bank's authorities, its signers, and its customers' pairs: files in the data folder, made at the first start.
//!
//! ```text
//!   DATA/ca.pem ca.key server.pem server.key     TLS: the bank at 127.0.0.1, ::1 and localhost
//!   DATA/FAMILY/anchors.pem                      what clients trust
//!   DATA/FAMILY/root.pem root.key …              authorities and signers; root-2.pem … after a roll-over
//!   DATA/FAMILY/generations.json                 the roll-overs
//!   DATA/FAMILY/revoked.json                     what the revocation list names
//!   DATA/FAMILY/customers/ID.pem ID.key          the customers, as somebody brings them from another program
//! ```
//!
//! Everything here can fail with `resource.storage`, for files that cannot be used, and with `internal`.

mod generation;
mod revocation;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use bankchannel_crypto::{
    CryptoError,
    rsa::{RsaPrivateKey, RsaPublicKey},
    signature::SigningKey,
    x509::{
        Certificate, CertificateIssuer, CertificatePurpose, CertificateRequest, NewCertificate,
        SubjectAttribute::{CommonName, Country, Organization, SerialNumber},
        new_p256_key,
    },
};
use bankchannel_foundation::{
    Error, Result,
    clock::{Clock as _, SystemClock},
    error::row,
};
use bankchannel_sepa_web_services::{profile::BankFamily, verify::DocumentRecipient};
use bankchannel_server::{
    certificates::{CertificateFiles, LOCAL_HOSTS, write_certificates},
    folder::private_folder,
    http::TlsFiles,
};
use jiff::{Timestamp, ToSpan as _};

pub(crate) use generation::BankGeneration;
pub use generation::RolledOver;
use revocation::RevokedCertificates;
pub use revocation::RevokedOfBank;

use super::{
    chaos::{BankFault, OddCertificate},
    dialect::{BankDialect, DIALECTS},
    state::SandboxCustomer,
};

const BITS: usize = 2048;
/// The name of the authority of its TLS certificate.
const TLS_AUTHORITY: &str = "Sandbox Bank TLS CA";
/// Parts of a name.
pub(crate) const COMMON_NAME: &str = "2.5.4.3";
pub(crate) const SUBJECT_SERIAL: &str = "2.5.4.5";
pub(crate) const COUNTRY: &str = "2.5.4.6";

/// A signer of the bank.
pub(crate) struct BankSigner {
    pub(crate) certificate: Certificate,
    pub(crate) key: SigningKey,
}

/// The certificates of one family: those of the beginning, and one generation more for each roll-over.
pub(crate) struct FamilyCertificates {
    dialect: &'static BankDialect,
    pub(crate) anchors_file: PathBuf,
    folder: PathBuf,
    now: Timestamp,
    /// The oldest first; never empty.
    generations: RwLock<Vec<Arc<BankGeneration>>>,
    /// Counts answers: while two generations sign, they take turns.
    answers: AtomicUsize,
    revoked: RevokedCertificates,
}

/// The files of a customer's pair, and of its key that decrypts, where documents are encrypted.
pub(crate) struct CustomerFiles {
    pub(crate) signing: CertificateFiles,
    pub(crate) encryption: Option<CertificateFiles>,
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
    /// Whose it is: a family, or `FAMILY/customers`.
    of: &'a str,
}

/// Keys by the names of their pairs, so that a bank starts at once: each takes a fifth of a second to make.
const BORN_WITH: &str = include_str!("born_with.pem");

/// The key that a pair of the first start has.
fn born_with(name: &str) -> Option<RsaPrivateKey> {
    const END: &str = "-----END PRIVATE KEY-----\n";
    let (_, rest) = BORN_WITH.split_once(&format!("\n{name}\n"))?;
    let end = rest.find(END)? + END.len();
    RsaPrivateKey::from_pem(&rest[..end]).ok()
}

impl StoredPair<'_> {
    fn files(&self) -> CertificateFiles {
        CertificateFiles::new(self.folder, self.name)
    }

    /// Reads the pair, or makes it.
    fn keep_or_make(
        &self,
        at: Timestamp,
        make: impl FnOnce(&RsaPrivateKey) -> Result<Certificate, CryptoError>,
    ) -> Result<(Certificate, RsaPrivateKey)> {
        let (certificate, key) = self.files().read_or_make(
            &[at.as_second()],
            |_| true,
            || {
                let key = match born_with(&format!("{}/{}", self.of, self.name)) {
                    Some(key) => key,
                    None => RsaPrivateKey::generate(BITS).map_err(Error::internal)?,
                };
                Ok((make(&key).map_err(Error::internal)?, key.to_pkcs8_pem()))
            },
        )?;
        Ok((certificate, RsaPrivateKey::from_pem(&key).map_err(Error::internal)?))
    }
}

/// The beginning and the end of a certificate.
fn validity(now: Timestamp, years: i64) -> (Timestamp, Timestamp) {
    let day = 24.hours();
    let begin = now.checked_sub(day * 30).unwrap_or(now);
    (begin, now.checked_add((years * 365 * 24).hours()).unwrap_or(Timestamp::MAX))
}

/// A certificate of the bank.
fn new(name: &str, now: Timestamp, years: i64) -> NewCertificate<'_> {
    let (not_before, not_after) = validity(now, years);
    NewCertificate::new(&[(CommonName, name), (Organization, "Sandbox Bank")], not_before, not_after)
}

/// A root with this key and so many authorities below it.
fn new_root(
    name: &str,
    depth: u8,
    now: Timestamp,
    years: i64,
    key: &RsaPrivateKey,
) -> Result<CertificateIssuer, CryptoError> {
    let (not_before, not_after) = validity(now, years);
    let purpose = CertificatePurpose::Authority(depth);
    let new = NewCertificate { purpose, ..NewCertificate::new(&[(CommonName, name)], not_before, not_after) };
    CertificateIssuer::self_signed(&new, &key.to_pkcs8_pem())
}

impl FamilyCertificates {
    /// Reads the family's certificates and makes those that are missing.
    pub(crate) fn prepare(data: &Path, dialect: &'static BankDialect, now: Timestamp) -> Result<Self> {
        let folder = data.join(dialect.name());
        private_folder(&folder)?;
        private_folder(&folder.join("customers"))?;
        let mut generations = Vec::new();
        for plan in generation::plans(&folder)? {
            generations.push(Arc::new(BankGeneration::prepare(&folder, dialect, plan, now)?));
        }
        let anchors_file = folder.join("anchors.pem");
        let family = Self {
            revoked: RevokedCertificates::read(&folder)?,
            dialect,
            anchors_file,
            folder,
            now,
            generations: RwLock::new(generations),
            answers: AtomicUsize::default(),
        };
        family.write_anchors()?;
        Ok(family)
    }

    /// A token carries one certificate, so clients need the authority behind it too.
    fn write_anchors(&self) -> Result<()> {
        let has_services = self.dialect.below.signers.is_some();
        let with_first = |generation: &BankGeneration| {
            let services = generation.intermediates.first().filter(|_| has_services);
            [&generation.root].into_iter().chain(services).cloned().collect()
        };
        let text: String = self.distinct(with_first).iter().map(Certificate::to_pem).collect();
        write_certificates(&self.anchors_file, &text)
    }

    fn generations(&self) -> Vec<Arc<BankGeneration>> {
        self.generations.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn newest(&self) -> Result<Arc<BankGeneration>> {
        self.generations().pop().ok_or_else(|| Error::new(&row::INTERNAL))
    }

    /// What customers' certificates lead to.
    pub(crate) fn anchors(&self) -> Vec<Certificate> {
        self.distinct(|generation| vec![generation.root.clone()])
    }

    /// Authorities between.
    pub(crate) fn intermediates(&self) -> Vec<Certificate> {
        self.distinct(|generation| generation.intermediates.clone())
    }

    /// These certificates of all generations: several generations may have the same.
    fn distinct(&self, of: impl Fn(&BankGeneration) -> Vec<Certificate>) -> Vec<Certificate> {
        let mut all = Vec::new();
        for one in self.generations().iter().flat_map(|generation| of(generation)) {
            if !all.contains(&one) {
                all.push(one);
            }
        }
        all
    }

    /// Who signs an answer: its envelope, its document. While two generations sign, each message has another pair of them.
    pub(crate) fn signing(&self, now_s: i64) -> Result<(Arc<BankGeneration>, Arc<BankGeneration>)> {
        let mut all = self.generations();
        let newest = all.pop().ok_or_else(|| Error::new(&row::INTERNAL))?;
        match all.pop().filter(|_| now_s < newest.plan.until_s()) {
            None => Ok((Arc::clone(&newest), newest)),
            Some(older) => {
                let turn = self.answers.fetch_add(1, Ordering::Relaxed);
                let one = |is_new: bool| Arc::clone(if is_new { &newest } else { &older });
                Ok((one(turn.is_multiple_of(2)), one(turn % 4 < 2)))
            }
        }
    }

    /// Begins another generation: the bank signs with new certificates, and issues under new authorities at once; the old ones
    /// sign beside them until the overlap is over, and their certificates of customers hold until they end.
    ///
    /// # Errors
    /// `input.invalid_field` where the family has nothing of the kind; `resource.storage`.
    pub(crate) fn roll_over(&self, what: RolledOver, now_s: i64, overlap_s: i64) -> Result<PathBuf> {
        if what == RolledOver::Intermediate && !self.dialect.below.are_any() {
            let why = "must be signer or root: this family has no authority between its root and its signers";
            return Err(Error::invalid_field("what", why));
        }
        if what == RolledOver::Encryption && self.dialect.encryption.is_none() {
            return Err(Error::invalid_field("what", "must be signer or root: this family encrypts nothing"));
        }
        let now = Timestamp::from_second(now_s).map_err(|_| Error::new(&row::INTERNAL))?;
        let mut generations = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        let plan = generations.last().ok_or_else(|| Error::new(&row::INTERNAL))?.plan.next(what, now_s, overlap_s);
        let made = BankGeneration::prepare(&self.folder, self.dialect, plan, now)?;
        let root_file = made.root_file.clone();
        let mut plans: Vec<_> = generations.iter().map(|generation| generation.plan).collect();
        plans.push(plan);
        // The certificates are there: now they count, after a restart too.
        generation::keep(&self.folder, &plans)?;
        generations.push(Arc::new(made));
        drop(generations);
        self.write_anchors()?;
        Ok(root_file)
    }

    /// What a customer's key that signs is for: where another one decrypts, for nothing else.
    fn signing_purpose(&self) -> CertificatePurpose {
        match self.dialect.encryption {
            Some(_) => CertificatePurpose::Seal,
            None => CertificatePurpose::Messages,
        }
    }

    /// The pair of a customer.
    pub(crate) fn customer(&self, id: &str, company: &str) -> Result<CustomerFiles> {
        let make = |name: &str, purpose| {
            let folder = self.folder.join("customers");
            let of = format!("{}/customers", self.dialect.name());
            let pair = StoredPair { folder: &folder, name, of: &of };
            let newest = self.newest()?;
            pair.keep_or_make(self.now, |key| {
                let (begin, end) = validity(self.now, 2);
                let subject = [(CommonName, id), (Organization, company)];
                let new = NewCertificate::new(&subject, begin.max(newest.begin), end);
                newest.customers.issue(&NewCertificate { purpose, ..new }, key.public())
            })?;
            Ok::<_, Error>(pair.files())
        };
        let encryption = match self.dialect.encryption {
            Some(_) => Some(make(&format!("{id}.encryption"), CertificatePurpose::Encipherment)?),
            None => None,
        };
        Ok(CustomerFiles { signing: make(id, self.signing_purpose())?, encryption })
    }

    /// The certificates of the pair that a customer has from the beginning: of the key that signs, and of the one that decrypts.
    pub(crate) fn of_the_beginning(&self, customer: &SandboxCustomer) -> Result<(Certificate, Option<Certificate>)> {
        let read = |files: &CertificateFiles| {
            let text = std::fs::read_to_string(&files.certificate).map_err(Error::internal)?;
            Certificate::from_pem(&text).map_err(Error::internal)
        };
        let files = self.customer(&customer.customer_id, &customer.company)?;
        Ok((read(&files.signing)?, files.encryption.as_ref().map(read).transpose()?))
    }

    /// Who decrypts documents at this time: the newest, and the one before while it is taken beside it.
    pub(crate) fn recipients(&self, now_s: i64) -> Vec<DocumentRecipient> {
        let all = self.generations();
        let is_taken = |at: usize| all.get(at + 1).is_none_or(|next| now_s < next.plan.until_s());
        let taken = all.iter().enumerate().filter(|(at, _)| is_taken(*at));
        taken.filter_map(|(_, generation)| generation.encryption.clone()).collect()
    }

    /// The newest generation whose root has this serial number, decimal.
    pub(crate) fn under_root(&self, serial: &str) -> Option<Arc<BankGeneration>> {
        self.generations().into_iter().rev().find(|generation| generation.root.serial_decimal() == serial)
    }

    /// Whether a certificate was issued to a customer: its common name or the serial number of its subject says so, and only
    /// this bank issues here.
    pub(crate) fn is_of_customer(&self, id: &str, certificate: &Certificate) -> bool {
        let named = |oid: &str| certificate.subject().get(oid).is_some_and(|name| name.value == id);
        let issued = |generation: &Arc<BankGeneration>| certificate.is_issued_by(generation.customers.certificate());
        (named(COMMON_NAME) || named(SUBJECT_SERIAL)) && self.generations().iter().any(issued)
    }

    /// A certificate for the key of a customer's request, for two years from now on. `decrypts`: the key is one that decrypts.
    pub(crate) fn issue(
        &self,
        dialect: &BankDialect,
        customer: &SandboxCustomer,
        (request, decrypts): (&CertificateRequest, bool),
        now_s: i64,
        faults: &[BankFault],
    ) -> Result<Certificate> {
        let now = Timestamp::from_second(now_s).unwrap_or(self.now);
        let asked = RsaPublicKey::from_spki_der(request.key().spki_der()).map_err(Error::internal)?;
        let other = faults.contains(&BankFault::OtherKey).then(|| RsaPrivateKey::generate(BITS)).transpose();
        let other = other.map_err(Error::internal)?;
        let key = other.as_ref().map_or(&asked, RsaPrivateKey::public);
        let (id, company) = (&*customer.customer_id, &*customer.company);
        let subject = match dialect.family {
            BankFamily::Nordea => [(Country, "FI"), (CommonName, company), (SerialNumber, id)],
            _ => [(Country, "FI"), (CommonName, id), (Organization, company)],
        };
        let newest = self.newest()?;
        let (not_before, not_after) = validity(now, 2);
        let not_before = not_before.max(newest.begin);
        let odd = faults.iter().find_map(|fault| match fault {
            BankFault::OddCertificate(odd) => Some(*odd),
            _ => None,
        });
        let at = |hours: i64| now.checked_add(hours.hours()).unwrap_or(now);
        let (not_before, not_after) = match odd {
            Some(OddCertificate::Ended) => (at(-48), at(-1)),
            Some(OddCertificate::Later) => (at(10 * 24), not_after),
            Some(OddCertificate::Due) => (at(-30 * 24), at(20 * 24)),
            _ => (not_before, not_after),
        };
        let purpose = match odd {
            Some(OddCertificate::Authority) => CertificatePurpose::Authority(0),
            Some(OddCertificate::Encipherment) => CertificatePurpose::Encipherment,
            _ if decrypts => CertificatePurpose::Encipherment,
            _ => self.signing_purpose(),
        };
        let new = NewCertificate { purpose, ..NewCertificate::new(&subject, not_before, not_after) };
        newest.customers.issue(&new, key).map_err(Error::internal)
    }

    /// A signer of the bank that clients must not believe: with a certificate that has ended.
    pub(crate) fn expired_signer(&self, name: &str) -> Result<BankSigner> {
        let key = RsaPrivateKey::generate(BITS).map_err(Error::internal)?;
        let not_after = self.now.checked_sub(24.hours()).unwrap_or(self.now);
        let made = NewCertificate { not_after, ..new(name, self.now, 1) };
        let certificate = self.newest()?.signers.issue(&made, key.public()).map_err(Error::internal)?;
        Ok(BankSigner { certificate, key: SigningKey::from_private_key(&key).map_err(Error::internal)? })
    }

    /// The same of another authority, or of a customer of this one.
    pub(crate) fn other_signer(&self, name: &str, is_customer: bool) -> Result<BankSigner> {
        let key = RsaPrivateKey::generate(BITS).map_err(Error::internal)?;
        let certificate = if is_customer {
            self.newest()?.customers.issue(&new("ANOTHER CUSTOMER OY", self.now, 2), key.public())
        } else {
            let root = RsaPrivateKey::generate(BITS).map_err(Error::internal)?;
            new_root("Another CA", 0, self.now, 2, &root)
                .and_then(|other| other.issue(&new(name, self.now, 1), key.public()))
        };
        let certificate = certificate.map_err(Error::internal)?;
        Ok(BankSigner { certificate, key: SigningKey::from_private_key(&key).map_err(Error::internal)? })
    }
}

impl BankTls {
    /// Reads the authority, or makes it, and issues the certificate of this start. Their keys are this bank's own: a browser
    /// or another program may have been told to trust the authority.
    pub(crate) fn prepare(data: &Path, now: Timestamp) -> Result<Self> {
        let ca = CertificateFiles::new(data, "ca");
        let (authority, key) = ca.read_or_make(&[now.as_second()], Certificate::is_ca, || {
            let (begin, end) = validity(now, 20);
            let made = CertificateIssuer::create(TLS_AUTHORITY, begin, end).map_err(Error::internal)?;
            Ok((made.certificate().clone(), made.private_key_pem()))
        })?;
        let issuer = CertificateIssuer::from_pem(&authority.to_pem(), &key).map_err(Error::internal)?;
        // Clients check it by the system's clock, and macOS takes none that is valid for longer than 825 days.
        let (begin, end) = validity(Timestamp::from_second(SystemClock::default().now_s()).unwrap_or(now), 2);
        let (purpose, hosts) = (CertificatePurpose::TlsServer, LOCAL_HOSTS.to_vec());
        let new = NewCertificate::new(&[(CommonName, "Sandbox Bank")], begin, end);
        let key = new_p256_key().map_err(Error::internal)?;
        let issued = issuer.issue_for(&NewCertificate { purpose, hosts, ..new }, &key).map_err(Error::internal)?;
        let server = CertificateFiles::new(data, "server");
        server.write(&issued, &key)?;
        let files = TlsFiles { certificate: server.certificate, key: server.key };
        Ok(Self { files, ca_file: ca.certificate })
    }
}

/// The certificates of all families.
pub(crate) fn prepare_all(data: &Path, now: Timestamp) -> Result<Vec<FamilyCertificates>> {
    DIALECTS.iter().map(|dialect| FamilyCertificates::prepare(data, dialect, now)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use bankchannel_sepa_web_services::profile::is_of_sandbox;

    use super::*;
    use crate::state::SepaBankState;

    /// What makes a start slow is making keys: at the first start of a bank none is made.
    #[test]
    fn a_first_start_makes_no_rsa_key() {
        let data = tempfile::tempdir().unwrap();
        let state = SepaBankState::open(data.path()).unwrap();
        let customers = state.read(|state| state.customers.clone());
        let families = prepare_all(data.path(), Timestamp::now()).unwrap();
        let mut count = 0;
        for (dialect, family) in DIALECTS.iter().zip(&families) {
            for customer in customers.iter().filter(|one| one.family == dialect.name()) {
                family.customer(&customer.customer_id, &customer.company).unwrap();
            }
            let folder = data.path().join(dialect.name());
            for (place, of) in [
                (folder.clone(), dialect.name().to_owned()),
                (folder.join("customers"), format!("{}/customers", dialect.name())),
            ] {
                for file in fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()) {
                    if file.extension().is_some_and(|ending| ending == "key") {
                        let name = format!("{of}/{}", file.file_stem().unwrap().to_str().unwrap());
                        let key = born_with(&name).unwrap_or_else(|| panic!("{name} was made")).to_pkcs8_pem();
                        assert_eq!(fs::read_to_string(&file).unwrap().as_bytes(), key.as_bytes(), "{name}");
                        count += 1;
                    }
                }
            }
            // A client knows them by this, and refuses them at a real bank.
            assert!(family.anchors().iter().chain(&family.intermediates()).all(is_of_sandbox));
        }
        assert_eq!(count, BORN_WITH.matches("BEGIN PRIVATE KEY").count());
    }

    /// No two share a key, and none of the bank's TLS is known.
    #[test]
    fn each_has_a_key_of_its_own() {
        let mut keys: Vec<&str> = BORN_WITH.split("-----BEGIN PRIVATE KEY-----").skip(1).collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let authority = |folder: &Path| {
            BankTls::prepare(folder, Timestamp::now()).unwrap();
            fs::read(folder.join("ca.key")).unwrap()
        };
        assert_ne!(authority(one.path()), authority(other.path()));
        // It stays that of its folder.
        assert_eq!(authority(one.path()), authority(one.path()));
    }
}
