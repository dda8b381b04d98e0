//! The bank's test authority and the certificates it issues: the bank's TLS certificate, and those of the third parties
//! (§4.6).
//!
//! ```text
//!   DATA/ca.pem ca.key          the authority
//!   DATA/server.pem server.key  the bank at 127.0.0.1, ::1 and localhost
//!   DATA/certificates/          ca.pem, and for each third party tpp1-qseal.pem, tpp1-qseal.key, tpp1-qwac.pem,
//!                               tpp1-qwac.key
//! ```
//!
//! Existing files are reused as long as certificate and key match and are valid at both the bank's clock and the system
//! clock: clients check against the system clock.

use std::path::{Path, PathBuf};

use bankchannel_crypto::rsa::RsaPrivateKey;
use bankchannel_foundation::{Error, Result};
use bankchannel_nextgen_psd2::certificates::{
    AuthorityOptions, Certificate, CertificateFault, CertificateFixture, CertificateKind, FIXTURES, IssueOptions,
    PARTS, Psd2Role, TestAuthority,
};
use zeroize::Zeroizing;

use bankchannel_server::folder::{private_folder, unusable, write_whole};

/// The authority's certificate: in the data folder, with a copy next to the third parties' certificates.
pub(crate) const CA: &str = "ca.pem";
const CA_KEY: &str = "ca.key";
const SERVER: (&str, &str) = ("server.pem", "server.key");
/// The folder with the third parties' files, below the data folder.
pub(crate) const FOLDER: &str = "certificates";
/// The local names and addresses of the bank.
const HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

const KEY_MODE: u32 = 0o600;
/// Certificates are public: any user may read them.
const CERTIFICATE_MODE: u32 = 0o644;

const DAY_S: i64 = 86_400;
const YEARS_10_S: i64 = 3653 * DAY_S;
/// The authority is valid for longer than the certificates it issues.
const YEARS_20_S: i64 = 2 * YEARS_10_S;

/// The issuers of the certificates in the specification's test vectors (§2.10).
const SHEET_AUTHORITIES: [&str; 2] = [include_str!("anchors/authority-1.pem"), include_str!("anchors/authority-2.pem")];

/// The certificates of a bank.
pub(crate) struct BankCertificates {
    /// The authority's certificate.
    pub(crate) authority: Certificate,
    /// The bank's TLS certificate.
    pub(crate) server: Certificate,
    /// The key of `server`, PKCS#8 PEM.
    pub(crate) server_key: Zeroizing<String>,
    /// The third parties' certificates: QSEAL and QWAC alternate.
    pub(crate) third_parties: Vec<Certificate>,
    /// The file of the authority's certificate.
    pub(crate) ca_file: PathBuf,
    /// The folder of the third parties' files.
    pub(crate) folder: PathBuf,
}

/// The times at which certificates must be valid, seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CertificateTimes {
    /// The bank's clock.
    pub(crate) bank_s: i64,
    /// The system clock.
    pub(crate) system_s: i64,
}

impl CertificateTimes {
    fn is_within(self, certificate: &Certificate) -> bool {
        [self.bank_s, self.system_s]
            .into_iter()
            .all(|at| (certificate.not_before_s()..=certificate.not_after_s()).contains(&at))
    }

    /// The start of validity: one day before the earlier clock.
    fn begin_s(self) -> i64 {
        self.bank_s.min(self.system_s) - DAY_S
    }

    fn later_s(self) -> i64 {
        self.bank_s.max(self.system_s)
    }
}

impl BankCertificates {
    /// Reads the certificates in the data folder and creates those that are missing or no longer usable. Generating
    /// keys takes some seconds.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(crate) fn prepare(data: &Path, now: CertificateTimes) -> Result<Self> {
        let folder = data.join(FOLDER);
        private_folder(&folder)?;
        let authority = authority(data, now)?;
        let ca_file = data.join(CA);
        let pem = authority.certificate().to_pem();
        write_if_new(&folder.join(CA), CERTIFICATE_MODE, pem.as_bytes())?;
        let issuer = BankAuthority { authority: &authority, now };
        let (server, server_key) = issuer.keep_or_issue(data, SERVER, &server(now))?;
        let mut third_parties = Vec::new();
        for fixture in &FIXTURES {
            let [qseal, qseal_key, qwac, qwac_key] = PARTS.map(|part| format!("{}{part}", fixture.prefix));
            for (kind, files) in
                [(CertificateKind::Qseal, (&*qseal, &*qseal_key)), (CertificateKind::Qwac, (&*qwac, &*qwac_key))]
            {
                third_parties.push(issuer.keep_or_issue(&folder, files, &third_party(fixture, kind, now))?.0);
            }
        }
        Ok(Self { authority: authority.certificate().clone(), server, server_key, third_parties, ca_file, folder })
    }
}

/// The files of the first third party: QSEAL certificate and key, QWAC and key.
pub(crate) fn of_first_third_party(folder: &Path) -> [String; 4] {
    PARTS.map(|part| folder.join(format!("{}{part}", FIXTURES[0].prefix)).display().to_string())
}

/// The issuers of the certificates in the specification's test vectors.
///
/// # Errors
/// `internal` when the built-in certificates cannot be read.
pub(crate) fn sheet_authorities() -> Result<Vec<Certificate>> {
    SHEET_AUTHORITIES.into_iter().map(|pem| Certificate::from_pem(pem).map_err(unissued)).collect()
}

fn authority(data: &Path, now: CertificateTimes) -> Result<TestAuthority> {
    let files = (data.join(CA), data.join(CA_KEY));
    if let Some((certificate, key)) = read_pair(&files.0, &files.1)?
        && let Ok(authority) = TestAuthority::from_pem(&certificate, &key)
        && now.is_within(authority.certificate())
    {
        return Ok(authority);
    }
    let options = AuthorityOptions {
        organization: "Sandbox Bank ASA".to_owned(),
        not_before_s: now.begin_s(),
        not_after_s: now.later_s() + YEARS_20_S,
        ..AuthorityOptions::new("Sandbox Bank Test CA", now.bank_s)
    };
    let authority = TestAuthority::create(&options).map_err(unissued)?;
    write_whole(&files.1, KEY_MODE, authority.private_key_pem().as_bytes())?;
    write_whole(&files.0, CERTIFICATE_MODE, authority.certificate().to_pem().as_bytes())?;
    Ok(authority)
}

fn server(now: CertificateTimes) -> IssueOptions {
    IssueOptions {
        common_name: "Sandbox Bank".to_owned(),
        organization: "Sandbox Bank ASA".to_owned(),
        authorisation_number: "100000001".to_owned(),
        roles: vec![Psd2Role::As],
        dns_names: HOSTS.map(str::to_owned).to_vec(),
        ..valid(CertificateKind::Qwac, now)
    }
}

fn third_party(fixture: &CertificateFixture, kind: CertificateKind, now: CertificateTimes) -> IssueOptions {
    IssueOptions {
        common_name: fixture.name.to_owned(),
        organization: fixture.name.to_owned(),
        authorisation_number: fixture.number.to_owned(),
        roles: fixture.roles.to_vec(),
        ..valid(kind, now)
    }
}

fn valid(kind: CertificateKind, now: CertificateTimes) -> IssueOptions {
    IssueOptions {
        not_before_s: now.begin_s(),
        not_after_s: now.later_s() + YEARS_10_S,
        ..IssueOptions::new(kind, now.bank_s)
    }
}

struct BankAuthority<'a> {
    authority: &'a TestAuthority,
    now: CertificateTimes,
}

impl BankAuthority<'_> {
    /// Reads the certificate and key from these files, or issues new ones.
    fn keep_or_issue(
        &self,
        folder: &Path,
        (certificate_file, key_file): (&str, &str),
        options: &IssueOptions,
    ) -> Result<(Certificate, Zeroizing<String>)> {
        let files = (folder.join(certificate_file), folder.join(key_file));
        if let Some((certificate, key)) = read_pair(&files.0, &files.1)?
            && let Some(certificate) = self.usable(&certificate, &key)
        {
            return Ok((certificate, key));
        }
        let issued = self.authority.issue(options).map_err(unissued)?;
        write_whole(&files.1, KEY_MODE, issued.private_key_pem.as_bytes())?;
        write_whole(&files.0, CERTIFICATE_MODE, issued.certificate_pem.as_bytes())?;
        Ok((issued.certificate, issued.private_key_pem))
    }

    fn usable(&self, certificate: &str, key: &str) -> Option<Certificate> {
        let certificate = Certificate::from_pem(certificate).ok()?;
        let key = RsaPrivateKey::from_pem(key).ok()?;
        let fits = key.public().spki_der() == certificate.spki_der()
            && certificate.is_issued_by(self.authority.certificate())
            && self.now.is_within(&certificate);
        fits.then_some(certificate)
    }
}

/// The contents of both files; `None` if either is missing.
fn read_pair(certificate: &Path, key: &Path) -> Result<Option<(String, Zeroizing<String>)>> {
    let read = |path: &Path| match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(unusable(path, &why)),
    };
    Ok(read(certificate)?.zip(read(key)?.map(Zeroizing::new)))
}

fn write_if_new(path: &Path, mode: u32, bytes: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|held| held == bytes) { Ok(()) } else { write_whole(path, mode, bytes) }
}

fn unissued(fault: CertificateFault) -> Error {
    Error::internal(format!("the bank's test certificates cannot be made: {fault}"))
}
